import dataclasses
import json

import numpy as np
import pytest
from stimuli_samples import build_small, write_small_dataset

from models.sounds.sound import SAMPLE_RATE
from stimuli import manifest
from stimuli.building.catch import TONE_HZ, steady_tone
from stimuli.building.options import Options
from stimuli.checking.check import check
from stimuli.checking.preview import write_preview
from stimuli.errors import StimuliError
from stimuli.files.media import decode_sound
from stimuli.files.sounds import FLOOR_DBFS, rms_dbfs
from stimuli.manifest import CATCH, CATCH_SILENCE, CATCH_TONE


@pytest.fixture(scope="module", params=["keep", "match"])
def folder(request, tmp_path_factory):
    root = tmp_path_factory.mktemp(request.param)
    dataset = write_small_dataset(root / "d")
    build_small(dataset, root / "set", level=request.param, catch=True)
    return root / "set"


def caught(folder):
    return [clip for clip in manifest.read(folder).clips if clip.catches]


def heard(folder, clip, name):
    decoded = decode_sound(manifest.media_path(folder, clip.stimuli[name]).read_bytes())
    return decoded.waveform[: round(clip.duration_s * SAMPLE_RATE)]


def test_one_clip_of_each_video_has_both_catch_sounds(folder):
    assert [clip.video_id for clip in caught(folder)] == ["q1", "q2"]
    assert {clip.catches for clip in caught(folder)} == {CATCH}


def test_catch_sounds_are_no_variants(folder):
    result = manifest.read(folder)
    assert {clip.variants for clip in result.clips} == {("random", "real-match")}
    assert set(result.variants) == {"random", "real-match"}
    assert result.audit["n_pairs"] == 2 * len(result.clips)


def test_silence_is_silent_and_the_tone_is_one(folder):
    for clip in caught(folder):
        assert clip.stimuli[CATCH_SILENCE].level_dbfs == FLOOR_DBFS
        assert not heard(folder, clip, CATCH_SILENCE).any()
        tone = heard(folder, clip, CATCH_TONE)
        spectrum = np.abs(np.fft.rfft(tone)) ** 2
        near = np.abs(np.fft.rfftfreq(len(tone), 1 / SAMPLE_RATE) - TONE_HZ) < 60  # its fades widen it
        assert spectrum[near].sum() > 0.99 * spectrum.sum()
        assert abs(clip.stimuli[CATCH_TONE].level_dbfs - clip.real.level_dbfs) < 0.2


def test_files_of_catch_sounds_are_like_the_others(folder):
    assert check(folder).findings == ()
    for clip in caught(folder):
        assert len({stimulus.n_bytes for stimulus in clip.stimuli.values()}) == 1


def test_a_silence_that_is_none_is_found(folder, tmp_path):
    result = manifest.read(folder)
    for clip in result.clips:
        if clip.catches:
            clip.stimuli[CATCH_SILENCE] = clip.stimuli[CATCH_TONE]
    (tmp_path / "media").symlink_to(folder / "media")
    manifest.write(result, tmp_path)
    assert any("is not silent" in finding.message for finding in check(tmp_path).findings)


def test_the_preview_shows_them(folder, tmp_path):
    write_preview(folder, tmp_path / "p.html", n_clips=2)
    page = (tmp_path / "p.html").read_text()
    assert page.count('alt="cochleagram of catch-tone"') == len(caught(folder))
    assert page.count("made silence") == len(caught(folder))


def test_a_set_with_catch_sounds_has_a_format_that_older_versions_refuse(folder, tmp_path):
    assert json.loads((folder / "manifest.json").read_text())["format"] == 2
    result = manifest.read(folder)
    plain = [clip for clip in result.clips if not clip.catches]
    manifest.write(dataclasses.replace(result, clips=tuple(plain)), tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text())["format"] == 1
    assert manifest.read(tmp_path).clips == tuple(plain)


def test_the_tone_is_as_loud_as_the_recorded_sound():
    real = 0.1 * np.random.default_rng(1).standard_normal(22_072).astype(np.float32)
    assert rms_dbfs(steady_tone(real)) == pytest.approx(rms_dbfs(real), abs=0.01)


@pytest.mark.parametrize("name", CATCH)
def test_no_variant_can_be_called_like_a_catch_sound(name, tmp_path):
    with pytest.raises(StimuliError, match="can't be the name of a variant"):
        Options(externals={name: tmp_path})

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from media_samples import sample_sound, write_video, write_wav

from models.backend import Clip
from models.conformance import check_backend, example_clips
from models.errors import ModelsError
from models.external import ExternalSounds, external_sounds
from models.sound import SAMPLE_RATE

CLICKS_S = (0.4, 1.0, 1.6)


def _clip(**fields) -> Clip:
    return dataclasses.replace(example_clips(n_clips=2)[0], **{"video_id": "v", **fields})


def _wav(path: Path, *, seconds: float = 2.0, rate: int = 48_000, seed: int = 0) -> Path:
    waveform = sample_sound(seconds, clicks_s=CLICKS_S, sample_rate=rate, seed=seed)
    return write_wav(path, waveform, sample_rate=rate)


def _click_s(waveform: np.ndarray) -> float:
    return float(np.flatnonzero(np.abs(waveform) > 0.25)[0]) / SAMPLE_RATE


def test_a_videos_file_is_cut_at_the_impact(tmp_path: Path):
    _wav(tmp_path / "v.wav")
    sounds = ExternalSounds("theirs", tmp_path).synthesize([_clip(impact_s=s) for s in CLICKS_S])
    for sound in sounds:
        assert sound is not None
        assert sound.sample_rate == SAMPLE_RATE
        assert _click_s(sound.waveform) == pytest.approx(sound.impact_s, abs=0.001)
        assert sound.source == {"file": "v.wav"}


def test_only_clips_wholly_within_the_file_are_covered(tmp_path: Path):
    _wav(tmp_path / "v.wav", seconds=2.0)
    external = ExternalSounds("theirs", tmp_path)
    times = np.linspace(-0.5, 3, 36)
    covered = [time for time in times if external.covers("v", time)]
    assert covered == [time for time in times if 0.28 <= time <= 1.72]
    for time in times:
        (sound,) = external.synthesize([_clip(impact_s=time)])
        assert (sound is not None) == external.covers("v", time)
        if sound is not None:
            assert sound.impact_s >= 0.25
            assert len(sound.waveform) / SAMPLE_RATE - sound.impact_s >= 0.25
    assert not external.covers("another", 1.0)


@pytest.mark.parametrize("name", ["v.wav", "v_generated.wav", "v.flac", "v_with_audio.mp4", "v.m4a"])
def test_kinds_and_endings_of_other_systems_are_read(tmp_path: Path, name: str):
    if name.endswith(".wav"):
        _wav(tmp_path / name)
    elif name.endswith(".mp4"):
        write_video(tmp_path / name, seconds=2, clicks_s=CLICKS_S)
    else:
        _write_audio(tmp_path / name, "flac" if name.endswith(".flac") else "aac")
    (sound,) = ExternalSounds("theirs", tmp_path).synthesize([_clip(impact_s=1.0)])
    assert sound is not None
    assert _click_s(sound.waveform) == pytest.approx(sound.impact_s, abs=0.001)


def _write_audio(path: Path, codec: str) -> None:
    if codec == "aac":
        write_video(path, seconds=2, clicks_s=CLICKS_S, pictures=False)
        return
    write_wav(
        path, sample_sound(2, clicks_s=CLICKS_S, sample_rate=16_000), sample_rate=16_000, codec=codec
    )


def test_a_clips_own_file_wins_and_has_its_impact_in_the_middle(tmp_path: Path):
    _wav(tmp_path / "v.wav", seed=1)
    waveform = sample_sound(0.5, clicks_s=[0.25], sample_rate=22_050)
    write_wav(tmp_path / "example-clip-0.wav", waveform, sample_rate=22_050)
    external = ExternalSounds("theirs", tmp_path)
    (sound,) = external.synthesize([_clip(id="example-clip-0", impact_s=99.0)])
    assert sound is not None
    assert sound.impact_s == pytest.approx(0.25, abs=1e-4)
    assert _click_s(sound.waveform) == pytest.approx(0.25, abs=0.001)
    assert external.covers("v", 99.0, clip_id="example-clip-0")
    assert not external.covers("v", 99.0, clip_id="another")


def test_a_clips_file_that_is_too_short_is_no_sound(tmp_path: Path):
    _wav(tmp_path / "example-clip-0.wav", seconds=0.3)
    assert ExternalSounds("theirs", tmp_path).synthesize([_clip(id="example-clip-0")]) == [None]


def test_the_sound_file_wins_over_the_video_and_the_plain_name_over_an_ending(tmp_path: Path):
    for name in ("v.mp4", "v_generated.wav"):
        write_video(tmp_path / name, seconds=1, clicks_s=[0.5]) if "mp4" in name else _wav(
            tmp_path / name
        )
    (sound,) = ExternalSounds("theirs", tmp_path).synthesize([_clip(impact_s=0.5)])
    assert sound is not None
    assert sound.source["file"] == "v.mp4"
    _wav(tmp_path / "v.wav")
    (sound,) = ExternalSounds("theirs", tmp_path).synthesize([_clip(impact_s=0.5)])
    assert sound is not None
    assert sound.source["file"] == "v.wav"


def test_external_sounds_keep_the_contract(tmp_path: Path):
    _wav(tmp_path / "example-0.wav")
    _wav(tmp_path / "example-1.wav", seed=1)
    check_backend(ExternalSounds("theirs", tmp_path))


def test_name_and_folder_are_read_from_one_option(tmp_path: Path):
    _wav(tmp_path / "v.wav")
    external = external_sounds(f"sync-fusion2={tmp_path}")
    assert (external.name, external.folder) == ("sync-fusion2", tmp_path)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("folder", "expected NAME=DIR"),
        ("Name=.", "lower-case letters"),
        ("real=.", "is taken"),
        ("image-match=.", "is taken"),
        ("theirs=no/such/folder", "no folder no/such/folder"),
    ],
)
def test_unusable_options_are_named(option: str, message: str):
    with pytest.raises(ModelsError, match=message):
        external_sounds(option)


def test_an_empty_folder_is_named(tmp_path: Path):
    (tmp_path / "readme.txt").write_text("no sounds here")
    with pytest.raises(ModelsError, match=r"no sound in .*<video id>\.wav"):
        ExternalSounds("theirs", tmp_path)


def test_a_broken_file_is_named(tmp_path: Path):
    (tmp_path / "v.wav").write_bytes(b"no sound at all")
    with pytest.raises(ModelsError, match=r"v\.wav can't be read"):
        ExternalSounds("theirs", tmp_path).covers("v", 1.0)

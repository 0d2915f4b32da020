"""The variants of a build: which can run, what they are told, and what becomes of their sounds."""

import dataclasses

import numpy as np
import pytest
from media_samples import write_wav
from stimuli_samples import CLICKS_S, build_small, external_folder, write_small_dataset

from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import read_dataset
from stimuli import manifest
from stimuli.building.options import Options
from stimuli.building.recordings import prepare_video
from stimuli.building.variants import load_variants, synthesize
from stimuli.checking.check import check
from stimuli.errors import StimuliError


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_small_dataset(tmp_path_factory.mktemp("variants") / "dataset")


def test_variants_are_told_no_more_than_they_declare(dataset):
    seen = {}

    class Spy:
        def __init__(self, name, privileges):
            self.name, self.privileges = name, frozenset(privileges)

        def synthesize(self, clips):
            seen[self.name] = clips
            return [None] * len(clips)

    found, options = read_dataset(dataset), Options(models=("random",), cache=dataset.parent / "cache")
    rights = {"none": (), "mat": ("material",), "snd": ("sound",)}
    spies = {name: Spy(name, privileges) for name, privileges in rights.items()}
    variants = dataclasses.replace(load_variants(found, options), backends=spies)
    prepared = prepare_video(found.test[0], options, ())
    assert synthesize(variants, prepared, options).clips == ()
    assert {(clip.material, clip.waveform) for clip in seen["none"]} == {(None, None)}
    assert all(clip.material and clip.waveform is None for clip in seen["mat"])
    assert all(clip.material is None and len(clip.waveform) for clip in seen["snd"])
    assert len({clip.seed for clips in seen.values() for clip in clips}) == 12


def test_an_external_folder_is_a_variant_and_common_clips_are_those_it_covers(dataset, tmp_path):
    sounds = external_folder(tmp_path / "sounds", seconds=2.0)
    given = {"models": ("random",), "externals": {"other": sounds}}
    some = build_small(dataset, tmp_path / "some", **given)
    covered = {clip.id for clip in some.manifest.clips if "other" in clip.stimuli}
    assert 0 < len(covered) < len(some.manifest.clips) == 8
    assert any("variant other: has a sound for" in note for note in some.notes)
    common = build_small(dataset, tmp_path / "common", common_clips=True, **given)
    assert {clip.id for clip in common.manifest.clips} == covered


def test_under_match_all_sounds_of_a_clip_are_equally_loud(dataset, tmp_path):
    sounds = external_folder(tmp_path / "sounds", seconds=3.0)
    built = build_small(
        dataset, tmp_path / "s", models=("random",), externals={"other": sounds}, level="match"
    )
    for clip in built.manifest.clips:
        levels = [stimulus.level_dbfs for stimulus in clip.stimuli.values()]
        assert max(levels) - min(levels) < 0.1
        assert max(stimulus.peak_dbfs for stimulus in clip.stimuli.values()) < 0


def test_an_unknown_variant_is_told_with_those_there_are(dataset, tmp_path):
    with pytest.raises(ModelsError, match=r"no variant named 'randon'.*random"):
        build_small(dataset, tmp_path / "s", models=("randon",))


def test_a_named_variant_that_can_not_run_is_an_error_and_under_all_it_is_left_out(
    tmp_path, monkeypatch
):
    root = write_small_dataset(tmp_path / "d")
    for times in root.glob("*_times.txt"):
        times.write_text("".join(f"{click} None None None\n" for click in CLICKS_S))
    with pytest.raises(StimuliError, match="'random-material' can't run"):
        build_small(root, tmp_path / "s", models=("random-material",))
    monkeypatch.setattr("stimuli.building.variants.variant_names", lambda: ("random", "random-material"))
    built = build_small(root, tmp_path / "s", models=("all",))
    assert [item.what for item in built.manifest.skipped] == ["variant random-material"]
    assert built.skipped_videos == ()


def test_files_equal_to_the_last_bit_get_a_name_each(dataset, tmp_path):
    names = ("one", "two", "three")
    sounds = external_folder(tmp_path / "sounds", seconds=3.0)
    out = tmp_path / "s"
    build_small(dataset, out, models=("random",), externals=dict.fromkeys(names, sounds))
    for clip in manifest.read(out).clips:
        assert len({clip.stimuli[name].sha256 for name in names}) == 1
        assert len({clip.stimuli[name].media for name in names}) == 3
    assert check(out).findings == ()


def test_a_silent_sound_counts_as_none(dataset, tmp_path):
    sounds = external_folder(tmp_path / "sounds", seconds=3.0, video_ids=("q1",))
    write_wav(sounds / "q2.wav", np.zeros(3 * SAMPLE_RATE, np.float32), sample_rate=SAMPLE_RATE)
    given = {"models": ("random",), "externals": {"other": sounds}}
    for level in ("keep", "match"):
        built = build_small(dataset, tmp_path / level, level=level, **given)
        assert {clip.video_id for clip in built.manifest.clips if "other" in clip.stimuli} == {"q1"}
        assert any("variant other: silent in 4 clips" in note for note in built.notes)
        assert built.manifest.dataset["videos"]["q2"]["silent"] == {"other": 4}
    common = build_small(dataset, tmp_path / "common", common_clips=True, **given)
    assert common.manifest.video_ids == ("q1",)
    assert "silent: other in 4" in common.skipped_videos[0].reason

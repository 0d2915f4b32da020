"""Builds of pairs as a whole: what they give, that they go on, start anew, or leave alone."""

import errno
from pathlib import Path

import pytest
from stimuli_samples import CLICKS_S, are_equal, build_small, write_small_dataset

from stimuli import manifest
from stimuli.building import build
from stimuli.building.levels import CEILING_DBFS
from stimuli.building.options import Options
from stimuli.errors import StimuliError


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_small_dataset(tmp_path_factory.mktemp("build") / "dataset")


@pytest.fixture(scope="module")
def small_set(dataset):
    out = dataset.parent / "set"
    build_small(dataset, out)
    return out


def test_every_clip_has_its_real_sound_and_every_variant(small_set):
    result = manifest.read(small_set)
    assert result.video_ids == ("q1", "q2")
    assert len(result.clips) == 8
    for clip in result.clips:
        assert sorted(clip.stimuli) == ["random", "real", "real-match"]
        assert min(abs(clip.impact_s - click) for click in CLICKS_S) < 0.02
        assert clip.start_s < clip.impact_s < clip.start_s + clip.duration_s
        assert clip.material in ("wood", "metal")


def test_a_pair_has_equal_sizes_and_identical_pictures(small_set):
    for clip in manifest.read(small_set).clips:
        assert len({stimulus.n_bytes for stimulus in clip.stimuli.values()}) == 1
        assert len({stimulus.media for stimulus in clip.stimuli.values()}) == 3


def test_the_real_sound_is_heard_at_the_time_of_the_pictures(small_set):
    for clip in manifest.read(small_set).clips:
        # the click starts at the impact and decays within 30 ms: its energy lies just after it
        assert 0 < clip.real.centre_s - (clip.impact_s - clip.start_s) < 0.03
        assert clip.real.sync_ms == 0


def test_any_number_of_workers_gives_the_same_bytes(dataset, small_set):
    other = dataset.parent / "two-workers"
    build_small(dataset, other, workers=2)
    assert are_equal(small_set, other)


def test_another_seed_draws_other_clips(dataset):
    drawn = set()
    for seed in range(3):
        built = build_small(dataset, dataset.parent / f"seed{seed}", seed=seed, clips_per_video=1)
        drawn.add(tuple(clip.id for clip in built.manifest.clips))
    assert len(drawn) > 1


class Interruption(Exception):
    """Stands for a killed process."""


@pytest.fixture
def interrupt(monkeypatch):
    """Let builds stop before a video is encoded; returns the videos that came to it."""
    encoded, whole = [], build.encode_video

    def stop_at(video_id):
        def encode(made, **options):
            encoded.append(made.id)
            if made.id == video_id:
                raise Interruption
            return whole(made, **options)

        monkeypatch.setattr(build, "encode_video", encode)
        return encoded

    return stop_at


def test_an_interrupted_build_goes_on_where_it_stopped(dataset, small_set, interrupt):
    out = dataset.parent / "resumed"
    interrupt("q2")
    with pytest.raises(Interruption):
        build_small(dataset, out)
    assert not out.exists()
    (dataset.parent / "resumed.partial/set/media/left.writing").write_bytes(b"half a file")
    encoded = interrupt(None)
    build_small(dataset, out)
    assert encoded == ["q1", "q2", "q2"]
    assert are_equal(small_set, out)
    assert not (dataset.parent / "resumed.partial").exists()


def test_a_changed_option_starts_anew(dataset, interrupt):
    encoded = interrupt("q2")
    for seed in (1, 2):
        with pytest.raises(Interruption):
            build_small(dataset, dataset.parent / "changed", seed=seed)
    assert encoded == ["q1", "q2", "q1", "q2"]


def test_a_finished_set_is_left_alone(dataset, small_set):
    before = {path: path.stat().st_mtime_ns for path in small_set.rglob("*")}
    assert not build_small(dataset, small_set).made
    assert before == {path: path.stat().st_mtime_ns for path in small_set.rglob("*")}


def test_another_set_is_not_overwritten(dataset, small_set):
    with pytest.raises(StimuliError, match="seed: 0, not 5"):
        build_small(dataset, small_set, seed=5)


def test_a_folder_of_other_things_is_not_overwritten(dataset, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StimuliError, match=r"no manifest\.json"):
        build_small(dataset, tmp_path)


def test_a_full_disk_is_told_and_the_build_goes_on_later(dataset, monkeypatch):
    out = dataset.parent / "full"

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(StimuliError, match="disk is full; make room"):
            build_small(dataset, out)
    assert build_small(dataset, out).made


def test_under_keep_every_gain_is_the_same(small_set):
    assert {s.gain_db for _, _, s in manifest.read(small_set).stimuli()} == {CEILING_DBFS}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": "loud"}, "no level policy 'loud'"),
        ({"clips_per_video": 0}, "1 or more"),
        ({"models": ("real",)}, "can't be the name"),
        ({"models": ("random", "random")}, "twice"),
        ({"common_clips": True}, "give --external"),
        ({"bitrate": 1}, "give 32000 to 256000"),
    ],
)
def test_options_that_make_no_sense_are_told(options, message):
    with pytest.raises(StimuliError, match=message):
        Options(**options)


def test_long_names_are_built_and_gone_on_with(tmp_path):
    name = "敲" * 43
    root = write_small_dataset(tmp_path / "d", test=(name,))
    assert build_small(root, tmp_path / "s").manifest.video_ids == (name,)

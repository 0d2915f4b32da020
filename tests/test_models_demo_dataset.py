import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.demo.dataset import plan_takes, render_dataset
from models.demo.materials import MATERIALS
from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Dataset, Impact, read_dataset, read_times
from models.videos.video import probe, read_clips, read_sound

TINY = {
    "n_materials": 2,
    "videos_per_material": 2,
    "impacts_per_video": 3,
    "size": (64, 48),
    "workers": 1,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "dataset"
    render_dataset(out, seed=3, **TINY)
    return out


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Dataset:
    return read_dataset(folder)


def impacts_of(dataset: Dataset) -> list[tuple[Impact, NDArray[np.float32]]]:
    """Every impact with the sound from 50 ms before it to 150 ms after it."""
    cut = []
    for video in dataset.videos:
        waveform = read_sound(video.sound)
        for impact in video.impacts or ():
            start = round((impact.time_s - 0.05) * SAMPLE_RATE)
            cut.append((impact, waveform[start : start + round(0.2 * SAMPLE_RATE)]))
    return cut


def test_the_folder_has_the_published_layout_without_any_problem(dataset: Dataset) -> None:
    assert dataset.problems == ()
    assert dataset.split == "files"
    assert len(dataset.videos) == 4
    assert all("_" not in video.id for video in dataset.videos)


def test_every_material_is_in_both_parts(dataset: Dataset) -> None:
    for part in (dataset.train, dataset.test):
        found = {impact.material for video in part for impact in video.impacts or ()}
        assert found == {"carpet", "ceramic"}


def test_names_do_not_tell_the_material(dataset: Dataset) -> None:
    for video in dataset.videos:
        assert not any(material.name in video.id for material in MATERIALS)


def test_pictures_and_sound_have_the_promised_rates_and_equal_lengths(dataset: Dataset) -> None:
    for video in dataset.videos:
        info = probe(video.pictures)
        assert info.frame_rate == pytest.approx(30_000 / 1001)
        assert (info.width, info.height, info.sample_rate, info.n_channels) == (64, 48, SAMPLE_RATE, 1)
        n_samples = read_sound(video.sound).size
        assert n_samples / SAMPLE_RATE == pytest.approx(info.duration_s, abs=0.05)


def test_every_sound_begins_at_its_labelled_time(dataset: Dataset) -> None:
    for impact, sound in impacts_of(dataset):
        before = float(np.abs(sound[: round(0.046 * SAMPLE_RATE)]).max())
        peak = np.abs(sound[: round(0.060 * SAMPLE_RATE)]).argmax() / SAMPLE_RATE - 0.05
        assert float(np.abs(sound).max()) > 3 * before, impact
        assert -0.001 < peak <= 0.010, impact


def test_impacts_are_far_enough_apart_and_irregular(dataset: Dataset) -> None:
    gaps = np.concatenate([np.diff([i.time_s for i in v.impacts or ()]) for v in dataset.videos])
    assert gaps.min() >= 0.45
    assert gaps.std() > 0.02


def test_nothing_clips_and_nothing_is_silent(dataset: Dataset) -> None:
    for video in dataset.videos:
        assert 0.05 < float(np.abs(read_sound(video.sound)).max()) < 1.0


def test_a_clip_fits_round_every_impact(dataset: Dataset) -> None:
    for video in dataset.videos:
        times = [impact.time_s for impact in video.impacts or ()]
        assert len(list(read_clips(video.pictures, times))) == len(times)


def test_same_seed_gives_same_bytes_and_another_seed_other_pictures(
    folder: Path, tmp_path: Path
) -> None:
    render_dataset(tmp_path / "same", seed=3, **TINY)
    render_dataset(tmp_path / "other", seed=4, **TINY)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "same").iterdir())
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / "same" / name).read_bytes(), name
        if name.endswith((".mp4", "_times.txt")):
            assert (folder / name).read_bytes() != (tmp_path / "other" / name).read_bytes(), name


def test_two_processes_write_what_one_writes(tmp_path: Path) -> None:
    small = TINY | {"n_materials": 1}
    render_dataset(tmp_path / "one", **small)
    seen: list[tuple[int, int]] = []
    render_dataset(tmp_path / "two", **small | {"workers": 2}, progress=lambda *step: seen.append(step))
    assert seen == [(1, 2), (2, 2)]
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(ModelsError, match="exists already; give a new folder"):
        render_dataset(tmp_path, **TINY)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_interrupted_rendering_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_dataset(tmp_path / "out", **TINY | {"n_materials": 1}, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_materials": 18}, "n_materials is 18; give 1 to 17"),
        ({"videos_per_material": 0}, "videos_per_material is 0"),
        ({"size": (63, 48)}, "size is 63 x 48; give even numbers"),
        ({"workers": 0}, "workers is 0"),
    ],
)
def test_impossible_numbers_are_refused(tmp_path: Path, wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        render_dataset(tmp_path / "out", **TINY | wrong)


@pytest.mark.parametrize("videos", [2, 3, 5, 10])
def test_the_split_is_by_video_and_about_seventy_to_thirty(videos: int) -> None:
    takes = plan_takes(17, videos, seed=0)
    assert len({take.id for take in takes}) == 17 * videos
    for material in range(17):
        splits = [take.split for take in takes if take.material == material]
        assert splits.count("test") >= 1
        assert abs(splits.count("train") / videos - 0.7) <= 0.2
        assert splits.count("train") >= 1


def test_times_files_come_back_to_the_microsecond(folder: Path) -> None:
    for path in folder.glob("*_times.txt"):
        impacts, problems = read_times(path)
        assert not problems
        assert all(a.time_s < b.time_s for a, b in itertools.pairwise(impacts))
        assert {impact.action for impact in impacts} <= {"hit", "scratch"}

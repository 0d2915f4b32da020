"""What `models recognition-data` writes of a small demo dataset, and what it is made from."""

from pathlib import Path

import numpy as np
import pytest

from analysis.recognition.data import read
from models.context import Context
from models.demo.dataset import render_dataset
from models.errors import ModelsError
from models.recognition.gather import Request, gather
from models.recognition.impact_pictures import patch_round
from models.training.plans import TrainOptions
from models.training.trainings import NetworkOptions, TrainRequest, train_variants
from models.training.workers import Team
from models.variants.predicted import Scratch
from models.videos.annotations import (
    Position,
    placed_at,
    read_positions,
    read_scenes,
    write_positions,
    write_scenes,
)
from models.videos.dataset import Dataset, read_dataset, read_times


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    root = tmp_path_factory.mktemp("demo") / "demo"
    render_dataset(
        root, seed=2, n_materials=2, videos_per_material=2, impacts_per_video=3, size=(64, 48), workers=1
    )
    return read_dataset(root)


@pytest.fixture(scope="module")
def context(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Context:
    return Context(dataset=dataset, cache=tmp_path_factory.mktemp("cache"), image_size=64)


@pytest.fixture(scope="module")
def gathered(context: Context, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    out = tmp_path_factory.mktemp("data") / "data"
    return out, gather(context, out, Request(variants=("random", "full"), n_bands=(3, 40), seed=1))


def test_every_clip_has_its_real_sound(gathered: tuple[Path, dict[str, str]], context: Context) -> None:
    data = read(gathered[0])
    assert data.ids.tolist()[:6] == list(context.exemplars.ids) and len(data) == 12
    assert data.is_test.tolist() == [False] * 6 + [True] * 6
    sounds = data.open("sound")[:6].astype(np.float32)
    assert np.allclose(sounds, context.exemplars.cochleagrams, atol=2e-3)
    assert set(data.labels["material"].tolist()) == {"carpet", "ceramic"}


def test_other_numbers_of_filters_stand_beside(gathered: tuple[Path, dict[str, str]]) -> None:
    data = read(gathered[0])
    assert [facts.name for facts in data.of_kind("channels")] == ["sound-3"]  # 40 are the usual ones
    assert data.open("sound-3").shape == (12, 45, 5)


def test_the_variants_sounds_are_those_of_the_test_clips(gathered: tuple[Path, dict[str, str]]) -> None:
    data = read(gathered[0])
    facts = data.arrays["predicted-random"]
    assert (facts.rows, facts.variant, facts.basis) == ("test", "random", "sound")
    assert data.open("predicted-random").shape == (6, 45, 42)
    sounds = data.open("sound")[:6].astype(np.float32).reshape(6, -1)
    for heard in data.rows("predicted-random", np.flatnonzero(data.is_test)):
        assert np.abs(sounds - heard).max(axis=1).min() < 5e-3  # it is some training clip's


def test_what_was_struck_is_seen(gathered: tuple[Path, dict[str, str]], context: Context) -> None:
    data = read(gathered[0])
    n_features = context.image_network.n_features
    image, crop = data.open("image"), data.open("crop")
    assert image.shape == crop.shape == (12, 2 * n_features)
    assert data.known("crop").all()
    assert np.allclose(image[:, :n_features], crop[:, n_features:])  # the whole picture in colour
    assert not np.allclose(image[:, :n_features], crop[:, :n_features])
    assert data.thumbnail(3).startswith(b"\xff\xd8") and data.thumbnail(3) != data.thumbnail(4)


def test_what_can_not_be_had_is_named(gathered: tuple[Path, dict[str, str]]) -> None:
    assert set(gathered[1]) == {"full", "audio-supervised"}
    assert "no trained network 'scratch'" in gathered[1]["audio-supervised"]


def test_a_network_gives_its_features_and_its_predictions(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(dataset=dataset, cache=tmp_path / "cache", image_size=64)
    request = TrainRequest(
        fit=TrainOptions(epochs=1),
        scratch=TrainOptions(epochs=1),
        shape=NetworkOptions(scratch_side=32, scratch_width=0.05, scratch_features=8),
    )
    team = Team(rank=0, size=1, device="cpu")
    train_variants(context, ["scratch"], tmp_path / "cache" / "checkpoints", team=team, request=request)
    assert gather(context, tmp_path / "data", Request(variants=("scratch",), n_bands=())) == {}
    data = read(tmp_path / "data")
    assert data.open("audio-supervised").shape == (12, 16)
    assert data.known("audio-supervised").all()
    assert [(facts.name, facts.basis) for facts in data.of_kind("predicted")] == [
        ("predicted-scratch-features", "features"),
        ("predicted-scratch", "sound"),
    ]
    monkeypatch.setattr(Scratch, "sounds", lambda self, predicted, clips: [None] * len(clips))
    silent = gather(context, tmp_path / "silent", Request(variants=("scratch",), n_bands=()))
    assert silent == {"scratch": "scratch made no sound for any test clip"}


def test_the_videos_facts_are_there(gathered: tuple[Path, dict[str, str]]) -> None:
    videos = read(gathered[0]).videos
    assert [video.n_impacts for video in videos] == [3, 3, 3, 3]
    assert {video.scene for video in videos} == {"indoor"}
    assert all(1 < video.duration_s < 10 for video in videos)


def test_a_folder_that_holds_something_is_refused(
    gathered: tuple[Path, dict[str, str]], context: Context
) -> None:
    with pytest.raises(ModelsError, match="exists already"):
        gather(context, gathered[0], Request(variants=()))


def test_clips_without_labels_can_not_be_recognised(dataset: Dataset, tmp_path: Path) -> None:
    for video in dataset.videos:
        (tmp_path / video.pictures.name).symlink_to(video.pictures)
    bare = Context(dataset=read_dataset(tmp_path), cache=tmp_path / "cache", image_size=64)
    with pytest.raises(ModelsError, match=r"no clip of .* has a label"):
        gather(bare, tmp_path / "out", Request(variants=()))
    assert not (tmp_path / "out").exists()


def test_the_demo_says_where_each_impact_is(dataset: Dataset) -> None:
    video = dataset.train[0]
    impacts, _ = read_times(dataset.root / f"{video.id}_times.txt")
    positions = read_positions(dataset.root, video.id)
    assert [place.time_s for place in positions] == [impact.time_s for impact in impacts]
    assert all(0 < place.x < 1 and 0 < place.y < 1 for place in positions)


def test_a_patch_stays_in_the_picture_and_is_at_most_half_of_it() -> None:
    image = np.arange(100 * 160 * 3, dtype=np.uint32).reshape(100, 160, 3).astype(np.uint8)
    corner = patch_round(image, Position(time_s=0, x=1.0, y=0.0))
    assert corner.shape == (50, 50, 3)
    assert np.array_equal(corner, image[:50, 110:])
    large = np.zeros((1080, 1920, 3), np.uint8)
    assert patch_round(large, Position(time_s=0, x=0.5, y=0.5)).shape == (256, 256, 3)


def test_an_impact_has_the_nearest_place_unless_it_is_too_far() -> None:
    places = [Position(time_s=t, x=t / 10, y=0.5) for t in (1.0, 2.0)]
    assert placed_at([2.04, 1.5], places) == [places[1], None]
    assert placed_at([1.0], []) == [None]


def test_annotations_come_back_as_they_were_written(tmp_path: Path) -> None:
    places = (Position(time_s=1.25, x=0.5, y=0.125), Position(time_s=2.0, x=0.0, y=1.0))
    write_positions(tmp_path / "a_positions.txt", places)
    write_scenes(tmp_path / "scenes.txt", {"b": "outdoor", "a": "indoor"})
    assert read_positions(tmp_path, "a") == places and read_positions(tmp_path, "b") == ()
    assert read_scenes(tmp_path) == {"a": "indoor", "b": "outdoor"}


@pytest.mark.parametrize("line", ["1.0 0.5", "1.0 0.5 1.5", "x 0 0", "-1 0 0", "nan 0 0"])
def test_a_line_that_is_no_position_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "a_positions.txt").write_text(f"1 0 0\n{line}\n")
    with pytest.raises(ModelsError, match=r"a_positions.txt, line 2: .*expected 'onset_s x y'"):
        read_positions(tmp_path, "a")


def test_a_line_that_is_no_scene_is_named(tmp_path: Path) -> None:
    (tmp_path / "scenes.txt").write_text("a kitchen\n")
    with pytest.raises(ModelsError, match=r"scenes.txt, line 1: 'a kitchen'"):
        read_scenes(tmp_path)

import dataclasses
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from media_samples import small_backbone, write_dataset, write_video
from numpy.typing import NDArray

from models.clips.clipset import ClipSet, load_clipset
from models.clips.exemplars import load_exemplars
from models.context import Context
from models.errors import ModelsError, UnavailableError
from models.networks.convolutions import Convolutions, convolutions_of
from models.networks.network import NetworkConfig
from models.networks.streams import (
    Streams,
    clip_frames,
    pictures,
    spacetime_of_grey,
    step_indices,
    streams_of,
)
from models.training.batches import make_batch
from models.videos.dataset import read_dataset
from models.videos.frames import clip_images, to_luma


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture
def context(dataset: Path, tmp_path: Path) -> Context:
    return Context(dataset=read_dataset(dataset), cache=tmp_path / "cache")


class CountedConvolutions(Convolutions):
    """Count the images that are looked at."""

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float16]:
        looked_at.append(len(images))
        return super().features(images)


looked_at: list[int] = []


def maps_of(frames: str = "spacetime") -> Streams:
    looked_at.clear()
    convolutions = CountedConvolutions(backbone=small_backbone("small"), layer=None, shape=(48, 1, 1))
    return Streams(size=16, frames=frames, convolutions=convolutions)


def test_pictures_at_thirty_hertz_are_each_used_once() -> None:
    for rate in (30.0, 30_000 / 1001):
        assert step_indices(15, impact_frame=7, frame_rate=rate).tolist() == list(range(15))


def test_the_impact_is_frame_seven_at_any_rate() -> None:
    for rate, n_frames in ((25.0, 13), (50.0, 25), (60.0, 31)):
        chosen = step_indices(n_frames, impact_frame=n_frames // 2, frame_rate=rate)
        assert chosen[7] == n_frames // 2
        assert (chosen[0], chosen[-1]) == (0 if rate < 60 else 1, n_frames - (1 if rate < 60 else 2))
        assert (np.diff(chosen) >= 0).all()


def test_beyond_a_clips_ends_its_outermost_pictures_stand_in() -> None:
    assert step_indices(9, impact_frame=2, frame_rate=30.0).tolist() == [0] * 5 + [*range(9), 8]


def test_spacetime_images_are_those_of_the_image_matches() -> None:
    images = np.random.default_rng(0).integers(0, 256, (15, 8, 8, 3)).astype(np.uint8)
    frames = clip_frames(images, impact_frame=7, frame_rate=30.0, size=8)
    ours = spacetime_of_grey(torch.from_numpy(to_luma(frames))[None])[0].permute(0, 2, 3, 1).numpy()
    for index in (0, 7, 14):
        np.testing.assert_array_equal(ours[index], clip_images(images, index, size=8)[1])


def test_a_clip_set_has_a_row_for_each_exemplar(context: Context) -> None:
    clips = load_clipset(context, context.exemplars, maps_of())
    assert clips.ids == context.exemplars.ids
    assert clips.frames.shape == (12, 15, 48)
    assert clips.first.shape == (12, 48)
    np.testing.assert_array_equal(clips.cochleagrams, context.exemplars.cochleagrams)


def test_test_clips_come_from_test_videos(context: Context) -> None:
    clips = load_clipset(context, load_exemplars(context, context.dataset.test), maps_of())
    assert set(clips.video_ids) == {"c1"}


def test_the_impact_shows_in_the_middle_frame(context: Context) -> None:
    clips = load_clipset(context, context.exemplars, maps_of())
    moved = np.abs(np.diff(clips.frames.astype(np.float32), axis=1)).sum(axis=2)  # (n, 14)
    assert (np.argsort(moved, axis=1)[:, -2:] // 2 >= 2).all()  # round frame 7, where the square jumps
    assert set(moved.argmax(axis=1)) <= {5, 6, 7, 8}


def test_each_image_is_looked_at_once_whatever_is_trained(context: Context) -> None:
    load_clipset(context, context.exemplars, maps_of())
    assert sum(looked_at) == 12 * (15 + 1)
    colour = load_clipset(context, context.exemplars, maps_of("colour"))
    assert sum(looked_at) == 12 * 14  # the first frame's features are shared
    again = load_clipset(context, context.exemplars, maps_of("colour"))
    assert looked_at == []
    np.testing.assert_array_equal(again.frames, colour.frames)
    np.testing.assert_array_equal(colour.frames[:, 0], colour.first)


def test_another_image_size_is_another_cache_entry(context: Context) -> None:
    load_clipset(context, context.exemplars, maps_of())
    streams = dataclasses.replace(maps_of(), size=24)
    load_clipset(context, context.exemplars, streams)
    assert sum(looked_at) == 12 * 16


def test_worker_processes_give_the_same_arrays(context: Context, tmp_path: Path) -> None:
    alone = load_clipset(context, context.exemplars, maps_of())
    other = dataclasses.replace(context, cache=tmp_path / "other", workers=2)
    np.testing.assert_array_equal(load_clipset(other, other.exemplars, maps_of()).frames, alone.frames)


def test_videos_with_broken_pictures_are_left_out(dataset: Path, tmp_path: Path) -> None:
    root = tmp_path / "broken"
    shutil.copytree(dataset, root, ignore=shutil.ignore_patterns("cache"))
    write_video(root / "a1_denoised.mp4", sound=False, seconds=0.3)
    (root / "a1_denoised.wav").write_bytes(b"")
    shutil.move(root / "a1_mic.mp4", root / "a1_denoised.wav")
    context = Context(dataset=read_dataset(root), cache=tmp_path / "cache")
    clips = load_clipset(context, context.exemplars, maps_of())
    assert set(context.exemplars.video_ids) - set(clips.video_ids) == {"a1"}
    assert len(clips) == 9


def test_no_usable_pictures_at_all_are_an_error(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.clips.clipset.read_clips", lambda *args: iter(()))
    with pytest.raises(UnavailableError, match=r"no clip of .* has usable pictures"):
        load_clipset(context, context.exemplars, maps_of())


def test_videos_of_other_rates_give_fifteen_frames(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    for name, rate in (("a1", 25), ("a2", Fraction(50))):
        clicks = (0.7, 1.3, 1.9)
        write_video(root / f"{name}_mic.mp4", seconds=2.6, clicks_s=clicks, rate=rate)
    context = Context(dataset=read_dataset(root), cache=tmp_path / "cache")
    assert load_clipset(context, context.exemplars, maps_of()).frames.shape == (12, 15, 48)


def test_scratch_caches_small_pictures(context: Context) -> None:
    config = NetworkConfig(encoder="scratch", n_inputs=32, n_features=8, width=0.1)
    streams = streams_of(config, None)
    clips = load_clipset(context, context.exemplars, streams)
    assert clips.frames.shape == (12, 15, 36, 36)
    assert clips.first.shape == (12, 36, 36, 3)
    batch = make_batch(clips, np.array([3, 5]), config, device="cpu")
    assert batch.frames.shape == (2, 15, 3, 32, 32)
    assert batch.first.shape == (2, 3, 32, 32)
    middle = torch.from_numpy(clips.frames[3, :, 2:34, 2:34])
    assert torch.equal(batch.frames[0, :, 1], middle)


def test_crops_and_mirrors_are_the_same_for_all_frames_of_a_clip() -> None:
    still = np.random.default_rng(0).integers(0, 256, (1, 20, 20)).astype(np.uint8)
    grey = torch.from_numpy(np.broadcast_to(still[:, None], (1, 15, 20, 20)).copy())
    colour = torch.from_numpy(np.repeat(still[..., None], 3, axis=3))
    views = set()
    for seed in range(20):
        frames, first = pictures(grey, colour, side=16, rng=np.random.default_rng(seed))
        assert (frames == frames[:, :1, :1]).all()
        assert torch.equal(first[0], frames[0, 0])
        views.add(first.numpy().tobytes())
    assert len(views) > 10
    whole = [pictures(grey, colour, side=20, rng=np.random.default_rng(seed))[1] for seed in range(20)]
    assert {torch.equal(view[0, 0], torch.from_numpy(still[0])) for view in whole} == {True, False}


def test_maps_of_another_length_than_the_network_takes_are_refused() -> None:
    convolutions = convolutions_of(small_backbone("small"))
    with pytest.raises(ModelsError, match="takes 7 numbers an image, the maps have 48"):
        streams_of(NetworkConfig(n_inputs=7), convolutions)


def test_a_subset_keeps_rows_together(context: Context) -> None:
    clips = load_clipset(context, context.exemplars, maps_of())
    chosen = np.array([name == "b1" for name in clips.video_ids])
    part: ClipSet = clips.subset(chosen)
    assert set(part.video_ids) == {"b1"}
    np.testing.assert_array_equal(part.frames, clips.frames[chosen])

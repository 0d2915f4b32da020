import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.backend import Clip
from models.clips.features import ClipFeatures
from models.videos.frames import clip_images, resize, to_luma


def _frames(n: int = 5, height: int = 36, width: int = 50, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (n, height, width, 3), dtype=np.uint8)


def _clip(seed: int) -> Clip:
    return Clip(
        id=str(seed), video_id="v", impact_s=1, frames=_frames(seed=seed), impact_frame=2, frame_rate=30
    )


class CountingNetwork:
    image_size = 8

    def __init__(self) -> None:
        self.seen = 0

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.seen += len(images)
        return images.reshape(len(images), -1)[:, :4].astype(np.float32)


@pytest.mark.parametrize("size", [16, 36, 64])
def test_resize_equals_torch_with_antialiasing(size: int):
    frames = _frames(2, 36, 50)
    channels_first = torch.from_numpy(frames).permute(0, 3, 1, 2).float()
    expected = torch.nn.functional.interpolate(
        channels_first, (size, size), mode="bilinear", antialias=True
    )
    difference = resize(frames, size).astype(float) - expected.permute(0, 2, 3, 1).numpy()
    assert np.abs(difference).max() < 0.51  # rounded to whole numbers


def test_grey_pictures_keep_their_grey():
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    np.testing.assert_array_equal(to_luma(grey), grey[:, 0])


def test_green_is_brighter_than_red_and_red_than_blue():
    red, green, blue = to_luma(np.eye(3, dtype=np.uint8) * 200)
    assert blue < red < green


@pytest.mark.parametrize(("index", "shown"), [(2, (1, 2, 3)), (0, (0, 0, 1)), (4, (3, 4, 4))])
def test_a_spacetime_image_holds_the_frames_before_at_and_after(index: int, shown: tuple[int, ...]):
    frames = _frames(height=16, width=16)
    colour, spacetime = clip_images(frames, index, size=16)
    np.testing.assert_array_equal(colour, frames[index])
    for channel, frame in enumerate(shown):  # at an end, the current frame stands for the missing one
        np.testing.assert_array_equal(spacetime[..., channel], to_luma(frames[frame]))


def test_each_image_is_seen_once_however_often_it_is_asked_for():
    network = CountingNetwork()
    features = ClipFeatures(network)
    clips = [_clip(0), _clip(1), _clip(0)]
    first = features.colour(clips)
    assert network.seen == 2
    np.testing.assert_array_equal(features.colour(clips[::-1]), first[::-1])
    assert network.seen == 2
    assert not np.array_equal(features.spacetime(clips), first)
    assert network.seen == 4

"""From a clip's pictures to what the network is given of each of its fifteen frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.errors import ModelsError
from models.networks.convolutions import Convolutions
from models.networks.network import FRAMES, FrameInput, NetworkConfig
from models.videos.frames import resize, to_luma

FRAME_RATE = 30.0  # Hz; 15 frames to 45 envelope steps at 90 Hz
SCRATCH_MARGIN = 1 / 8  # of the side of the crop: how much larger the cached pictures are


def step_indices(n_frames: int, *, impact_frame: int, frame_rate: float) -> NDArray[np.intp]:
    """Choose the pictures that stand for the network's fifteen frames, 1/30 s apart.

    Parameters
    ----------
    n_frames : int
        Pictures of the clip.
    impact_frame : int
        The picture at the impact; it becomes frame 7 of 0 to 14.
    frame_rate : float
        Pictures a second (Hz). At 29.97 Hz every picture is used once; at 25 Hz two of the 13 are used
        twice; at 60 Hz every other one.

    Returns
    -------
    ndarray of int [shape=(15,)]
        The nearest picture in time; the clip's first and last stand for what lies outside it.
    """
    offsets_s = (np.arange(FRAMES) - FRAMES // 2) / FRAME_RATE
    nearest = impact_frame + np.rint(offsets_s * frame_rate).astype(np.intp)
    return np.clip(nearest, 0, n_frames - 1)


def clip_frames(
    images: NDArray[np.uint8], *, impact_frame: int, frame_rate: float, size: int
) -> NDArray[np.uint8]:
    """Choose and resize the pictures of a clip.

    Parameters
    ----------
    images : ndarray of uint8 [shape=(n_frames, height, width, 3)]
        RGB, in order of time.
    impact_frame, frame_rate
        As in `step_indices`.
    size : int
        Side of the result (pixels).

    Returns
    -------
    ndarray of uint8 [shape=(15, size, size, 3)]
    """
    chosen = step_indices(len(images), impact_frame=impact_frame, frame_rate=frame_rate)
    used, places = np.unique(chosen, return_inverse=True)
    return resize(images[used], size)[places]


def spacetime_of_grey(grey: Tensor) -> Tensor:
    """Stack grey frames with their neighbours: spacetime images (Section 5.1).

    Parameters
    ----------
    grey : Tensor [shape=(n_clips, n_frames, height, width)]

    Returns
    -------
    Tensor [shape=(n_clips, n_frames, 3, height, width)]
        Previous, current and next frame; at either end of a clip the current one for what is missing.
    """
    before = torch.cat([grey[:, :1], grey[:, :-1]], dim=1)
    after = torch.cat([grey[:, 1:], grey[:, -1:]], dim=1)
    return torch.stack([before, grey, after], dim=2)


def pictures(
    grey: Tensor, picture: Tensor, *, side: int, rng: np.random.Generator | None
) -> tuple[Tensor, Tensor]:
    """Crop cached pictures and make spacetime images of them.

    "We augmented the data by applying cropping and mirroring transformations to the videos"
    (Section 5.1).

    Parameters
    ----------
    grey : Tensor of uint8 [shape=(n_clips, n_frames, size, size)]
    picture : Tensor of uint8 [shape=(n_clips, size, size, 3)]
        The first frame in colour.
    side : int
        Side of the crops (pixels), at most `size`.
    rng : Generator or None
        Draws a crop and a mirroring of each clip, for all its frames; None crops in the middle.

    Returns
    -------
    frames : Tensor of uint8 [shape=(n_clips, n_frames, 3, side, side)]
    first : Tensor of uint8 [shape=(n_clips, 3, side, side)]
    """
    colour = picture.permute(0, 3, 1, 2)  # (n_clips, 3, size, size)
    layers = torch.cat([grey, colour], dim=1)  # (n_clips, n_frames + 3, size, size)
    room = layers.shape[-1] - side
    cropped = [_cropped(clip, room, side, rng) for clip in layers]
    together = torch.stack(cropped)
    return spacetime_of_grey(together[:, :-3]), together[:, -3:]


def _cropped(layers: Tensor, room: int, side: int, rng: np.random.Generator | None) -> Tensor:
    top, left, mirrored = (room // 2, room // 2, False)
    if rng is not None:
        top, left = rng.integers(0, room + 1, 2).tolist()
        mirrored = bool(rng.integers(2))
    crop = layers[:, top : top + side, left : left + side]
    return crop.flip(-1) if mirrored else crop


@dataclass(frozen=True, kw_only=True)
class Streams:
    """Which arrays of a clip a network is given, and how they are computed.

    Attributes
    ----------
    size : int
        Side of the square pictures (pixels).
    frames : {"spacetime", "colour"}
        What is seen of each frame.
    convolutions : Convolutions or None
        What the images go through before they are cached; None caches small pictures themselves.
    """

    size: int
    frames: FrameInput
    convolutions: Convolutions | None

    @property
    def names(self) -> tuple[str, ...]:
        """The arrays to be had of a clip; ``first`` is shared by networks with and without spacetime."""
        if self.convolutions is None:
            return ("grey", "picture")
        return ("spacetime", "first") if self.frames == "spacetime" else ("first", "later")

    def facts(self, name: str) -> dict[str, Any]:
        """All that an array depends on beside the pictures and times, as plain JSON values."""
        mapped = self.convolutions.facts if self.convolutions else {}
        return {"stream": name, **mapped, "size": self.size}

    def compute(self, name: str, frames: NDArray[np.uint8]) -> NDArray[Any]:
        """Compute one of the arrays.

        Parameters
        ----------
        name : str
            One of `names`.
        frames : ndarray of uint8 [shape=(n_clips, 15, size, size, 3)]
            From `clip_frames`.

        Returns
        -------
        ndarray [shape=(n_clips, ...)]
            float16 maps, ``spacetime`` of 15, ``first`` of 1 and ``later`` of 14 images; or uint8, the
            ``grey`` frames and the first ``picture`` in colour.
        """
        if name == "grey":
            return to_luma(frames)
        if name == "picture":
            return np.ascontiguousarray(frames[:, 0])
        if name == "first":
            return self._maps(frames[:, :1])[:, 0]
        if name == "later":
            return self._maps(frames[:, 1:])
        spacetime = spacetime_of_grey(torch.from_numpy(to_luma(frames)))
        return self._maps(spacetime.permute(0, 1, 3, 4, 2).numpy())

    def join(self, arrays: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Order the arrays as the network is given them: of each frame, and of the first image."""
        if self.convolutions is None:
            return arrays["grey"], arrays["picture"]
        first = arrays["first"]
        if self.frames == "spacetime":
            return arrays["spacetime"], first
        return np.concatenate([first[:, None], arrays["later"]], axis=1), first

    def _maps(self, images: NDArray[np.uint8]) -> NDArray[np.float16]:
        if self.convolutions is None:
            raise ModelsError("pictures have no maps; give the convolutions that make them")
        maps = self.convolutions.features(images.reshape(-1, *images.shape[2:]))
        return maps.reshape(*images.shape[:2], -1)


def streams_of(config: NetworkConfig, convolutions: Convolutions | None) -> Streams:
    """Choose the arrays that a network needs.

    Parameters
    ----------
    config : NetworkConfig
        The network.
    convolutions : Convolutions or None
        Of its pretrained image network; not used by ``scratch``.

    Raises
    ------
    ModelsError
        If the maps have another length than the network's input.
    """
    if config.encoder == "scratch":
        size = config.n_inputs + round(config.n_inputs * SCRATCH_MARGIN)
        return Streams(size=size, frames="spacetime", convolutions=None)
    if convolutions is None or convolutions.n_values != config.n_inputs:
        has = convolutions.n_values if convolutions else "none"
        raise ModelsError(f"the network takes {config.n_inputs} numbers an image, the maps have {has}")
    size = convolutions.backbone.image_size
    return Streams(size=size, frames=config.frames, convolutions=convolutions)

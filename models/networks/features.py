"""From a clip's frames to what the image networks see, and to the features that they see in it.

Torch comes in with the network that a caller hands over; nothing here imports it.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.backend import Clip

MEMORY = 16_384  # feature vectors kept: 84 MB of efficientnet-lite0's, 268 MB of alexnet's
LUMA = (0.299, 0.587, 0.114)  # Rec. 601, which standard-definition video and most greyscales use


def to_luma(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn colour into grey.

    Parameters
    ----------
    images : ndarray of uint8 [shape=(..., 3)]
        RGB.

    Returns
    -------
    ndarray of uint8 [shape=(...)]
        Rec. 601 luma, rounded.
    """
    return np.rint(images @ np.array(LUMA, np.float32)).astype(np.uint8)


def clip_images(
    frames: NDArray[np.uint8], index: int, *, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Make the colour and the spacetime image of one frame, each uint8 [shape=(size, size, 3)].

    Spacetime images are those "whose three channels are grayscale versions of the previous, current, and
    next frames" (Section 5.1).

    Parameters
    ----------
    frames : ndarray of uint8 [shape=(n_frames, height, width, 3)]
        RGB, in order of time.
    index : int
        The current frame; at either end it also stands for the frame that is missing.
    size : int
        Side of the images (pixels).
    """
    around = [max(index - 1, 0), index, min(index + 1, len(frames) - 1)]
    resized = resize(frames[around], size)
    return resized[1], np.ascontiguousarray(np.moveaxis(to_luma(resized), 0, -1))


def resize(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Resize full frames to squares, by a triangle filter as wide as the reduction asks for.

    Parameters
    ----------
    images : ndarray of uint8 [shape=(n, height, width, 3)]
    size : int
        Side of the result (pixels).

    Returns
    -------
    ndarray of uint8 [shape=(n, size, size, 3)]
    """
    n, height, width, channels = images.shape
    if (height, width) == (size, size):
        return np.ascontiguousarray(images)
    rows, columns = _triangle_weights(height, size), _triangle_weights(width, size)
    resized = np.empty((n, size, size, channels), np.uint8)
    for image, out in zip(images, resized, strict=True):
        shorter = rows @ image.reshape(height, -1).astype(np.float32)
        shorter = shorter.reshape(size, width, channels).swapaxes(0, 1)  # (width, size, channels)
        square = columns @ shorter.reshape(width, -1)
        out[...] = np.rint(square).reshape(size, size, channels).swapaxes(0, 1)
    return resized


class ImageNetwork(Protocol):
    """What `ClipFeatures` asks of a network; `models.networks.backbones.Backbone` is one."""

    @property
    def image_size(self) -> int:
        """Side of the square that pictures are resized to (pixels)."""
        ...

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Map pictures [shape=(n, height, width, 3)] to features [shape=(n, n_features)]."""
        ...


class ClipFeatures:
    """The features of clips' impact frames, each image seen once however many variants ask for it.

    Parameters
    ----------
    network : ImageNetwork
        What sees the images.
    """

    def __init__(self, network: ImageNetwork) -> None:
        self._network = network
        self._known: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    def colour(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Compute features of the colour images, float32 [shape=(n_clips, n_features)]."""
        return self._features([self._images(clip)[0] for clip in clips])

    def spacetime(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Compute features of the spacetime images, float32 [shape=(n_clips, n_features)]."""
        return self._features([self._images(clip)[1] for clip in clips])

    def _images(self, clip: Clip) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return clip_images(clip.frames, clip.impact_frame, size=self._network.image_size)

    def _features(self, images: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        keys = [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images]
        new = {key: image for key, image in zip(keys, images, strict=True) if key not in self._known}
        if new:
            computed = self._network.features(np.stack(list(new.values())))
            self._known.update(zip(new, computed, strict=True))
        features = np.stack([self._known[key] for key in keys])
        while len(self._known) > MEMORY:
            self._known.popitem(last=False)
        return features


@lru_cache(maxsize=16)
def _triangle_weights(n_from: int, n_to: int) -> csr_array:
    """Weights [shape=(n_to, n_from)] that interpolate linearly, averaging where they reduce."""
    scale = n_from / n_to
    centres = (np.arange(n_to) + 0.5) * scale
    distance = np.abs(np.arange(n_from) + 0.5 - centres[:, None]) / max(scale, 1.0)
    weights = np.maximum(0.0, 1.0 - distance)
    return csr_array((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))

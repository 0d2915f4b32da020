"""Frames of video as the image networks see them: grey, resized, stacked into spacetime images."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

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


@lru_cache(maxsize=16)
def _triangle_weights(n_from: int, n_to: int) -> csr_array:
    """Weights [shape=(n_to, n_from)] that interpolate linearly, averaging where they reduce."""
    scale = n_from / n_to
    centres = (np.arange(n_to) + 0.5) * scale
    distance = np.abs(np.arange(n_from) + 0.5 - centres[:, None]) / max(scale, 1.0)
    weights = np.maximum(0.0, 1.0 - distance)
    return csr_array((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))

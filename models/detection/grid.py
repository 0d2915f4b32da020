"""A whole video's pictures, 30 a second whatever its own rate, and what an image network makes of them.

Everything here is a stream: a few seconds of pictures are in memory, however long the video is.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.errors import ModelsError
from models.networks.convolutions import Convolutions
from models.networks.streams import FRAME_RATE, spacetime_of_grey
from models.sounds.sound import ENVELOPE_RATE
from models.videos.frames import resize, to_luma
from models.videos.video import MOST_HOLE_S, Picture, read_pictures

BLOCK = 60  # pictures mapped at a time, a multiple of KEY_EVERY
KEY_EVERY = 15  # frames; sequences begin every 0.5 s, and each is given its first colour image
SHARPNESS = 2  # pictures are scaled to this many times `size` before the filter that makes them square

SPACETIME, COLOUR, FIRST = "spacetime", "colour", "first"
Maps = dict[str, NDArray[np.float16]]


def grid_time_s(index: int) -> float:
    """Give the time of a frame (s): the middle of its three envelope steps, as in centred clips."""
    return index / FRAME_RATE + 1 / ENVELOPE_RATE


def pictures_on_grid(path: Path, *, size: int, origin_s: float = 0.0) -> Iterator[NDArray[np.uint8]]:
    """Decode a video at 30 pictures a second: of each instant the picture nearest in time.

    Parameters
    ----------
    path : Path
        Any video, of an even or uneven frame rate.
    size : int
        Side of the squares that pictures are resized to (pixels).
    origin_s : float
        Presentation time that counts as the video's start (s).

    Yields
    ------
    ndarray of uint8 [shape=(size, size, 3)]
        RGB; as many as the pictures last.

    Raises
    ------
    ModelsError
        If the video has no pictures, can't be decoded, or its clock jumps.
    """
    held: Picture | None = None
    count, period_s = 0, 1 / FRAME_RATE
    for picture in read_pictures(path, height=SHARPNESS * size):
        if held is not None:
            period_s = picture.time_s - held.time_s
            if period_s > MOST_HOLE_S:
                raise ModelsError(
                    f"the pictures of {path.name} jump from {held.time_s:.2f} to "
                    f"{picture.time_s:.2f} s; its clock is broken"
                )
            shown = _count_before(held.time_s + period_s / 2 - origin_s) - count
            yield from _repeated(held, shown, size)
            count += max(shown, 0)
        held = picture
    if held is None:
        raise ModelsError(f"{path.name} has no pictures that can be decoded")
    rest = _count_before(held.time_s + period_s - origin_s) - count
    yield from _repeated(held, max(rest, int(count == 0)), size)


def _count_before(time_s: float) -> int:
    """Count the instants of the grid before a time."""
    return max(0, int(np.ceil((time_s - grid_time_s(0)) * FRAME_RATE - 1e-9)))


def _repeated(picture: Picture, count: int, size: int) -> Iterator[NDArray[np.uint8]]:
    if count > 0:
        square = resize(picture.upright()[None], size)[0]
        yield from (square for _ in range(count))


def map_blocks(
    images: Iterator[NDArray[np.uint8]], convolutions: Convolutions, names: tuple[str, ...]
) -> Iterator[Maps]:
    """Put a stream of pictures through the convolutions, a block at a time.

    Parameters
    ----------
    images : iterator of ndarray of uint8 [shape=(size, size, 3)]
        From `pictures_on_grid`.
    convolutions : Convolutions
        The frozen part of the image network.
    names : tuple of str
        Which maps: ``spacetime`` and ``colour`` of each picture, ``first`` of every `KEY_EVERY`-th in
        colour.

    Yields
    ------
    dict of str to ndarray of float16 [shape=(n_images, n_values)]
        Of up to `BLOCK` pictures.
    """
    for before, block, after in _blocks(images):
        maps = {}
        if SPACETIME in names:
            grey = to_luma(np.stack([before, *block, after]))
            stacked = spacetime_of_grey(torch.from_numpy(grey)[None])[0, 1:-1]
            maps[SPACETIME] = convolutions.features(stacked.permute(0, 2, 3, 1).numpy())
        if COLOUR in names:
            maps[COLOUR] = convolutions.features(np.stack(block))
        if FIRST in names:
            keys = block[::KEY_EVERY]
            known = maps.get(COLOUR)
            maps[FIRST] = convolutions.features(np.stack(keys)) if known is None else known[::KEY_EVERY]
        yield maps


def joined(blocks: Iterator[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Put blocks together."""
    whole = list(blocks)
    return {name: np.concatenate([block[name] for block in whole]) for name in whole[0]}


Image = NDArray[np.uint8]


def _blocks(images: Iterator[Image]) -> Iterator[tuple[Image, list[Image], Image]]:
    """Cut a stream into blocks, each with the pictures before and after it, or its own ends."""
    before, waiting = None, list[Image]()
    for image in images:
        waiting.append(image)
        if len(waiting) > BLOCK:
            block, waiting = waiting[:BLOCK], waiting[BLOCK:]
            yield (block[0] if before is None else before), block, waiting[0]
            before = block[-1]
    if waiting:
        yield (waiting[0] if before is None else before), waiting, waiting[-1]

"""Long videos: the network runs on overlapping stretches of 10 s, whose predictions are joined (A1.1).

"We run the RNN on 10-second subsequences that overlap by 30%, transitioning between consecutive
predictions at the time that has the least sum-of-squares difference between the overlapping
predictions."
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from models.detection.grid import FIRST, KEY_EVERY, Maps
from models.networks.network import STEPS_PER_FRAME

STRETCH = 300  # frames, 10 s
OVERLAP = 90  # frames, 30 %
HOP = STRETCH - OVERLAP  # frames, a multiple of KEY_EVERY

Predict = Callable[[NDArray[np.float16], NDArray[np.float16]], NDArray[np.float32]]
"""Maps of a stretch's frames (with those of the lag) and of its first colour image, to its steps."""


def predict_long(
    blocks: Iterable[Maps], predict: Predict, *, name: str, lag: int
) -> NDArray[np.float32]:
    """Predict a whole video.

    Parameters
    ----------
    blocks : iterable of dict of str to ndarray
        From `models.detection.grid.map_blocks`; a stretch of them is held in memory.
    predict : callable
        The network.
    name : str
        Which maps it sees, beside ``first``.
    lag : int
        Frames that it looks ahead; the last frame stands for those after the end.

    Returns
    -------
    ndarray of float32 [shape=(3 * n_frames, n_dims)]
        64 bytes a step of ten dimensions, 15 MB an hour.
    """
    stretches = _stretches(blocks, name, lag)
    parts = (predict(frames, first) for frames, first in stretches)
    return np.concatenate(list(join(parts, overlap=OVERLAP * STEPS_PER_FRAME)))


def join(parts: Iterable[NDArray[np.float32]], *, overlap: int) -> Iterator[NDArray[np.float32]]:
    """Join predictions of consecutive stretches.

    Parameters
    ----------
    parts : iterable of ndarray of float32 [shape=(n_steps, n_dims)]
        Each but the first begins `overlap` steps before the end of the one before, and is longer.
    overlap : int
        In steps.

    Yields
    ------
    ndarray of float32 [shape=(n_steps, n_dims)]
        Pieces of the whole, in order.
    """
    tail: NDArray[np.float32] | None = None
    for part in parts:
        if tail is None:
            head = part
        else:
            cut = least_difference(tail, part[:overlap])
            head = np.concatenate([tail[:cut], part[cut:]])
        settled = max(len(head) - overlap, 0)
        yield head[:settled]
        tail = head[settled:]
    if tail is not None:
        yield tail


def least_difference(before: NDArray[np.float32], after: NDArray[np.float32]) -> int:
    """Find the step at which two predictions [shape=(n_steps, n_dims)] differ least."""
    return int(np.square(before - after).sum(axis=1).argmin())


def _stretches(
    blocks: Iterable[Maps], name: str, lag: int
) -> Iterator[tuple[NDArray[np.float16], NDArray[np.float16]]]:
    frames, first, count = None, None, 0
    for block in blocks:
        frames = block[name] if frames is None else np.concatenate([frames, block[name]])
        first = block[FIRST] if first is None else np.concatenate([first, block[FIRST]])
        while len(frames) >= STRETCH + lag:
            yield frames[: STRETCH + lag], first[0]
            frames, first, count = frames[HOP:], first[HOP // KEY_EVERY :], count + 1
    if frames is not None and first is not None and (count == 0 or len(frames) > OVERLAP):
        yield np.concatenate([frames, np.repeat(frames[-1:], lag, axis=0)]), first[0]

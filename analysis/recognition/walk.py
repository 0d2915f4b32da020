"""A walk through the dataset by nearest neighbours (Fig. A2)."""

import numpy as np
from numpy.typing import NDArray

N_WALKS, N_STEPS = 20, 5  # "We repeat this 5 times, with 20 random initializations."


def walks(
    features: NDArray[np.float32],
    videos: NDArray[np.str_],
    *,
    rng: np.random.Generator,
    n_walks: int = N_WALKS,
    n_steps: int = N_STEPS,
) -> tuple[tuple[int, ...], ...]:
    """Go from a random picture to the most alike, and on from there.

    "To avoid loops, we removed videos when any of their images were matched"; so is the first one's.
    The paper does not name the distance: it is Euclidean here, as in the image matches.

    Parameters
    ----------
    features : ndarray of float32 [shape=(n, n_features)]
        Of the pictures at the impacts.
    videos : ndarray of str [shape=(n,)]
        The video of each.
    rng : Generator
        Draws where walks begin: in as many videos, if there are enough.
    n_walks, n_steps : int
        How many walks, and steps of each; fewer where there are no more videos.

    Returns
    -------
    tuple of tuple of int
        Rows of each walk.
    """
    if not len(features):
        return ()
    names = rng.permutation(np.unique(videos))[:n_walks]
    starts = [int(rng.choice(np.flatnonzero(videos == name))) for name in names]
    squares = np.square(features).sum(axis=1)
    return tuple(_walk(start, features, squares, videos, n_steps) for start in starts)


def _walk(
    start: int,
    features: NDArray[np.float32],
    squares: NDArray[np.float32],
    videos: NDArray[np.str_],
    n_steps: int,
) -> tuple[int, ...]:
    path, left = [start], videos != videos[start]
    while len(path) <= n_steps and left.any():
        distances = squares - 2 * features @ features[path[-1]]  # but for the last one's own square
        path.append(int(np.argmin(np.where(left, distances, np.inf))))
        left &= videos != videos[path[-1]]
    return tuple(path)

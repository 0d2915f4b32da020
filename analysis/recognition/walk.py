"""A walk through the dataset by nearest neighbours (Fig. A2), and its picture."""

import base64
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from analysis.recognition.data import RecognitionData

N_WALKS, N_STEPS = 20, 5  # "We repeat this 5 times, with 20 random initializations."
WIDTH, HEIGHT, GAP = 128, 96, 4  # of a thumbnail's place (pixels)


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


def uri(jpeg: bytes) -> str:
    """Write a JPEG file as an address that holds it."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def caption(data: RecognitionData, clip: int) -> str:
    """Say what a clip shows, as far as it is labelled."""
    labels = [str(data.labels[kind][clip]) for kind in ("material", "action", "reaction")]
    return ", ".join(label for label in labels if label) or "no label"


def draw(data: RecognitionData, walks: Sequence[Sequence[int]]) -> str:
    """Draw a walk a line, from left to right."""
    width = (WIDTH + GAP) * max(len(path) for path in walks)
    height = (HEIGHT + GAP) * len(walks)
    images = [
        f'<image x="{column * (WIDTH + GAP)}" y="{row * (HEIGHT + GAP)}" width="{WIDTH}" '
        f'height="{HEIGHT}" href="{uri(data.thumbnail(clip))}">'
        f"<title>{escape(caption(data, clip))}</title></image>"
        for row, path in enumerate(walks)
        for column, clip in enumerate(path)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="A walk through the dataset">{"".join(images)}</svg>\n'
    )


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

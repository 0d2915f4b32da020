"""Which impacts of a video become clips: pure, on the grid of the video's pictures.

The rule: of the clips that lie wholly in the video, `count` are drawn so that no two share a picture,
every such subset being equally likely. Where the video has no `count` clips without overlap, as many
as can stand free of each other are drawn first (again all such subsets equally likely), and the rest
at random from what is left. (The paper: "up to 15 impact-centered clips from each full-length video",
Section 6.2; it does not say how overlap was treated.)
"""

from bisect import bisect_left
from collections.abc import Collection, Sequence

import numpy as np


def uncentred(times_s: Sequence[float], *, clip_s: float, rng: np.random.Generator) -> list[float]:
    """Move the middles of clips off their impacts, by up to a quarter of their length.

    Parameters
    ----------
    times_s : sequence of float
        Of the impacts (s).
    clip_s : float
        Length of a clip (s).
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    list of float
        Of the middles (s), in the impacts' order.
    """
    return [time_s + float(rng.uniform(-clip_s / 4, clip_s / 4)) for time_s in times_s]


def sample_clips(
    centres: Collection[int], *, n_frames: int, count: int, rng: np.random.Generator
) -> list[int]:
    """Draw up to `count` clips, free of overlap as far as the video allows (see above).

    Parameters
    ----------
    centres : collection of int
        Index of each clip's middle picture, all different, in any order.
    n_frames : int
        Pictures in a clip: two clips overlap if their centres are less than this apart.
    count : int
        How many are wanted.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    list of int
        Those of `centres` that were drawn, in order.
    """
    times = sorted(centres)
    chosen = _draw_apart(times, n_frames, min(count, most_apart(times, n_frames=n_frames)), rng)
    rest = [i for i in range(len(times)) if i not in set(chosen)]
    extra = min(count - len(chosen), len(rest))
    chosen += [rest[i] for i in rng.choice(len(rest), size=extra, replace=False)] if extra else []
    return [times[i] for i in sorted(chosen)]


def most_apart(centres: Sequence[int], *, n_frames: int) -> int:
    """Count the clips in a largest subset without overlap, by taking the earliest free one."""
    count, free_from = 0, None
    for centre in sorted(centres):
        if free_from is None or centre >= free_from:
            count, free_from = count + 1, centre + n_frames
    return count


def _draw_apart(times: list[int], span: int, count: int, rng: np.random.Generator) -> list[int]:
    """Draw uniformly from all subsets of `count` times that are at least `span` apart.

    ``ways[k][i]`` counts such subsets of size k among ``times[i:]``; walking through the times, each is
    taken with the share of the remaining subsets that hold it. The counts are exact (whole numbers).
    """
    following = [bisect_left(times, time + span) for time in times]
    ways = [[1] * (len(times) + 1)]
    for _ in range(count):
        row = [0] * (len(times) + 1)
        for i in reversed(range(len(times))):
            row[i] = row[i + 1] + ways[-1][following[i]]
        ways.append(row)
    chosen: list[int] = []
    i = 0
    while len(chosen) < count:
        left = count - len(chosen)
        if rng.random() < ways[left - 1][following[i]] / ways[left][i]:
            chosen.append(i)
            i = following[i]
        else:
            i += 1
    return chosen

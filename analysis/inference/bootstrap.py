"""Intervals by drawing whole videos with replacement, since clips of one video are alike."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.inference.pooled import LEVEL, Estimate

N_RESAMPLES = 2000
FEW_VIDEOS = 20  # below, percentile intervals over videos are too short

Sums = NDArray[np.float64]


def resample(sums: Sums, rng: np.random.Generator) -> Sums:
    """Draw as many videos as there are, over and over, and add their rows up.

    Parameters
    ----------
    sums : ndarray of float64 [shape=(n_videos, n_columns)]
        What is to be measured is made of sums over videos.
    rng : Generator
        Draws.

    Returns
    -------
    ndarray of float64 [shape=(N_RESAMPLES, n_columns)]
        The columns' sums over the videos of each resample.
    """
    n_videos = len(sums)
    draws = rng.multinomial(n_videos, np.full(n_videos, 1 / n_videos), size=N_RESAMPLES)
    return np.asarray(draws.astype(np.float64) @ sums)


def estimate(
    measure: Callable[[Sums], Sums], sums: Sums, resampled: Sums, *, n: int, method: str
) -> Estimate:
    """Measure a share with the percentiles of its resamples.

    Parameters
    ----------
    measure : callable
        From sums [shape=(m, n_columns)] to m shares, NaN where there is nothing to measure.
    sums, resampled : ndarray of float64
        As in `resample`.
    n : int
        What it was measured on.
    method : str
        What was computed, in words.

    Returns
    -------
    Estimate
        Without an interval if all is of one video.
    """
    n_videos, value = len(sums), float(measure(sums.sum(axis=0)[None])[0])
    measured = measure(resampled)
    measured = measured[np.isfinite(measured)]
    low = high = None
    if n_videos > 1 and len(measured):
        low, high = (float(x) for x in np.quantile(measured, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    few = f"{n_videos} videos: the interval is too short" if n_videos < FEW_VIDEOS else ""
    return Estimate(
        value=value if np.isfinite(value) else None, low=low, high=high, n=n, method=method,
        note=few if n_videos > 1 else "one video: no interval",
    )  # fmt: skip

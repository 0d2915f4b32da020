"""Class-averaged accuracy with an interval over videos, and confusions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.inference import bootstrap
from analysis.inference.pooled import LEVEL, Estimate

RUNS = "class-averaged accuracy; Student's t interval of the mean over runs"
METHOD = "class-averaged accuracy; percentiles of a bootstrap over test videos"


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """How often each class was taken for each.

    Attributes
    ----------
    classes : tuple of str
        Rows are what it was, columns what was said.
    counts : ndarray of int [shape=(k, k)]
        Test clips.
    """

    classes: tuple[str, ...]
    counts: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Each row's counts as shares of it."""
        return np.asarray(self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1))

    def ordered(self, order: tuple[str, ...]) -> "Confusion":
        """Set the classes in an order; those that it has not come last."""
        names = [n for n in order if n in self.classes] + [n for n in self.classes if n not in order]
        rows = [self.classes.index(name) for name in names]
        return Confusion(classes=tuple(names), counts=self.counts[np.ix_(rows, rows)])


def class_averaged(
    true: NDArray[np.intp],
    said: NDArray[np.intp],
    videos: NDArray[np.str_],
    *,
    rng: np.random.Generator,
) -> Estimate:
    """Average the classes' accuracies, "the mean of per-class accuracy values" (Section 4).

    Clips of one video are alike, so that whole videos are drawn with replacement for the interval. A
    class of which a resample holds no clip is left out of that resample's average.

    Parameters
    ----------
    true, said : ndarray of int [shape=(n,)]
        Classes, from 0.
    videos : ndarray of str [shape=(n,)]
        The video of each clip.
    rng : Generator
        Draws the resamples.

    Returns
    -------
    Estimate
        Without an interval if all clips are of one video.
    """
    names, video = np.unique(videos, return_inverse=True)
    k, g = int(true.max()) + 1, len(names)
    cells = video * k + true
    clips = np.bincount(cells, minlength=g * k).reshape(g, k)
    right = np.bincount(cells, weights=true == said, minlength=g * k).reshape(g, k)
    sums = np.hstack([right, clips]).astype(np.float64)
    return bootstrap.estimate(
        lambda s: _averages(s[:, :k], s[:, k:]), sums, bootstrap.resample(sums, rng), n=len(true),
        method=METHOD,
    )  # fmt: skip


def averaged(true: NDArray[np.intp], said: NDArray[np.intp]) -> float:
    """Average the classes' accuracies, over those that have clips."""
    clips = np.bincount(true).astype(np.float64)
    right = np.bincount(true, weights=true == said).astype(np.float64)
    return float(_averages(right[None], clips[None])[0])


def mean_over_runs(values: Sequence[float], *, n: int) -> Estimate:
    """Average runs that chance made different, with Student's t interval of their mean.

    Parameters
    ----------
    values : sequence of float
        Each run's share, at least two.
    n : int
        Clips in each.
    """
    mean, spread = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1)) * spread / np.sqrt(len(values))
    return Estimate(value=mean, low=max(mean - half, 0.0), high=min(mean + half, 1.0), n=n, method=RUNS)


def _averages(right: NDArray[np.float64], clips: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average shares over the classes [shape=(..., k)] that have clips."""
    shares = np.divide(right, clips, out=np.zeros_like(clips), where=clips > 0)
    return np.asarray(shares.sum(axis=1) / np.maximum((clips > 0).sum(axis=1), 1))

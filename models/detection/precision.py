"""How well impacts are detected: the paper's average precision, with intervals over videos.

An impact counts as detected "if a predicted spike occurred within 0.1 seconds of it. Using the
predicted amplitude as a measure of confidence, we computed average precision" (Section 6.2). The paper
does not say whether one spike may account for two impacts; here each is used once, the surest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.detection.peaks import Peaks
from models.errors import ModelsError
from models.evaluation.metrics import LEVEL, N_RESAMPLES, Estimate

TOLERANCE_S = 0.1  # how far a detection may be off
CURVE_POINTS = 200  # of a curve, at most
AT_A_TIME = 100  # resamples

Doubles = NDArray[np.float64]
Hits = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Detections:
    """What was detected in a video, and what there was.

    Attributes
    ----------
    peaks : Peaks
        Detected.
    true_s : ndarray of float64 [shape=(n_true,)]
        Times of the impacts (s).
    """

    peaks: Peaks
    true_s: Doubles

    def matches(self) -> NDArray[np.intp]:
        """Match detections and impacts one to one, the surest detection first, the earlier of equals.

        Each takes the nearest impact within `TOLERANCE_S` that no surer one has taken.

        Returns
        -------
        ndarray of int [shape=(n_peaks,)]
            The impact of each detection; -1 where it has none.
        """
        found, free = np.full(len(self.peaks), -1), np.ones(len(self.true_s), bool)
        for index in np.argsort(-self.peaks.amplitudes, kind="stable"):
            away = np.where(free, np.abs(self.true_s - self.peaks.times_s[index]), np.inf)
            if away.size and away.min() <= TOLERANCE_S + 1e-9:  # times are decimal fractions
                found[index] = away.argmin()
                free[found[index]] = False
        return found


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Precision and recall, from the surest detection down, at most `CURVE_POINTS` of them."""

    recall: tuple[float, ...]
    precision: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Precision:
    """The detections of videos, scored.

    Attributes
    ----------
    average_precision : Estimate
        Pooled over videos; the interval is of a bootstrap over videos.
    curve : Curve
        Behind it.
    n_videos, n_true, n_detected : int
        Videos, their impacts, and all detections however unsure.
    """

    average_precision: Estimate
    curve: Curve
    n_videos: int
    n_true: int
    n_detected: int


def average_precision(confidences: Doubles, found: Hits, n_true: int) -> float:
    """Compute the area under the precision-recall steps; impacts never detected count as missed.

    Parameters
    ----------
    confidences : ndarray of float64 [shape=(n,)]
        Of detections.
    found : ndarray of bool [shape=(n,)]
        Which are right.
    n_true : int
        Impacts, at least 1.
    """
    ordered = found[np.argsort(-confidences, kind="stable")]
    precision = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return float(precision[ordered].sum() / n_true)


def score(
    videos: Sequence[Detections], *, rng: np.random.Generator, n_resamples: int = N_RESAMPLES
) -> Precision:
    """Pool the detections of videos and score them.

    Parameters
    ----------
    videos : sequence of Detections
        One a video.
    rng : Generator
        Draws the bootstrap's videos.
    n_resamples : int
        Of the bootstrap.

    Raises
    ------
    ModelsError
        If no video has an impact.
    """
    n_true = np.array([len(video.true_s) for video in videos])
    if not n_true.sum():
        raise ModelsError("no video has an impact; average precision needs at least one")
    confidences = np.concatenate([video.peaks.amplitudes for video in videos])
    found = np.concatenate([video.matches() >= 0 for video in videos])
    order = np.argsort(-confidences, kind="stable")
    owner = np.repeat(np.arange(len(videos)), [len(video.peaks) for video in videos])[order]
    draws = rng.multinomial(len(videos), np.full(len(videos), 1 / len(videos)), size=n_resamples)
    blocks = [draws[start : start + AT_A_TIME] for start in range(0, n_resamples, AT_A_TIME)]
    resampled = np.concatenate([_resampled(found[order], owner, n_true, block) for block in blocks])
    low, high = np.quantile(resampled[np.isfinite(resampled)], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    value = average_precision(confidences, found, int(n_true.sum()))
    return Precision(
        average_precision=Estimate(value=value, low=float(low), high=float(high)),
        curve=_curve(found[order], int(n_true.sum())),
        n_videos=len(videos),
        n_true=int(n_true.sum()),
        n_detected=len(confidences),
    )


def _resampled(
    found: Hits, owner: NDArray[np.int64], n_true: NDArray[np.int64], draws: NDArray[np.int64]
) -> Doubles:
    """Average precision of resamples [shape=(n, n_videos)], a video as often as it was drawn."""
    weights = draws[:, owner].astype(np.float64)  # (n, n_detections), surest first
    right = weights * found
    precision = np.cumsum(right, axis=1) / np.maximum(np.cumsum(weights, axis=1), 1)
    total = draws @ n_true
    area = (right * precision).sum(axis=1)
    return np.asarray(np.divide(area, total, out=np.full(len(draws), np.nan), where=total > 0))


def _curve(found: Hits, n_true: int) -> Curve:
    right = np.cumsum(found)
    shown = np.unique(np.linspace(0, len(found) - 1, min(len(found), CURVE_POINTS)).astype(int))
    recall, precision = right[shown] / n_true, right[shown] / (shown + 1)
    return Curve(
        recall=tuple(np.round(recall, 6).tolist()), precision=tuple(np.round(precision, 6).tolist())
    )

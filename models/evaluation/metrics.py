"""The paper's auditory metrics (Section 6.2), with intervals.

They look at properties of a sound that don't depend on precise timing: how loud it gets, and where the
centre of mass of its frequency channels lies at the impact.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.sounds.sound import CLIP_STEPS

WINDOW_STEPS = 3  # "a one-frame (approx. 0.03 sec.) window around the center of the impact"
N_RESAMPLES = 2000
LEVEL = 0.95
NAME_WIDTH = 23  # signs of the first column of tables of scores


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A number with its interval; None where it is not defined, as r of numbers that don't vary."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How well a quantity was predicted: mean squared error, and Pearson's correlation r."""

    error: Estimate
    r: Estimate


def loudness(cochleagrams: NDArray[np.float32]) -> NDArray[np.float64]:
    """Measure how loud sounds get.

    "The maximum energy (L2 norm) of the compressed subband envelopes over all timesteps."

    Parameters
    ----------
    cochleagrams : ndarray of float32 [shape=(n, n_steps, n_channels)]
        Compressed envelopes.

    Returns
    -------
    ndarray of float64 [shape=(n,)]
    """
    norms = np.sqrt(np.square(cochleagrams.astype(np.float64)).sum(axis=2))
    return np.asarray(norms.max(axis=1))


def centroid(cochleagrams: NDArray[np.float32]) -> NDArray[np.float64]:
    """Measure where sounds have their frequencies at the impact.

    "The center of mass of the frequency channels for a one-frame window around the center of the
    impact." The mass is the compressed envelope, which is what the paper calls its sound features.

    Parameters
    ----------
    cochleagrams : ndarray of float32 [shape=(n, 45, n_channels)]
        Compressed envelopes, the impact in the middle.

    Returns
    -------
    ndarray of float64 [shape=(n,)]
        In channels, from 0 for the low-pass; the middle channel for a window that is silent.
    """
    start = CLIP_STEPS // 2 - WINDOW_STEPS // 2
    mass = cochleagrams[:, start : start + WINDOW_STEPS].astype(np.float64).sum(axis=1)
    channels = np.arange(mass.shape[1])
    total = mass.sum(axis=1)
    middle = np.full(len(mass), channels.mean())
    return np.asarray(np.divide(mass @ channels, total, out=middle, where=total > 0))


def agreement(
    predicted: NDArray[np.float64],
    true: NDArray[np.float64],
    video_ids: tuple[str, ...],
    *,
    rng: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
) -> Agreement:
    """Compare predicted and true numbers of clips.

    Intervals, of `LEVEL`, are percentiles of a bootstrap over videos, since clips of one video are
    alike: whole videos are drawn with replacement, and with them all of their clips.

    Parameters
    ----------
    predicted, true : ndarray of float64 [shape=(n_clips,)]
        What is compared.
    video_ids : tuple of str
        The video of each clip.
    rng : Generator
        Draws the resamples.
    n_resamples : int
        How many.

    Raises
    ------
    ModelsError
        If there is no clip, or the lengths differ.
    """
    if not len(predicted) == len(true) == len(video_ids) or not len(true):
        raise ModelsError(f"{len(predicted)} predictions of {len(true)} clips; expected one for each")
    _, video = np.unique(np.array(video_ids), return_inverse=True)
    n_videos = int(video.max()) + 1
    x, y = predicted - predicted.mean(), true - true.mean()  # for accuracy; neither measure minds
    columns = (np.ones(len(x)), x, y, x * x, y * y, x * y, np.square(predicted - true))
    totals = [np.bincount(video, weights=column, minlength=n_videos) for column in columns]
    sums = np.stack(totals).astype(np.float64)
    draws = rng.multinomial(n_videos, np.full(n_videos, 1 / n_videos), size=n_resamples)
    resampled = sums @ draws.T.astype(np.float64)  # (7, n_resamples)
    whole = sums.sum(axis=1, keepdims=True)
    return Agreement(
        error=_estimate(whole[6] / whole[0], resampled[6] / resampled[0]),
        r=_estimate(correlation(whole[:6]), correlation(resampled[:6])),
    )


def correlation(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Work out Pearson's r from sums [shape=(6, ...)]: of 1, x, y, x^2, y^2 and xy.

    Returns
    -------
    ndarray of float64 [shape=(...)]
        Not a number where x or y does not vary by more than rounding.
    """
    n, x, y, xx, yy, xy = sums
    covariance = xy - x * y / n
    spread_x, spread_y = xx - x * x / n, yy - y * y / n
    varies = (spread_x > 1e-12 * np.maximum(xx, 1e-300)) & (spread_y > 1e-12 * np.maximum(yy, 1e-300))
    product = np.where(varies, spread_x * spread_y, np.nan)
    return np.asarray(np.clip(covariance / np.sqrt(product), -1, 1))


def _estimate(value: NDArray[np.float64], resampled: NDArray[np.float64]) -> Estimate:
    defined = resampled[np.isfinite(resampled)]
    if not np.isfinite(value[0]) or not defined.size:
        return Estimate(value=None, low=None, high=None)
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value=float(value[0]), low=float(low), high=float(high))

"""A cross-check by design: each video's own rates of two variants, compared pair by pair."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.inference.clustered import Codes
from analysis.inference.pooled import Answers, Contrast, t_test

METHOD = "paired t-test of the videos' rates, each video once (as published by an author of the paper)"


def contrast_paired(fooled: Answers, second: NDArray[np.bool_], video: Codes) -> Contrast:
    """Test the difference between two shares by the rates of videos that were answered with both.

    Parameters
    ----------
    fooled, second, video : ndarray [shape=(n,)]
        The answers, which side each is on, and which video it is about.

    Notes
    -----
    Hypothesis: equal rates in the mean over videos, each weighing the same. Assumes independent
    videos; a participant's answers may be spread over them.
    """
    size = int(video.max(initial=0)) + 1
    n = np.array([np.bincount(video[side], minlength=size) for side in (~second, second)])
    k = np.array([np.bincount(video[side & fooled], minlength=size) for side in (~second, second)])
    both = (n > 0).all(axis=0)
    rates = k[:, both] / n[:, both]
    counts = (int(n[0, both].sum()), int(n[1, both].sum()))
    gaps = rates[0] - rates[1]
    difference = float(np.mean(gaps)) if both.any() else None
    if both.sum() < 2 or np.ptp(gaps) == 0:
        return Contrast(
            difference=difference, n=counts, method=METHOD,
            note="needs two videos with answers on both sides, and some spread",
        )  # fmt: skip
    return Contrast(difference=difference, n=counts, method=METHOD, **t_test(stats.ttest_rel, *rates))

"""Equivalence to chance: evidence that a fool rate lies near one half, not a lack of evidence."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.inference.pooled import LEVEL, Estimate

CHANCE = 0.5  # a sound that can't be told from the real one
METHOD = "two one-sided t-tests (Schuirmann 1987) with the standard error of the clustered interval"


@dataclass(frozen=True, kw_only=True, slots=True)
class Equivalence:
    """Two one-sided tests that a share lies within a margin of one half.

    Attributes
    ----------
    margin : float
        How far from one half counts as near, 0 to 0.5.
    low, high : float or None
        Ends of the 90 % interval: equivalence at 5 % means that both lie within the margin.
    p : float or None
        The larger of the two p values; None where there is none, and `note` says why.
    n : int
        Answers.
    method, note : str
        What was computed; why something is missing.
    """

    margin: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    n: int
    method: str = METHOD
    note: str = ""


def equivalence(rate: Estimate, *, margin: float) -> Equivalence:
    """Test that a share differs from one half by less than the margin.

    Parameters
    ----------
    rate : Estimate
        From `share_clustered`; a design effect below 1 is taken as 1.
    margin : float
        Declared before the answers were seen, above 0 and below 0.5.

    Notes
    -----
    Hypothesis to be rejected: the share is off by the margin or more. Worked example: 2021 of 4309
    answers, as the paper's real sound match, and a margin of 0.05: with independent trials p = 0.006,
    with deff 2.5 p = 0.058.
    """
    if rate.value is None or rate.deff is None or rate.df is None:
        note = rate.note or "the design effect can't be estimated"
        return Equivalence(margin=margin, n=rate.n, note=note)
    variance = max(rate.deff, 1.0) * rate.value * (1 - rate.value) / rate.n
    error = float(np.sqrt(variance))
    nearer_bound = margin - abs(rate.value - CHANCE)
    half = float(stats.t.isf(1 - LEVEL, rate.df)) * error
    return Equivalence(
        margin=margin, low=rate.value - half, high=rate.value + half,
        p=float(stats.t.sf(nearer_bound / error, rate.df)), n=rate.n,
    )  # fmt: skip

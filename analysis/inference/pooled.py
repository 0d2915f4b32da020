"""The paper's statistics: shares of answers and tests between them, each trial on its own.

Owens et al. print "40.01% +- 1.66" and call it a 95 % interval. The counts behind the print, and the
published analysis of the same protocol by one of the authors (phillipi/AMT_Real_vs_Fake), agree on
Student's interval for the mean of pooled 0/1 trials. That treats a participant's trials, and a video's,
as independent; `analysis.inference.clustered` does not.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

LEVEL = 0.95  # of every interval in a report, as in the paper
Answers = NDArray[np.bool_]

PAPER = "trials treated as independent; Student's t interval of 0/1 trials (Owens et al. 2016)"
WILSON = "trials treated as independent; Wilson score interval (Wilson 1927)"
EXACT = "trials treated as independent; exact interval (Clopper and Pearson 1934)"
PAPER_TEST = "trials treated as independent; Student's t-test of 0/1 trials (Owens et al. 2016)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A share with its interval.

    Attributes
    ----------
    value : float or None
        The share, 0 to 1; None without any answer.
    low, high : float or None
        Ends of the 95 % interval; None where the method can't give one, and `note` says why.
    n : int
        Answers it was made from.
    method : str
        What was computed, in words.
    deff : float or None
        Design effect: the variance against that of independent trials; None where not estimated.
    df : int or None
        Degrees of freedom of the t quantile; None for the normal one.
    note : str
        Why something is missing or was done differently; empty if nothing is to be said.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int
    method: str
    deff: float | None = None
    df: int | None = None
    note: str = ""

    @property
    def half_width(self) -> float | None:
        """Half of the interval's length."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """The difference between two shares, with its interval and two-sided test.

    Attributes
    ----------
    difference : float or None
        First share minus second, -1 to 1.
    low, high : float or None
        Ends of its 95 % interval.
    t, df, p : float or None
        The test of no difference; None where it is undefined, and `note` says why.
    n : tuple of int
        Answers on either side.
    method : str
        What was computed, in words.
    note : str
        Why something is missing; empty if nothing is.
    """

    difference: float | None
    low: float | None = None
    high: float | None = None
    t: float | None = None
    df: float | None = None
    p: float | None = None
    n: tuple[int, int]
    method: str
    note: str = ""


def share(fooled: Answers) -> Estimate:
    """Share of true answers with the paper's interval, value +- t(n - 1) s / sqrt(n).

    Parameters
    ----------
    fooled : ndarray of bool [shape=(n,)]
        One answer a trial.

    Returns
    -------
    Estimate
        Its interval is symmetrical and may leave 0 to 1; it has length 0 if all answers are equal.

    Notes
    -----
    Assumes independent trials. Worked example, the paper's full system (Fig. 5a): 1339 of 3347 answers
    give 0.40006 +- 0.01661, printed as ``40.01% +- 1.66``.
    """
    n = len(fooled)
    if n == 0:
        return Estimate(value=None, n=0, method=PAPER, note="no answers")
    value = float(np.mean(fooled))
    if n == 1:
        return Estimate(value=value, n=1, method=PAPER, note="one answer only")
    half = float(stats.t.isf((1 - LEVEL) / 2, n - 1) * np.std(fooled, ddof=1) / np.sqrt(n))
    return Estimate(value=value, low=value - half, high=value + half, n=n, method=PAPER, df=n - 1)


def share_wilson(fooled: Answers) -> Estimate:
    """Share of true answers with Wilson's score interval, which stays within 0 to 1.

    Parameters
    ----------
    fooled : ndarray of bool [shape=(n,)]
        One answer a trial.

    Notes
    -----
    Assumes independent trials. Worked example: 41 of 227 answers give 0.1360 to 0.2358.
    """
    if len(fooled) == 0:
        return Estimate(value=None, n=0, method=WILSON, note="no answers")
    return shares_wilson(np.array([np.sum(fooled)]), np.array([len(fooled)]))[0]


def share_exact(k: int, n: int) -> Estimate:
    """Share k of n with Clopper and Pearson's interval, which covers at least as often as it says.

    Notes
    -----
    Assumes independent trials. Worked example: 1339 of 3347 answers give 0.38341 to 0.41689.
    """
    if n == 0:
        return Estimate(value=None, n=0, method=EXACT, note="no answers")
    low, high = proportion_confint(k, n, alpha=1 - LEVEL, method="beta")
    return Estimate(value=k / n, low=float(low), high=float(high), n=n, method=EXACT)


def shares_wilson(k: NDArray[np.int64], n: NDArray[np.int64]) -> list[Estimate]:
    """Many shares at once, each with Wilson's interval as in `share_wilson`.

    Parameters
    ----------
    k, n : ndarray of int64 [shape=(n_shares,)]
        True answers, and all answers; n over 0.
    """
    lows, highs = proportion_confint(k, n, alpha=1 - LEVEL, method="wilson")
    bounds = zip(k.tolist(), n.tolist(), lows.tolist(), highs.tolist(), strict=True)
    return [
        Estimate(value=true / of, low=low, high=high, n=of, method=WILSON)
        for true, of, low, high in bounds
    ]


def contrast(first: Answers, second: Answers) -> Contrast:
    """Test the difference between two shares by the paper's two-sided t-test.

    Parameters
    ----------
    first, second : ndarray of bool [shape=(n_first,)], [shape=(n_second,)]
        One answer a trial.

    Returns
    -------
    Contrast
        With n_first + n_second - 2 degrees of freedom.

    Notes
    -----
    Hypothesis: equal shares. Assumes independent trials. Worked example, trained from scratch against
    the best image match (Fig. 5a): 1150 of 3154 and 1162 of 3441 give t(6593) = 2.2896, p = 0.0221,
    which the paper prints as p = 0.02.
    """
    n = (len(first), len(second))
    if min(n) == 0:
        return Contrast(difference=None, n=n, method=PAPER_TEST, note="no answers on one side")
    difference = float(np.mean(first) - np.mean(second))
    if min(n) < 2 or not (_has_spread(first) or _has_spread(second)):
        note = "too few answers, or none that differ from the others"
        return Contrast(difference=difference, n=n, method=PAPER_TEST, note=note)
    sides = (first.astype(np.float64), second.astype(np.float64))
    return Contrast(difference=difference, n=n, method=PAPER_TEST, **t_test(stats.ttest_ind, *sides))


def t_test(test: Callable[..., Any], *sides: NDArray[np.float64]) -> dict[str, Any]:
    """Give what a `Contrast` says of one of scipy's t-tests: low, high, t, df and p."""
    with warnings.catch_warnings():
        # scipy takes nearly equal numbers for lost precision; shares of counts are exact
        warnings.filterwarnings("ignore", message="Precision loss occurred")
        result = test(*sides)
    low, high = result.confidence_interval(LEVEL)
    found = {"t": result.statistic, "df": result.df, "p": result.pvalue, "low": low, "high": high}
    return {name: float(value) for name, value in found.items()}


def wilson_interval(value: float, n: float, *, quantile: float) -> tuple[float, float]:
    """Wilson's score interval of a share.

    Parameters
    ----------
    value : float
        The share, 0 to 1.
    n : float
        Answers, or the number of independent answers that theirs are worth; over 0.
    quantile : float
        Of the normal distribution, or of Student's where the variance is estimated.
    """
    alpha = 2 * stats.norm.sf(quantile)  # statsmodels asks for the level and takes the normal quantile
    low, high = proportion_confint(value * n, n, alpha=alpha, method="wilson")
    return float(low), float(high)


def _has_spread(answers: Answers) -> bool:
    return bool(np.any(answers) and not np.all(answers))

"""Shares and middles of what was counted and measured."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A share with its 95 % Wilson interval (Wilson 1927); without any, `rate` and bounds are None."""

    hits: int
    n: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """Median and quartiles of `n` values; None where there is no value."""

    n: int
    median: float | None
    q1: float | None
    q3: float | None


def share(hits: int, n: int) -> Share:
    """Compute a share and its Wilson interval."""
    if n == 0:
        return Share(hits=0, n=0, rate=None, low=None, high=None)
    bounds = binomtest(hits, n).proportion_ci(CONFIDENCE, method="wilson")
    return Share(hits=hits, n=n, rate=hits / n, low=float(bounds.low), high=float(bounds.high))


def spread(values: Iterable[float]) -> Spread:
    """Compute median and quartiles."""
    known = list(values)
    if not known:
        return Spread(n=0, median=None, q1=None, q3=None)
    q1, median, q3 = (float(value) for value in np.quantile(known, (0.25, 0.5, 0.75)))
    return Spread(n=len(known), median=median, q1=q1, q3=q3)

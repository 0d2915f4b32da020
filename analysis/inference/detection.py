"""What listeners could tell: discrimination, favour for an interval, and blind answers."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from analysis.inference.pooled import Answers, Estimate, share_wilson


@dataclass(frozen=True, kw_only=True, slots=True)
class Lapses:
    """Blind answers, as catch trials show them.

    Attributes
    ----------
    wrong : Estimate
        Share of catch trials answered wrongly, trials treated as independent.
    rate : float or None
        Share of answers given blindly, half of which are wrong: twice `wrong`, at most 1; None
        without any catch trial.
    """

    wrong: Estimate
    rate: float | None


def d_prime(fool_rate: float | None) -> float | None:
    """Discrimination of real from synthesized in 2AFC, sqrt(2) z(1 - fool rate); 0 at one half.

    Worked example: a fool rate of 0.4001 gives 0.3579, one of 0.62 gives -0.4320.
    """
    z = _z(fool_rate)
    return None if z is None else 0.0 - float(np.sqrt(2)) * z


def d_prime_interval(rate: Estimate) -> tuple[float | None, float | None]:
    """Carry the ends of a fool rate's interval over to d', the lower one first."""
    return d_prime(rate.high), d_prime(rate.low)


def d_prime_with_bias(hits: float | None, false_alarms: float | None) -> float | None:
    """Discrimination in 2AFC freed of a favour for one interval, (z(H) - z(F)) / sqrt(2).

    Worked example: H = 0.70 and F = 0.40 give 0.549951.
    """
    z = _z(hits), _z(false_alarms)
    return None if z[0] is None or z[1] is None else (z[0] - z[1]) / float(np.sqrt(2))


def criterion(hits: float | None, false_alarms: float | None) -> float | None:
    """Favour for the first interval, -(z(H) + z(F)) / 2; below 0 for the second.

    Worked example: H = 0.70 and F = 0.40 give -0.135527.
    """
    z = _z(hits), _z(false_alarms)
    return None if z[0] is None or z[1] is None else -(z[0] + z[1]) / 2


def unbiased_share_right(hits: float | None, false_alarms: float | None) -> float | None:
    """Share of right answers of somebody who favours no interval, Phi((z(H) - z(F)) / 2).

    Worked example: H = 0.70 and F = 0.40 give 0.651315.
    """
    z = _z(hits), _z(false_alarms)
    return None if z[0] is None or z[1] is None else NormalDist().cdf((z[0] - z[1]) / 2)


def lapses(wrong: Answers) -> Lapses:
    """Estimate blind answers from catch trials.

    Parameters
    ----------
    wrong : ndarray of bool [shape=(n,)]
        One answered catch trial each: whether the catch sound was called real.

    Notes
    -----
    Assumes that nobody who listens takes a catch sound for the real one, and that a blind answer is
    right half of the time. Worked example: 1 of 40 wrong gives a rate of 0.05.
    """
    estimate = share_wilson(wrong)
    rate = None if estimate.value is None else min(2 * estimate.value, 1.0)
    return Lapses(wrong=estimate, rate=rate)


def without_lapses(fool_rate: float | None, rate: float | None) -> float | None:
    """Fool rate of those who listen: observed = (1 - L) p + L / 2, solved for p and kept in 0 to 1.

    Worked example: an observed 0.215 with a lapse rate of 0.05 gives 0.20.
    """
    if fool_rate is None or rate is None or rate >= 1:
        return None
    return float(np.clip((fool_rate - rate / 2) / (1 - rate), 0, 1))


def _z(share: float | None) -> float | None:
    return NormalDist().inv_cdf(share) if share is not None and 0 < share < 1 else None

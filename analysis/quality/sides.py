"""Whether participants favoured an interval, and whether the study did."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.findings.rates import Rate, fool_rate, rate_of
from analysis.inference.detection import criterion, d_prime_with_bias, unbiased_share_right
from analysis.inputs.responses import Responses


@dataclass(frozen=True, kw_only=True, slots=True)
class Sides:
    """Whether the first or the second interval was favoured.

    Attributes
    ----------
    first : Rate
        Share of answers naming the first interval as real; 0.5 without a bias.
    fooled_real_first, fooled_real_second : Rate
        Fool rate by where the real sound was.
    d_prime, criterion : float or None
        (z(H) - z(F)) / sqrt(2) and -(z(H) + z(F)) / 2, with H the share of "second" when the real
        sound was second and F when it was first; None where a share is 0 or 1.
    share_right : float or None
        Share of right answers freed of the favour, Phi((z(H) - z(F)) / 2).
    planned_first, planned_second : int
        Main trials with the real sound in either interval.
    balance_p : float or None
        Two-sided binomial test that the two were equally likely.
    """

    first: Rate
    fooled_real_first: Rate
    fooled_real_second: Rate
    d_prime: float | None
    criterion: float | None
    share_right: float | None
    planned_first: int
    planned_second: int
    balance_p: float | None


def sides(main: Responses) -> Sides:
    """Measure the favour for either interval, from all main trials."""
    answers = main.select(main.answered)
    first = answers.real_interval == 1
    real_first, real_second = answers.select(first), answers.select(~first)
    hits, false_alarms = _rate_second(real_second), _rate_second(real_first)
    planned = int(np.sum(main.real_interval == 1))
    return Sides(
        first=rate_of(answers, answers.response_interval == 1),
        fooled_real_first=fool_rate(real_first),
        fooled_real_second=fool_rate(real_second),
        d_prime=d_prime_with_bias(hits, false_alarms),
        criterion=criterion(hits, false_alarms),
        share_right=unbiased_share_right(hits, false_alarms),
        planned_first=planned,
        planned_second=len(main) - planned,
        balance_p=float(stats.binomtest(planned, len(main)).pvalue) if len(main) else None,
    )


def _rate_second(answers: Responses) -> float | None:
    return float(np.mean(answers.response_interval == 2)) if len(answers) else None

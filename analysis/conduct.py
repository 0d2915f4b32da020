"""How a study went: who came, what stayed unanswered, how long it took, which side was favoured."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.rates import Rate, rate_of
from analysis.responses import Factor, Responses

COMPLETE = "complete"  # the state of a participant who came to the end


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """Participants and trials from arrival to the answers that are counted.

    Attributes
    ----------
    arrived, simulated : int
        Participants with planned trials, and the programs among them.
    counted : int
        Participants the report is about: the people, or the simulated ones where nobody else came.
    answered : int
        Those of them with at least one answered main trial.
    states : dict of str to int
        How far those counted came.
    practice_shown, practice_answered, practice_correct : int
        Their practice trials, which are in no other number of the report.
    main_planned, main_shown, main_answered, main_missing : int
        Their main trials; missing ones were shown and not answered, and stay missing.
    from_unfinished : int
        Answers in the analysis by participants who did not come to the end.
    n_videos, n_clips, n_variants : int
        What was answered about.
    """

    arrived: int
    simulated: int
    counted: int
    answered: int
    states: dict[str, int]
    practice_shown: int
    practice_answered: int
    practice_correct: int
    main_planned: int
    main_shown: int
    main_answered: int
    main_missing: int
    from_unfinished: int
    n_videos: int
    n_clips: int
    n_variants: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TimesRow:
    """Response times of some answers.

    Attributes
    ----------
    answers : str
        Which: all, fooled, not fooled, or a variant's.
    n, n_missing : int
        Answers with and without a measured time.
    quantiles_ms : dict of str to float
        5, 25, 50, 75 and 95 % quantiles (ms); empty if none was measured.
    """

    answers: str
    n: int
    n_missing: int
    quantiles_ms: dict[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Histogram:
    """Counts in bins.

    Attributes
    ----------
    edges : tuple of float
        Ends of the bins, one more than counts.
    counts : tuple of int
        How many fell into each.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


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
    planned_first: int
    planned_second: int
    balance_p: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ParticipantRow:
    """One participant's answers.

    Attributes
    ----------
    participant, state : str
        Who, and how far the participant came.
    n, k : int
        Answered main trials, and those fooled.
    n_first : int
        Answers naming the first interval.
    median_rt_ms : float or None
        Median response time (ms).
    """

    participant: str
    state: str
    n: int
    k: int
    n_first: int
    median_rt_ms: float | None


def flow(everyone: Responses, counted: Responses) -> Flow:
    """Follow participants and trials from `everyone` to the answers of those `counted`."""
    main, practice = counted.select(counted.main), counted.select(~counted.main)
    answers = main.select(main.answered)
    unfinished = ~answers.state.mask(COMPLETE)
    return Flow(
        arrived=everyone.participant.n_used(),
        simulated=everyone.select(everyone.simulated).participant.n_used(),
        counted=counted.participant.n_used(),
        answered=answers.participant.n_used(),
        states=_states(counted),
        practice_shown=int(np.sum(practice.shown)),
        practice_answered=int(np.sum(practice.answered)),
        practice_correct=int(np.sum(practice.answered & ~practice.fooled)),
        main_planned=len(main),
        main_shown=int(np.sum(main.shown)),
        main_answered=len(answers),
        main_missing=int(np.sum(main.shown & ~main.answered)),
        from_unfinished=int(np.sum(unfinished)),
        n_videos=answers.video.n_used(),
        n_clips=answers.clip.n_used(),
        n_variants=answers.variant.n_used(),
    )


def times(answers: Responses, variants: tuple[str, ...]) -> tuple[TimesRow, ...]:
    """Summarize response times: of all answers, by outcome, by variant."""
    groups = {"all": np.ones(len(answers), dtype=bool), "fooled": answers.fooled}
    groups |= {"not fooled": ~answers.fooled}
    groups |= {variant: answers.variant.mask(variant) for variant in variants}
    return tuple(_times_row(name, answers.select(mask)) for name, mask in groups.items())


def times_histogram(answers: Responses) -> Histogram | None:
    """Count response times in 40 bins, equal in ratio, from the 0.5 % to the 99.5 % quantile.

    Returns
    -------
    Histogram or None
        Edges in ms; None if no two different times above 0 were measured.
    """
    rt_ms = answers.rt_ms[np.nan_to_num(answers.rt_ms) > 0]
    if len(rt_ms) == 0:
        return None
    low, high = np.quantile(rt_ms, [0.005, 0.995])
    if low >= high:
        return None
    edges = np.geomspace(low, high, 41)
    counts, _ = np.histogram(rt_ms, edges)
    return Histogram(edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))


def sides(main: Responses) -> Sides:
    """Measure the favour for either interval, from all main trials."""
    answers = main.select(main.answered)
    first = answers.real_interval == 1
    real_first, real_second = answers.select(first), answers.select(~first)
    hits, false_alarms = _rate_second(real_second), _rate_second(real_first)
    planned = int(np.sum(main.real_interval == 1))
    return Sides(
        first=rate_of(answers, answers.response_interval == 1),
        fooled_real_first=rate_of(real_first, real_first.fooled),
        fooled_real_second=rate_of(real_second, real_second.fooled),
        d_prime=d_prime_with_bias(hits, false_alarms),
        criterion=criterion(hits, false_alarms),
        planned_first=planned,
        planned_second=len(main) - planned,
        balance_p=float(stats.binomtest(planned, len(main)).pvalue) if len(main) else None,
    )


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


def participants(counted: Responses) -> tuple[ParticipantRow, ...]:
    """Give every participant's answers, in order of pseudonym; those without answers too."""
    main = counted.select(counted.main)
    order = np.argsort(counted.participant.codes, kind="stable")
    firsts = order[np.flatnonzero(np.diff(counted.participant.codes[order], prepend=-1))]
    state_of = dict(zip(counted.participant.codes[firsts], counted.state.codes[firsts], strict=True))
    answers = main.select(main.answered)
    groups = _groups(answers.participant)
    return tuple(
        _participant_row(answers.select(groups.get(int(code), np.array([], dtype=np.intp))),
                         name=counted.participant.levels[code], state=counted.state.levels[state])
        for code, state in state_of.items()
    )  # fmt: skip


def _participant_row(answers: Responses, *, name: str, state: str) -> ParticipantRow:
    rt_ms = answers.rt_ms[~np.isnan(answers.rt_ms)]
    return ParticipantRow(
        participant=name,
        state=state,
        n=len(answers),
        k=int(np.sum(answers.fooled)),
        n_first=int(np.sum(answers.response_interval == 1)),
        median_rt_ms=float(np.median(rt_ms)) if len(rt_ms) else None,
    )


def _times_row(name: str, answers: Responses) -> TimesRow:
    rt_ms = answers.rt_ms[~np.isnan(answers.rt_ms)]
    percents = (5, 25, 50, 75, 95) if len(rt_ms) else ()
    quantiles = {str(q): float(np.quantile(rt_ms, q / 100)) for q in percents}
    return TimesRow(
        answers=name, n=len(rt_ms), n_missing=len(answers) - len(rt_ms), quantiles_ms=quantiles
    )


def _states(counted: Responses) -> dict[str, int]:
    return {
        level: counted.select(counted.state.mask(level)).participant.n_used()
        for level in counted.state.levels
        if counted.state.mask(level).any()
    }


def _rate_second(answers: Responses) -> float | None:
    return float(np.mean(answers.response_interval == 2)) if len(answers) else None


def _z(share: float | None) -> float | None:
    return NormalDist().inv_cdf(share) if share is not None and 0 < share < 1 else None


def _groups(factor: Factor) -> dict[int, NDArray[np.intp]]:
    order = np.argsort(factor.codes, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(factor.codes[order])) + 1)
    return {int(factor.codes[part[0]]): part for part in parts if len(part)}

"""How a study went: who came, what stayed unanswered, how long it took, which side was favoured."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.inputs.responses import Mask, Responses

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
    catch_answered, catch_correct : int
        Their catch trials, which are in no fool rate.
    main_planned, main_shown, main_answered, main_missing, main_invalid : int
        Their main trials; missing ones were shown and not answered, and stay missing, invalid ones
        among them because their presentation failed.
    people_left_out, answers_left_out : int
        Participants without any answer left by the declared exclusions, and answers left out.
    analysed : int
        Answers that the analysis rests on.
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
    catch_answered: int
    catch_correct: int
    main_planned: int
    main_shown: int
    main_answered: int
    main_missing: int
    main_invalid: int
    people_left_out: int
    answers_left_out: int
    analysed: int
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
class ParticipantRow:
    """One participant's answers.

    Attributes
    ----------
    participant, state : str
        Who, and how far the participant came.
    n_given : int
        Answered main trials.
    n, k : int
        Those of them that count, and those fooled among these.
    n_first : int
        Answers naming the first interval.
    median_rt_ms : float or None
        Median response time (ms).
    """

    participant: str
    state: str
    n_given: int
    n: int
    k: int
    n_first: int
    median_rt_ms: float | None


def flow(everyone: Responses, counted: Responses, answers: Responses) -> Flow:
    """Follow participants and trials from `everyone` by those `counted` to the `answers` analysed."""
    main, catch = counted.select(counted.main), counted.select(counted.catch & counted.answered)
    practice = counted.select(~counted.main & ~counted.catch)
    given = main.select(main.answered)
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
        catch_answered=len(catch),
        catch_correct=int(np.sum(~catch.fooled)),
        main_planned=len(main),
        main_shown=int(np.sum(main.shown)),
        main_answered=len(given),
        main_missing=int(np.sum(main.shown & ~main.answered)),
        main_invalid=int(np.sum(main.invalid)),
        people_left_out=given.participant.n_used() - answers.participant.n_used(),
        answers_left_out=len(given) - len(answers),
        analysed=len(answers),
        from_unfinished=int(np.sum(unfinished)),
        n_videos=answers.video.n_used(),
        n_clips=answers.clip.n_used(),
        n_variants=answers.variant.n_used(),
    )


def dates(answers: Responses) -> tuple[str | None, str | None]:
    """Say when the first and the last answer was kept (ISO 8601, UTC); None without any time."""
    times = answers.answered_utc[~np.isnat(answers.answered_utc)]
    return (f"{times.min()}Z", f"{times.max()}Z") if len(times) else (None, None)


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


def participants(counted: Responses, kept: Mask) -> tuple[ParticipantRow, ...]:
    """Give every participant's answers, in order of pseudonym; those without answers too.

    Parameters
    ----------
    counted : Responses
        All trials of those who count.
    kept : ndarray of bool [shape=(n_trials,)]
        Trials that no exclusion left out.
    """
    people, answers = counted.participant, counted.main & counted.answered & kept
    n, k = people.counts(answers), people.counts(answers & counted.fooled)
    first = people.counts(answers & (counted.response_interval == 1))
    given = people.counts(counted.main & counted.answered)
    there, one = np.unique(people.codes, return_index=True)
    timed = answers & ~np.isnan(counted.rt_ms)
    medians = pd.Series(counted.rt_ms[timed]).groupby(people.codes[timed]).median().to_dict()
    return tuple(
        ParticipantRow(
            participant=people.levels[code], state=counted.state.levels[counted.state.codes[place]],
            n_given=int(given[code]), n=int(n[code]), k=int(k[code]), n_first=int(first[code]),
            median_rt_ms=medians.get(code),
        )
        for code, place in zip(there.tolist(), one.tolist(), strict=True)
    )  # fmt: skip


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

"""Declared exclusions: named rules, whom and what each leaves out, and why."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.inputs.responses import Mask, Responses
from experiment_server.studies.sections import Exclusions

PEOPLE, ANSWERS = "participants", "answers"  # what a rule leaves out
SIDE_LEAST = 10  # answers: fewer of them on one side are ordinary chance (2 in 2^10)


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleRow:
    """One rule and what it did.

    Attributes
    ----------
    rule : str
        Its key in the study file.
    meaning : str
        The rule in words, with its threshold.
    of : {"participants", "answers"}
        Whether it leaves out people with all their answers, or single answers.
    n_participants : int
        People that it leaves out, or whose answers it does.
    n_answers : int
        Answered main trials that it leaves out, whatever other rules do.
    n_first : int
        Those of them that no rule above had left out.
    n_unknown : int
        People, or answers, that the rule can't judge for want of data; they stay.
    """

    rule: str
    meaning: str
    of: str
    n_participants: int
    n_answers: int
    n_first: int
    n_unknown: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Excluded:
    """One line of the log.

    Attributes
    ----------
    rule : str
        The rule.
    participant : str
        Whom it met.
    trial : str or None
        Which trial; None where all answers of the participant go.
    value : float or None
        What was measured.
    """

    rule: str
    participant: str
    trial: str | None
    value: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What all rules did together.

    Attributes
    ----------
    declared : bool
        False if no rules were given.
    kept : ndarray of bool [shape=(n_trials,)]
        Trials that stay; all trials of participants who were left out go, answered or not.
    rows : tuple of RuleRow
        Every rule in force, in the order in which they act.
    log : tuple of Excluded
        Everyone and everything left out, with the rule and the value that did it.
    """

    declared: bool
    kept: Mask
    rows: tuple[RuleRow, ...]
    log: tuple[Excluded, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Verdict:
    """Of a rule, for each participant or trial: whether it goes, and for what value; nan for none."""

    out: Mask
    values: NDArray[np.float64]

    @property
    def known(self) -> Mask:
        """Whether the rule could judge."""
        return ~np.isnan(self.values)


Judge = Callable[[Responses, Exclusions], _Verdict]


def apply(trials: Responses, rules: Exclusions | None) -> Outcome:
    """Apply the rules that are in force, people's first.

    Parameters
    ----------
    trials : Responses
        All trials of those who count: practice, catch and main.
    rules : Exclusions or None
        As declared in the study file; None if nothing was declared, then all stays.
    """
    kept = np.ones(len(trials), dtype=bool)
    if rules is None:
        return Outcome(declared=False, kept=kept, rows=(), log=())
    rows: list[RuleRow] = []
    log: list[Excluded] = []
    for name, (of, judge, words) in RULES.items():
        if not getattr(rules, name) or (name == "fast_percent" and not rules.fast_ms):
            continue
        # the last rule counts what the others have left
        seen = trials.select(kept) if name == LEAST else trials
        verdict = judge(seen, rules)
        out = trials.of_participants(verdict.out) if of == PEOPLE else verdict.out
        rows.append(_row(trials, name, of=of, out=out, kept=kept, verdict=verdict, words=words(rules)))
        log += _log(trials, name, of=of, verdict=verdict)
        kept = kept & ~out
    return Outcome(declared=True, kept=kept, rows=tuple(rows), log=tuple(log))


def _row(
    trials: Responses, name: str, *, of: str, out: Mask, kept: Mask, verdict: _Verdict, words: str
) -> RuleRow:
    answers = trials.main & trials.answered
    met = trials.participant.counts(out & (answers | (of == PEOPLE)))
    there = trials.participant.counts() > 0 if of == PEOPLE else answers
    return RuleRow(
        rule=name,
        meaning=words,
        of=of,
        n_participants=int(np.count_nonzero(met)),
        n_answers=int(np.sum(out & answers)),
        n_first=int(np.sum(out & answers & kept)),
        n_unknown=int(np.sum(there & ~verdict.known)),
    )


def _log(trials: Responses, name: str, *, of: str, verdict: _Verdict) -> list[Excluded]:
    people = trials.participant
    which: list[tuple[str, str | None]]
    places = np.flatnonzero(verdict.out & (people.counts() > 0 if of == PEOPLE else True))
    if of == PEOPLE:
        which = [(people.levels[place], None) for place in places]
    else:
        which = [(people.levels[people.codes[place]], trials.trial.name(place)) for place in places]
    values = [None if np.isnan(value) else float(value) for value in verdict.values[places]]
    return [
        Excluded(rule=name, participant=who, trial=trial, value=value)
        for (who, trial), value in zip(which, values, strict=True)
    ]


def _repeated(trials: Responses, rules: Exclusions) -> _Verdict:
    """Find trials whose place in the participant's session has an earlier one."""
    keys = pd.DataFrame({
        "study": trials.study.codes, "participant": trials.participant.codes, "main": trials.main,
        "catch": trials.catch, "position": trials.position,
    })  # fmt: skip
    time = trials.answered_utc.astype("datetime64[ms]").astype(np.int64)  # not-a-time comes first
    later = keys.iloc[np.argsort(time, kind="stable")].duplicated().sort_index().to_numpy(bool)
    return _of_answers(later, later.astype(np.float64), trials)


def _headphones(trials: Responses, rules: Exclusions) -> _Verdict:
    passed = _of_participant(trials, trials.headphones_passed)
    return _Verdict(out=passed == 0, values=passed)


def _catch(trials: Responses, rules: Exclusions) -> _Verdict:
    catch = trials.catch & trials.answered
    right = _share(trials, catch & ~trials.fooled, catch)
    return _Verdict(out=right < rules.catch_percent, values=right)


def _fast_people(trials: Responses, rules: Exclusions) -> _Verdict:
    timed = trials.main & trials.answered & ~np.isnan(trials.rt_ms)
    fast = _share(trials, timed & (trials.rt_ms < rules.fast_ms), timed)
    return _Verdict(out=fast >= rules.fast_percent, values=fast)


def _side(trials: Responses, rules: Exclusions) -> _Verdict:
    answers = trials.main & trials.answered
    first = _share(trials, answers & (trials.response_interval == 1), answers)
    enough = trials.participant.counts(answers) >= SIDE_LEAST
    share = np.where(enough, np.maximum(first, 100 - first), np.nan)
    return _Verdict(out=share >= rules.side_percent, values=share)


def _least(trials: Responses, rules: Exclusions) -> _Verdict:
    n = trials.participant.counts(trials.main & trials.answered)
    out = (n < rules.least_answers) & (trials.participant.counts() > 0)
    return _Verdict(out=out, values=n.astype(np.float64))


LEAST = "least_answers"
RULES: dict[str, tuple[str, Judge, Callable[[Exclusions], str]]] = {  # in the order in which they act
    "headphones": (PEOPLE, _headphones, lambda r: "did not pass the headphone test"),
    "catch_percent": (
        PEOPLE, _catch, lambda r: f"less than {r.catch_percent}% of the catch trials right",
    ),
    "fast_percent": (
        PEOPLE, _fast_people,
        lambda r: f"{r.fast_percent}% of the answers or more sooner than {r.fast_ms} ms",
    ),
    "side_percent": (
        PEOPLE, _side,
        lambda r: f"the same interval in {r.side_percent}% of {SIDE_LEAST} or more answers",
    ),
    "repeated": (ANSWERS, _repeated, lambda r: "given in a second session of the same person"),
    "fast_ms": (
        ANSWERS, lambda t, r: _of_answers(t.rt_ms < r.fast_ms, t.rt_ms, t),
        lambda r: f"sooner than {r.fast_ms} ms after the second clip",
    ),
    "slow_ms": (
        ANSWERS, lambda t, r: _of_answers(t.rt_ms > r.slow_ms, t.rt_ms, t),
        lambda r: f"later than {r.slow_ms} ms after the second clip",
    ),
    "hidden_ms": (
        ANSWERS, lambda t, r: _of_answers(t.hidden_ms >= r.hidden_ms, t.hidden_ms, t),
        lambda r: f"page out of sight for {r.hidden_ms} ms or longer",
    ),
    "stalls": (
        ANSWERS, lambda t, r: _of_answers(t.stalls >= r.stalls, t.stalls, t),
        lambda r: f"playback halted {r.stalls} times or more",
    ),
    LEAST: (PEOPLE, _least, lambda r: f"fewer than {r.least_answers} answers left"),
}  # fmt: skip


def _share(trials: Responses, part: Mask, whole: Mask) -> NDArray[np.float64]:
    """Give each participant's share of `part` in `whole` (percent), nan without any."""
    n = trials.participant.counts(whole)
    k = trials.participant.counts(part)
    return np.asarray(np.divide(100.0 * k, n, out=np.full(len(n), np.nan), where=n > 0))


def _of_participant(trials: Responses, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give each participant's largest value, nan where none of their trials has one."""
    found: NDArray[np.float64] = np.full(len(trials.participant.levels), np.nan)
    np.fmax.at(found, trials.participant.codes, values)
    return found


def _of_answers(out: Mask, values: NDArray[np.float64], trials: Responses) -> _Verdict:
    return _Verdict(out=out & trials.main & trials.answered, values=values)

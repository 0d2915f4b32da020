"""The numbers of a running study, read from its database in about ten queries."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from experiment_server.annotation import numbers as annotation
from experiment_server.annotation.numbers import Votes
from experiment_server.dashboard import selects
from experiment_server.dashboard.arrivals import Arrivals, binned
from experiment_server.dashboard.estimates import Share, Spread, share, spread
from experiment_server.database import db
from experiment_server.database.tables import (
    ACTIVE,
    CLOSED,
    COMPLETE,
    ENDS,
    FAILED_MEDIA,
    SCREENED_OUT,
    SCREENING,
    WITHDRAWN,
)
from experiment_server.folders.folder import StudyFolder
from experiment_server.participation import states
from experiment_server.studies.sections import ANNOTATION, Pay, Screening

LAPSED = "lapsed"  # under way, but idle for longer than the lease
STATES = (COMPLETE, ACTIVE, SCREENING, LAPSED, SCREENED_OUT, FAILED_MEDIA, WITHDRAWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Screened:
    """How many of those who took the headphone test passed: of one kind, at one attempt."""

    kind: str
    attempt: int
    passed: Share


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """A variant's valid main trials in complete sessions, by where the real sound was."""

    variant: str
    first: int
    second: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """A study at one time.

    Attributes
    ----------
    asked_utc : datetime
        That time.
    study_state : str
        Open, paused or closed.
    simulated : bool
        Whether the numbers are about robots: they are where no person came.
    others : int
        How many participants of the other kind there are, whom the numbers leave out.
    participants : dict of str to int
        By state; those under way whose lease is over count as lapsed alone.
    wanted, taken : int
        How many participants the study asks for (0: no limit); and who is complete or under way.
    arrivals : Arrivals
        When they came.
    session_min, trial_s, response_ms : Spread
        Of complete sessions, from consent to end (minutes); per trial of those, from the instructions
        on (s); from a pair's end to its answer (ms).
    fool_rates : dict of str to Share
        By variant: valid answers to main trials that took its sound for the real one.
    votes : Votes or None
        Of an annotation study, the votes of its impacts.
    screening : tuple of Screened
        The headphone test.
    catch : Share
        Right answers to catch trials.
    media_failures : int
        Presentations that failed or stalled.
    invalid : dict of str to int
        Trials left unscored for it, by reason.
    balance : tuple of Balance
        The design among the complete.
    currency : str
        Of the costs.
    costs_cents : dict of str to int
        What people's sessions that ended so are worth.
    """

    asked_utc: datetime
    study_state: str
    simulated: bool
    others: int
    participants: Mapping[str, int]
    wanted: int
    taken: int
    arrivals: Arrivals
    session_min: Spread
    trial_s: Spread
    response_ms: Spread
    fool_rates: Mapping[str, Share]
    votes: Votes | None
    screening: tuple[Screened, ...]
    catch: Share
    media_failures: int
    invalid: Mapping[str, int]
    balance: tuple[Balance, ...]
    currency: str
    costs_cents: Mapping[str, int]

    @property
    def total(self) -> int:
        """Count all participants that the numbers are about."""
        return sum(self.participants.values())

    @property
    def answers(self) -> int:
        """Count all scored answers, or labels."""
        if self.votes is not None:
            return self.votes.answers
        return sum(share.n for share in self.fool_rates.values())

    @property
    def fullest(self) -> int:
        """The largest count in the balance, which its chart is scaled to."""
        return max((max(row.first, row.second) for row in self.balance), default=0)

    @property
    def variant_spread(self) -> int:
        """How many more trials the fullest variant has than the emptiest."""
        counts = [row.first + row.second for row in self.balance]
        return max(counts, default=0) - min(counts, default=0)

    @property
    def interval_spread(self) -> int:
        """The largest difference, within a variant, between real first and real second."""
        return max((abs(row.first - row.second) for row in self.balance), default=0)

    @property
    def cost_cents(self) -> int:
        """What all sessions that ended are worth."""
        return sum(self.costs_cents.values())


def read(engine: Engine, opened: StudyFolder, *, now: datetime) -> Numbers:
    """Read a study's numbers."""
    study = opened.study
    with db.reading(engine) as session:
        is_annotation = study.task == ANNOTATION
        times = annotation if is_annotation else selects
        crowd = _Crowd.read(session, now)
        simulated, study_state = crowd.simulated, states.current(session)
        ways = session.execute(selects.sessions(simulated=simulated)).all()
        complete = [way for way in ways if way.state == COMPLETE]
        n_caught, n_right = session.execute(selects.caught(simulated=simulated)).one()
        return Numbers(
            asked_utc=now,
            study_state=study_state,
            simulated=simulated,
            others=crowd.others,
            participants=crowd.states,
            wanted=study.recruiting.participants,
            taken=sum(crowd.states[state] for state in (COMPLETE, ACTIVE, SCREENING)),
            arrivals=binned(
                [(way.consented_utc, way.state == COMPLETE) for way in ways],
                until=None if study_state == CLOSED else now,
            ),
            session_min=_session_min(complete),
            trial_s=_trial_s(complete),
            response_ms=spread(
                ms for ms in session.scalars(times.response_times(simulated=simulated)) if ms is not None
            ),
            fool_rates=_fool_rates(session, opened.variants, simulated),
            votes=annotation.read(session, opened, simulated=simulated) if is_annotation else None,
            screening=_screened(session, study.screening, simulated),
            catch=share(n_right, n_caught),
            media_failures=crowd.media_failures,
            invalid={
                str(reason): n for reason, n in session.execute(selects.invalid(simulated=simulated))
            },
            balance=_balance(session, opened.variants, simulated),
            currency=study.pay.currency,
            costs_cents=_costs(study.pay, crowd.people),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Crowd:
    simulated: bool
    others: int
    states: Mapping[str, int]
    people: Mapping[str, int]
    media_failures: int

    @staticmethod
    def read(session: Session, now: datetime) -> "_Crowd":
        """Count whom the numbers are about: robots where no person came, else people."""
        counts: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        failures: Counter[bool] = Counter()
        for simulated, state, lapsed, n, failed in session.execute(selects.states(now)):
            counts[simulated][LAPSED if lapsed else state] += n
            failures[simulated] += failed
        about = not counts[False].total() and counts[True].total() > 0
        return _Crowd(
            simulated=about,
            others=counts[not about].total(),
            states={state: counts[about][state] for state in STATES},
            people=counts[False],
            media_failures=failures[about],
        )


def _session_min(ways: Sequence[Any]) -> Spread:
    """Take the times from consent to end (minutes) of `selects.sessions`."""
    return spread(
        (way.ended_utc - way.consented_utc).total_seconds() / 60 for way in ways if way.ended_utc
    )


def _trial_s(ways: Sequence[Any]) -> Spread:
    """Take the times from the instructions to the end, for each trial (s)."""
    return spread(
        (way.ended_utc - way.instructed_utc).total_seconds() / way.n_trials
        for way in ways
        if way.ended_utc and way.instructed_utc and way.n_trials
    )


def _fool_rates(session: Session, variants: Sequence[str], simulated: bool) -> dict[str, Share]:
    rows = {name: (n, k) for name, n, k in session.execute(selects.fooled(simulated=simulated))}
    names = dict.fromkeys((*variants, *sorted(rows)))
    return {name: share(*reversed(rows.get(name, (0, 0)))) for name in names}


def _screened(session: Session, rules: Screening, simulated: bool) -> tuple[Screened, ...]:
    taken: Counter[tuple[str, int]] = Counter()
    passed: Counter[tuple[str, int]] = Counter()
    for kind, attempt, n, right in session.execute(selects.headphone_attempts(simulated=simulated)):
        if n >= rules.headphone_trials:
            taken[kind, attempt] += 1
            passed[kind, attempt] += right >= rules.headphone_pass
    return tuple(
        Screened(kind=kind, attempt=attempt, passed=share(passed[kind, attempt], n))
        for (kind, attempt), n in sorted(taken.items())
    )


def _balance(session: Session, variants: Sequence[str], simulated: bool) -> tuple[Balance, ...]:
    counts = {
        (variant, interval): n
        for variant, interval, n in session.execute(selects.balance(simulated=simulated))
    }
    names = dict.fromkeys((*variants, *sorted(variant for variant, _ in counts)))
    return tuple(
        Balance(variant=name, first=counts.get((name, 1), 0), second=counts.get((name, 2), 0))
        for name in names
    )


def _costs(pay: Pay, people: Mapping[str, int]) -> dict[str, int]:
    return {state: pay.cents(state) * people.get(state, 0) for state in ENDS}

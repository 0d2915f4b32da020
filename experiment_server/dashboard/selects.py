"""The questions that the dashboard asks of the tables, as selects.

`simulated` says of whom: of robots, or of people.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select

from experiment_server.database.labellings import Label, Labelling
from experiment_server.database.tables import (
    COMPLETE,
    UNDER_WAY,
    Event,
    HeadphoneTrial,
    Participant,
    Response,
    Trial,
)
from experiment_server.studies.sections import MAIN

_WRONG = Response.response_interval != Trial.real_interval
_RIGHT = Response.response_interval == Trial.real_interval


def is_lapsed(now: datetime) -> ColumnElement[bool]:
    """Tell of a participant that they are under way, but have done nothing for the lease's time."""
    return Participant.state.in_(UNDER_WAY) & (Participant.lease_utc < now)


def states(now: datetime) -> "Select[bool, str, bool, int, int]":
    """Count participants by kind, state and lapse, and sum up their media failures."""
    lapsed = is_lapsed(now)
    return select(
        Participant.simulated,
        Participant.state,
        lapsed,
        func.count(),
        func.sum(Participant.media_failures),
    ).group_by(Participant.simulated, Participant.state, lapsed)


def sessions(*, simulated: bool) -> "Select[str, datetime, datetime | None, datetime | None, int]":
    """Select each session's state, times (consent, instructions read, end) and trials or impacts."""
    return (
        select(
            Participant.state,
            Participant.consented_utc,
            Participant.instructed_utc,
            Participant.ended_utc,
            (_count(Trial) + _count(Labelling)).label("n_trials"),
        )
        .where(Participant.simulated == simulated)
        .order_by(Participant.id)
    )


def fooled(*, simulated: bool) -> "Select[str, int, int]":
    """Count each variant's scored answers, and those that took its sound for the real one."""
    return (
        select(Trial.variant, func.count(), func.count().filter(_WRONG))
        .join(Trial.response)
        .join(Trial.participant)
        .where(*_scored(simulated))
        .group_by(Trial.variant)
    )


def response_times(*, simulated: bool) -> "Select[float | None]":
    """Select the scored answers' response times (ms)."""
    return (
        select(Response.rt_ms)
        .join(Response.trial)
        .join(Trial.participant)
        .where(*_scored(simulated), Response.rt_ms.is_not(None))
    )


def caught(*, simulated: bool) -> "Select[int, int]":
    """Count the answers to catch trials, and the right ones."""
    return (
        select(func.count(), func.count().filter(_RIGHT))
        .select_from(Response)
        .join(Response.trial)
        .join(Trial.participant)
        .where(Trial.is_catch, Participant.simulated == simulated)
    )


def headphone_attempts(*, simulated: bool) -> "Select[str, int, int, int]":
    """Count the answers, and the right ones, of each attempt at each kind of headphone test."""
    right = HeadphoneTrial.response_interval == HeadphoneTrial.target_interval
    return (
        select(
            HeadphoneTrial.kind,
            HeadphoneTrial.attempt,
            func.count(HeadphoneTrial.response_interval),
            func.count().filter(right),
        )
        .join(HeadphoneTrial.participant)
        .where(Participant.simulated == simulated)
        .group_by(HeadphoneTrial.participant_id, HeadphoneTrial.kind, HeadphoneTrial.attempt)
    )


def invalid(*, simulated: bool) -> "Select[str | None, int]":
    """Count the trials whose presentation stalled, or failed."""
    return (
        select(Trial.invalid, func.count())
        .join(Trial.participant)
        .where(Trial.invalid.is_not(None), Participant.simulated == simulated)
        .group_by(Trial.invalid)
    )


def balance(*, simulated: bool) -> "Select[str, int, int]":
    """Count the valid main trials of those who are complete, by variant and real interval."""
    return (
        select(Trial.variant, Trial.real_interval, func.count())
        .join(Trial.participant)
        .where(*_scored(simulated), Participant.state == COMPLETE)
        .group_by(Trial.variant, Trial.real_interval)
    )


def participants(
    *, now: datetime, offset: int, limit: int
) -> "Select[Participant, bool, int, int, datetime | None]":
    """Select a page of participants, the newest first: lapse, trials over, trials, last event.

    Of an annotation study, impacts count in the place of trials.
    """
    return (
        select(
            Participant,
            is_lapsed(now),
            select(func.count(Response.id) + func.count(Trial.invalid_utc))
            .select_from(Trial)
            .outerjoin(Trial.response)
            .where(Trial.participant_id == Participant.id)
            .scalar_subquery()
            + select(func.count(Label.id) + func.count(Labelling.failed_utc))
            .select_from(Labelling)
            .outerjoin(Labelling.label)
            .where(Labelling.participant_id == Participant.id)
            .scalar_subquery(),
            _count(Trial) + _count(Labelling),
            select(Event.server_utc)
            .where(Event.participant_id == Participant.id)
            .order_by(Event.id.desc())
            .limit(1)
            .scalar_subquery(),
        )
        .order_by(Participant.id.desc())
        .offset(offset)
        .limit(limit)
    )


def events(participant: Participant, *, limit: int) -> "Select[Event, Trial | None]":
    """Select a participant's latest events, the newest first, each with its trial if it has one."""
    return (
        select(Event, Trial)
        .outerjoin(Trial, Event.trial_id == Trial.id)
        .where(Event.participant_id == participant.id)
        .order_by(Event.id.desc())
        .limit(limit)
    )


def _count(planned: type[Trial] | type[Labelling]) -> ScalarSelect[int]:
    """Count what of a kind a participant was given."""
    mine = planned.participant_id == Participant.id
    return select(func.count(planned.id)).where(mine).scalar_subquery()


def _scored(simulated: bool) -> tuple[ColumnElement[bool], ...]:
    return (
        Trial.phase == MAIN,
        Trial.is_catch.is_(False),
        Trial.invalid.is_(None),
        Participant.simulated == simulated,
    )

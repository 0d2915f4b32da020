"""Trials: handed out, answered once, or found invalid.

Each function works inside the caller's transaction, which holds the participant's row; the caller
tells the time. These are the requests that come by the thousand: their statements are composed once,
and read columns, not objects.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Table, and_, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from experiment_server.database.base import UtcDateTime
from experiment_server.database.tables import (
    ACTIVE,
    COMPLETE,
    Participant,
    Response,
    Trial,
)
from experiment_server.participation import events, sessions
from experiment_server.participation.sessions import ConflictError
from experiment_server.studies.sections import PRACTICE

NOT_HANDED_OUT = "this trial has not been handed out to this participant; ask for the next one"

TRIALS, RESPONSES = (cast(Table, kind.__table__) for kind in (Trial, Response))
OTHER, OTHER_RESPONSE = TRIALS.alias(), RESPONSES.alias()

_NEXT = (
    select(
        *TRIALS.c["id", "phase", "position", "nonce", "media_1", "media_2", "presentations"],
        select(func.count())
        .where(OTHER.c.participant_id == TRIALS.c.participant_id, OTHER.c.phase == TRIALS.c.phase)
        .scalar_subquery()
        .label("count"),
    )
    .outerjoin_from(TRIALS, RESPONSES)
    .where(
        TRIALS.c.participant_id == bindparam("participant_id"),
        RESPONSES.c.id.is_(None),
        TRIALS.c.invalid_utc.is_(None),
    )
    .order_by(TRIALS.c.id)
    .limit(1)
)
_PRESENT = (
    update(TRIALS)
    .where(TRIALS.c.id == bindparam("trial_id"))
    .values(
        presented_utc=func.coalesce(TRIALS.c.presented_utc, bindparam("now", type_=UtcDateTime())),
        presentations=TRIALS.c.presentations + 1,
    )
)
_OF_NONCE = (
    select(
        *TRIALS.c["id", "phase", "real_interval", "invalid_utc"],
        RESPONSES.c.response_interval,
        select(OTHER.c.id)
        .outerjoin_from(OTHER, OTHER_RESPONSE)
        .where(
            and_(OTHER.c.participant_id == TRIALS.c.participant_id, OTHER.c.id != TRIALS.c.id),
            OTHER_RESPONSE.c.id.is_(None),
            OTHER.c.invalid_utc.is_(None),
        )
        .exists()
        .label("others_are_open"),
    )
    .outerjoin_from(TRIALS, RESPONSES)
    .where(
        TRIALS.c.nonce == bindparam("nonce"),
        TRIALS.c.participant_id == bindparam("participant_id"),
        TRIALS.c.presented_utc.is_not(None),
    )
)
_ANSWER = insert(RESPONSES)
_INVALIDATE = (
    update(TRIALS)
    .where(TRIALS.c.id == bindparam("trial_id"))
    .values(invalid=bindparam("reason"), invalid_utc=bindparam("now", type_=UtcDateTime()))
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What a page is told of the trial that is due.

    Attributes
    ----------
    phase : str
        ``practice`` or ``main``.
    position, count : int
        Place in the phase, from 1, and how many the phase has.
    nonce : str
        With which it is answered.
    media_1, media_2 : str
        The names of its two clips.
    """

    phase: str
    position: int
    count: int
    nonce: str
    media_1: str
    media_2: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a page reports of one trial.

    Attributes
    ----------
    response_interval : int
        The interval called real, 1 or 2.
    rt_ms : float or None
        Time from the end of the second clip to the answer, browser clock (ms), 0 or more; None if it
        was no response time.
    replays : int
        Times the pair was played again, 0 or more.
    """

    response_interval: int
    rt_ms: float | None
    replays: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of an answer.

    Attributes
    ----------
    revealed_interval : int or None
        Where the real sound was, of a practice trial.
    refusal : str or None
        Why it was refused, if it was.
    """

    revealed_interval: int | None = None
    refusal: str | None = None


def hand_out(session: Session, participant: Participant, *, now: datetime) -> Shown:
    """Return the trial that is due, the same one until it is over; who is active has one.

    Each time is counted, for whoever reloads the page can hear the pair again; the first alone stands
    in the log, which asking again can't fill.
    """
    connection = session.connection()
    due = connection.execute(_NEXT, {"participant_id": participant.id}).one()
    connection.execute(_PRESENT, {"trial_id": due.id, "now": now})
    if not due.presentations:
        events.note(session, participant, events.HANDED_OUT, trial_id=due.id, now=now)
    return Shown(
        phase=due.phase,
        position=due.position,
        count=due._mapping["count"],  # a row's own count is that of tuples
        nonce=due.nonce,
        media_1=due.media_1,
        media_2=due.media_2,
    )


def keep_answer(
    session: Session, participant: Participant, *, nonce: str, answer: Answer, now: datetime
) -> Verdict:
    """Keep the answer to a trial, once.

    The same answer again changes nothing: the first one's time and replays stand. Another one is
    refused, which is noted, so the caller must commit. With the last answer the participant is
    complete.

    Raises
    ------
    ConflictError
        If the trial was not handed out to the participant.
    """
    trial = _find(session, participant, nonce)
    if refusal := _refusal(participant, trial, answer):
        events.note(
            session,
            participant,
            events.REFUSED_ANSWER,
            trial_id=trial.id,
            interval=answer.response_interval,
            detail=refusal,
            now=now,
        )
        return Verdict(refusal=refusal)
    if trial.response_interval is None:
        kept = {"trial_id": trial.id, **asdict(answer), "answered_utc": now}
        session.connection().execute(_ANSWER, kept)
        events.note(session, participant, events.ANSWERED, trial_id=trial.id, now=now)
        if not trial.others_are_open:
            sessions.end(session, participant, COMPLETE, now=now)
    return Verdict(revealed_interval=trial.real_interval if trial.phase == PRACTICE else None)


def mark_invalid(
    session: Session,
    participant: Participant,
    *,
    nonce: str,
    reason: str,
    detail: str | None,
    most_failures: int,
    now: datetime,
) -> None:
    """Note that a trial's presentation ``stalled`` or ``failed``: it is over, and not scored.

    The first reason stands. With the last trial the participant is complete; with the
    `most_failures`-th failure the session ends.

    Raises
    ------
    ConflictError
        If the trial was not handed out to the participant, or is answered.
    """
    trial = _find(session, participant, nonce)
    if trial.invalid_utc is not None:
        return
    if trial.response_interval is not None:
        raise ConflictError("this trial has an answer already, which stands")
    if participant.state != ACTIVE:
        raise ConflictError("this session is over")
    session.connection().execute(_INVALIDATE, {"trial_id": trial.id, "reason": reason, "now": now})
    note = detail or reason
    events.note(session, participant, events.INVALID, trial_id=trial.id, detail=note, now=now)
    has_ended = sessions.fail(session, participant, most=most_failures, now=now)
    if not has_ended and not trial.others_are_open:
        sessions.end(session, participant, COMPLETE, now=now)


def _find(session: Session, participant: Participant, nonce: str) -> Row[Any]:
    wanted = {"nonce": nonce, "participant_id": participant.id}
    trial = session.connection().execute(_OF_NONCE, wanted).one_or_none()
    if trial is None:
        raise ConflictError(NOT_HANDED_OUT)
    return cast("Row[Any]", trial)


def _refusal(participant: Participant, trial: Row[Any], answer: Answer) -> str | None:
    if trial.response_interval is not None:
        same = trial.response_interval == answer.response_interval
        return None if same else "this trial has another answer already, which stands"
    if trial.invalid_utc is not None:
        return "the presentation of this trial failed; it takes no answer"
    return None if participant.state == ACTIVE else "this session is over"

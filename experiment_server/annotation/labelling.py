"""Labellings: handed out, labelled once, or found to fail.

Each function works inside the caller's transaction, which holds the participant's row; the caller
tells the time.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from experiment_server.database.labellings import Label, Labelling
from experiment_server.database.tables import ACTIVE, COMPLETE, Participant
from experiment_server.participation import events, sessions
from experiment_server.participation.sessions import ConflictError
from experiment_server.studies.annotation import KINDS

NOT_HANDED_OUT = "this impact has not been handed out to this participant; ask for the next one"
SAID = (*KINDS, "x", "y")  # by which two answers are the same


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What a page reports of one impact.

    Attributes
    ----------
    material, action, reaction : str or None
        Names of the labels; None of what the participant can't tell.
    x, y : float or None
        The place, as shares of the picture's width and height from its upper left corner (0 to 1).
    rt_ms : float or None
        Time from the first playing of the clip to the answer, browser clock (ms), 0 or more; None if it
        was no response time.
    replays : int
        Times that the clip began again, 0 or more.
    """

    material: str | None
    action: str | None
    reaction: str | None
    x: float | None
    y: float | None
    rt_ms: float | None
    replays: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The labelling that is due, and how many the participant has."""

    labelling: Labelling
    count: int


def hand_out(session: Session, participant: Participant, *, now: datetime) -> Shown:
    """Return the labelling that is due, the same one until it is over; who is active has one."""
    due = session.scalars(_open(participant).limit(1)).one()
    due.presented_utc = due.presented_utc or now
    due.presentations += 1
    if due.presentations == 1:  # asking again can't fill the log
        _note(session, due, events.HANDED_OUT, now=now)
    mine = select(func.count()).where(Labelling.participant_id == participant.id)
    return Shown(labelling=due, count=session.scalar(mine) or 0)


def keep_label(
    session: Session, participant: Participant, *, nonce: str, given: Given, now: datetime
) -> str | None:
    """Keep what is said of an impact, once; return why it was refused, if it was.

    The same again changes nothing: the first one's time stands. Something else is refused, which is
    noted, so the caller must commit. With the last label the participant is complete.

    Raises
    ------
    ConflictError
        If the impact was not handed out to the participant.
    """
    labelling = _find(session, participant, nonce)
    if labelling.label is not None and _is_same(labelling.label, given):
        return None
    if refusal := _refusal(participant, labelling):
        _note(session, labelling, events.REFUSED_ANSWER, detail=refusal, now=now)
        return refusal
    labelling.label = Label(**asdict(given), answered_utc=now)
    _note(session, labelling, events.ANSWERED, now=now)
    _complete_if_over(session, participant, now=now)
    return None


def mark_failed(
    session: Session,
    participant: Participant,
    *,
    nonce: str,
    detail: str | None,
    most_failures: int,
    now: datetime,
) -> None:
    """Note that a clip can't be played: its labelling is over, and its vote is free again.

    With the last labelling the participant is complete; with the `most_failures`-th failure the
    session ends.

    Raises
    ------
    ConflictError
        If the impact was not handed out to the participant, or has a label.
    """
    labelling = _find(session, participant, nonce)
    if labelling.failed_utc is not None:
        return
    if refusal := _refusal(participant, labelling):
        raise ConflictError(refusal)
    labelling.failed_utc = now
    _note(session, labelling, events.INVALID, detail=detail, now=now)
    if not sessions.fail(session, participant, most=most_failures, now=now):
        _complete_if_over(session, participant, now=now)


def of_media(media: str) -> Select[Labelling]:
    """Select the labelling that a media name belongs to, if it has been handed out."""
    return select(Labelling).where(Labelling.media == media, Labelling.presented_utc.is_not(None))


def _open(participant: Participant) -> Select[Labelling]:
    return (
        select(Labelling)
        .outerjoin(Labelling.label)
        .where(
            Labelling.participant_id == participant.id,
            Label.id.is_(None),
            Labelling.failed_utc.is_(None),
        )
        .order_by(Labelling.position)
    )


def _find(session: Session, participant: Participant, nonce: str) -> Labelling:
    wanted = select(Labelling).where(
        Labelling.nonce == nonce,
        Labelling.participant_id == participant.id,
        Labelling.presented_utc.is_not(None),
    )
    found = session.scalar(wanted.options(joinedload(Labelling.label)))
    if found is None:
        raise ConflictError(NOT_HANDED_OUT)
    return found


def _is_same(label: Label, given: Given) -> bool:
    return all(getattr(label, name) == getattr(given, name) for name in SAID)


def _refusal(participant: Participant, labelling: Labelling) -> str | None:
    if labelling.label is not None:
        return "this impact has another answer already, which stands"
    if labelling.failed_utc is not None:
        return "this clip could not be played; its impact takes no answer"
    return None if participant.state == ACTIVE else "this session is over"


def _complete_if_over(session: Session, participant: Participant, *, now: datetime) -> None:
    session.flush()
    if session.scalar(_open(participant).limit(1)) is None:
        sessions.end(session, participant, COMPLETE, now=now)


def _note(
    session: Session, labelling: Labelling, kind: str, *, now: datetime, detail: str | None = None
) -> None:
    place = f"impact {labelling.position}"
    told = f"{place}: {detail}"[:255] if detail else place
    events.note(session, labelling.participant, kind, detail=told, now=now)

"""Deleting what a participant did, who asks for it: the one exception to a log that only grows.

Each function works inside the caller's transaction; the caller tells the time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from experiment_server import tokens
from experiment_server.database import db
from experiment_server.database.labellings import Label, Labelling
from experiment_server.database.tables import Event, HeadphoneTrial, Participant, Response, Trial
from experiment_server.doors import identities
from experiment_server.participation import events, sessions

# The triggers of migration 0003 that forbid it.
_SQLITE_TRIGGER = "events_never_go"
_POSTGRESQL_TRIGGER = "events_never_change"

# Tables of answers, each with what it answers.
_ANSWERS = ((Response, Response.trial_id, Trial), (Label, Label.labelling_id, Labelling))


def find(session: Session, key: str, named: str) -> Participant | None:
    """Find a participant by pseudonym, or by the code that their last page shows."""
    everybody = session.scalars(select(Participant))
    found = next((one for one in everybody if named in _names(key, one)), None)
    if found is not None:
        session.refresh(found, with_for_update=True)
    return found


def erase(session: Session, participant: Participant, *, now: datetime) -> int:
    """Delete a participant's plan, answers, events and identity; return how many answers there were.

    What stays: the pseudonym, how far they came and when, what they agreed to, which study file they
    were served, and what they were paid. Who is under way has stopped.
    """
    sessions.withdraw(session, participant, now=now)
    n_answers = 0
    for answer, asked, question in _ANSWERS:
        mine = asked.in_(select(question.id).where(question.participant_id == participant.id))
        n_answers += session.scalar(select(func.count()).select_from(answer).where(mine)) or 0
        session.execute(delete(answer).where(mine))
    with _unlocked(session):
        session.execute(delete(Event).where(Event.participant_id == participant.id))
    for planned in (Trial, Labelling, HeadphoneTrial):
        session.execute(delete(planned).where(planned.participant_id == participant.id))
    participant.browser = {}
    if participant.identity is not None:
        identities.forget(participant.identity, now=now)
    events.note(session, participant, events.ERASED, now=now)
    return n_answers


def _names(key: str, participant: Participant) -> tuple[str, str]:
    code = tokens.completion_code(key, participant.name, outcome=participant.state)
    return participant.name, code


@contextmanager
def _unlocked(session: Session) -> Iterator[None]:
    """Let rows of the log be deleted meanwhile, in this transaction alone."""
    if session.get_bind().dialect.name == db.POSTGRESQL:
        session.execute(text(f"ALTER TABLE events DISABLE TRIGGER {_POSTGRESQL_TRIGGER}"))
        yield
        session.execute(text(f"ALTER TABLE events ENABLE TRIGGER {_POSTGRESQL_TRIGGER}"))
        return
    wanted = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    trigger = session.scalars(wanted, {"name": _SQLITE_TRIGGER}).one()
    session.execute(text(f"DROP TRIGGER {_SQLITE_TRIGGER}"))
    yield
    session.connection().exec_driver_sql(trigger)

"""Who is owed what: the list by which a panel's people are approved and paid.

It holds ids, so it is no export of data: keep it as long as paying takes.
"""

import csv
import dataclasses
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from experiment_server import tokens
from experiment_server.database import db
from experiment_server.database.tables import ENDS, Identity, Participant
from experiment_server.folders import folder
from experiment_server.studies.sections import Pay

FORMULA = ("=", "+", "-", "@")  # a table program would compute what begins so


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What one person whose session has ended is owed.

    Attributes
    ----------
    recruiter : str
        The door.
    person, study_ref, session_ref : str or None
        Ids at the recruiter's; None for anonymous and forgotten ones.
    participant : str
        Pseudonym in the data.
    outcome : str
        One of `tables.ENDS`.
    ended_utc : datetime
        When the session ended.
    code : str
        Completion code that the last page shows.
    cents : int
        What the study pays for the outcome (cents of its currency).
    """

    recruiter: str
    person: str | None
    study_ref: str | None
    session_ref: str | None
    participant: str
    outcome: str
    ended_utc: datetime
    code: str
    cents: int


def read(study_folder: Path) -> list[Entry]:
    """List who is owed what in a study.

    Raises
    ------
    StudyError
        If the study can't be opened.
    """
    with folder.in_use(study_folder) as (opened, engine), db.reading(engine) as session:
        return entries(session, tokens.read_key(study_folder), opened.study.pay)


def entries(session: Session, key: str, pay: Pay) -> list[Entry]:
    """List all people whose session has ended, in order of their arrival; no robots."""
    return [_entry(participant, key, pay) for participant in session.scalars(_ended())]


def write(owed: Iterable[Entry], path: Path) -> None:
    """Write entries as CSV, with their fields' names on top; only the file's owner can read it."""
    names = [field.name for field in dataclasses.fields(Entry)]
    with open(path, "w", encoding="utf-8", newline="", opener=_private) as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_cell(getattr(entry, name)) for name in names] for entry in owed)


def _ended() -> Select[Participant]:
    return (
        select(Participant)
        .options(joinedload(Participant.identity))
        .where(Participant.state.in_(ENDS), ~Participant.simulated)
        .order_by(Participant.id)
    )


def _entry(participant: Participant, key: str, pay: Pay) -> Entry:
    identity = participant.identity or Identity()
    if participant.ended_utc is None:  # the database has a rule against it
        raise ValueError(f"{participant.name} is {participant.state} without a time")
    return Entry(
        recruiter=participant.recruiter,
        person=identity.person,
        study_ref=identity.study_ref,
        session_ref=identity.session_ref,
        participant=participant.name,
        outcome=participant.state,
        ended_utc=participant.ended_utc,
        code=tokens.completion_code(key, participant.name, outcome=participant.state),
        cents=pay.cents(participant.state),
    )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _cell(value: object) -> object:
    """Set a value so that a table program shows it and computes nothing."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value.isoformat() if isinstance(value, datetime) else value

"""What the server offers to `mturk`: whom the study owes what, and what recruiters were asked.

The books say before a call what is to be asked, and after it that it was done. Who stops in between
finds what is open when they come again; a lock keeps a second bookkeeper out meanwhile.
"""

import fcntl
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import joinedload

from experiment_server import tokens
from experiment_server.database import books, db
from experiment_server.database.tables import ENDS, Participant
from experiment_server.errors import StudyError
from experiment_server.folders import folder
from experiment_server.studies.study import Study

LOCK_NAME = "recruiting.lock"
LOCK_NUMBER = 0x5649_5350  # PostgreSQL's number of the lock on the books
INTENDED, DONE, REFUSED = "intended", "done", "refused"
ASKED = ("token", "market", "kind", "batch", "places", "cents", "fee_cents", "reason")  # of an operation


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who took part with an identity, and what is owed to them.

    Attributes
    ----------
    participant : str
        Pseudonym.
    recruiter : str
        Door.
    person, study_ref, session_ref : str or None
        Ids at the recruiter's; None once forgotten.
    submit_url : str or None
        Where an MTurk assignment is submitted, which tells the sandbox from production.
    state : str
        How far they came, as in `tables`.
    cents : int
        What the study pays for their outcome; 0 while under way.
    """

    participant: str
    recruiter: str
    person: str | None
    study_ref: str | None
    session_ref: str | None
    submit_url: str | None
    state: str
    cents: int

    @property
    def has_ended(self) -> bool:
        """Tell whether their session has ended."""
        return self.state in ENDS


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """Something that costs money or reaches people, as the books have it; see `books.Operation`.

    Attributes
    ----------
    token : str
        Its name, the same in every run; made by `Books.token`.
    market : str
        Whom it is asked of: "mturk", "mturk-sandbox", "prolific", "link".
    kind : str
        What is asked: "post", "approve", "bonus" and so on.
    batch : int
        Number of the posting; 0 for what belongs to none.
    places : int
        People that a posting is for.
    participant : str or None
        Pseudonym of the person whom it is about.
    cents, fee_cents : int
        What people get and what the recruiter takes.
    reason : str or None
        What a person gave as the reason.
    ref : str or None
        What the recruiter calls it.
    state : str
        `INTENDED`, `DONE` or `REFUSED`.
    started_utc : datetime or None
        When it was last asked.
    """

    token: str
    market: str
    kind: str
    batch: int = 0
    places: int = 0
    participant: str | None = None
    cents: int = 0
    fee_cents: int = 0
    reason: str | None = None
    ref: str | None = None
    state: str = INTENDED
    started_utc: datetime | None = None


class Books:
    """A study's people, and what was asked of recruiters for it."""

    def __init__(self, study: Study, engine: Engine, key: str) -> None:
        self.study = study
        self._engine = engine
        self._key = key

    def token(self, *parts: object) -> str:
        """Name an operation by the study and what it is: 40 hexadecimal digits that tell no ids."""
        message = "\0".join(("operation", *map(str, parts))).encode()
        return hmac.new(self._key.encode(), message, hashlib.sha256).hexdigest()[:40]

    def people(self, recruiter: str) -> list[Person]:
        """List who came through a door with an id, in order of arrival; no robots."""
        wanted = (
            select(Participant)
            .join(Participant.identity)
            .options(joinedload(Participant.identity))
            .where(Participant.recruiter == recruiter, ~Participant.simulated)
            .order_by(Participant.id)
        )
        with db.reading(self._engine) as session:
            return [self._person(participant) for participant in session.scalars(wanted)]

    def operations(self, market: str) -> list[Operation]:
        """List what was asked of a market, in order."""
        wanted = (
            select(books.Operation)
            .options(joinedload(books.Operation.participant))
            .where(books.Operation.market == market)
            .order_by(books.Operation.id)
        )
        with db.reading(self._engine) as session:
            return [_operation(row) for row in session.scalars(wanted)]

    def find(self, token: str) -> Operation | None:
        """Look an operation up."""
        with db.reading(self._engine) as session:
            row = session.scalar(select(books.Operation).where(books.Operation.token == token))
            return None if row is None else _operation(row)

    def begin(self, operation: Operation, *, now: datetime) -> None:
        """Write down that something is about to be asked; it is on the disk when this returns."""
        with db.writing(self._engine) as session:
            row = session.scalar(select(books.Operation).where(books.Operation.token == operation.token))
            if row is None:
                whom = select(Participant.id).where(Participant.name == operation.participant)
                asked = {name: getattr(operation, name) for name in ASKED}
                row = books.Operation(**asked, participant_id=session.scalar(whom), attempts=0)
                session.add(row)
            row.state, row.finished_utc, row.started_utc = INTENDED, None, now
            row.attempts += 1

    def finish(self, token: str, *, state: str, ref: str | None, now: datetime) -> None:
        """Write down how it ended: `DONE`, or `REFUSED` and surely not done."""
        with db.writing(self._engine) as session:
            row = session.scalars(select(books.Operation).where(books.Operation.token == token)).one()
            row.state, row.finished_utc, row.ref = state, now, ref or row.ref

    def _person(self, participant: Participant) -> Person:
        ids = ("person", "study_ref", "session_ref", "submit_url")
        return Person(
            participant=participant.name,
            recruiter=participant.recruiter,
            **{name: getattr(participant.identity, name) for name in ids},
            state=participant.state,
            cents=self.study.pay.cents(participant.state),
        )


@contextmanager
def opened(study_folder: Path) -> Iterator[Books]:
    """Open a study's books, alone.

    Raises
    ------
    StudyError
        If the study can't be opened, or somebody else has the books open.
    """
    with folder.in_use(study_folder) as (study, engine), _alone(engine, study_folder):
        yield Books(study.study, engine, tokens.read_key(study_folder))


@contextmanager
def _alone(engine: Engine, study_folder: Path) -> Iterator[None]:
    """Keep others out: on this host by a file, and where PostgreSQL serves several hosts by its lock."""
    with (study_folder / LOCK_NAME).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StudyError(_busy(study_folder)) from None
        if engine.dialect.name != db.POSTGRESQL:
            yield
            return
        with engine.connect() as connection:
            if not connection.scalar(select(func.pg_try_advisory_lock(LOCK_NUMBER))):
                raise StudyError(_busy(study_folder))
            connection.commit()  # the lock is the connection's, and goes with it
            try:
                yield
            finally:
                connection.scalar(select(func.pg_advisory_unlock(LOCK_NUMBER)))


def _busy(study_folder: Path) -> str:
    return f"another mturk command is at work on {study_folder}; wait until it has ended"


def _operation(row: books.Operation) -> Operation:
    same = {name: getattr(row, name) for name in (*ASKED, "ref", "state", "started_utc")}
    return Operation(**same, participant=row.participant.name if row.participant else None)

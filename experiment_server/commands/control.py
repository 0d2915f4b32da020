"""Watching and steering a study that runs: who is let in, how it stands, whom to forget or erase."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from experiment_server import tokens
from experiment_server.dashboard import numbers
from experiment_server.dashboard.numbers import Numbers
from experiment_server.database import db, queries
from experiment_server.doors import identities
from experiment_server.errors import StudyError
from experiment_server.folders import folder
from experiment_server.participation import erasure, states


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """What `forget` did.

    Attributes
    ----------
    emptied : int
        Participants who were known until now.
    already : int
        Participants who had been forgotten before.
    known : int
        Participants who are known still: they are under way, or were not asked for.
    """

    emptied: int
    already: int
    known: int


def change_state(study_folder: Path, state: str, *, now: datetime) -> None:
    """Let people in (`tables.OPEN`), or keep new ones out (`PAUSED`, `CLOSED`); who is in goes on.

    Raises
    ------
    StudyError
        If the study can't be opened.
    """
    with folder.in_use(study_folder) as (_, engine), db.writing(engine) as session:
        states.change(session, state, now)


def read_numbers(study_folder: Path, *, now: datetime) -> Numbers:
    """Read how a study stands.

    Raises
    ------
    StudyError
        If the study can't be opened.
    """
    with folder.in_use(study_folder) as (opened, engine):
        return numbers.read(engine, opened, now=now)


def forget(
    study_folder: Path,
    *,
    now: datetime,
    participants: Sequence[str] = (),
    ended_before: datetime | None = None,
) -> Forgotten:
    """Delete who participants are, for good; what they answered stays, under their pseudonyms.

    A keyed hash stays too, by which a person who comes again is recognized.

    Parameters
    ----------
    study_folder : Path
        The study.
    now : datetime
        The time that is written down.
    participants : sequence of str
        Pseudonyms, or ids at the recruiter's; wherever their sessions are.
    ended_before : datetime, optional
        In place of these, all whose session ended, or lapsed, before this time.

    Raises
    ------
    StudyError
        If there is nobody of such a name with an identity.
    """
    with folder.in_use(study_folder) as (_, engine):
        done = _forget(engine, participants, ended_before, now)
        if engine.dialect.name == "sqlite":
            _wipe(engine)
    return done


def erase(study_folder: Path, named: str, *, now: datetime) -> int:
    """Delete for good what a participant did and who they are, for one who asks for it.

    Parameters
    ----------
    study_folder : Path
        The study.
    named : str
        The participant's pseudonym, or the code that their last page shows.
    now : datetime
        The time that is written down.

    Returns
    -------
    int
        Answers that were deleted.

    Raises
    ------
    StudyError
        If there is no such participant.
    """
    with folder.in_use(study_folder) as (_, engine):
        with db.writing(engine) as session:
            participant = erasure.find(session, tokens.read_key(study_folder), named)
            if participant is None:
                raise StudyError(
                    f"no participant {named!r}; give a pseudonym, or the code of somebody's last page"
                )
            n_answers = erasure.erase(session, participant, now=now)
        if engine.dialect.name == "sqlite":
            _wipe(engine)
    return n_answers


def _forget(
    engine: Engine, participants: Sequence[str], ended_before: datetime | None, now: datetime
) -> Forgotten:
    with db.writing(engine) as session:
        found = session.scalars(queries.identities_of(participants, ended_before=ended_before)).all()
        named = {name for one in found for name in (one.participant.name, one.person)}
        if missing := set(participants) - named:
            raise StudyError(
                f"no participant {min(missing)!r} with an identity; those who came by a plain link "
                "have none"
            )
        already = sum(identity.forgotten_utc is not None for identity in found)
        for identity in found:
            identities.forget(identity, now=now)
        known = session.scalar(queries.count_known()) or 0
    return Forgotten(emptied=len(found) - already, already=already, known=known)


def _wipe(engine: Engine) -> None:
    """Write SQLite's file anew: until then its free space, and its log, hold what was deleted."""
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.close()
    if is_busy:
        raise StudyError(
            "it is deleted, but somebody reads the database, so that its log study.sqlite-wal still "
            "holds a copy; give the command again when the site is quiet"
        )

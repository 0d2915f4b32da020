"""What every request needs: the opened study, its database, its clips and its secret."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, cast

from flask import Flask, current_app, request
from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized

from experiment_server import tokens
from experiment_server.clips.opening import open_store
from experiment_server.clips.stores import Store
from experiment_server.database import db
from experiment_server.database.tables import Participant
from experiment_server.folders import folder
from experiment_server.folders.folder import StudyFolder
from experiment_server.participation import sessions
from stimuli.manifest import Clip

EXTENSION = "experiment_server"
BAD_LINK = "This link is not of this study; open the link that you were given."

T = TypeVar("T")

_SPEAKER = select(Participant).where(Participant.name == bindparam("name")).with_for_update()


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """One study being served.

    Attributes
    ----------
    opened : StudyFolder
        The study and its stimulus set.
    engine : Engine
        The database.
    key : str
        The study's secret.
    clips : dict of str to Clip
        The stimulus set's clips by id.
    store : Store
        Where their bytes are.
    """

    opened: StudyFolder
    engine: Engine
    key: str
    clips: Mapping[str, Clip]
    store: Store


def install(app: Flask, path: Path) -> None:
    """Open a study and attach it to an application.

    Raises
    ------
    StudyError
        If the study can't be served; the message says why.
    """
    opened = folder.read(path)
    folder.check_media(opened)
    folder.check_database(opened)
    with db.opened(opened.database_url) as engine:  # closed again: gunicorn may fork after this
        db.check_current(engine)
        folder.check_stimulus_set(engine, opened)
    app.extensions[EXTENSION] = Serving(
        opened=opened,
        engine=db.connect(opened.database_url),
        key=tokens.read_key(path),
        clips={clip.id: clip for clip in opened.manifest.clips},
        store=open_store(opened.study.media, opened.stimuli),
    )


def close(app: Flask) -> None:
    """Let go of an application's database, and of its clips."""
    here = cast(Serving, app.extensions[EXTENSION])
    here.engine.dispose()
    here.store.close()


def current() -> Serving:
    """Return the study that the current request is about."""
    return cast(Serving, current_app.extensions[EXTENSION])


def bearer_token() -> str:
    """Return the token in the request's Authorization header, or nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def for_participant(work: Callable[[Session, Participant], T], *, draws: bool = False) -> T:
    """Do work for the participant for whom the request speaks; return once it is committed.

    The participant's row is held meanwhile, and its lease renewed.

    Parameters
    ----------
    work : callable
        Is given the session and the participant; may be done twice, see `db.write`.
    draws : bool
        Whether it draws from the design, which one does at a time.

    Raises
    ------
    Unauthorized
        If the request shows no token of this study.
    """
    here = current()
    name = tokens.participant_of(here.key, bearer_token())
    if name is None:
        raise Unauthorized(BAD_LINK)

    def locked(session: Session) -> T:
        if draws:
            db.lock_design(session)
        participant = session.scalar(_SPEAKER, {"name": name})
        if participant is None:
            raise Unauthorized(BAD_LINK)
        minutes = here.opened.study.recruiting.lease_minutes
        sessions.renew_lease(session, participant, minutes=minutes, now=now())
        return work(session, participant)

    return db.write(here.engine, locked)


def now() -> datetime:
    """Tell the server's time."""
    return datetime.now(UTC)

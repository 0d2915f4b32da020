"""What every request needs: the opened study, its database and its secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from flask import Flask, current_app, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized

from experiment_server import db, export, folder, queries, tokens
from experiment_server.folder import StudyFolder
from experiment_server.tables import Participant
from stimuli.manifest import Clip

EXTENSION = "experiment_server"


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
    """

    opened: StudyFolder
    engine: Engine
    key: str
    clips: Mapping[str, Clip]


def install(app: Flask, path: Path) -> None:
    """Open a study and attach it to an application.

    Raises
    ------
    StudyError
        If the study can't be served; the message says why.
    """
    opened = folder.read(path)
    folder.check_database(opened)
    engine = db.connect(opened.database_url)
    db.check_current(engine)
    export.check_stimulus_set(engine, opened)
    app.extensions[EXTENSION] = Serving(
        opened=opened,
        engine=engine,
        key=tokens.read_key(path),
        clips={clip.id: clip for clip in opened.manifest.clips},
    )


def close(app: Flask) -> None:
    """Let go of an application's database."""
    cast(Serving, app.extensions[EXTENSION]).engine.dispose()


def current() -> Serving:
    """Return the study that the current request is about."""
    return cast(Serving, current_app.extensions[EXTENSION])


def bearer_token() -> str:
    """Return the token in the request's Authorization header, or nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def participant(session: Session) -> Participant:
    """Find the participant for whom the request speaks.

    Raises
    ------
    Unauthorized
        If it shows no token of this study.
    """
    name = tokens.participant_of(current().key, bearer_token())
    found = session.scalar(queries.participant_named(name)) if name else None
    if found is None:
        raise Unauthorized("This link is not of this study; open the link that you were given.")
    return found


def now() -> datetime:
    """Tell the server's time."""
    return datetime.now(UTC)

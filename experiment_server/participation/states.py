"""Whom the study lets in: open, paused or closed, each change written down with its time.

Each function works inside the caller's transaction.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from experiment_server.database import queries
from experiment_server.database.tables import CLOSED, OPEN, PAUSED, StudyState

STATES = (OPEN, PAUSED, CLOSED)


def current(session: Session) -> str:
    """Tell whom the study lets in now, one of `STATES`; before the first change it is open."""
    return session.scalar(queries.study_state()) or OPEN


def change(session: Session, state: str, now: datetime) -> None:
    """Let people in, or keep new ones out; those under way go on in any case.

    Raises
    ------
    ValueError
        If there is no such state.
    """
    if state not in STATES:
        raise ValueError(f"no state {state!r}; a study is {', '.join(STATES)}")
    if state != current(session):
        session.add(StudyState(state=state, changed_utc=now))

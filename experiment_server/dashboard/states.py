"""Whom the study lets in: open, paused or closed, each change written down with its time."""

from datetime import datetime

from sqlalchemy.orm import Session

from experiment_server.database.tables import CLOSED, OPEN, PAUSED, StudyState
from experiment_server.participation.enrolment import study_state

STATES = (OPEN, PAUSED, CLOSED)


def change(session: Session, state: str, now: datetime) -> None:
    """Let people in, or keep new ones out; those under way go on in any case.

    Raises
    ------
    ValueError
        If there is no such state.
    """
    if state not in STATES:
        raise ValueError(f"no state {state!r}; a study is {', '.join(STATES)}")
    if state != study_state(session):
        session.add(StudyState(state=state, changed_utc=now))

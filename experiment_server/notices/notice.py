"""A recruiter's message, and what it may change: the place of who gave a submission back is free sooner.

Messages come twice, late, in any order, or not at all. So they are hints: nobody is paid, refused or
shut out by one, and what one of them changed the participant undoes by going on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiment_server.database.books import Notice
from experiment_server.database.tables import UNDER_WAY, Identity, Participant
from experiment_server.errors import StudyError


class NoticeError(StudyError):
    """A message is not from the recruiter whose name it bears."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenBack:
    """Somebody gave a submission back, or let its time run out.

    Attributes
    ----------
    session : str
        The submission.
    person : str or None
        Who, where the message says so: MTurk may give the same assignment to another worker.
    at_utc : datetime
        When.
    """

    session: str
    person: str | None
    at_utc: datetime


def hear(
    session: Session,
    *,
    recruiter: str,
    message: str,
    kind: str,
    sent_utc: datetime,
    given_back: Sequence[GivenBack],
    lease_minutes: int,
    now: datetime,
) -> bool:
    """Act on a message, once; inside the caller's transaction.

    Parameters
    ----------
    session : Session
        A transaction that writes.
    recruiter : str
        "mturk" or "prolific".
    message : str
        The message's own id.
    kind : str
        What it is about.
    sent_utc, now : datetime
        When it was sent, and the time.
    given_back : sequence of GivenBack
        Submissions that were given back.
    lease_minutes : int
        How long a participant may do nothing.

    Returns
    -------
    bool
        Whether it was new.
    """
    known = select(Notice).where(Notice.recruiter == recruiter, Notice.message == message)
    if session.scalar(known) is not None:
        return False
    session.add(
        Notice(recruiter=recruiter, message=message, kind=kind[:64], sent_utc=sent_utc, heard_utc=now)
    )
    for one in given_back:
        _free_place(session, recruiter, one, lease=timedelta(minutes=lease_minutes))
    return True


def _free_place(session: Session, recruiter: str, gone: GivenBack, *, lease: timedelta) -> None:
    """End the lease of who gave a submission back, unless they were seen since."""
    wanted = (
        select(Participant)
        .join(Identity)
        .where(
            Identity.recruiter == recruiter,
            Identity.session_ref == gone.session,
            Participant.state.in_(UNDER_WAY),
        )
        .with_for_update(of=Participant)
    )
    if gone.person is not None:
        wanted = wanted.where(Identity.person == gone.person)
    for participant in session.scalars(wanted):
        last_seen = participant.lease_utc - lease
        if last_seen <= gone.at_utc < participant.lease_utc:
            participant.lease_utc = gone.at_utc

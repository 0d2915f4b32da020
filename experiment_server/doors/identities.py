"""Who participants are: kept apart from all they do, recognized by a keyed hash, forgotten on request.

Each function works inside the caller's transaction; the caller tells the time.
"""

import hashlib
import hmac
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from experiment_server.database.tables import UNDER_WAY, Identity, Participant
from experiment_server.doors.door import Arrival


def person_hmac(key: str, *, recruiter: str, person: str) -> str:
    """Hash a person's id with the study's secret: 64 hexadecimal digits."""
    message = f"person:{recruiter}:{person}".encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def find(session: Session, key: str, arrival: Arrival) -> Identity | None:
    """Find who arrives among those who were here; None for new and anonymous ones."""
    if arrival.person is None:
        return None
    hashed = person_hmac(key, recruiter=arrival.recruiter, person=arrival.person)
    return session.scalar(_of_person(arrival.recruiter, hashed))


def keep(participant: Participant, key: str, arrival: Arrival, *, now: datetime) -> None:
    """Note who a new participant is; of anonymous ones nothing is noted."""
    if arrival.person is None:
        return
    participant.identity = Identity(
        recruiter=arrival.recruiter,
        person_hmac=person_hmac(key, recruiter=arrival.recruiter, person=arrival.person),
        person=arrival.person,
        study_ref=arrival.study_ref,
        session_ref=arrival.session_ref,
        submit_url=arrival.submit_url,
        arrived_utc=now,
    )


def renew(identity: Identity, arrival: Arrival) -> None:
    """Let who comes again leave by the newest submission or assignment, while still under way.

    Who has ended leaves by the one with which the session was taken: that one is paid. Who was
    forgotten and comes again by themselves is known again.
    """
    if identity.participant.state not in UNDER_WAY:
        return
    identity.person = arrival.person
    identity.study_ref = arrival.study_ref
    identity.session_ref = arrival.session_ref
    identity.submit_url = arrival.submit_url
    identity.forgotten_utc = None


def forget(identity: Identity, *, now: datetime) -> None:
    """Delete what says who a participant is; the keyed hash stays, so that nobody takes part twice."""
    identity.person = identity.study_ref = identity.session_ref = identity.submit_url = None
    identity.forgotten_utc = identity.forgotten_utc or now


def _of_person(recruiter: str, hashed: str) -> Select[Identity]:
    return select(Identity).where(Identity.recruiter == recruiter, Identity.person_hmac == hashed)

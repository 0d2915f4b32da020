"""Letting people in: who is new, who comes again, and who is told that it is not possible now.

Each function works inside the caller's transaction; the caller tells the time.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy.orm import Session

from experiment_server.database import queries
from experiment_server.database.tables import OPEN, SCREENING, UNDER_WAY, ConsentText, Participant
from experiment_server.doors import identities
from experiment_server.doors.door import FULL, MOBILE, Arrival, refusal
from experiment_server.folders.folder import StudyFolder
from experiment_server.participation import events, sessions, states
from experiment_server.participation.browsers import is_mobile
from experiment_server.participation.sessions import ConflictError
from experiment_server.studies import wording
from experiment_server.studies.study import Study

ROBOT = "robot"  # the recruiter of an experimenter's own robots
SEED_BITS = 63  # as many as a signed 64-bit column holds


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """Somebody's wish to take part.

    Attributes
    ----------
    request : str
        What the page calls it: asking twice does not make two.
    arrival : Arrival
        Who it is, and from where.
    browser : mapping of str to str
        With what.
    consent_sha256 : str or None
        Version of the consent text that was agreed to; None of robots, which are shown none.
    """

    request: str
    arrival: Arrival
    browser: Mapping[str, str]
    consent_sha256: str | None = None

    @property
    def is_simulated(self) -> bool:
        """Tell whether it is an experimenter's robot's."""
        return self.arrival.recruiter == ROBOT


def enrol(session: Session, opened: StudyFolder, key: str, wish: Wish, *, now: datetime) -> Participant:
    """Take somebody in, or find the session that they have already, ended or not.

    The caller holds `db.lock_design`.

    Raises
    ------
    DoorError
        If the study lets nobody in now, or not with this browser, with which nobody goes on either;
        robots come in always.
    ConflictError
        If they agreed to no consent text, or to one that is no longer the study's.
    """
    known = session.scalar(queries.participant_by_request(wish.request))
    if known is not None:
        return known
    identity = identities.find(session, key, wish.arrival)
    if identity is not None:
        session.refresh(identity.participant, with_for_update=True)
        if identity.participant.state in UNDER_WAY and _is_excluded(opened.study, wish.browser):
            raise refusal(MOBILE, opened.study.texts)
        identities.renew(identity, wish.arrival)
        events.note(session, identity.participant, events.RETURNED, now=now)
        minutes = opened.study.recruiting.lease_minutes
        sessions.renew_lease(session, identity.participant, minutes=minutes, now=now)
        return identity.participant
    if not wish.is_simulated:
        reason = barrier(session, opened.study, wish.browser, now=now)
        if reason is not None:
            raise refusal(reason, opened.study.texts)
    _check_consent(opened.study, wish)
    participant = _participant(session, opened, wish, now)
    identities.keep(participant, key, wish.arrival, now=now)
    session.flush()
    events.note(session, participant, events.ENROLLED, now=now)
    return participant


def barrier(session: Session, study: Study, browser: Mapping[str, str], *, now: datetime) -> str | None:
    """Tell why nobody new is let in with this browser now; None if somebody would be.

    Returns
    -------
    str or None
        One of `arrival.REFUSALS`.
    """
    state = states.current(session)
    if state != OPEN:
        return state
    if _is_excluded(study, browser):
        return MOBILE
    places = study.recruiting.participants
    return FULL if places and (session.scalar(queries.count_places(now=now)) or 0) >= places else None


def participant_seed(study_seed: int, number: int) -> int:
    """Derive the seed of a study's participant number 0, 1, ... : an integer below 2**63."""
    words = np.random.SeedSequence([study_seed, number]).generate_state(1, np.uint64)
    return int(words[0]) >> (64 - SEED_BITS)


def _check_consent(study: Study, wish: Wish) -> None:
    if wish.consent_sha256 is None:
        if not wish.is_simulated:
            raise ConflictError(
                "consent_sha256 is missing; send that of the consent text that the person agreed to"
            )
    elif wish.consent_sha256 != wording.consent_sha256(study):
        raise ConflictError("the consent text has changed; load the page again, and read the new one")


def _is_excluded(study: Study, browser: Mapping[str, str]) -> bool:
    return study.screening.mobile == "exclude" and is_mobile(browser)


def _participant(session: Session, opened: StudyFolder, wish: Wish, now: datetime) -> Participant:
    study = opened.study
    number = session.scalar(queries.count_participants()) or 0
    participant = Participant(
        name=f"p{secrets.token_hex(6)}",
        request=wish.request,
        recruiter=wish.arrival.recruiter,
        simulated=wish.is_simulated,
        state=SCREENING,
        seed=participant_seed(study.seed, number),
        study_sha256=opened.study_sha256,
        stimulus_set=opened.stimulus_set,
        consent_sha256=_keep_consent(session, study, now),
        browser=dict(wish.browser),
        lease_utc=now + timedelta(minutes=study.recruiting.lease_minutes),
        consented_utc=now,
    )
    session.add(participant)
    return participant


def _keep_consent(session: Session, study: Study, now: datetime) -> str:
    """Keep the consent text as it is now; return its digest."""
    digest = wording.consent_sha256(study)
    known = session.get(ConsentText, digest)
    if known is None:
        known = ConsentText(sha256=digest, first_utc=now)
        session.add(known)
    known.text, known.language = wording.consent_text(study), study.language
    session.flush()
    return digest

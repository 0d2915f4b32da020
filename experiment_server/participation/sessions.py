"""How far a participant's session is: the page that is due, the lease, and the end.

Each function works inside the caller's transaction; the caller tells the time.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from experiment_server.database.tables import (
    ACTIVE,
    ENDS,
    FAILED_MEDIA,
    SCREENING,
    UNDER_WAY,
    WITHDRAWN,
    Participant,
)
from experiment_server.errors import StudyError
from experiment_server.participation import events
from experiment_server.screening import rules
from experiment_server.studies.sections import ANNOTATION
from experiment_server.studies.study import Study

# The pages after consent, in their order; the last but one are two tasks'.
SOUND, HEADPHONES, INSTRUCTIONS = "sound", "headphones", "instructions"
TRIAL, ANNOTATE, THANKS = "trial", "annotate", "thanks"

LEAST_RENEWAL = 0.05  # of a lease: 90 s of 30 minutes; less than that is not worth a write


class ConflictError(StudyError):
    """What a page asks for contradicts what is already kept; the message says what that is."""


def due_page(participant: Participant, study: Study) -> str:
    """Name the page that a participant is to see, the same until it is done."""
    if participant.state in ENDS:
        return THANKS
    if participant.state == ACTIVE:
        return ANNOTATE if study.task == ANNOTATION else TRIAL
    if study.task == ANNOTATION:  # there is nothing to hear
        return INSTRUCTIONS
    screening = study.screening
    if screening.sound_check and participant.sound_checked_utc is None:
        return SOUND
    if screening.headphones != "none" and not rules.has_passed(participant.headphone_trials, screening):
        return HEADPHONES
    return INSTRUCTIONS


def is_lapsed(participant: Participant, *, now: datetime) -> bool:
    """Tell whether a participant who is under way has been silent for longer than the lease."""
    return participant.state in UNDER_WAY and participant.lease_utc < now


def renew_lease(session: Session, participant: Participant, *, minutes: int, now: datetime) -> None:
    """Keep the participant's place, for who is under way; also for who comes back after a lapse."""
    if participant.state not in UNDER_WAY:
        return
    if is_lapsed(participant, now=now):
        events.note(session, participant, events.RENEWED, now=now)
    lease = timedelta(minutes=minutes)
    if participant.lease_utc < now + (1 - LEAST_RENEWAL) * lease:
        participant.lease_utc = now + lease


def confirm_sound(participant: Participant, *, now: datetime) -> None:
    """Note that the participant has set the volume; the first time counts."""
    if participant.state == SCREENING:
        participant.sound_checked_utc = participant.sound_checked_utc or now


def withdraw(session: Session, participant: Participant, *, now: datetime) -> None:
    """Let a participant stop; an end that is reached already stands."""
    if participant.state in UNDER_WAY:
        end(session, participant, WITHDRAWN, now=now)


def fail(session: Session, participant: Participant, *, most: int, now: datetime) -> bool:
    """Count a presentation that failed; tell whether it was the `most`-th, which ends the session."""
    participant.media_failures += 1
    if participant.media_failures < most:
        return False
    end(session, participant, FAILED_MEDIA, now=now)
    return True


def end(session: Session, participant: Participant, outcome: str, *, now: datetime) -> None:
    """End a session that is under way, with one of `tables.ENDS`."""
    participant.state, participant.ended_utc = outcome, now
    events.note(session, participant, outcome, now=now)

"""Answers to the headphone test: kept once; the last one of an attempt decides how it goes on.

The functions work inside the caller's transaction, which holds the participant's row.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from experiment_server.database.tables import SCREENED_OUT, HeadphoneTrial, Participant
from experiment_server.participation import events, sessions
from experiment_server.participation.sessions import ConflictError
from experiment_server.screening import rules
from experiment_server.studies.sections import Screening
from experiment_server.studies.study import Study


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of an answer.

    Attributes
    ----------
    retry : bool
        Whether it was the last one of an attempt that failed, and another attempt follows.
    refusal : str or None
        Why it was refused, if it was.
    """

    retry: bool = False
    refusal: str | None = None


def keep_answer(
    session: Session,
    participant: Participant,
    study: Study,
    *,
    sound: str,
    interval: int,
    now: datetime,
) -> Verdict:
    """Keep the answer to the trial with this sound, once.

    The same answer again changes nothing. Another one is refused, which is noted, so the caller must
    commit. Who fails the last attempt is screened out.

    Raises
    ------
    ConflictError
        If the sound is neither the one that is due nor one that the participant has answered.
    """
    trial = next((trial for trial in participant.headphone_trials if trial.sound == sound), None)
    if trial is not None and trial.response_interval is not None:
        if trial.response_interval != interval:
            return _refuse(session, participant, trial, interval=interval, now=now)
        return Verdict(retry=_leads_to_retry(trial, study.screening))
    if trial is None or trial is not rules.due_headphones(session, participant, study):
        raise ConflictError("this sound is not the one that is due; reload the page")
    trial.response_interval, trial.answered_utc = interval, now
    retry = _leads_to_retry(trial, study.screening)
    if _is_failed(trial, study.screening) and not retry:
        sessions.end(session, participant, SCREENED_OUT, now=now)
    return Verdict(retry=retry)


def _refuse(
    session: Session, participant: Participant, trial: HeadphoneTrial, *, interval: int, now: datetime
) -> Verdict:
    refusal = "this sound has another answer already, which stands"
    detail = f"headphone test, attempt {trial.attempt}, position {trial.position}: {refusal}"
    events.note(session, participant, events.REFUSED_ANSWER, interval=interval, detail=detail, now=now)
    return Verdict(refusal=refusal)


def _leads_to_retry(trial: HeadphoneTrial, screening: Screening) -> bool:
    return _is_failed(trial, screening) and trial.attempt < screening.headphone_attempts


def _is_failed(trial: HeadphoneTrial, screening: Screening) -> bool:
    """Tell whether a trial is the last one of an attempt that is not passed."""
    known = trial.participant.headphone_trials
    attempt = [other for other in known if other.attempt == trial.attempt]
    is_last = trial.position == max(other.position for other in attempt)
    return is_last and rules.score(attempt, least=screening.headphone_pass).passed is False

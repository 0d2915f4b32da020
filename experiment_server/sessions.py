"""A participant's way through the study: enrol, be instructed, take trials, answer, finish.

Each function works inside the caller's transaction; the caller tells the time.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from experiment_server import design, queries
from experiment_server.folder import StudyFolder
from experiment_server.study import StudyError
from experiment_server.tables import ACTIVE, COMPLETE, Participant, Response, Trial

SEED_BITS = 63  # as many as a signed 64-bit column holds


class ConflictError(StudyError):
    """What a page asks for contradicts what is already kept; the message says what that is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a page reports of one trial.

    Attributes
    ----------
    interval : int
        The interval called real, 1 or 2.
    rt_ms : float or None
        Time from the end of the second clip to the answer, browser clock (ms), 0 or more; None if it
        was no response time.
    replays : int
        Times the pair was played again, 0 or more.
    """

    interval: int
    rt_ms: float | None
    replays: int


def participant_seed(study_seed: int, number: int) -> int:
    """Derive the seed of a study's participant number 0, 1, ... : an integer below 2**63."""
    words = np.random.SeedSequence([study_seed, number]).generate_state(1, np.uint64)
    return int(words[0]) >> (64 - SEED_BITS)


def enrol(
    session: Session, opened: StudyFolder, *, request: str, simulated: bool, now: datetime
) -> Participant:
    """Take somebody in, and draw and store everything that they will be shown.

    The same `request` again gives the same participant. Robots and people are balanced apart.
    """
    known = session.scalar(queries.participant_by_request(request))
    if known is not None:
        return known
    number = session.scalar(queries.count_participants()) or 0
    seed = participant_seed(opened.study.seed, number)
    filled: dict[str, list[int]] = {}
    for variant, interval, n in session.execute(queries.filled_variants(simulated=simulated)):
        filled.setdefault(variant, [0, 0])[interval - 1] = n
    participant = Participant(
        name=f"p{secrets.token_hex(6)}",
        request=request,
        simulated=simulated,
        state=ACTIVE,
        seed=seed,
        filled_before=filled,
        study_sha256=opened.study_sha256,
        stimulus_set=opened.stimulus_set,
        consent_sha256=hashlib.sha256(opened.study.texts.consent.encode()).hexdigest(),
        consented_utc=now,
    )
    rng = np.random.default_rng(seed)
    plan = design.draw_plan(opened.videos, opened.study.trials, filled=filled, rng=rng)
    participant.trials = [_trial(planned) for planned in plan]
    session.add(participant)
    return participant


def instruct(participant: Participant, *, now: datetime) -> None:
    """Note that the participant has read the instructions; the first time counts."""
    participant.instructed_utc = participant.instructed_utc or now


def hand_out(session: Session, participant: Participant, *, now: datetime) -> Trial | None:
    """Return the trial that is due, the same one until it is answered; None when all are.

    Each time is counted: whoever reloads the page can hear the pair again.

    Raises
    ------
    ConflictError
        If the participant has not been instructed.
    """
    if participant.instructed_utc is None:
        raise ConflictError("the instructions come before the first trial; open them first")
    trial = session.scalar(queries.next_trial(participant))
    if trial is not None:
        trial.presented_utc = trial.presented_utc or now
        trial.presentations += 1
    return trial


def keep_answer(
    session: Session,
    participant: Participant,
    *,
    phase: str,
    position: int,
    answer: Answer,
    now: datetime,
) -> Trial:
    """Keep the answer to a trial, once; return the trial.

    The same answer again changes nothing: the first one's time and replays stand. With the last
    answer the participant is complete.

    Raises
    ------
    ConflictError
        If the trial was never handed out, or has another answer.
    """
    trial = session.scalar(queries.trial_at(participant, phase, position))
    if trial is None or trial.presented_utc is None:
        raise ConflictError(f"{phase} trial {position} has not been handed out; ask for the next trial")
    if trial.response is not None:
        if trial.response.chosen_interval != answer.interval:
            raise ConflictError(f"{phase} trial {position} has another answer already, which stands")
        return trial
    kept = Response(
        trial_id=trial.id,
        chosen_interval=answer.interval,
        rt_ms=answer.rt_ms,
        replays=answer.replays,
        answered_utc=now,
    )
    session.add(kept)
    session.flush()
    if session.scalar(queries.next_trial(participant)) is None:
        participant.state, participant.completed_utc = COMPLETE, now
    return trial


def _trial(planned: design.PlannedTrial) -> Trial:
    return Trial(
        phase=planned.phase,
        position=planned.position,
        video=planned.video,
        clip=planned.clip,
        variant=planned.variant,
        real_interval=planned.real_interval,
        presentations=0,
        media_1=secrets.token_urlsafe(18),
        media_2=secrets.token_urlsafe(18),
    )

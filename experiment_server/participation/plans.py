"""A participant's plan: drawn when the instructions have been read, and stored before it is shown.

Each function works inside the caller's transaction; the caller tells the time.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select
from sqlalchemy.orm import Session

from experiment_server import tokens
from experiment_server.database.labellings import Label, Labelling
from experiment_server.database.tables import ACTIVE, COMPLETE, SCREENING, Participant, Trial
from experiment_server.folders.folder import StudyFolder
from experiment_server.participation import sessions
from experiment_server.participation.sessions import ConflictError
from experiment_server.planning import design, impacts
from experiment_server.planning.design import PlannedTrial
from experiment_server.planning.impacts import Planned
from experiment_server.studies.sections import ANNOTATION, MAIN


def begin(session: Session, participant: Participant, opened: StudyFolder, *, now: datetime) -> None:
    """Draw and store everything that a participant will be shown; once, however often it is asked.

    The caller holds `db.lock_design`. Robots and people are balanced apart.

    Raises
    ------
    ConflictError
        If a check comes first.
    """
    if participant.state != SCREENING:
        return
    due = sessions.due_page(participant, opened.study)
    if due != sessions.INSTRUCTIONS:
        raise ConflictError(f"the page {due} comes before the first trial; open it first")
    draw = _draw_labellings if opened.study.task == ANNOTATION else _draw_trials
    draw(session, participant, opened, now)
    participant.state, participant.instructed_utc = ACTIVE, now


def _draw_trials(session: Session, participant: Participant, opened: StudyFolder, now: datetime) -> None:
    filled: dict[str, list[int]] = {}
    counts = session.execute(_filled(simulated=participant.simulated, now=now))
    for variant, interval, n in counts:
        filled.setdefault(variant, [0, 0])[interval - 1] = n
    rng = np.random.default_rng(participant.seed)
    planned = design.draw_plan(opened.videos, opened.study.trials, filled=filled, rng=rng)
    _store(session, participant, Trial, planned, ("media_1", "media_2"))
    participant.filled_before = filled


def _draw_labellings(
    session: Session, participant: Participant, opened: StudyFolder, now: datetime
) -> None:
    counts = session.execute(_votes(simulated=participant.simulated, now=now))
    planned = impacts.draw_plan(
        opened.manifest.clips,
        opened.study.annotation.impacts,
        votes={clip: n for clip, n in counts},
        rng=np.random.default_rng(participant.seed),
    )
    _store(session, participant, Labelling, planned, ("media",))
    participant.filled_before = {}  # there are no variants


def _store(
    session: Session,
    participant: Participant,
    table: type[Trial | Labelling],
    planned: Sequence[PlannedTrial | Planned],
    media: tuple[str, ...],
) -> None:
    rows = [
        {
            **asdict(each),
            **{name: tokens.opaque_name() for name in ("nonce", *media)},
            "participant_id": participant.id,
            "presentations": 0,
        }
        for each in planned
    ]
    session.execute(insert(table), rows)


def _filled(*, simulated: bool, now: datetime) -> "Select[str, int, int]":
    """Count the main trials of each variant and real interval in people's, or robots', plans that count.

    Those are the plans of who is complete, or under way and not gone silent; without catch trials, and
    without those whose presentation failed.
    """
    return (
        select(Trial.variant, Trial.real_interval, func.count())
        .join(Trial.participant)
        .where(
            Participant.simulated == simulated,
            or_(Participant.state == COMPLETE, _is_there(now)),
            Trial.phase == MAIN,
            ~Trial.is_catch,
            Trial.invalid_utc.is_(None),
        )
        .group_by(Trial.variant, Trial.real_interval)
        .order_by(Trial.variant, Trial.real_interval)
    )


def _votes(*, simulated: bool, now: datetime) -> "Select[str, int]":
    """Count each clip's votes: given ones, and those that somebody who is there may still give."""
    return (
        select(Labelling.clip, func.count())
        .join(Labelling.participant)
        .outerjoin(Labelling.label)
        .where(
            Participant.simulated == simulated,
            Labelling.failed_utc.is_(None),
            or_(Label.id.is_not(None), _is_there(now)),
        )
        .group_by(Labelling.clip)
    )


def _is_there(now: datetime) -> ColumnElement[bool]:
    return and_(Participant.state == ACTIVE, Participant.lease_utc >= now)

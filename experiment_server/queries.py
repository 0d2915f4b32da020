"""The questions asked of the tables, as selects; routes and commands execute them."""

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from experiment_server.study import MAIN
from experiment_server.tables import Participant, Response, Trial


def participant_named(name: str) -> Select[Participant]:
    """Select one participant."""
    return select(Participant).where(Participant.name == name)


def participant_by_request(request: str) -> Select[Participant]:
    """Select the participant that a page's wish to take part made."""
    return select(Participant).where(Participant.request == request)


def count_participants() -> Select[int]:
    """Count all participants, robots too."""
    return select(func.count()).select_from(Participant)


def filled_variants(*, simulated: bool) -> "Select[str, int, int]":
    """Count the main trials of each variant and real interval in all plans of people, or of robots."""
    return (
        select(Trial.variant, Trial.real_interval, func.count())
        .join(Trial.participant)
        .where(Trial.phase == MAIN, Participant.simulated == simulated)
        .group_by(Trial.variant, Trial.real_interval)
        .order_by(Trial.variant, Trial.real_interval)
    )


def next_trial(participant: Participant) -> Select[Trial]:
    """Select the participant's first trial without a response, in order of the plan."""
    return (
        select(Trial)
        .outerjoin(Trial.response)
        .where(Trial.participant_id == participant.id, Response.id.is_(None))
        .order_by(Trial.id)
        .limit(1)
    )


def count_trials(participant: Participant, phase: str) -> Select[int]:
    """Count a participant's trials in one phase."""
    return (
        select(func.count())
        .select_from(Trial)
        .where(Trial.participant_id == participant.id, Trial.phase == phase)
    )


def trial_at(participant: Participant, phase: str, position: int) -> Select[Trial]:
    """Select one trial of a participant, with its response."""
    return (
        select(Trial)
        .options(joinedload(Trial.response))
        .where(
            Trial.participant_id == participant.id,
            Trial.phase == phase,
            Trial.position == position,
        )
    )


def trial_of_media(media: str) -> Select[Trial]:
    """Select the trial that a media name belongs to, if the trial has been handed out."""
    return select(Trial).where(
        or_(Trial.media_1 == media, Trial.media_2 == media), Trial.presented_utc.is_not(None)
    )


def stimulus_sets() -> Select[str]:
    """Select the digests of all stimulus sets that participants were given."""
    return select(Participant.stimulus_set).distinct()


def study_versions() -> "Select[str, int]":
    """Count the participants that were served each version of the study file, the oldest first."""
    return (
        select(Participant.study_sha256, func.count())
        .group_by(Participant.study_sha256)
        .order_by(func.min(Participant.id))
    )


def all_trials() -> Select[Trial]:
    """Select every trial with its participant and response, in order of arrival and plan."""
    return (
        select(Trial)
        .options(joinedload(Trial.participant), joinedload(Trial.response))
        .order_by(Trial.participant_id, Trial.id)
    )

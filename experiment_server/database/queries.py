"""The questions asked of the tables, as selects; routes and commands execute them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from experiment_server.database.tables import (
    COMPLETE,
    UNDER_WAY,
    Event,
    HeadphoneTrial,
    Identity,
    Participant,
    StudyState,
    Trial,
)


def participant_named(name: str) -> Select[Participant]:
    """Select one participant."""
    return select(Participant).where(Participant.name == name)


def participant_by_request(request: str) -> Select[Participant]:
    """Select the participant that a page's wish to take part made."""
    return select(Participant).where(Participant.request == request)


def count_participants() -> Select[int]:
    """Count all participants, robots too."""
    return select(func.count()).select_from(Participant)


def count_places(*, now: datetime) -> Select[int]:
    """Count the people who are complete, or under way and not gone silent."""
    there = and_(Participant.state.in_(UNDER_WAY), Participant.lease_utc >= now)
    counts = or_(Participant.state == COMPLETE, there)
    return select(func.count()).select_from(Participant).where(~Participant.simulated, counts)


def study_state() -> Select[str]:
    """Select whom the study lets in since it was last changed."""
    return select(StudyState.state).order_by(StudyState.id.desc()).limit(1)


def trial_ids(participant: Participant) -> "Select[str, int]":
    """Select the nonces and ids of all trials that a participant was handed."""
    return select(Trial.nonce, Trial.id).where(
        Trial.participant_id == participant.id, Trial.presented_utc.is_not(None)
    )


def count_events(participant: Participant) -> Select[int]:
    """Count what is in the log of a participant."""
    return select(func.count()).select_from(Event).where(Event.participant_id == participant.id)


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


def headphone_trial(sound: str) -> Select[HeadphoneTrial]:
    """Select the trial of a headphone test whose sound has this name."""
    return select(HeadphoneTrial).where(HeadphoneTrial.sound == sound)


def all_headphone_trials() -> Select[HeadphoneTrial]:
    """Select every trial of the headphone tests, in order."""
    return select(HeadphoneTrial).order_by(HeadphoneTrial.id)


def told_events() -> "Select[Any, str, int | None, Any]":
    """Select what pages told of trials: which trial, what, which interval and the page's time (ms)."""
    return (
        select(Event.trial_id, Event.kind, Event.interval, Event.client_ms)
        .where(Event.trial_id.is_not(None), Event.client_ms.is_not(None))
        .order_by(Event.id)
    )


def identities_of(participants: Sequence[str], *, ended_before: datetime | None) -> Select[Identity]:
    """Select identities by pseudonym or id at the recruiter's, or by the session's end or lapse."""
    over_utc = func.coalesce(Participant.ended_utc, Participant.lease_utc)
    wanted = (
        or_(Participant.name.in_(participants), Identity.person.in_(participants))
        if ended_before is None
        else over_utc < ended_before
    )
    return (
        select(Identity)
        .join(Identity.participant)
        .options(contains_eager(Identity.participant))
        .where(wanted)
        .order_by(Identity.participant_id)
    )


def count_known() -> Select[int]:
    """Count the participants whose identity has not been deleted."""
    return select(func.count()).select_from(Identity).where(Identity.forgotten_utc.is_(None))

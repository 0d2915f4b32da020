"""A study's tables: who took part, what each was to be shown, what each answered, what happened.

The rules of the design stand here as constraints, so that no program can break them. What says who a
person is stands in `Identity` alone.
"""

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from experiment_server.database.base import Base

# How far a participant came. SCREENING and ACTIVE are under way, the others are ends.
SCREENING = "screening"  # agreed to take part; checks and headphone test
ACTIVE = "active"  # has a plan
COMPLETE = "complete"  # every trial is over
SCREENED_OUT = "screened_out"  # did not pass the headphone test
FAILED_MEDIA = "failed_media"  # the clips would not play
WITHDRAWN = "withdrawn"  # chose to stop
UNDER_WAY = (SCREENING, ACTIVE)
ENDS = (COMPLETE, SCREENED_OUT, FAILED_MEDIA, WITHDRAWN)

OPEN, PAUSED, CLOSED = "open", "paused", "closed"  # whom the study lets in


class StudyState(Base):
    """One change of whom the study lets in, in order; before the first it is open."""

    __tablename__ = "study_states"
    __table_args__ = (CheckConstraint("state IN ('open', 'paused', 'closed')", name="state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    changed_utc: Mapped[datetime]


class ConsentText(Base):
    """A version of the consent text, word for word as participants agreed to it."""

    __tablename__ = "consent_texts"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(35))
    text: Mapped[str] = mapped_column(Text)
    first_utc: Mapped[datetime]


class Participant(Base):
    """A person (or robot) that agreed to take part.

    `name` is the pseudonym in exports; `request` is what the page called its wish to take part, so
    that asking twice does not make two. `seed` and `filled_before` (each variant's main trials in the
    plans that counted then: with the real sound first, and second) give the same plan again;
    `filled_before` is missing until the plan is drawn. `study_sha256` and `stimulus_set` name what was
    served. Until `lease_utc` (renewed by all that the participant does) the plan counts for balance
    though it is not complete. `browser` says roughly what it was seen with. `media_failures` counts
    presentations that failed or stalled.
    """

    __tablename__ = "participants"
    __table_args__ = (
        CheckConstraint(
            "state IN ('screening', 'active', 'complete', 'screened_out', 'failed_media', 'withdrawn')",
            name="state",
        ),
        CheckConstraint("(state IN ('screening', 'active')) = (ended_utc IS NULL)", name="ended"),
        CheckConstraint(
            "state NOT IN ('active', 'complete') OR filled_before IS NOT NULL", name="planned"
        ),
        CheckConstraint("media_failures >= 0", name="media_failures"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    request: Mapped[str] = mapped_column(String(64), unique=True)
    recruiter: Mapped[str] = mapped_column(String(16))
    simulated: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16), default=SCREENING)
    seed: Mapped[int] = mapped_column(BigInteger)
    filled_before: Mapped[dict[str, list[int]] | None] = mapped_column(JSON(none_as_null=True))
    study_sha256: Mapped[str] = mapped_column(String(64))
    stimulus_set: Mapped[str] = mapped_column(String(64))
    consent_sha256: Mapped[str] = mapped_column(ForeignKey("consent_texts.sha256"))
    browser: Mapped[dict[str, str]] = mapped_column(JSON)
    media_failures: Mapped[int] = mapped_column(default=0)
    lease_utc: Mapped[datetime]
    consented_utc: Mapped[datetime]
    sound_checked_utc: Mapped[datetime | None]
    instructed_utc: Mapped[datetime | None]
    ended_utc: Mapped[datetime | None]

    trials: Mapped[list["Trial"]] = relationship(back_populates="participant", order_by="Trial.id")
    headphone_trials: Mapped[list["HeadphoneTrial"]] = relationship(
        back_populates="participant", order_by="HeadphoneTrial.id"
    )
    identity: Mapped["Identity | None"] = relationship(back_populates="participant")


class Identity(Base):
    """Who a participant is at the panel's door: the one table with personal data; rows can be emptied.

    `person_hmac` (keyed with the study's secret) recognizes a person who comes again, also after
    `person`, `study_ref`, `session_ref` and `submit_url` have been deleted. What the last three are is
    the recruiter's matter: Prolific's study and session, MTurk's HIT and assignment.
    """

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("recruiter", "person_hmac"),)

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), primary_key=True)
    recruiter: Mapped[str] = mapped_column(String(16))
    person_hmac: Mapped[str] = mapped_column(String(64))
    person: Mapped[str | None] = mapped_column(String(255))
    study_ref: Mapped[str | None] = mapped_column(String(255))
    session_ref: Mapped[str | None] = mapped_column(String(255))
    submit_url: Mapped[str | None] = mapped_column(String(255))
    arrived_utc: Mapped[datetime]
    forgotten_utc: Mapped[datetime | None]

    participant: Mapped[Participant] = relationship(back_populates="identity")


class HeadphoneTrial(Base):
    """One trial of the headphone test: which of three intervals is the odd one, and the answer.

    The sound is made anew from `seed` whenever it is asked for, under the opaque name `sound`.
    """

    __tablename__ = "headphone_trials"
    __table_args__ = (
        UniqueConstraint("participant_id", "attempt", "position"),
        CheckConstraint("kind IN ('huggins', 'antiphase')", name="kind"),
        CheckConstraint("attempt >= 1 AND position >= 1", name="position"),
        CheckConstraint("target_interval IN (1, 2, 3)", name="target_interval"),
        CheckConstraint("response_interval IN (1, 2, 3)", name="response_interval"),
        CheckConstraint("(response_interval IS NULL) = (answered_utc IS NULL)", name="answered"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"))
    kind: Mapped[str] = mapped_column(String(16))
    attempt: Mapped[int]
    position: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    target_interval: Mapped[int]
    sound: Mapped[str] = mapped_column(String(32), unique=True)
    response_interval: Mapped[int | None]
    answered_utc: Mapped[datetime | None]

    participant: Mapped[Participant] = relationship(back_populates="headphone_trials")


class Trial(Base):
    """One presentation of a pair, drawn before the participant's first trial is shown.

    `media_1` and `media_2` are the opaque names under which its two stimuli are served, `nonce` the
    one with which it is answered; `presentations` counts how often the page was given it. A catch
    trial is shown among the main ones, and looks like one. A trial is over when it has a response, or is
    invalid: its presentation stalled or failed.
    """

    __tablename__ = "trials"
    __table_args__ = (
        UniqueConstraint("participant_id", "phase", "position"),
        UniqueConstraint("participant_id", "phase", "video"),
        UniqueConstraint("participant_id", "clip"),
        CheckConstraint("phase IN ('practice', 'main')", name="phase"),
        CheckConstraint("NOT is_catch OR phase = 'main'", name="is_catch"),
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint("real_interval IN (1, 2)", name="real_interval"),
        CheckConstraint("media_1 <> media_2", name="media"),
        CheckConstraint("presentations >= 0", name="presentations"),
        CheckConstraint("invalid IN ('stalled', 'failed')", name="invalid"),
        CheckConstraint("(invalid IS NULL) = (invalid_utc IS NULL)", name="invalid_utc"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"))
    phase: Mapped[str] = mapped_column(String(16))
    is_catch: Mapped[bool]
    position: Mapped[int]
    video: Mapped[str] = mapped_column(String(255))
    clip: Mapped[str] = mapped_column(String(255))
    variant: Mapped[str] = mapped_column(String(255))
    real_interval: Mapped[int]
    nonce: Mapped[str] = mapped_column(String(32), unique=True)
    media_1: Mapped[str] = mapped_column(String(32), unique=True)
    media_2: Mapped[str] = mapped_column(String(32), unique=True)
    presented_utc: Mapped[datetime | None]
    presentations: Mapped[int]
    invalid: Mapped[str | None] = mapped_column(String(16))
    invalid_utc: Mapped[datetime | None]

    participant: Mapped[Participant] = relationship(back_populates="trials")
    response: Mapped["Response | None"] = relationship(back_populates="trial")

    @property
    def name(self) -> str:
        """Name of the trial, unique in the study: who, which phase, which place."""
        return f"{self.participant.name}-{self.phase}-{self.position}"


class Response(Base):
    """The one answer to a trial: the interval called real; `rt_ms` is missing if it was none."""

    __tablename__ = "responses"
    __table_args__ = (
        CheckConstraint("response_interval IN (1, 2)", name="response_interval"),
        CheckConstraint("rt_ms >= 0", name="rt_ms"),
        CheckConstraint("replays >= 0", name="replays"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("trials.id"), unique=True)
    response_interval: Mapped[int]
    rt_ms: Mapped[float | None]
    replays: Mapped[int]
    answered_utc: Mapped[datetime]

    trial: Mapped[Trial] = relationship(back_populates="response")


class Event(Base):
    """Something that happened in a participant's session; rows are added, never changed or removed.

    `client_ms` is the page's `performance.now()`, `client_utc` its own clock, both as the page tells
    them; `server_utc` is when the server heard of it. Events that the server makes itself have neither.
    """

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_participant_id_id", "participant_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"))
    trial_id: Mapped[int | None] = mapped_column(ForeignKey("trials.id"))
    kind: Mapped[str] = mapped_column(String(32))
    interval: Mapped[int | None]
    client_ms: Mapped[float | None]
    client_utc: Mapped[datetime | None]
    server_utc: Mapped[datetime]
    detail: Mapped[str | None] = mapped_column(String(255))


class LoginFailure(Base):
    """A wrong password at the dashboard; many within minutes bar the door for a while."""

    __tablename__ = "login_failures"

    id: Mapped[int] = mapped_column(primary_key=True)
    failed_utc: Mapped[datetime] = mapped_column(index=True)

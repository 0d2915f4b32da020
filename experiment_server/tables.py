"""The tables: who took part, what each was to be shown, what each answered.

The rules of the design stand here as constraints, so that no program can break them.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

ACTIVE, COMPLETE = "active", "complete"  # how far a participant came


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC, on databases that keep no time zone as well."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Give the time its zone back."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """The tables' common ground: names for all constraints, so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy's own interface


class Participant(Base):
    """A person (or robot) that agreed to take part.

    `name` is the pseudonym in exports; `request` is what the page called its wish to take part, so
    that asking twice does not make two; `seed` and `filled_before` (each variant's main trials in
    all earlier plans: with the real sound first, and second) give the same plan again;
    `study_sha256` and `stimulus_set` name what was served.
    """

    __tablename__ = "participants"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'complete')", name="state"),
        CheckConstraint("(state = 'complete') = (completed_utc IS NOT NULL)", name="completed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    request: Mapped[str] = mapped_column(String(64), unique=True)
    simulated: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    seed: Mapped[int] = mapped_column(BigInteger)
    filled_before: Mapped[dict[str, list[int]]] = mapped_column(JSON)
    study_sha256: Mapped[str] = mapped_column(String(64))
    stimulus_set: Mapped[str] = mapped_column(String(64))
    consent_sha256: Mapped[str] = mapped_column(String(64))
    consented_utc: Mapped[datetime]
    instructed_utc: Mapped[datetime | None]
    completed_utc: Mapped[datetime | None]

    trials: Mapped[list["Trial"]] = relationship(back_populates="participant", order_by="Trial.id")


class Trial(Base):
    """One presentation of a pair, drawn before the participant's first trial is shown.

    `media_1` and `media_2` are the opaque names under which its two stimuli are served;
    `presentations` counts how often the page was given it.
    """

    __tablename__ = "trials"
    __table_args__ = (
        UniqueConstraint("participant_id", "phase", "position"),
        UniqueConstraint("participant_id", "phase", "video"),
        UniqueConstraint("participant_id", "clip"),
        CheckConstraint("phase IN ('practice', 'main')", name="phase"),
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint("real_interval IN (1, 2)", name="real_interval"),
        CheckConstraint("media_1 <> media_2", name="media"),
        CheckConstraint("presentations >= 0", name="presentations"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"))
    phase: Mapped[str] = mapped_column(String(16))
    position: Mapped[int]
    video: Mapped[str] = mapped_column(String(255))
    clip: Mapped[str] = mapped_column(String(255))
    variant: Mapped[str] = mapped_column(String(255))
    real_interval: Mapped[int]
    media_1: Mapped[str] = mapped_column(String(32), unique=True)
    media_2: Mapped[str] = mapped_column(String(32), unique=True)
    presented_utc: Mapped[datetime | None]
    presentations: Mapped[int]

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
        CheckConstraint("chosen_interval IN (1, 2)", name="chosen_interval"),
        CheckConstraint("rt_ms >= 0", name="rt_ms"),
        CheckConstraint("replays >= 0", name="replays"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("trials.id"), unique=True)
    chosen_interval: Mapped[int]
    rt_ms: Mapped[float | None]
    replays: Mapped[int]
    answered_utc: Mapped[datetime]

    trial: Mapped[Trial] = relationship(back_populates="response")

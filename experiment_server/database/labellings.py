"""The tables of annotation: which impacts a participant was given, and what was said of them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from experiment_server.database.base import Base
from experiment_server.database.tables import Participant


class Labelling(Base):
    """One impact for one participant to label, drawn before the participant's first is shown.

    `media` is the opaque name under which its clip is served, `nonce` the one with which it is answered;
    `presentations` counts how often the page was given it. It is over when it has a label, or its clip
    could not be played (`failed_utc`).
    """

    __tablename__ = "labellings"
    __table_args__ = (
        UniqueConstraint("participant_id", "position"),
        UniqueConstraint("participant_id", "clip"),
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint("presentations >= 0", name="presentations"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"))
    position: Mapped[int]
    video: Mapped[str] = mapped_column(String(255))
    clip: Mapped[str] = mapped_column(String(255), index=True)
    nonce: Mapped[str] = mapped_column(String(32), unique=True)
    media: Mapped[str] = mapped_column(String(32), unique=True)
    presented_utc: Mapped[datetime | None]
    presentations: Mapped[int]
    failed_utc: Mapped[datetime | None]

    participant: Mapped[Participant] = relationship()
    label: Mapped["Label | None"] = relationship(back_populates="labelling")

    @property
    def name(self) -> str:
        """Name of the labelling, unique in the study: who, which place."""
        return f"{self.participant.name}-{self.position}"


class Label(Base):
    """What was said of an impact; None for what the participant could not tell, or was not asked."""

    __tablename__ = "labels"
    __table_args__ = (
        CheckConstraint("x >= 0 AND x <= 1 AND y >= 0 AND y <= 1", name="place"),
        CheckConstraint("(x IS NULL) = (y IS NULL)", name="coordinates"),
        CheckConstraint("rt_ms >= 0", name="rt_ms"),
        CheckConstraint("replays >= 0", name="replays"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    labelling_id: Mapped[int] = mapped_column(ForeignKey("labellings.id"), unique=True)
    material: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str | None] = mapped_column(String(64))
    reaction: Mapped[str | None] = mapped_column(String(64))
    x: Mapped[float | None]
    y: Mapped[float | None]
    rt_ms: Mapped[float | None]
    replays: Mapped[int]
    answered_utc: Mapped[datetime]

    labelling: Mapped[Labelling] = relationship(back_populates="label")

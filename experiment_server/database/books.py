"""The tables of recruiting and paying: what was asked of recruiters, and what they told."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from experiment_server.database.base import Base
from experiment_server.database.tables import Participant


class Operation(Base):
    """One thing asked of a recruiter that costs money, or reaches people: asked once, and kept for good.

    The row is written before the recruiter is asked, and finished after; one left "intended" says that
    a program stopped in between, and that nobody knows yet. `token` names the operation: the same one
    has the same token in every run. No row holds an id at a panel. `cents` is what people get, and
    `fee_cents` what the recruiter takes; both are what was promised, of postings for all `places`.
    """

    __tablename__ = "operations"
    __table_args__ = (
        CheckConstraint("state IN ('intended', 'done', 'refused')", name="state"),
        CheckConstraint("(state = 'intended') = (finished_utc IS NULL)", name="finished"),
        CheckConstraint("cents >= 0 AND fee_cents >= 0 AND places >= 0", name="amounts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    market: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    batch: Mapped[int]
    places: Mapped[int]
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participants.id"))
    cents: Mapped[int]
    fee_cents: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Text)
    ref: Mapped[str | None] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    started_utc: Mapped[datetime]
    finished_utc: Mapped[datetime | None]

    participant: Mapped[Participant | None] = relationship()


class Notice(Base):
    """A recruiter's message, by its own id, so that the same one heard twice acts once."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("recruiter", "message"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recruiter: Mapped[str] = mapped_column(String(16))
    message: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(64))
    sent_utc: Mapped[datetime]
    heard_utc: Mapped[datetime]

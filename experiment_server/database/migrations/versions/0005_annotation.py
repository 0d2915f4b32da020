"""Impacts for participants to label, and their labels."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "labellings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("video", sa.String(255), nullable=False),
        sa.Column("clip", sa.String(255), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("media", sa.String(32), nullable=False),
        sa.Column("presented_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("presentations", sa.Integer(), nullable=False),
        sa.Column("failed_utc", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("position >= 1", name=op.f("ck_labellings_position")),
        sa.CheckConstraint("presentations >= 0", name=op.f("ck_labellings_presentations")),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            name=op.f("fk_labellings_participant_id_participants"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labellings")),
        sa.UniqueConstraint("media", name=op.f("uq_labellings_media")),
        sa.UniqueConstraint("nonce", name=op.f("uq_labellings_nonce")),
        sa.UniqueConstraint("participant_id", "clip", name=op.f("uq_labellings_participant_id_clip")),
        sa.UniqueConstraint(
            "participant_id", "position", name=op.f("uq_labellings_participant_id_position")
        ),
    )
    op.create_index(op.f("ix_labellings_clip"), "labellings", ["clip"])
    op.create_table(
        "labels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("labelling_id", sa.Integer(), nullable=False),
        sa.Column("material", sa.String(64), nullable=True),
        sa.Column("action", sa.String(64), nullable=True),
        sa.Column("reaction", sa.String(64), nullable=True),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.Column("rt_ms", sa.Double(), nullable=True),
        sa.Column("replays", sa.Integer(), nullable=False),
        sa.Column("answered_utc", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("x >= 0 AND x <= 1 AND y >= 0 AND y <= 1", name=op.f("ck_labels_place")),
        sa.CheckConstraint("(x IS NULL) = (y IS NULL)", name=op.f("ck_labels_coordinates")),
        sa.CheckConstraint("rt_ms >= 0", name=op.f("ck_labels_rt_ms")),
        sa.CheckConstraint("replays >= 0", name=op.f("ck_labels_replays")),
        sa.ForeignKeyConstraint(
            ["labelling_id"], ["labellings.id"], name=op.f("fk_labels_labelling_id_labellings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("labelling_id", name=op.f("uq_labels_labelling_id")),
    )


def downgrade() -> None:
    op.drop_table("labels")
    op.drop_index(op.f("ix_labellings_clip"), "labellings")
    op.drop_table("labellings")

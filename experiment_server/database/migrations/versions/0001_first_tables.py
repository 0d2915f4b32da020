"""Participants, trials and responses."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "participants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("filled_before", sa.JSON(), nullable=False),
        sa.Column("study_sha256", sa.String(64), nullable=False),
        sa.Column("stimulus_set", sa.String(64), nullable=False),
        sa.Column("consent_sha256", sa.String(64), nullable=False),
        sa.Column("consented_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instructed_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_utc", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('active', 'complete')", name=op.f("ck_participants_state")),
        sa.CheckConstraint(
            "(state = 'complete') = (completed_utc IS NOT NULL)", name=op.f("ck_participants_completed")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint("name", name=op.f("uq_participants_name")),
        sa.UniqueConstraint("request", name=op.f("uq_participants_request")),
    )
    _create_trials()
    op.create_table(
        "responses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("chosen_interval", sa.Integer(), nullable=False),
        sa.Column("rt_ms", sa.Double(), nullable=False),
        sa.Column("replays", sa.Integer(), nullable=False),
        sa.Column("answered_utc", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("chosen_interval IN (1, 2)", name=op.f("ck_responses_chosen_interval")),
        sa.CheckConstraint("rt_ms >= 0", name=op.f("ck_responses_rt_ms")),
        sa.CheckConstraint("replays >= 0", name=op.f("ck_responses_replays")),
        sa.ForeignKeyConstraint(["trial_id"], ["trials.id"], name=op.f("fk_responses_trial_id_trials")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        sa.UniqueConstraint("trial_id", name=op.f("uq_responses_trial_id")),
    )


def downgrade() -> None:
    op.drop_table("responses")
    op.drop_table("trials")
    op.drop_table("participants")


def _create_trials() -> None:
    op.create_table(
        "trials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("video", sa.String(255), nullable=False),
        sa.Column("clip", sa.String(255), nullable=False),
        sa.Column("variant", sa.String(255), nullable=False),
        sa.Column("real_interval", sa.Integer(), nullable=False),
        sa.Column("media_1", sa.String(32), nullable=False),
        sa.Column("media_2", sa.String(32), nullable=False),
        sa.Column("presented_utc", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("phase IN ('practice', 'main')", name=op.f("ck_trials_phase")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_trials_position")),
        sa.CheckConstraint("real_interval IN (1, 2)", name=op.f("ck_trials_real_interval")),
        sa.CheckConstraint("media_1 <> media_2", name=op.f("ck_trials_media")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_trials_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trials")),
        sa.UniqueConstraint("media_1", name=op.f("uq_trials_media_1")),
        sa.UniqueConstraint("media_2", name=op.f("uq_trials_media_2")),
        sa.UniqueConstraint(
            "participant_id", "phase", "position", name=op.f("uq_trials_participant_id_phase_position")
        ),
        sa.UniqueConstraint(
            "participant_id", "phase", "video", name=op.f("uq_trials_participant_id_phase_video")
        ),
        sa.UniqueConstraint("participant_id", "clip", name=op.f("uq_trials_participant_id_clip")),
    )

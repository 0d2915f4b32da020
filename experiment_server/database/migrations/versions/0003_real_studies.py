"""Recruiters, consent texts, screening, catch and invalid trials, leases, and the log of events."""

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAME_BYTES = 18  # of randomness in a nonce
UNKNOWN_TEXT = (
    "The words of this version were not kept: its participants came before this database kept consent "
    "texts. Only the SHA-256 of its words is known."
)
UNKNOWN_LANGUAGE = "und"  # BCP 47: undetermined
NEW_TABLES = ("login_failures", "events", "headphone_trials", "identities", "study_states")

# Rows of events are added, never changed or removed, whatever program asks.
TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER events_never_change BEFORE UPDATE ON events "
        "BEGIN SELECT RAISE(ABORT, 'events are never changed'); END",
        "CREATE TRIGGER events_never_go BEFORE DELETE ON events "
        "BEGIN SELECT RAISE(ABORT, 'events are never removed'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION keep_events() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are never changed or removed' "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$",
        "CREATE TRIGGER events_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION keep_events()",
    ),
}


def upgrade() -> None:
    _create_tables()
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)
    _upgrade_participants()
    _upgrade_trials()


def downgrade() -> None:
    op.execute(
        "DELETE FROM responses WHERE trial_id IN (SELECT id FROM trials WHERE is_catch)"
    )  # version 2 would take them for main trials
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION keep_events CASCADE")
    for table in NEW_TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM trials WHERE is_catch")
    _downgrade_trials()
    _downgrade_participants()
    op.drop_table("consent_texts")


def _create_tables() -> None:
    op.create_table(
        "study_states",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_utc", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'paused', 'closed')", name=op.f("ck_study_states_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_states")),
    )
    op.create_table(
        "consent_texts",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_consent_texts")),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("failed_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    op.create_index(op.f("ix_login_failures_failed_utc"), "login_failures", ["failed_utc"])
    _create_identities()
    _create_headphone_trials()
    _create_events()


def _create_identities() -> None:
    op.create_table(
        "identities",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("recruiter", sa.String(16), nullable=False),
        sa.Column("person_hmac", sa.String(64), nullable=False),
        sa.Column("person", sa.String(255), nullable=True),
        sa.Column("study_ref", sa.String(255), nullable=True),
        sa.Column("session_ref", sa.String(255), nullable=True),
        sa.Column("submit_url", sa.String(255), nullable=True),
        sa.Column("arrived_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forgotten_utc", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            name=op.f("fk_identities_participant_id_participants"),
        ),
        sa.PrimaryKeyConstraint("participant_id", name=op.f("pk_identities")),
        sa.UniqueConstraint(
            "recruiter", "person_hmac", name=op.f("uq_identities_recruiter_person_hmac")
        ),
    )


def _create_headphone_trials() -> None:
    name = "headphone_trials"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("target_interval", sa.Integer(), nullable=False),
        sa.Column("sound", sa.String(32), nullable=False),
        sa.Column("chosen_interval", sa.Integer(), nullable=True),
        sa.Column("answered_utc", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('huggins', 'antiphase')", name=op.f(f"ck_{name}_kind")),
        sa.CheckConstraint("attempt >= 1 AND position >= 1", name=op.f(f"ck_{name}_position")),
        sa.CheckConstraint("target_interval IN (1, 2, 3)", name=op.f(f"ck_{name}_target_interval")),
        sa.CheckConstraint("chosen_interval IN (1, 2, 3)", name=op.f(f"ck_{name}_chosen_interval")),
        sa.CheckConstraint(
            "(chosen_interval IS NULL) = (answered_utc IS NULL)", name=op.f(f"ck_{name}_answered")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f(f"fk_{name}_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint(
            "participant_id",
            "attempt",
            "position",
            name=op.f(f"uq_{name}_participant_id_attempt_position"),
        ),
        sa.UniqueConstraint("sound", name=op.f(f"uq_{name}_sound")),
    )


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("trial_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=True),
        sa.Column("client_ms", sa.Double(), nullable=True),
        sa.Column("client_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("server_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.String(255), nullable=True),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_events_participant_id_participants")
        ),
        sa.ForeignKeyConstraint(["trial_id"], ["trials.id"], name=op.f("fk_events_trial_id_trials")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_participant_id_id"), "events", ["participant_id", "id"])


def _upgrade_participants() -> None:
    """A plan that nobody has begun to see is taken back: plans are drawn after the instructions now."""
    with op.batch_alter_table("participants") as participants:
        participants.drop_constraint(op.f("ck_participants_state"), type_="check")
        participants.drop_constraint(op.f("ck_participants_completed"), type_="check")
        participants.alter_column(
            "completed_utc", new_column_name="ended_utc", existing_type=sa.DateTime(timezone=True)
        )
        participants.alter_column("filled_before", existing_type=sa.JSON(), nullable=True)
        participants.add_column(sa.Column("recruiter", sa.String(16)))
        participants.add_column(sa.Column("browser", sa.JSON()))
        participants.add_column(sa.Column("media_failures", sa.Integer()))
        participants.add_column(sa.Column("lease_utc", sa.DateTime(timezone=True)))
        participants.add_column(sa.Column("checked_utc", sa.DateTime(timezone=True)))
    unseen = "state = 'active' AND instructed_utc IS NULL"
    op.execute(
        f"DELETE FROM trials WHERE participant_id IN (SELECT id FROM participants WHERE {unseen})"
    )
    op.execute(f"UPDATE participants SET state = 'screening', filled_before = NULL WHERE {unseen}")
    op.execute(
        "UPDATE participants SET recruiter = CASE WHEN simulated THEN 'robot' ELSE 'link' END, "
        "browser = '{}', media_failures = 0, lease_utc = consented_utc"
    )
    op.execute(
        sa.text(
            "INSERT INTO consent_texts (sha256, language, text, first_utc) "
            "SELECT consent_sha256, :language, :text, min(consented_utc) FROM participants "
            "GROUP BY consent_sha256"
        ).bindparams(language=UNKNOWN_LANGUAGE, text=UNKNOWN_TEXT)
    )
    with op.batch_alter_table("participants") as participants:
        for name, kind in _NEW_OF_PARTICIPANTS.items():
            participants.alter_column(name, existing_type=kind, nullable=False)
        for name, rule in _RULES_OF_PARTICIPANTS.items():
            participants.create_check_constraint(op.f(f"ck_participants_{name}"), rule)
        participants.create_foreign_key(
            op.f("fk_participants_consent_sha256_consent_texts"),
            "consent_texts",
            ["consent_sha256"],
            ["sha256"],
        )


_NEW_OF_PARTICIPANTS: dict[str, Any] = {
    "recruiter": sa.String(16),
    "browser": sa.JSON(),
    "media_failures": sa.Integer(),
    "lease_utc": sa.DateTime(timezone=True),
}
_RULES_OF_PARTICIPANTS = {
    "state": "state IN ('screening', 'active', 'complete', 'screened_out', 'failed_media', 'withdrawn')",
    "ended": "(state IN ('screening', 'active')) = (ended_utc IS NULL)",
    "planned": "state NOT IN ('active', 'complete') OR filled_before IS NOT NULL",
    "media_failures": "media_failures >= 0",
}
_RULES_OF_TRIALS = {
    "is_catch": "NOT is_catch OR phase = 'main'",
    "invalid_reason": "invalid_reason IN ('stalled', 'failed')",
    "invalid": "(invalid_reason IS NULL) = (invalid_utc IS NULL)",
}


def _upgrade_trials() -> None:
    with op.batch_alter_table("trials") as trials:
        trials.add_column(sa.Column("is_catch", sa.Boolean()))
        trials.add_column(sa.Column("nonce", sa.String(32)))
        trials.add_column(sa.Column("invalid_reason", sa.String(16)))
        trials.add_column(sa.Column("invalid_utc", sa.DateTime(timezone=True)))
    op.execute("UPDATE trials SET is_catch = false")
    connection = op.get_bind()
    numbers = connection.scalars(sa.text("SELECT id FROM trials")).all()
    if numbers:
        connection.execute(
            sa.text("UPDATE trials SET nonce = :nonce WHERE id = :id"),
            [{"id": number, "nonce": secrets.token_urlsafe(NAME_BYTES)} for number in numbers],
        )
    with op.batch_alter_table("trials") as trials:
        trials.alter_column("is_catch", existing_type=sa.Boolean(), nullable=False)
        trials.alter_column("nonce", existing_type=sa.String(32), nullable=False)
        trials.create_unique_constraint(op.f("uq_trials_nonce"), ["nonce"])
        for name, rule in _RULES_OF_TRIALS.items():
            trials.create_check_constraint(op.f(f"ck_trials_{name}"), rule)


def _downgrade_trials() -> None:
    with op.batch_alter_table("trials") as trials:
        trials.drop_constraint(op.f("uq_trials_nonce"), type_="unique")
        for name in _RULES_OF_TRIALS:
            trials.drop_constraint(op.f(f"ck_trials_{name}"), type_="check")
        for name in ("is_catch", "nonce", "invalid_reason", "invalid_utc"):
            trials.drop_column(name)


def _downgrade_participants() -> None:
    with op.batch_alter_table("participants") as participants:
        for name in _RULES_OF_PARTICIPANTS:
            participants.drop_constraint(op.f(f"ck_participants_{name}"), type_="check")
        participants.drop_constraint(
            op.f("fk_participants_consent_sha256_consent_texts"), type_="foreignkey"
        )
        for name in (*_NEW_OF_PARTICIPANTS, "checked_utc"):
            participants.drop_column(name)
        participants.alter_column(
            "ended_utc", new_column_name="completed_utc", existing_type=sa.DateTime(timezone=True)
        )
    op.execute("UPDATE participants SET filled_before = '{}' WHERE filled_before IS NULL")
    op.execute(
        "UPDATE participants SET state = 'active', completed_utc = NULL WHERE state <> 'complete'"
    )
    with op.batch_alter_table("participants") as participants:
        participants.alter_column("filled_before", existing_type=sa.JSON(), nullable=False)
        participants.create_check_constraint(
            op.f("ck_participants_state"), "state IN ('active', 'complete')"
        )
        participants.create_check_constraint(
            op.f("ck_participants_completed"), "(state = 'complete') = (completed_utc IS NOT NULL)"
        )

"""Columns have the names that the export has: response_interval, sound_checked_utc, invalid."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Table, old and new name of its column, and the rules on it: their old and new names, and what they say.
RENAMED = (
    ("participants", "checked_utc", "sound_checked_utc", sa.DateTime(timezone=True), ()),
    (
        "headphone_trials",
        "chosen_interval",
        "response_interval",
        sa.Integer(),
        (
            ("chosen_interval", "response_interval", "{column} IN (1, 2, 3)"),
            ("answered", "answered", "({column} IS NULL) = (answered_utc IS NULL)"),
        ),
    ),
    (
        "trials",
        "invalid_reason",
        "invalid",
        sa.String(16),
        (
            ("invalid", "invalid_utc", "({column} IS NULL) = (invalid_utc IS NULL)"),
            ("invalid_reason", "invalid", "{column} IN ('stalled', 'failed')"),
        ),
    ),
    (
        "responses",
        "chosen_interval",
        "response_interval",
        sa.Integer(),
        (("chosen_interval", "response_interval", "{column} IN (1, 2)"),),
    ),
)


def upgrade() -> None:
    for name, old, new, kind, rules in RENAMED:
        _rename(name, old, new, kind, rules)


def downgrade() -> None:
    for name, old, new, kind, rules in RENAMED:
        _rename(name, new, old, kind, tuple((now, before, rule) for before, now, rule in rules))


def _rename(name: str, old: str, new: str, kind: Any, rules: tuple[tuple[str, str, str], ...]) -> None:
    with op.batch_alter_table(name) as table:
        for before, _, _ in rules:
            table.drop_constraint(op.f(f"ck_{name}_{before}"), type_="check")
        table.alter_column(old, new_column_name=new, existing_type=kind)
    with op.batch_alter_table(name) as table:
        for _, now, rule in rules:
            table.create_check_constraint(op.f(f"ck_{name}_{now}"), rule.format(column=new))

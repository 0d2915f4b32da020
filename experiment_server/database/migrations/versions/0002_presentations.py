"""How often a trial was handed out, answers without a response time, intervals in filled_before."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


PARTICIPANTS = sa.table(
    "participants",
    sa.column("id", sa.Integer()),
    sa.column("simulated", sa.Boolean()),
    sa.column("filled_before", sa.JSON()),
)
TRIALS = sa.table(
    "trials",
    sa.column("participant_id", sa.Integer()),
    sa.column("phase", sa.String()),
    sa.column("variant", sa.String()),
    sa.column("real_interval", sa.Integer()),
)


def upgrade() -> None:
    op.execute(
        "ALTER TABLE trials ADD COLUMN presentations INTEGER DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_trials_presentations CHECK (presentations >= 0)"
    )
    op.execute("UPDATE trials SET presentations = 1 WHERE presented_utc IS NOT NULL")  # at least
    _alter_rt_ms(nullable=True)
    _rewrite_filled(lambda first, second: [first, second])


def downgrade() -> None:
    op.execute("UPDATE responses SET rt_ms = 86400000 WHERE rt_ms IS NULL")  # a day or more
    _alter_rt_ms(nullable=False)
    with op.batch_alter_table("trials") as trials:
        trials.drop_constraint(op.f("ck_trials_presentations"), type_="check")
        trials.drop_column("presentations")
    _rewrite_filled(lambda first, second: first + second)


def _alter_rt_ms(*, nullable: bool) -> None:
    with op.batch_alter_table("responses") as responses:
        responses.alter_column("rt_ms", existing_type=sa.Double(), nullable=nullable)


def _rewrite_filled(form: Callable[[int, int], Any]) -> None:
    """Count anew, for each participant, what the plans of those before it (robots apart) hold."""
    connection = op.get_bind()
    for simulated in (False, True):
        filled: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        arrivals = sa.select(PARTICIPANTS.c.id).where(PARTICIPANTS.c.simulated == simulated)
        for number in connection.scalars(arrivals.order_by(PARTICIPANTS.c.id)).all():
            before = {variant: form(*counts) for variant, counts in sorted(filled.items())}
            one = PARTICIPANTS.c.id == number
            connection.execute(sa.update(PARTICIPANTS).where(one).values(filled_before=before))
            plan = sa.select(TRIALS.c.variant, TRIALS.c.real_interval).where(
                TRIALS.c.participant_id == number, TRIALS.c.phase == "main"
            )
            for variant, interval in connection.execute(plan):
                filled[variant][interval - 1] += 1

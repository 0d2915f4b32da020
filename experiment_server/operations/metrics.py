"""Metrics for Prometheus, counted in the database when asked for: right with any number of workers.

Nothing here tells how often which variant fools anybody.
"""

import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session

from experiment_server.dashboard import accounts, selects
from experiment_server.database import db
from experiment_server.database.tables import Event, LoginFailure, Trial
from experiment_server.participation import states
from experiment_server.web import serving

TOKEN_VARIABLE = "EXPERIMENT_SERVER_METRICS_TOKEN"
PREFIX = "experiment_server"

bp = Blueprint("metrics", __name__)


@bp.get("/metrics")
def metrics() -> Response:
    """Write the metrics as text; to the bearer of the token alone, where one is set."""
    token = os.environ.get(TOKEN_VARIABLE, "")
    if token and not hmac.compare_digest(token.encode(), serving.bearer_token().encode()):
        return Response("these metrics need a bearer token\n", 401, mimetype="text/plain")
    registry = CollectorRegistry()
    registry.register(StudyCollector(engine=serving.current().engine, now=serving.now()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@dataclass(frozen=True, kw_only=True)
class StudyCollector(Collector):
    """Counts what is in one study's database.

    Attributes
    ----------
    engine : Engine
        The database.
    now : datetime
        The time by which leases are over or not.
    """

    engine: Engine
    now: datetime

    def collect(self) -> Iterator[Metric]:
        """Count everything anew."""
        with db.reading(self.engine) as session:
            yield _study_state(session)
            yield _participants(session, self.now)
            yield _count(session, "trials", "Trials drawn.", "phase", _trials())
            yield _count(session, "responses", "Answers kept.", "phase", _responses())
            yield _count(session, "invalid_trials", "Trials not scored.", "reason", _invalid_trials())
            yield _count(session, "events", "Events written down.", "kind", _events())
            yield _login_failures(session, self.now)


def _study_state(session: Session) -> Metric:
    family = GaugeMetricFamily(
        f"{PREFIX}_study_state", "1 for whom the study lets in now, 0 for the others.", labels=["state"]
    )
    current = states.current(session)
    for state in states.STATES:
        family.add_metric([state], state == current)
    return family


def _participants(session: Session, now: datetime) -> Metric:
    family = GaugeMetricFamily(
        f"{PREFIX}_participants",
        "Participants by state; lapsed ones did nothing for longer than the lease.",
        labels=["state", "lapsed", "simulated"],
    )
    for simulated, state, lapsed, n, _ in session.execute(selects.states(now)):
        family.add_metric([state, _flag(lapsed), _flag(simulated)], n)
    return family


def _login_failures(session: Session, now: datetime) -> Metric:
    lately = select(func.count(LoginFailure.id)).where(LoginFailure.failed_utc > now - accounts.WINDOW)
    return GaugeMetricFamily(
        f"{PREFIX}_login_failures",
        f"Wrong passwords at the dashboard within {accounts.WINDOW}.",
        value=session.scalars(lately).one(),
    )


def _count(
    session: Session, name: str, meaning: str, label: str, rows: "Select[str | None, int]"
) -> Metric:
    family = CounterMetricFamily(f"{PREFIX}_{name}", meaning, labels=[label])
    for value, n in session.execute(rows):
        family.add_metric([str(value)], n)
    return family


def _trials() -> "Select[str | None, int]":
    return select(Trial.phase, func.count()).group_by(Trial.phase)


def _responses() -> "Select[str | None, int]":
    return select(Trial.phase, func.count()).join(Trial.response).group_by(Trial.phase)


def _invalid_trials() -> "Select[str | None, int]":
    return select(Trial.invalid, func.count()).where(Trial.invalid.is_not(None)).group_by(Trial.invalid)


def _events() -> "Select[str | None, int]":
    return select(Event.kind, func.count()).group_by(Event.kind)


def _flag(value: bool) -> str:
    return str(bool(value)).lower()

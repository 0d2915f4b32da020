"""The log of what happened in participants' sessions: rows are added, never changed.

Each function works inside the caller's transaction; the caller tells the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from experiment_server.database import queries
from experiment_server.database.tables import Event, Participant
from experiment_server.errors import StudyError

# What the server notes itself. The ends of sessions (`tables.ENDS`) are noted by their names.
ENROLLED = "enrolled"
RETURNED = "returned"  # the same person came again by the recruiter
RENEWED = "lease_renewed_after_lapse"
HANDED_OUT = "handed_out"
ANSWERED = "answered"
REFUSED_ANSWER = "refused_answer"  # another one than that which is kept
INVALID = "invalid"
ERASED = "erased"  # all that was before it in the session was deleted, as the participant asked

# What pages tell.
PAGE_KINDS = frozenset(
    (
        "playing", "ended", "waiting", "stalled", "hidden", "visible", "blur", "focus", "replay",
        "blocked", "load_failed", "play_failed", "offline", "online", "resize",
    )
)  # fmt: skip


REPEATABLE = frozenset((RETURNED, RENEWED, REFUSED_ANSWER))  # what asking again makes again

MOST = 50_000  # of one participant; sessions have some hundred or thousand, a flood fills the disk

_INSERT = insert(cast(Table, Event.__table__))
_TOLD = ("kind", "interval", "client_ms", "client_utc", "detail")  # columns that a `Report` fills


class ForeignTrialError(StudyError):
    """A page tells of a trial that it was not given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a page tells of one event.

    Attributes
    ----------
    kind : str
        One of `PAGE_KINDS`.
    client_ms : float
        When, by the page's ``performance.now()`` (ms).
    nonce : str or None
        The trial in which it happened.
    interval : int or None
        The clip that it is about, 1 or 2.
    client_utc : datetime or None
        When, by the clock of the participant's machine.
    detail : str or None
        A few words, up to 255 characters.
    """

    kind: str
    client_ms: float
    nonce: str | None = None
    interval: int | None = None
    client_utc: datetime | None = None
    detail: str | None = None


def note(
    session: Session,
    participant: Participant,
    kind: str,
    *,
    now: datetime,
    trial_id: int | None = None,
    interval: int | None = None,
    detail: str | None = None,
) -> None:
    """Note something that the server knows itself; the participant must be in the database.

    What is `REPEATABLE` is left out where the participant would have more than `MOST`.
    """
    if kind in REPEATABLE and not _has_room(session, participant, 1):
        return
    told = {"kind": kind, "interval": interval, "detail": detail}
    _add(session, participant, [{**told, "trial_id": trial_id}], now=now)


def keep(session: Session, participant: Participant, reports: Sequence[Report], *, now: datetime) -> int:
    """Keep what a page tells; return how many: none if the participant would have more than `MOST`.

    Raises
    ------
    ForeignTrialError
        If one is about a trial that the participant was not given; then none is kept.
    """
    trials: dict[str, int] = {}
    if any(report.nonce for report in reports):
        trials = {nonce: number for nonce, number in session.execute(queries.trial_ids(participant))}
    for report in reports:
        if report.nonce and report.nonce not in trials:
            raise ForeignTrialError("nonce must be that of a trial that was handed to this participant.")
    if not reports or not _has_room(session, participant, len(reports)):
        return 0
    rows = [
        {**{name: getattr(report, name) for name in _TOLD}, "trial_id": trials.get(report.nonce or "")}
        for report in reports
    ]
    _add(session, participant, rows, now=now)
    return len(reports)


def _has_room(session: Session, participant: Participant, n_more: int) -> bool:
    return (session.scalar(queries.count_events(participant)) or 0) + n_more <= MOST


def _add(
    session: Session, participant: Participant, rows: Sequence[dict[str, object]], *, now: datetime
) -> None:
    common = {"participant_id": participant.id, "server_utc": now}
    session.connection().execute(_INSERT, [{**row, **common} for row in rows])

"""What pages send: its descriptions, by which it is read, or refused with a sentence."""

from datetime import UTC, datetime
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from experiment_server.participation import events
from experiment_server.participation.events import Report
from experiment_server.screening import sounds
from experiment_server.studies.annotation import KINDS, Annotation
from experiment_server.web import schema
from experiment_server.web.schema import Json

MAX_RT_MS = 24 * 60 * 60 * 1000.0  # a day; what is longer (a laptop left open) is no response time
MAX_EVENTS = 50  # in one request
MAX_DETAIL = 255  # characters, as the table holds them
MOST_REPLAYS = 100_000  # a day of clips of a second; what is more is no count
SHARES = "shares of the picture from 0 to 1, or both null"
A_TIME = "a time such as 2026-01-31T12:00:00Z"

OPAQUE = schema.text("[ -~]{1,32}", "the one that the server gave")
INTERVAL = schema.count(1, 2)  # of a pair
DETAIL = {**schema.or_null(schema.TEXT), "description": f"Longer than {MAX_DETAIL} is cut"}

WISH = schema.record(
    {
        "request": schema.text("[ -~]{16,64}", "a random text of 16 to 64 ASCII characters"),
        "arrival": {
            "type": "object",
            "additionalProperties": schema.TEXT,
            "description": "an object of texts",
        },
        "browser": {"type": "object"},
        "consent_sha256": {
            **schema.or_null(schema.text("[0-9a-f]{64}", "a SHA-256 in 64 hexadecimal digits")),
            "description": "Of the consent text that was agreed to; robots alone leave it out",
        },
    },
    optional=("arrival", "browser", "consent_sha256"),
)
HEADPHONE_ANSWER = schema.record({"sound": OPAQUE, "interval": schema.count(1, sounds.INTERVALS)})
INVALID = schema.record(
    {"nonce": OPAQUE, "reason": schema.one_of(("stalled", "failed")), "detail": DETAIL},
    optional=("detail",),
)
LABEL_FAILED = schema.record({"nonce": OPAQUE, "detail": DETAIL}, optional=("detail",))
EVENT = schema.record(
    {
        "kind": schema.one_of(sorted(events.PAGE_KINDS)),
        "ms": {**schema.MS, "$comment": "By the page's performance.now()"},
        "nonce": schema.or_null(OPAQUE),
        "interval": schema.or_null(INTERVAL),
        "utc": schema.or_null({**schema.TEXT, "format": "date-time", "description": A_TIME}),
        "detail": DETAIL,
    },
    optional=("nonce", "interval", "utc", "detail"),
)
EVENTS = schema.record(
    {
        "events": {
            "type": "array",
            "items": EVENT,
            "maxItems": MAX_EVENTS,
            "description": f"a list of up to {MAX_EVENTS}",
        }
    }
)


def label(wanted: Annotation | None = None) -> Json:
    """Describe what is said of an impact, in a study that wants this, or any."""
    share = {"type": "number", "minimum": 0, "maximum": 1, "title": "x and y", "description": SHARES}
    place = {**schema.or_null(share), "description": "Of the picture, from above left"}
    return schema.record(
        {
            "nonce": OPAQUE,
            **{kind: _choice(kind, wanted) for kind in KINDS},
            "x": place,
            "y": place,
            "rt_ms": schema.MS,
            "replays": schema.count(0, MOST_REPLAYS),
        }
    )


def answer(most_replays: int | None = None) -> Json:
    """Describe the answer to a trial, in a study with so many replays or any."""
    times = {"rt_ms": schema.MS, "replays": schema.count(0, most_replays)}
    return schema.record({"nonce": OPAQUE, "interval": INTERVAL, **times})


def read(described: Json) -> dict[str, Any]:
    """Read the request's JSON object.

    Raises
    ------
    BadRequest
        If it is not as described.
    """
    try:
        body = request.get_json()
    except RecursionError:  # brackets in brackets in brackets
        raise BadRequest("The request's body is nested too deep.") from None
    if not isinstance(body, dict):
        raise BadRequest("The request's body must be a JSON object.")
    schema.check(body, described, "The request's body")
    return body


def detail(body: dict[str, Any]) -> str | None:
    """Take a few words from a body, if there are any; what can't be kept is left out."""
    words = body.get("detail")
    return words and "".join(c if c.isprintable() else " " for c in words)[:MAX_DETAIL]


def response_ms(body: dict[str, Any]) -> float | None:
    """Take a response time (ms) from a body; None for what is too long to be one."""
    rt_ms = float(body["rt_ms"])
    return rt_ms if rt_ms <= MAX_RT_MS else None


def reports(body: dict[str, Any]) -> list[Report]:
    """Take what a page tells of events from a body.

    Raises
    ------
    BadRequest
        If a time can't be.
    """
    return [
        Report(
            kind=told["kind"],
            client_ms=float(told["ms"]),
            nonce=told.get("nonce"),
            interval=told.get("interval"),
            client_utc=_time(told.get("utc")),
            detail=detail(told),
        )
        for told in body["events"]
    ]


def _choice(kind: str, wanted: Annotation | None) -> Json:
    if wanted is None:
        return {
            **schema.or_null(schema.TEXT),
            "description": "One of the study's names; null for can't tell",
        }
    names = schema.one_of(wanted.choices(kind))
    return schema.or_null(names) if wanted.other else names


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadRequest(f"utc must be {A_TIME}.")

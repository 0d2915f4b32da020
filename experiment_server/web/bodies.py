"""What pages send: read, and refused with a sentence where it can't be."""

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import request
from werkzeug.exceptions import BadRequest

from experiment_server.participation import events
from experiment_server.participation.events import Report
from experiment_server.participation.trials import Answer

MAX_RT_MS = 24 * 60 * 60 * 1000.0  # a day; what is longer (a laptop left open) is no response time
MAX_EVENTS = 50  # in one request
MAX_DETAIL = 255  # characters, as the table holds them
MAX_NAME = 32  # characters of an opaque name

T = TypeVar("T")


def read() -> dict[str, Any]:
    """Read the request's JSON object."""
    try:
        body = request.get_json()
    except RecursionError:  # brackets in brackets in brackets
        raise BadRequest("The request's body is nested too deep.") from None
    if not isinstance(body, dict):
        raise BadRequest("The request's body must be a JSON object.")
    return body


def random_text(body: dict[str, Any], name: str) -> str:
    """Read a random text, by which the page calls what it asks for."""
    value = body.get(name)
    if not isinstance(value, str) or not 16 <= len(value) <= 64 or not _is_plain(value):
        raise BadRequest(f"{name} must be a random text of 16 to 64 ASCII characters.")
    return value


def digest(body: dict[str, Any], name: str) -> str | None:
    """Read a SHA-256, if there is one."""
    value = body.get(name)
    if value is not None and not (isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value)):
        raise BadRequest(f"{name} must be a SHA-256 in 64 hexadecimal digits.")
    return value


def table(body: dict[str, Any], name: str) -> dict[str, Any]:
    """Read an object within the body; a missing one is empty."""
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object.")
    return value


def opaque(body: dict[str, Any], name: str) -> str:
    """Read one of the server's opaque names."""
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME or not _is_plain(value):
        raise BadRequest(f"{name} must be the one that the server gave.")
    return value


def interval(body: dict[str, Any], *, most: int) -> int:
    """Read the number of an interval, from 1."""
    value: Any = body.get("interval")
    if type(value) is not int or not 1 <= value <= most:
        raise BadRequest(f"interval must be a whole number from 1 to {most}.")
    return value


def word(body: dict[str, Any], name: str, *, among: frozenset[str]) -> str:
    """Read a word, one of a few."""
    value = body.get(name)
    if not isinstance(value, str) or value not in among:
        raise BadRequest(f"{name} must be one of {', '.join(sorted(among))}.")
    return value


def detail(body: dict[str, Any]) -> str | None:
    """Read a few words, if there are any; what can't be kept is left out."""
    value = body.get("detail")
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRequest("detail must be a text.")
    return "".join(c if c.isprintable() else " " for c in value)[:MAX_DETAIL]


def answer(body: dict[str, Any], *, most_replays: int) -> Answer:
    """Read the answer to a trial."""
    return Answer(
        response_interval=interval(body, most=2),
        rt_ms=response_ms(body),
        replays=replays(body, most=most_replays),
    )


def response_ms(body: dict[str, Any]) -> float | None:
    """Read a response time (ms); None for what is too long to be one."""
    rt_ms = _milliseconds(body, "rt_ms")
    return rt_ms if rt_ms <= MAX_RT_MS else None


def replays(body: dict[str, Any], *, most: int) -> int:
    """Read how often something was played again."""
    value: Any = body.get("replays")
    if type(value) is not int or not 0 <= value <= most:
        raise BadRequest(f"replays must be a count from 0 to {most}.")
    return value


def place(body: dict[str, Any]) -> tuple[float | None, float | None]:
    """Read a place in a picture, as shares (0 to 1) of its width and height; or that there is none."""
    x: Any = body.get("x")
    y: Any = body.get("y")
    if x is None and y is None:
        return None, None
    if not all(type(share) in (int, float) and 0 <= share <= 1 for share in (x, y)):
        raise BadRequest("x and y must be shares of the picture from 0 to 1, or both null.")
    return float(x), float(y)


def reports(body: dict[str, Any]) -> list[Report]:
    """Read what a page tells of events."""
    told = body.get("events")
    if not isinstance(told, list) or len(told) > MAX_EVENTS:
        raise BadRequest(f"events must be a list of up to {MAX_EVENTS}.")
    if not all(isinstance(one, dict) for one in told):
        raise BadRequest("events must be objects.")
    return [_report(one) for one in told]


def _report(told: dict[str, Any]) -> Report:
    return Report(
        kind=word(told, "kind", among=events.PAGE_KINDS),
        client_ms=_milliseconds(told, "ms"),
        nonce=_if_there(told, "nonce", lambda: opaque(told, "nonce")),
        interval=_if_there(told, "interval", lambda: interval(told, most=2)),
        client_utc=_if_there(told, "utc", lambda: _time(told["utc"])),
        detail=detail(told),
    )


def _if_there(told: dict[str, Any], name: str, read: Callable[[], T]) -> T | None:
    return None if told.get(name) is None else read()


def _milliseconds(body: dict[str, Any], name: str) -> float:
    value: Any = body.get(name)
    if type(value) not in (int, float) or not 0 <= value <= sys.float_info.max:
        raise BadRequest(f"{name} must be a time in ms, 0 or more, that a double can hold.")
    return float(value)


def _time(value: object) -> datetime:
    try:
        time = datetime.fromisoformat(str(value))
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadRequest("utc must be a time such as 2026-01-31T12:00:00Z.")


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()

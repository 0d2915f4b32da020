"""The log: one JSON object a line, of which none tells an address, a query, a token or a panel's id.

A request is written down by the name of its endpoint, not by its path. Of an exception stand there its
type and places in the code: messages may quote what people sent.
"""

import json
import logging
import os
import time
import traceback
import uuid
from datetime import UTC, datetime
from typing import TextIO, cast

from flask import Flask, Response, g, has_request_context, request
from flask.logging import wsgi_errors_stream

from experiment_server import tokens
from experiment_server.errors import StudyError
from experiment_server.web import serving

LOGGER = "experiment_server"
LEVEL_VARIABLE = "EXPERIMENT_SERVER_LOG_LEVEL"
FIELDS = "fields"  # attribute of a log record that holds what else is to be written
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

log = logging.getLogger(f"{LOGGER}.requests")


class JsonFormatter(logging.Formatter):
    """Writes a log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, event, what the request was, and what the record has besides."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": "exception" if record.exc_info else record.getMessage(),
            **_request_fields(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= _exception_fields(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def install(app: Flask) -> None:
    """Write down every request of an application, and whatever this package logs, to standard error.

    The level is that of ``EXPERIMENT_SERVER_LOG_LEVEL``, ``INFO`` by default; ``WARNING`` leaves
    requests out, ``DEBUG`` adds those of style sheets and scripts.

    Raises
    ------
    StudyError
        If there is no such level.
    """
    logger = logging.getLogger(LOGGER)
    logger.setLevel(_level(os.environ.get(LEVEL_VARIABLE) or "INFO"))
    if not any(isinstance(handler.formatter, JsonFormatter) for handler in logger.handlers):
        # Standard error, or what gunicorn has in its place.
        handler = logging.StreamHandler(cast(TextIO, wsgi_errors_stream))
        handler.setFormatter(JsonFormatter())
        logger.addHandler(handler)
    app.before_request(begin)
    app.after_request(end)


def begin() -> None:
    """Give the request an id, and remember when it came."""
    g.request_id, g.began = uuid.uuid4().hex, time.perf_counter()


def end(response: Response) -> Response:
    """Write the request down; where the server failed, tell the id, by which its lines are found."""
    ms = round(1000 * (time.perf_counter() - g.began), 1)
    level = logging.DEBUG if request.endpoint == "static" else logging.INFO
    log.log(level, "request", extra={FIELDS: {"status": response.status_code, "ms": ms}})
    if response.status_code >= 500:
        response.headers["X-Request-ID"] = g.request_id
    return response


def _level(name: str) -> int:
    levels = logging.getLevelNamesMapping()
    if name.upper() not in levels:
        raise StudyError(f"${LEVEL_VARIABLE} is {name!r}; set it to DEBUG, INFO, WARNING or ERROR")
    return levels[name.upper()]


def _request_fields() -> dict[str, str | None]:
    if not has_request_context() or "request_id" not in g:
        return {}
    key, token = serving.current().key, serving.bearer_token()
    return {
        "request": g.request_id,
        "endpoint": request.endpoint,
        "method": request.method if request.method in METHODS else "other",
        "participant": tokens.participant_of(key, token) if token else None,
    }


def _exception_fields(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__qualname__,
        "where": [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames],
    }

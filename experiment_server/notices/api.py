"""Where recruiters send their messages: ``/hooks/mturk`` and ``/hooks/prolific``.

Each is open only where its topic or secret is set, by EXPERIMENT_SERVER_SNS_TOPIC and
EXPERIMENT_SERVER_PROLIFIC_SECRET.
"""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from http.client import HTTPException
from typing import Any, cast
from urllib.request import urlopen

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, NotFound, ServiceUnavailable

from experiment_server.database import db
from experiment_server.notices import prolific, sns
from experiment_server.notices.notice import GivenBack, NoticeError, hear
from experiment_server.web import serving

FETCH_TIMEOUT_S = 5
MOST_BYTES = 64 * 1024  # of a certificate
LATER = "Amazon SNS can't be reached now; send the message again."

bp = Blueprint("notices", __name__, url_prefix="/hooks")
log = logging.getLogger(__name__)


@bp.post("/mturk")
def from_mturk() -> Response:
    """Hear what SNS says of MTurk's assignments; confirm the subscription of our own topic."""
    topic, message = _setting("SNS_TOPIC"), _read()
    sns.check(message, topic=topic, fetch=_fetch(), now=serving.now())
    if message["Type"] == sns.CONFIRMATION:
        _fetch()(message["SubscribeURL"])
        return jsonify(confirmed=True)
    told = _object(message["Message"])
    try:
        gone, sent = sns.given_back(told), sns.time_of(message["Timestamp"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise BadRequest("The message is not of the form that MTurk's messages have.") from None
    kinds = {str(event.get("EventType")) for event in told.get("Events", ())}
    return _heard("mturk", message["MessageId"], ",".join(sorted(kinds)), sent, gone)


@bp.post("/prolific")
def from_prolific() -> Response:
    """Hear what Prolific says of submissions."""
    secret, body = _setting("PROLIFIC_SECRET"), request.get_data()
    headers = dict(request.headers)
    sent = prolific.check(body, headers, secret=secret)
    told = _read()
    gone = prolific.given_back(told, sent_utc=sent)
    name = prolific.message_id(body, headers)
    return _heard("prolific", name, str(told.get("event_type")), sent, gone)


@bp.errorhandler(NoticeError)
def refuse(error: NoticeError) -> tuple[Response, int]:
    """Say no to what is not signed as it should be."""
    log.warning("refused a message at %s: %s", request.path, error)
    return jsonify(error=str(error)), 403


def _heard(
    recruiter: str, message: str, kind: str, sent: datetime, gone: Sequence[GivenBack]
) -> Response:
    here = serving.current()

    def act(session: Session) -> bool:
        return hear(
            session,
            recruiter=recruiter,
            message=message[:128],
            kind=kind,
            sent_utc=sent,
            given_back=gone,
            lease_minutes=here.opened.study.recruiting.lease_minutes,
            now=serving.now(),
        )

    return jsonify(new=db.write(here.engine, act))


def _setting(name: str) -> str:
    value = str(current_app.config.get(name) or "")
    if not value:
        raise NotFound(f"No messages are expected here; EXPERIMENT_SERVER_{name} is not set.")
    return value


def _read() -> dict[str, Any]:
    return _object(request.get_data(as_text=True))  # SNS calls its JSON text/plain


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadRequest("The message must be a JSON object.")
    return found


def _fetch() -> Callable[[str], bytes]:
    return cast("Callable[[str], bytes]", current_app.config.get("SNS_FETCH") or _from_amazon)


@lru_cache(maxsize=8)
def _from_amazon(address: str) -> bytes:
    """Get what lies at an address of SNS, which `sns.check` has made sure that it is.

    Raises
    ------
    ServiceUnavailable
        If it can't be had now; SNS sends its message again after any 5xx.
    """
    try:
        with urlopen(address, timeout=FETCH_TIMEOUT_S) as reply:
            return cast(bytes, reply.read(MOST_BYTES))
    except (OSError, HTTPException) as error:
        log.warning("%s can't be had (%r); SNS will send its message again", address, error)
        raise ServiceUnavailable(LATER) from error

"""Messages of Prolific: signed with a secret that only Prolific and this site know."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from experiment_server.notices.notice import GivenBack, NoticeError

SIGNATURE, TIMESTAMP = "X-Prolific-Request-Signature", "X-Prolific-Request-Timestamp"
CHANGE = "submission.status.change"
GONE = ("RETURNED", "TIMED-OUT", "TIMED_OUT")


def sign(body: bytes, *, timestamp: str, secret: str) -> str:
    """Sign a message as Prolific does: HMAC-SHA256 of time and body, in base64."""
    return base64.b64encode(
        hmac.digest(secret.encode(), timestamp.encode() + body, hashlib.sha256)
    ).decode()


def check(body: bytes, headers: Mapping[str, str], *, secret: str) -> datetime:
    """Make sure that a message is Prolific's; return when it was sent.

    Raises
    ------
    NoticeError
        If it is not.
    """
    timestamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    wanted = sign(body, timestamp=timestamp, secret=secret)
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise NoticeError("the signature is not Prolific's")
    try:
        return datetime.fromtimestamp(float(timestamp), UTC)
    except (ValueError, OverflowError):
        raise NoticeError(f"the message's time is {timestamp!r}, no Unix time") from None


def message_id(body: bytes, headers: Mapping[str, str]) -> str:
    """Name a message by what is signed; Prolific's own X-Event-ID is not."""
    return hashlib.sha256(headers.get(TIMESTAMP, "").encode() + body).hexdigest()


def given_back(message: Mapping[str, Any], *, sent_utc: datetime) -> list[GivenBack]:
    """Read which submission Prolific says was returned, or ran out of time."""
    if message.get("event_type") != CHANGE or message.get("status") not in GONE:
        return []
    person = message.get("participant_id")
    return [GivenBack(session=str(message.get("resource_id")), person=person, at_utc=sent_utc)]

"""Messages of Amazon SNS: whether one is of our topic and signed, in the way that AWS describes."""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from experiment_server.notices.notice import GivenBack, NoticeError

NOTIFICATION, CONFIRMATION = "Notification", "SubscriptionConfirmation"
SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}  # what is signed, in this order; a Subject that is not there is left out
HASHES: Mapping[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}
GONE = ("AssignmentReturned", "AssignmentAbandoned")

Fetch = Callable[[str], bytes]


def check(message: Mapping[str, Any], *, topic: str, fetch: Fetch, now: datetime) -> None:
    """Make sure that a message is of our topic and signed by SNS.

    Parameters
    ----------
    message : mapping
        The message as it came.
    topic : str
        ARN of our topic.
    fetch : callable
        Gets what lies at an https address; it is asked for addresses of SNS alone.
    now : datetime
        The time, for the certificate.

    Raises
    ------
    NoticeError
        If it is not.
    """
    kind = message.get("Type")
    if kind not in SIGNED or not all(isinstance(value, str) for value in message.values()):
        raise NoticeError(f"no message of SNS: its type is {kind!r}")
    if message.get("TopicArn") != topic:
        raise NoticeError("a message of another topic than EXPERIMENT_SERVER_SNS_TOPIC")
    host = _host_of(topic)
    certificate = message.get("SigningCertURL", "")
    if not re.fullmatch(rf"https://{host}/SimpleNotificationService-[0-9a-f]+\.pem", certificate):
        raise NoticeError("the certificate is not where SNS has its own")
    if kind == CONFIRMATION and not re.match(rf"https://{host}/\?", message.get("SubscribeURL", "")):
        raise NoticeError("the subscription is to be confirmed elsewhere than at SNS")
    _check_signature(message, _certificate(fetch(certificate)), now)


def text_to_sign(message: Mapping[str, str]) -> bytes:
    """Put together what SNS signs: names and values, each on a line of its own."""
    names = (name for name in SIGNED[message["Type"]] if name in message)
    return "".join(f"{name}\n{message[name]}\n" for name in names).encode()


def given_back(message: Mapping[str, Any]) -> list[GivenBack]:
    """Read which assignments MTurk says were returned or abandoned."""
    return [
        GivenBack(
            session=str(event["AssignmentId"]),
            person=event.get("WorkerId"),
            at_utc=time_of(event["EventTimestamp"]),
        )
        for event in message.get("Events", ())
        if event.get("EventType") in GONE
    ]


def time_of(text: str) -> datetime:
    """Read one of Amazon's times, which are in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _host_of(topic: str) -> str:
    region = topic.split(":")[3] if topic.count(":") == 5 else ""
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        raise NoticeError(f"{topic!r} is no ARN of an SNS topic; mend EXPERIMENT_SERVER_SNS_TOPIC")
    return rf"sns.{region}.amazonaws.com".replace(".", r"\.")


def _certificate(content: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError:
        raise NoticeError("what lies at the certificate's address is no certificate") from None


def _check_signature(message: Mapping[str, str], certificate: x509.Certificate, now: datetime) -> None:
    key, algorithm = certificate.public_key(), HASHES.get(message.get("SignatureVersion", ""))
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise NoticeError("the certificate is out of date")
    if algorithm is None or not isinstance(key, rsa.RSAPublicKey):
        raise NoticeError("signed in a way that SNS does not use")
    try:
        signature = base64.b64decode(message.get("Signature", ""), validate=True)
        key.verify(signature, text_to_sign(message), padding.PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError):
        raise NoticeError("the signature is not SNS's") from None

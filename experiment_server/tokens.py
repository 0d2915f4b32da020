"""What people and robots prove themselves with: signed tokens, completion codes, the secret key.

A participant's token is made here and travels in the page (URL fragment, then Authorization
header), never in a cookie: nothing is sent that the page did not mean to send.
"""

import base64
import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from itsdangerous import BadSignature, URLSafeSerializer

from experiment_server.database.tables import COMPLETE
from experiment_server.errors import StudyError

KEY_NAME = "secret.key"
KEY_VARIABLE = "EXPERIMENT_SERVER_SECRET_KEY"
NAME_BYTES = 18  # of randomness in an opaque name: 24 characters, beyond guessing
CODE_LENGTH = 8  # base-32 characters: 40 bits, beyond guessing at a web form


def write_key(folder: Path) -> None:
    """Make a study's secret key, readable by its owner alone."""
    descriptor = os.open(folder / KEY_NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")


def read_key(folder: Path) -> str:
    """Read a study's secret key from the environment, or else from its folder.

    Raises
    ------
    StudyError
        If there is none, or it is too short to be secret.
    """
    path = folder / KEY_NAME
    key = os.environ.get(KEY_VARIABLE) or (path.read_text("ascii").strip() if path.exists() else "")
    if len(key) < 16:
        raise StudyError(
            f"no secret key of 16 characters or more in {path} or ${KEY_VARIABLE}; put one there "
            "(losing the old one ends the sessions of those who are taking part now)"
        )
    return key


def participant_token(key: str, name: str) -> str:
    """Make the token that lets a participant's page speak for the participant."""
    return str(_signer(key, "participant").dumps(name))


def participant_of(key: str, token: str) -> str | None:
    """Name the participant whom a token speaks for; None if it is not one of ours."""
    return _loaded(_signer(key, "participant"), token)


def robot_token(key: str) -> str:
    """Make the token with which an experimenter's robot says that it is one."""
    return str(_signer(key, "robot").dumps("simulated"))


def is_robot(key: str, token: str) -> bool:
    """Tell whether a token is an experimenter's robot token."""
    return _loaded(_signer(key, "robot"), token) == "simulated"


def opaque_name() -> str:
    """Make a name that tells nothing, for a trial, a clip or a sound."""
    return secrets.token_urlsafe(NAME_BYTES)


def completion_code(key: str, name: str, *, outcome: str = COMPLETE) -> str:
    """Make the code that proves to a panel that this participant came to this end."""
    subject = "completion" if outcome == COMPLETE else outcome
    mac = hmac.digest(key.encode(), f"{subject}:{name}".encode(), hashlib.sha256)
    return base64.b32encode(mac)[:CODE_LENGTH].decode()


@lru_cache
def _signer(key: str, of: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=of)


def _loaded(serializer: URLSafeSerializer, token: str) -> str | None:
    """Read what a token says; None if it is forged, or spelt otherwise than we spell it.

    Of base64's last character some bits count for nothing, so that others would be read the same.
    """
    try:
        value = serializer.loads(token)
    except BadSignature:
        return None
    return value if isinstance(value, str) and serializer.dumps(value) == token else None

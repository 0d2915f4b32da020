"""Who may see the dashboard: one password a study, kept as a hash, and a signed session cookie."""

import hashlib
import hmac
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import delete, func, select
from werkzeug.security import check_password_hash, generate_password_hash

from experiment_server.database import db
from experiment_server.database.tables import LoginFailure
from experiment_server.errors import StudyError
from experiment_server.web import serving
from experiment_server.web.serving import Serving

PASSWORD_NAME = "dashboard.password"
HASH_VARIABLE = "EXPERIMENT_SERVER_DASHBOARD_PASSWORD_HASH"
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no two that look alike
GROUPS, GROUP_LENGTH = 4, 5  # 20 characters of 31: 99 bits
MOST_FAILURES = 10  # wrong passwords within WINDOW that bar the door
WINDOW = timedelta(minutes=10)
STAY = timedelta(hours=12)  # without a request, until the password is asked for again
LOGIN = "login"  # key in the session's cookie

csrf = CSRFProtect()


class LoginError(StudyError):
    """Somebody is not let in; the message says why and what to do."""


class BarredError(LoginError):
    """Nobody is let in for a while: there were too many wrong passwords."""


class DashboardSessions(SecureCookieSessionInterface):
    """Session cookies that go to the dashboard alone, and over HTTPS alone where it came by HTTPS."""

    def get_cookie_path(self, app: Flask) -> str:
        """Keep the cookie away from participants' pages."""
        return f"{request.script_root}/dashboard"

    def get_cookie_secure(self, app: Flask) -> bool:
        """Mark the cookie as secure, but on a lab's plain HTTP, where it would never come back."""
        return request.is_secure


def install(app: Flask) -> None:
    """Give an application sessions and CSRF tokens, both signed by a key of their own."""
    here = cast(Serving, app.extensions[serving.EXTENSION])
    app.secret_key = hmac.digest(here.key.encode(), b"dashboard session", hashlib.sha256)
    app.session_interface = DashboardSessions()
    app.permanent_session_lifetime = STAY
    app.config.update(
        SESSION_COOKIE_NAME="dashboard",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_CHECK_DEFAULT=False,  # participants' requests carry tokens and no cookies
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    csrf.init_app(app)


def write_password(folder: Path) -> str:
    """Make a new password for a study's dashboard, and keep its hash; whoever was in is out.

    Returns
    -------
    str
        The password in clear, which stands nowhere else.
    """
    password = "-".join(
        "".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)
    )
    path = folder / PASSWORD_NAME
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_text(generate_password_hash(password, method="scrypt") + "\n", encoding="ascii")
    fresh.replace(path)
    return password


def read_hash(folder: Path) -> str | None:
    """Read the password's hash from the environment, or else from the study's folder."""
    path = folder / PASSWORD_NAME
    kept = os.environ.get(HASH_VARIABLE) or (path.read_text("ascii") if path.exists() else "")
    return kept.strip() or None


def log_in(here: Serving, password: str, now: datetime) -> None:
    """Let whoever knows the password in.

    An attempt is written down as a failure before it is judged, and struck out if it was none: so many
    attempts at once, in whatever processes, are no more guesses than one after the other.

    Raises
    ------
    BarredError
        If there were too many wrong passwords lately.
    LoginError
        If the password is wrong, or the study has none.
    """
    kept = read_hash(here.opened.path)
    if kept is None:
        raise LoginError("This study has no password yet. Make one: experiment-server password STUDY")
    _check_bar(here, now, most=MOST_FAILURES - 1)
    attempt = LoginFailure(failed_utc=now)
    with db.writing(here.engine) as rows:
        rows.add(attempt)
    _check_bar(here, now, most=MOST_FAILURES)
    if not check_password_hash(kept, password):
        raise LoginError("That is not the password of this study.")
    with db.writing(here.engine) as rows:
        rows.execute(
            delete(LoginFailure).where(
                (LoginFailure.id == attempt.id) | (LoginFailure.failed_utc <= now - WINDOW)
            )
        )
    session.clear()
    session[LOGIN] = _mark(here.key, kept)
    session.permanent = True


def is_logged_in(here: Serving) -> bool:
    """Tell whether the request comes from a session that knew the password as it is now."""
    kept, mark = read_hash(here.opened.path), session.get(LOGIN)
    return kept is not None and mark is not None and hmac.compare_digest(mark, _mark(here.key, kept))


def _check_bar(here: Serving, now: datetime, *, most: int) -> None:
    lately = select(func.count()).select_from(LoginFailure).where(LoginFailure.failed_utc > now - WINDOW)
    with db.reading(here.engine) as rows:
        if rows.scalars(lately).one() > most:
            minutes = WINDOW.seconds // 60
            raise BarredError(
                f"There were {MOST_FAILURES} wrong passwords within {minutes} minutes, so nobody is let "
                f"in for now. Please try again in {minutes} minutes."
            )


def _mark(key: str, kept: str) -> str:
    return hmac.digest(key.encode(), b"dashboard login:" + kept.encode(), hashlib.sha256).hex()

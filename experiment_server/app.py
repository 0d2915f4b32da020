"""The application: ``create_app`` for `experiment-server run`, gunicorn and the tests."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.middleware.proxy_fix import ProxyFix

from experiment_server.dashboard import views as dashboard
from experiment_server.errors import StudyError
from experiment_server.notices import api as notices
from experiment_server.operations import health, logs, metrics
from experiment_server.web import annotation, api, headers, media, openapi, pages, screening, serving

MAX_BODY = 64 * 1024  # bytes; the largest honest request has some hundred
RETRY_AFTER_S = 2  # what a page waits before it asks a site again that can't answer now
BLUEPRINTS = (
    pages.bp,
    api.bp,
    openapi.bp,
    screening.bp,
    annotation.bp,
    notices.bp,
    media.bp,
    dashboard.bp,
    health.bp,
    metrics.bp,
)

FOR_PROGRAMS = ("/api/", "/hooks/", "/media/", "/sounds/")  # where errors are JSON, not pages
DATABASE_ERRORS = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)

log = logging.getLogger(__name__)


def create_app(test_config: Mapping[str, Any] | None = None) -> Flask:
    """Make the application that serves one study.

    Parameters
    ----------
    test_config : mapping, optional
        Settings in place of the environment's. ``STUDY`` names the study's folder; outside tests
        it comes from the variable ``EXPERIMENT_SERVER_STUDY``. ``PROXIES`` is the number of proxies in
        front of the site.

    Raises
    ------
    StudyError
        If no study is named, or it can't be served.
    """
    app = Flask(__name__)
    app.config.update(STUDY="", PROXIES=0, MAX_CONTENT_LENGTH=MAX_BODY)
    if test_config is None:
        app.config.from_prefixed_env("EXPERIMENT_SERVER")
    else:
        app.config.update(test_config)
    if not app.config["STUDY"]:
        raise StudyError("no study to serve; set EXPERIMENT_SERVER_STUDY to a folder that `init` made")
    trust_proxies(app)
    serving.install(app, Path(str(app.config["STUDY"])))
    logs.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, show_error)
    for kind in DATABASE_ERRORS:
        app.register_error_handler(kind, show_database_error)
    app.after_request(add_headers)
    return app


def trust_proxies(app: Flask) -> None:
    """Believe what the configured number of proxies says of a request's address and scheme.

    Raises
    ------
    StudyError
        If that is no number.
    """
    n: Any = app.config["PROXIES"]
    if type(n) is not int or n < 0:
        raise StudyError(f"EXPERIMENT_SERVER_PROXIES is {n!r}; set it to a number, 0 for no proxy")
    if n:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n)  # type: ignore[method-assign]


def show_error(error: HTTPException) -> ResponseReturnValue:
    """Say what went wrong: to a script as JSON, to a person as a page."""
    code = error.code or 500
    later = {"Retry-After": str(RETRY_AFTER_S)} if code == 503 else {}
    if request.path.startswith(FOR_PROGRAMS):
        return jsonify(error=error.description), code, later
    if code == 404 and request.path.startswith("/dashboard/"):
        return dashboard.show_error(error)
    study = serving.current().opened.study
    page = render_template("error.html", page="error", study=study, texts=study.texts, error=error)
    return page, code, later


def show_database_error(error: SQLAlchemyError) -> ResponseReturnValue:
    """Ask for patience while the database is away, its disk is full or it is too busy."""
    log.error("the database failed: %s", getattr(error, "orig", None) or error)
    return show_error(ServiceUnavailable("The database can't be reached now; the page will try again."))


def add_headers(response: Response) -> Response:
    """Give every reply the headers that keep pages to themselves."""
    headers.add(response, serving.current().opened.study)
    return response

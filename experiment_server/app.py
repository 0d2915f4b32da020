"""The application: ``create_app`` for `experiment-server run`, gunicorn and the tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from experiment_server import api, media, pages, serving
from experiment_server.study import StudyError

MAX_BODY = 64 * 1024  # bytes; the largest honest request has some hundred

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "media-src 'self' blob:",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(test_config: Mapping[str, Any] | None = None) -> Flask:
    """Make the application that serves one study.

    Parameters
    ----------
    test_config : mapping, optional
        Settings in place of the environment's. ``STUDY`` names the study's folder; outside tests
        it comes from the variable ``EXPERIMENT_SERVER_STUDY``.

    Raises
    ------
    StudyError
        If no study is named, or it can't be served.
    """
    app = Flask(__name__)
    app.config.update(STUDY="", MAX_CONTENT_LENGTH=MAX_BODY)
    if test_config is None:
        app.config.from_prefixed_env("EXPERIMENT_SERVER")
    else:
        app.config.update(test_config)
    if not app.config["STUDY"]:
        raise StudyError("no study to serve; set EXPERIMENT_SERVER_STUDY to a folder that `init` made")
    serving.install(app, Path(str(app.config["STUDY"])))
    for blueprint in (pages.bp, api.bp, media.bp):
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, show_error)
    app.after_request(add_headers)
    return app


def show_error(error: HTTPException) -> ResponseReturnValue:
    """Say what went wrong: to a script as JSON, to a person as a page."""
    code = error.code or 500
    if request.path.startswith(("/api/", "/media/")):
        return jsonify(error=error.description), code
    study = serving.current().opened.study
    page = render_template("error.html", page="error", study=study, texts=study.texts, error=error)
    return page, code


def add_headers(response: Response) -> Response:
    """Give every reply the headers that keep pages to themselves."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response

"""The dashboard's pages: login, overview, participants, what happened to one; and its buttons."""

import tempfile
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_DEFLATED, ZipFile

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from experiment_server.dashboard import accounts, charts, formats, numbers, selects
from experiment_server.database import db, queries
from experiment_server.database.tables import CLOSED
from experiment_server.errors import StudyError
from experiment_server.exports import export
from experiment_server.participation import sessions, states
from experiment_server.web import serving

PAGE = 100  # participants on one page
MOST_EVENTS = 2000  # of one participant on one page; a long session has some hundred

bp = Blueprint("dashboard", __name__, url_prefix="/dashboard")


@bp.record_once
def set_up(state: BlueprintSetupState) -> None:
    """Give the application what logging in needs."""
    accounts.install(cast(Flask, state.app))


@bp.before_request
def ask_for_password() -> ResponseReturnValue | None:
    """Send whoever is not logged in to the login, and refuse forged requests."""
    if request.endpoint != "dashboard.login" and not accounts.is_logged_in(serving.current()):
        return redirect(url_for("dashboard.login"), 303)
    accounts.csrf.protect()
    return None


@bp.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Ask for the password; whoever knows it goes to the overview, and nowhere else."""
    problem, status = "", 200
    if request.method == "POST":
        try:
            accounts.log_in(serving.current(), request.form.get("password", ""), serving.now())
        except accounts.BarredError as error:
            problem, status = str(error), 429
        except accounts.LoginError as error:
            problem, status = str(error), 401
        else:
            return redirect(url_for("dashboard.overview"), 303)
    elif accounts.is_logged_in(serving.current()):
        return redirect(url_for("dashboard.overview"), 303)
    return _page("login", problem=problem), status


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session."""
    session.clear()
    return redirect(url_for("dashboard.login"), 303)


@bp.get("/")
def overview() -> str:
    """Show the study at a glance."""
    here = serving.current()
    return _page("overview", numbers=numbers.read(here.engine, here.opened, now=serving.now()))


@bp.get("/participants")
def participants() -> str:
    """List participants, the newest first."""
    number = request.args.get("page", 1, type=int)
    if not 1 <= number <= 10**6:
        abort(404)
    wanted = selects.participants(now=serving.now(), offset=(number - 1) * PAGE, limit=PAGE + 1)
    with db.reading(serving.current().engine) as database:
        rows = database.execute(wanted).all()
    return _page("participants", rows=rows[:PAGE], number=number, is_last=len(rows) <= PAGE)


@bp.get("/participants/<name>")
def participant(name: str) -> str:
    """Show one participant's way and what happened on it."""
    if not name.isprintable():  # PostgreSQL refuses some of these
        abort(404)
    with db.reading(serving.current().engine) as database:
        found = database.scalar(queries.participant_named(name)) or abort(404)
        is_lapsed = sessions.is_lapsed(found, now=serving.now())
        rows = database.execute(selects.events(found, limit=MOST_EVENTS)).all()
    return _page("participant", participant=found, is_lapsed=is_lapsed, rows=rows, most=MOST_EVENTS)


@bp.get("/close")
def close() -> str:
    """Ask whether the study is really to be closed."""
    return _page("close")


@bp.post("/state")
def change_state() -> ResponseReturnValue:
    """Open, pause or close the study."""
    state = request.form.get("state", "")
    if state not in states.STATES:
        abort(400, f"A study can't be {state!r}; it is {', '.join(states.STATES)}.")
    with db.writing(serving.current().engine) as database:
        states.change(database, state, serving.now())
    return redirect(url_for("dashboard.overview"), 303)


@bp.get("/responses.zip")
def responses() -> Response:
    """Send what `experiment-server export` writes, packed into a file that is gone once it is sent."""
    here = serving.current()
    name = f"{here.opened.study.name}-{serving.now():%Y-%m-%d-%H%M}.zip"
    data = export.read_opened(here.engine, here.opened, now=serving.now())
    packed = tempfile.TemporaryFile()  # noqa: SIM115 - the reply closes it
    with tempfile.TemporaryDirectory() as folder:
        export.write(data, Path(folder))
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, f"{data.name}/{path.name}")
    packed.seek(0)
    return send_file(packed, mimetype="application/zip", as_attachment=True, download_name=name)


@bp.errorhandler(StudyError)
def show_study_error(error: StudyError) -> ResponseReturnValue:
    """Say why the study can't be shown or exported."""
    return _page("error", heading="That is not possible now", sentence=str(error)), 409


@bp.errorhandler(CSRFError)
def show_csrf_error(error: CSRFError) -> ResponseReturnValue:
    """Say what to do when a request can't be told from a forged one."""
    sentence = "This page was open for too long, or your browser keeps no cookies. Please begin anew."
    return _page("error", heading="Nothing was done", sentence=sentence), 400


@bp.errorhandler(HTTPException)
def show_error(error: HTTPException) -> ResponseReturnValue:
    """Say what was wrong with a request."""
    return _page(
        "error", heading=f"{error.code} {error.name}", sentence=error.description
    ), error.code or 500


def _page(name: str, **values: Any) -> str:
    here = serving.current()
    with db.reading(here.engine) as database:
        state = states.current(database)
    return render_template(
        f"dashboard/{name}.html",
        page=name,
        study=here.opened.study,
        study_state=state,
        is_closed=state == CLOSED,
        is_logged_in=accounts.is_logged_in(here),
        now=serving.now(),
        charts=charts,
        formats=formats,
        **values,
    )

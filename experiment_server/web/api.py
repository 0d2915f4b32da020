"""What the pages ask the server, in JSON: enrol, go on, answer, tell, stop.

No reply tells which sound is real, save that to a practice trial's answer once it is kept.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized

from experiment_server import tokens
from experiment_server.database import db
from experiment_server.database.tables import Participant
from experiment_server.doors.door import Arrival, DoorError
from experiment_server.doors.ways import departure_of, read_arrival
from experiment_server.participation import browsers, enrolment, events, plans, sessions, trials
from experiment_server.participation.enrolment import ROBOT, Wish
from experiment_server.participation.events import ForeignTrialError
from experiment_server.participation.sessions import ConflictError
from experiment_server.participation.trials import Answer, Verdict
from experiment_server.screening import rules
from experiment_server.web import annotation, bodies, serving
from experiment_server.web.serving import Serving

bp = Blueprint("api", __name__, url_prefix="/api")


@bp.post("/participants")
def enrol() -> tuple[Response, int]:
    """Take in whoever agreed to take part, and give their page its token and what is due."""
    here, wish = serving.current(), _wish()

    def take_in(session: Session) -> tuple[str, str]:
        db.lock_design(session)
        participant = enrolment.enrol(session, here.opened, here.key, wish, now=serving.now())
        return participant.name, _due_page(participant)

    name, page = db.write(here.engine, take_in)
    return jsonify(token=tokens.participant_token(here.key, name), page=page), 201


@bp.get("/next")
def next_page() -> Response:
    """Say which page is due, and what it shows; the same until the participant has gone on."""
    return jsonify(serving.for_participant(_due))


@bp.post("/sound-checked")
def sound_checked() -> Response:
    """Note that the volume is set."""
    return _go_on(lambda _, who: sessions.confirm_sound(who, now=serving.now()))


@bp.post("/begin")
def begin() -> Response:
    """Note that the instructions have been read, and draw the plan."""
    opened = serving.current().opened
    return _go_on(lambda session, who: plans.begin(session, who, opened, now=serving.now()), draws=True)


@bp.post("/answer")
def answer() -> Response:
    """Keep an answer; once this has been replied, it is on the disk."""
    body = bodies.read(bodies.answer(serving.current().opened.study.trials.replays))
    nonce, rt_ms = body["nonce"], bodies.response_ms(body)
    given = Answer(response_interval=body["interval"], rt_ms=rt_ms, replays=body["replays"])

    def keep(session: Session, participant: Participant) -> Verdict:
        return trials.keep_answer(session, participant, nonce=nonce, answer=given, now=serving.now())

    verdict = serving.for_participant(keep)
    if verdict.refusal is not None:  # after the commit, which keeps the note of it
        raise ConflictError(verdict.refusal)
    return jsonify(kept=True, correct_interval=verdict.revealed_interval)


@bp.post("/invalid")
def invalid() -> Response:
    """Note that a presentation failed or stalled; its trial is over."""
    body = bodies.read(bodies.INVALID)
    most_failures = serving.current().opened.study.screening.media_failures

    def mark(session: Session, participant: Participant) -> None:
        trials.mark_invalid(
            session,
            participant,
            nonce=body["nonce"],
            reason=body["reason"],
            detail=bodies.detail(body),
            most_failures=most_failures,
            now=serving.now(),
        )

    return _go_on(mark, kept=True)


@bp.post("/events")
def tell() -> Response:
    """Keep what happened in the page."""
    told = bodies.reports(bodies.read(bodies.EVENTS))

    def keep(session: Session, participant: Participant) -> int:
        return events.keep(session, participant, told, now=serving.now())

    return jsonify(kept=serving.for_participant(keep))


@bp.post("/withdraw")
def withdraw() -> Response:
    """Let the participant stop."""
    return _go_on(lambda session, who: sessions.withdraw(session, who, now=serving.now()))


@bp.app_errorhandler(ConflictError)
def conflict(error: ConflictError) -> tuple[Response, int]:
    """Say what contradicts what is kept."""
    return jsonify(error=str(error)), 409


@bp.errorhandler(DoorError)
def refuse(error: DoorError) -> tuple[Response, int]:
    """Say why somebody is not let in."""
    return jsonify(error=str(error), reason=error.reason), 403


@bp.errorhandler(ForeignTrialError)
def refuse_events(error: ForeignTrialError) -> tuple[Response, int]:
    """Say which events can't be."""
    return jsonify(error=str(error)), 400


def _wish() -> Wish:
    """Read a page's or a robot's wish to take part."""
    here, token, body = serving.current(), serving.bearer_token(), bodies.read(bodies.WISH)
    if token and not tokens.is_robot(here.key, token):
        raise Unauthorized("This robot token is not of this study; sign it with the study's key.")
    params = body.get("arrival", {})
    return Wish(
        request=body["request"],
        arrival=Arrival(recruiter=ROBOT) if token else read_arrival(params, here.opened.study),
        browser=browsers.read(body.get("browser", {}), request.headers),
        consent_sha256=body.get("consent_sha256"),
    )


def _go_on(
    work: Callable[[Session, Participant], None], *, draws: bool = False, **reply: bool
) -> Response:
    """Do work for the participant for whom the request speaks, and say which page is due then."""

    def done(session: Session, participant: Participant) -> str:
        work(session, participant)
        return _due_page(participant)

    return jsonify(**reply, page=serving.for_participant(done, draws=draws))


def _due_page(participant: Participant) -> str:
    return sessions.due_page(participant, serving.current().opened.study)


def _due(session: Session, participant: Participant) -> dict[str, Any]:
    here, page = serving.current(), _due_page(participant)
    if page == sessions.TRIAL:
        return {"page": page, "trial": _trial(here, session, participant)}
    if page == sessions.ANNOTATE:
        return {"page": page, "labelling": annotation.due(here, session, participant)}
    if page == sessions.HEADPHONES:
        return {"page": page, "test": _headphones(here, session, participant)}
    return {"page": page, **(_end(here, participant) if page == sessions.THANKS else {})}


def _trial(here: Serving, session: Session, participant: Participant) -> dict[str, Any]:
    trial = trials.hand_out(session, participant, now=serving.now())
    return {
        "phase": trial.phase,
        "position": trial.position,
        "count": trial.count,
        "nonce": trial.nonce,
        "clips": [f"media/{trial.media_1}", f"media/{trial.media_2}"],
        "replays": here.opened.study.trials.replays,
    }


def _headphones(here: Serving, session: Session, participant: Participant) -> dict[str, Any]:
    due = rules.due_headphones(session, participant, here.opened.study)
    if due is None:
        raise ConflictError("the headphone test is over; ask again what is due")
    return rules.shown(due, here.opened.study)


def _end(here: Serving, participant: Participant) -> dict[str, Any]:
    code = tokens.completion_code(here.key, participant.name, outcome=participant.state)
    way = departure_of(participant, participant.identity, here.opened.study, code)
    departure = {"method": way.method, "url": way.url, "fields": dict(way.fields)}
    return {"outcome": participant.state, "code": code, "departure": departure}

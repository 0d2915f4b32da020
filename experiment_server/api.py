"""What the pages ask the server, in JSON: enrol, begin, next, answer.

No reply tells which sound is real, save that to a practice trial's answer once it is kept.
"""

import sys
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, Unauthorized

from experiment_server import db, queries, serving, sessions, tokens
from experiment_server.serving import Serving
from experiment_server.sessions import Answer, ConflictError
from experiment_server.study import MAIN, MAX_TRIALS, PRACTICE
from experiment_server.tables import Participant, Trial

MAX_RT_MS = 24 * 60 * 60 * 1000.0  # a day; what is longer (a laptop left open) is no response time

bp = Blueprint("api", __name__, url_prefix="/api")


@bp.post("/participants")
def enrol() -> tuple[Response, int]:
    """Take in whoever agreed to take part, and give their page its token."""
    key = serving.current().key
    robot = serving.bearer_token()
    if robot and not tokens.is_robot(key, robot):
        raise Unauthorized("This robot token is not of this study; sign it with the study's key.")
    wish = _body().get("request")
    if not isinstance(wish, str) or not 16 <= len(wish) <= 64 or not wish.isascii():
        raise BadRequest("request must be a random text of 16 to 64 ASCII characters.")
    with db.writing(serving.current().engine) as session:
        participant = sessions.enrol(
            session,
            serving.current().opened,
            request=wish,
            simulated=bool(robot),
            now=serving.now(),
        )
        return jsonify(token=tokens.participant_token(key, participant.name)), 201


@bp.post("/begin")
def begin() -> Response:
    """Note that the instructions have been read."""
    with db.writing(serving.current().engine) as session:
        sessions.instruct(serving.participant(session), now=serving.now())
    return jsonify(page="trial")


@bp.get("/next")
def next_page() -> Response:
    """Say which page is due, and what it shows; the same until the participant has gone on."""
    here = serving.current()
    with db.writing(here.engine) as session:
        participant = serving.participant(session)
        if participant.instructed_utc is None:
            return jsonify(page="instructions")
        trial = sessions.hand_out(session, participant, now=serving.now())
        if trial is None:
            return jsonify(page="thanks", code=tokens.completion_code(here.key, participant.name))
        count = session.scalar(queries.count_trials(participant, trial.phase)) or 0
        return jsonify(page="trial", trial=_trial(here, participant, trial, count))


@bp.post("/answer")
def answer() -> Response:
    """Keep an answer; once this has been replied, it is on the disk."""
    here, body = serving.current(), _body()
    phase, position = body.get("phase"), body.get("position")
    if phase not in (PRACTICE, MAIN) or type(position) is not int or not 1 <= position <= MAX_TRIALS:
        raise BadRequest("phase and position must be those of the trial that was handed out.")
    given = _answer(body, most_replays=here.opened.study.trials.replays)
    with db.writing(here.engine) as session:
        trial = sessions.keep_answer(
            session,
            serving.participant(session),
            phase=phase,
            position=position,
            answer=given,
            now=serving.now(),
        )
        revealed = trial.real_interval if trial.phase == PRACTICE else None
    return jsonify(kept=True, correct_interval=revealed)  # after the commit


@bp.errorhandler(ConflictError)
def conflict(error: ConflictError) -> tuple[Response, int]:
    """Say what contradicts what is kept."""
    return jsonify(error=str(error)), 409


def _trial(here: Serving, participant: Participant, trial: Trial, count: int) -> dict[str, Any]:
    return {
        "phase": trial.phase,
        "position": trial.position,
        "count": count,
        "clips": [f"media/{trial.media_1}", f"media/{trial.media_2}"],
        "replays": here.opened.study.trials.replays,
    }


def _body() -> dict[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict):
        raise BadRequest("The request's body must be a JSON object.")
    return body


def _answer(body: dict[str, Any], *, most_replays: int) -> Answer:
    interval: Any = body.get("interval")
    rt_ms: Any = body.get("rt_ms")
    replays: Any = body.get("replays")
    if type(interval) is not int or interval not in (1, 2):
        raise BadRequest(f"interval must be 1 or 2, not {interval!r}.")
    if type(rt_ms) not in (int, float) or not 0 <= rt_ms <= sys.float_info.max:
        raise BadRequest("rt_ms must be a time in ms, 0 or more, that a double can hold.")
    if type(replays) is not int or not 0 <= replays <= most_replays:
        raise BadRequest(f"replays must be a count from 0 to {most_replays}, not {replays!r}.")
    measured = float(rt_ms) if rt_ms <= MAX_RT_MS else None
    return Answer(interval=interval, rt_ms=measured, replays=replays)

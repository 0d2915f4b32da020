"""The headphone test's part of the API: its sounds, and their answers.

No reply, header or size tells which interval is the right one.
"""

from flask import Blueprint, Response, jsonify
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from experiment_server.database import db, queries
from experiment_server.database.tables import Participant
from experiment_server.participation import headphones, sessions
from experiment_server.participation.headphones import Verdict
from experiment_server.participation.sessions import ConflictError
from experiment_server.screening import rules, sounds
from experiment_server.web import bodies, media, serving

WAV = "audio/wav"

bp = Blueprint("screening", __name__)


@bp.post("/api/headphones")
def answer() -> Response:
    """Keep an answer to the headphone test; say where it goes on, never whether it was right."""
    study, body = serving.current().opened.study, bodies.read(bodies.HEADPHONE_ANSWER)
    sound, interval = body["sound"].removeprefix(rules.SOUNDS), body["interval"]

    def keep(session: Session, participant: Participant) -> tuple[Verdict, str]:
        verdict = headphones.keep_answer(
            session, participant, study, sound=sound, interval=interval, now=serving.now()
        )
        return verdict, sessions.due_page(participant, study)

    verdict, page = serving.for_participant(keep)
    if verdict.refusal is not None:  # after the commit, which keeps the note of it
        raise ConflictError(verdict.refusal)
    return jsonify(kept=True, page=page, retry=verdict.retry)


@bp.get("/sounds/level.wav")
def level() -> Response:
    """Send the noise by which people set their volume."""
    return media.send(sounds.level_wav(), WAV)


@bp.get("/sounds/<name>")
def sound(name: str) -> Response:
    """Send the sound of a headphone trial, made anew from its seed: the same each time."""
    with db.reading(serving.current().engine) as session:
        trial = session.scalar(queries.headphone_trial(name)) if media.OPAQUE.fullmatch(name) else None
    if trial is None:
        raise NotFound("There is no sound of this name.")
    content = sounds.trial_wav(trial.kind, seed=trial.seed, target=trial.target_interval)
    return media.send(content, WAV)

"""Annotation's part of the API: what is due, labels, clips that can't be played.

No reply tells a clip's name or what is known of it.
"""

from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from experiment_server.annotation import labelling
from experiment_server.annotation.labelling import Given
from experiment_server.database.tables import Participant
from experiment_server.participation import sessions
from experiment_server.participation.sessions import ConflictError
from experiment_server.planning import impacts
from experiment_server.studies.annotation import KINDS, Annotation
from experiment_server.studies.sections import ANNOTATION
from experiment_server.web import bodies, serving
from experiment_server.web.serving import Serving

MOST_REPLAYS = 100_000  # a day of clips of a second; what is more is no count

bp = Blueprint("annotation", __name__, url_prefix="/api")


@bp.post("/label")
def label() -> Response:
    """Keep what is said of an impact; once this has been replied, it is on the disk."""
    wanted, body = _annotation(), bodies.read()
    nonce, given = bodies.opaque(body, "nonce"), _given(body, wanted)

    def keep(session: Session, participant: Participant) -> str | None:
        return labelling.keep_label(session, participant, nonce=nonce, given=given, now=serving.now())

    refusal = serving.for_participant(keep)
    if refusal is not None:  # after the commit, which keeps the note of it
        raise ConflictError(refusal)
    return jsonify(kept=True)


@bp.post("/label-failed")
def failed() -> Response:
    """Note that a clip can't be played; its labelling is over."""
    study, body = serving.current().opened.study, bodies.read()
    nonce, detail = bodies.opaque(body, "nonce"), bodies.detail(body)

    def mark(session: Session, participant: Participant) -> str:
        labelling.mark_failed(
            session,
            participant,
            nonce=nonce,
            detail=detail,
            most_failures=study.screening.media_failures,
            now=serving.now(),
        )
        return sessions.due_page(participant, study)

    return jsonify(kept=True, page=serving.for_participant(mark))


def due(here: Serving, session: Session, participant: Participant) -> dict[str, Any]:
    """Describe the labelling that is due to the page."""
    shown = labelling.hand_out(session, participant, now=serving.now())
    clip = here.clips[shown.labelling.clip]
    return {
        "position": shown.labelling.position,
        "count": shown.count,
        "nonce": shown.labelling.nonce,
        "clip": f"media/{shown.labelling.media}",
        "width": clip.width,
        "height": clip.height,
        "impact_s": impacts.impact_s(clip),
        "still_s": impacts.still_s(clip),
    }


def _annotation() -> Annotation:
    study = serving.current().opened.study
    if study.task != ANNOTATION:
        raise ConflictError("this is no annotation study; ask what is due")
    return study.annotation


def _given(body: dict[str, Any], wanted: Annotation) -> Given:
    labels = {kind: _label(body, kind, wanted) for kind in KINDS}
    x, y = bodies.place(body)
    if x is not None and not wanted.click:
        raise BadRequest("x and y must be null: this study asks for no place.")
    if x is None and wanted.click and not wanted.other:
        raise BadRequest("x and y must be shares of the picture from 0 to 1.")
    return Given(
        **labels,
        x=x,
        y=y,
        rt_ms=bodies.response_ms(body),
        replays=bodies.replays(body, most=MOST_REPLAYS),
    )


def _label(body: dict[str, Any], kind: str, wanted: Annotation) -> str | None:
    if kind in body and body[kind] is None and wanted.other:
        return None
    return bodies.word(body, kind, among=frozenset(wanted.choices(kind)))

"""Annotation's page, the same for everybody, and its part of the API: what is due, labels, failed clips.

No reply tells a clip's name or what is known of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_lowercase, digits
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
from experiment_server.studies.annotation import ACTION, KINDS, MATERIAL, REACTION, Annotation
from experiment_server.studies.sections import ANNOTATION
from experiment_server.studies.study import Study
from experiment_server.web import bodies, pages, serving
from experiment_server.web.serving import Serving

LETTERS, DIGITS = ascii_lowercase, digits[1:] + digits[0]  # as they stand on a keyboard

bp = Blueprint("annotation", __name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One choice: its name in the data ("" for can't tell), its words, and its key ("" for none)."""

    name: str
    words: str
    key: str


@bp.get("/annotate")
def annotate() -> str:
    """Show the impacts, one after the other."""
    return pages.render("annotate", groups=choices(serving.current().opened.study))


@bp.post("/api/label")
def label() -> Response:
    """Keep what is said of an impact; once this has been replied, it is on the disk."""
    wanted = _annotation()
    body = bodies.read(bodies.label(wanted))
    nonce, given = body["nonce"], _given(body, wanted)

    def keep(session: Session, participant: Participant) -> str | None:
        return labelling.keep_label(session, participant, nonce=nonce, given=given, now=serving.now())

    refusal = serving.for_participant(keep)
    if refusal is not None:  # after the commit, which keeps the note of it
        raise ConflictError(refusal)
    return jsonify(kept=True)


@bp.post("/api/label-failed")
def failed() -> Response:
    """Note that a clip can't be played; its labelling is over."""
    study, body = serving.current().opened.study, bodies.read(bodies.LABEL_FAILED)

    def mark(session: Session, participant: Participant) -> str:
        labelling.mark_failed(
            session,
            participant,
            nonce=body["nonce"],
            detail=bodies.detail(body),
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
    x, y = body["x"], body["y"]
    if (x is None) != (y is None):
        raise BadRequest(f"x and y must be {bodies.SHARES}.")
    if x is not None and not wanted.click:
        raise BadRequest("x and y must be null: this study asks for no place.")
    if x is None and wanted.click and not wanted.other:
        raise BadRequest("x and y must be shares of the picture from 0 to 1.")
    return Given(
        **{kind: body[kind] for kind in KINDS},
        x=x,
        y=y,
        rt_ms=bodies.response_ms(body),
        replays=body["replays"],
    )


def choices(study: Study) -> dict[str, list[Choice]]:
    """List the choices of each kind of label; letters choose materials, digits the others."""
    letters, numbers = iter(LETTERS), iter(DIGITS)
    keys = {MATERIAL: letters, ACTION: numbers, REACTION: numbers}
    return {kind: list(_choices(study, kind, keys[kind])) for kind in KINDS}


def _choices(study: Study, kind: str, keys: Iterator[str]) -> Iterator[Choice]:
    for name, words in study.annotation.choices(kind).items():
        yield Choice(name=name, words=words, key=next(keys, ""))
    if study.annotation.other:
        yield Choice(name="", words=study.annotation_texts.cant_tell, key=next(keys, ""))

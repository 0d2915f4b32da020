"""The clips, under names that tell nothing: one for each participant, trial and interval."""

import logging
import re
from io import BytesIO

from flask import Blueprint, Response, send_file
from werkzeug.exceptions import NotFound, ServiceUnavailable

from experiment_server.annotation import labelling
from experiment_server.clips.stores import StoreError
from experiment_server.database import db, queries
from experiment_server.studies.sections import ANNOTATION
from experiment_server.web import serving
from stimuli.manifest import REAL, SilentFile, Stimulus

OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,32}")

NO_CLIP = "There is no clip of this name."
LATER = "This clip can't be read now; the page will try again."

log = logging.getLogger(__name__)

bp = Blueprint("media", __name__, url_prefix="/media")


@bp.get("/<name>")
def clip(name: str) -> Response:
    """Send the stimulus that goes by this name, whole or in ranges.

    No file name, ETag or date goes with it (the same stimulus would have the same ones for
    everybody), and nothing on the way may keep a copy.
    """
    is_silent = serving.current().opened.study.task == ANNOTATION
    stimulus = _silent_file(name) if is_silent else _stimulus(name)
    try:
        content = serving.current().store.read(stimulus.media)
    except StoreError as error:
        log.error("%s", error)
        raise ServiceUnavailable(LATER) from error
    if len(content) != stimulus.n_bytes:
        raise ServiceUnavailable(LATER)
    return send(content, "video/mp4")


def send(content: bytes, mimetype: str) -> Response:
    """Send bytes, whole or in ranges, with nothing beside them that could be told or kept."""
    response = send_file(BytesIO(content), mimetype=mimetype, conditional=True, etag=False, max_age=None)
    response.headers["Cache-Control"] = "no-store"
    return response


def _stimulus(name: str) -> Stimulus:
    here = serving.current()
    with db.reading(here.engine) as session:
        trial = session.scalar(queries.trial_of_media(name)) if OPAQUE.fullmatch(name) else None
    if trial is None:
        raise NotFound(NO_CLIP)
    interval = 1 if trial.media_1 == name else 2
    sound = REAL if interval == trial.real_interval else trial.variant
    return here.clips[trial.clip].stimuli[sound]


def _silent_file(name: str) -> SilentFile:
    here = serving.current()
    with db.reading(here.engine) as session:
        shown = session.scalar(labelling.of_media(name)) if OPAQUE.fullmatch(name) else None
    found = here.clips[shown.clip].silent if shown else None
    if found is None:
        raise NotFound(NO_CLIP)
    return found

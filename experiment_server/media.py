"""The clips, under names that tell nothing: one for each participant, trial and interval."""

from io import BytesIO

from flask import Blueprint, Response, send_file
from werkzeug.exceptions import NotFound, ServiceUnavailable

from experiment_server import db, queries, serving
from stimuli import manifest
from stimuli.manifest import REAL, Stimulus

bp = Blueprint("media", __name__, url_prefix="/media")


@bp.get("/<name>")
def clip(name: str) -> Response:
    """Send the stimulus that goes by this name, whole or in ranges.

    No file name, ETag or date goes with it (the same stimulus would have the same ones for
    everybody), and nothing on the way may keep a copy.
    """
    here = serving.current()
    path = manifest.media_path(here.opened.stimuli, _stimulus(name))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ServiceUnavailable("This clip can't be read now; the page will try again.") from error
    response = send_file(
        BytesIO(content), mimetype="video/mp4", conditional=True, etag=False, max_age=None
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _stimulus(name: str) -> Stimulus:
    here = serving.current()
    with db.reading(here.engine) as session:
        trial = session.scalar(queries.trial_of_media(name))
        if trial is None:
            raise NotFound("There is no clip of this name.")
        interval = 1 if trial.media_1 == name else 2
        sound = REAL if interval == trial.real_interval else trial.variant
        return here.clips[trial.clip].stimuli[sound]

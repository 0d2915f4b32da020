"""Whether the site can serve: its database answers a question, and its clips can be read."""

import logging

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from experiment_server.clips.stores import StoreError, media_sizes
from experiment_server.database import db, queries
from experiment_server.web import serving
from experiment_server.web.serving import Serving

bp = Blueprint("health", __name__)
log = logging.getLogger(__name__)


@bp.get("/health")
def health() -> ResponseReturnValue:
    """Answer 200 where everything works, and 503 with the part that does not."""
    here = serving.current()
    parts = {"database": _database_answers(here), "media": _media_answer(here)}
    if all(parts.values()):
        return jsonify(status="ok")
    return jsonify(status="failing", failing=[part for part, works in parts.items() if not works]), 503


def _database_answers(here: Serving) -> bool:
    try:
        with db.reading(here.engine) as session:
            session.execute(queries.study_state())
    except SQLAlchemyError:
        log.warning("the database does not answer")
        return False
    return True


def _media_answer(here: Serving) -> bool:
    sizes = media_sizes(here.opened.manifest)
    name = min(sizes)  # any one: `run` has checked them all
    try:
        here.store.check({name: sizes[name]})
    except StoreError:
        log.warning("the clips can't be read")
        return False
    return True

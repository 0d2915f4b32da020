"""The pages: consent, sound level, headphone test, instructions, trials, thanks.

They are the same for everybody. What is a participant's own comes through the API, to a page that
has the participant's token in its address's fragment, which browsers never send.
"""

import dataclasses
import re
from functools import partial
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from experiment_server import tokens
from experiment_server.database import db
from experiment_server.doors import identities
from experiment_server.doors.door import PREVIEW, Arrival, DoorError, refusal
from experiment_server.doors.ways import read_arrival
from experiment_server.participation import browsers, enrolment
from experiment_server.studies import wording
from experiment_server.web import serving

bp = Blueprint("pages", __name__)
bp.add_app_template_filter(wording.fill)


@bp.get("/")
def consent() -> ResponseReturnValue:
    """Ask for consent; agreeing enrols. Who can't take part is told so first; no row is made here.

    Robots come through no door.
    """
    here = serving.current()
    try:
        if not tokens.is_robot(here.key, serving.bearer_token()):
            _admit(read_arrival(request.args, here.opened.study))
    except DoorError as error:
        return _refuse(error)
    return render("consent")


@bp.app_template_filter()
def paragraphs(text: str) -> Markup:
    """Set a text as HTML: a blank line starts a paragraph, a line with ``- `` a list item."""
    blocks = re.split(r"\n\s*\n", text.strip())
    return Markup("\n").join(_block(block.split("\n")) for block in blocks)


def _block(lines: list[str]) -> Markup:
    if all(line.startswith("- ") for line in lines):
        items = (Markup("<li>{}</li>").format(line[2:]) for line in lines)
        return Markup("<ul>{}</ul>").format(Markup().join(items))
    return Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in lines))


def _admit(arrival: Arrival) -> None:
    """Let in who may take part now, and who takes part already.

    Raises
    ------
    DoorError
        If neither is the case.
    """
    here = serving.current()
    study, browser = here.opened.study, browsers.read({}, request.headers)
    with db.reading(here.engine) as session:
        if identities.find(session, here.key, arrival) is None:
            reason = enrolment.barrier(session, study, browser, now=serving.now())
            if reason is not None:
                raise refusal(reason, study.texts)


def _refuse(error: DoorError) -> ResponseReturnValue:
    """Say why somebody is not let in; show who only looks at a HIT what they would agree to."""
    if error.reason == PREVIEW:
        return render_template("consent.html", page="preview", **_words())
    return render_template("refused.html", page="refused", refusal=error, **_words()), 403


def render(name: str, **values: Any) -> str:
    """Set the page of this name in the study's words."""
    study = serving.current().opened.study
    data = {
        "texts": {**dataclasses.asdict(study.texts), **dataclasses.asdict(study.annotation_texts)},
        "cue_ms": study.trials.cue_ms,
    }
    return render_template(f"{name}.html", page=name, data=data, **_words(), **values)


def _words() -> dict[str, Any]:
    study = serving.current().opened.study
    return {
        "study": study,
        "texts": study.texts,
        "numbers": wording.numbers(study),
        "consent_sha256": wording.consent_sha256(study),
    }


for name in ("sound", "headphones", "instructions", "trial", "thanks"):
    bp.add_url_rule(f"/{name}", name, partial(render, name))

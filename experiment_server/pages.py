"""The pages: consent, instructions, trials, thanks.

They are the same for everybody. What is a participant's own comes through the API, to a page that
has the participant's token in its address's fragment, which browsers never send.
"""

import dataclasses
import math
import re
from typing import Any

from flask import Blueprint, render_template
from markupsafe import Markup, escape

from experiment_server import serving
from experiment_server.study import Study

SECONDS_A_TRIAL = 9  # two cues and clips of half a second, and time to decide
SECONDS_BESIDE = 90  # consent, instructions, thanks

bp = Blueprint("pages", __name__)


@bp.get("/")
def consent() -> str:
    """Ask for consent; agreeing enrols."""
    return _page("consent")


@bp.get("/instructions")
def instructions() -> str:
    """Explain the task."""
    return _page("instructions")


@bp.get("/trial")
def trial() -> str:
    """Show the trials, practice and main, one after the other."""
    return _page("trial")


@bp.get("/thanks")
def thanks() -> str:
    """Give thanks and the completion code."""
    return _page("thanks")


@bp.app_template_filter()
def fill(text: str, **values: object) -> str:
    """Put values in a text's braces; braces with other words in them stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), text)


@bp.app_template_filter()
def paragraphs(text: str) -> Markup:
    """Set a text as HTML: a blank line starts a paragraph, a line with ``- `` a list item."""
    blocks = re.split(r"\n\s*\n", text.strip())
    return Markup("\n").join(_block(block.split("\n")) for block in blocks)


def minutes(study: Study) -> int:
    """Estimate how long a session takes (minutes, rounded up)."""
    trials = study.trials.practice + study.trials.main
    return math.ceil((SECONDS_BESIDE + trials * SECONDS_A_TRIAL) / 60)


def _block(lines: list[str]) -> Markup:
    if all(line.startswith("- ") for line in lines):
        items = (Markup("<li>{}</li>").format(line[2:]) for line in lines)
        return Markup("<ul>{}</ul>").format(Markup().join(items))
    return Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in lines))


def _page(name: str) -> str:
    study = serving.current().opened.study
    return render_template(f"{name}.html", page=name, **_context(study))


def _context(study: Study) -> dict[str, Any]:
    return {
        "study": study,
        "texts": study.texts,
        "data": {"texts": dataclasses.asdict(study.texts), "cue_ms": study.trials.cue_ms},
        "numbers": {
            "practice": study.trials.practice,
            "main": study.trials.main,
            "minutes": minutes(study),
        },
    }

"""The annotation page: the same for everybody, with the study's choices and their keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_lowercase, digits

from flask import Blueprint

from experiment_server.studies.annotation import ACTION, KINDS, MATERIAL, REACTION
from experiment_server.studies.study import Study
from experiment_server.web import pages, serving

LETTERS, DIGITS = ascii_lowercase, digits[1:] + digits[0]  # as they stand on a keyboard

bp = Blueprint("annotation_pages", __name__)


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

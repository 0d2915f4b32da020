"""The study file: what people write to say what is shown to whom, and in which words.

`study.toml` is read into a frozen `Study`; `write` makes a commented one to start from. This module
uses the standard library only.
"""

import dataclasses
import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiment_server.errors import StudyError
from experiment_server.studies import annotation, toml_text
from experiment_server.studies.annotation import Annotation, AnnotationTexts
from experiment_server.studies.sections import (
    ANNOTATION,
    PAIRS,
    Analysis,
    Exclusions,
    Pay,
    Recruiting,
    Screening,
    Trials,
)
from experiment_server.studies.texts import Texts
from experiment_server.studies.toml_text import key, within

FORMAT = 1
STUDY_NAME = "study.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A study: which stimulus set, how many trials, from which seed, in which words.

    Each key's metadata is its explanation in the file; each table explains its own. `trials` are
    `NO_TRIALS` in an annotation study; in the others `annotation` and its texts are of no use.
    """

    name: str = key(
        "Name of the study in every exported row; letters, digits, - and _.",
        allowed=lambda name: name.replace("-", "").replace("_", "").isalnum(),
    )
    task: str = key(
        'What participants do: "2afc" (they tell the real sound from a synthesized one) or "annotation" '
        "(they label impacts in silent clips).",
        default=PAIRS,
    )
    stimuli: str = key(
        "Folder of the stimulus set (from `stimuli build`); a relative path starts at this file."
    )
    media: str = key(
        'Where the site takes the clips from: "" for the stimulus set\'s folder, or a bucket that holds '
        'a copy of its folder media, as "s3://bucket/prefix" (credentials from the environment).',
        default="",
        allowed=lambda place: place == "" or place.startswith("s3://"),
    )
    seed: int = key(
        "Whole number, 0 or more, that all draws start from: which clips, which variants, which "
        "order. Do not tell it to participants, and leave it alone once the study runs.",
        allowed=within(0),
    )
    language: str = key('Language of the texts below, as in HTML: "en", "de", "pt-BR".', default="en")
    trials: Trials
    annotation: Annotation = field(default_factory=Annotation)
    recruiting: Recruiting = field(default_factory=Recruiting)
    screening: Screening = field(default_factory=Screening)
    pay: Pay = field(default_factory=Pay)
    exclusions: Exclusions = field(default_factory=Exclusions)
    analysis: Analysis = field(default_factory=Analysis)
    texts: Texts = field(default_factory=Texts)
    annotation_texts: AnnotationTexts = field(default_factory=AnnotationTexts)


TABLES: dict[str, Any] = {
    f.name: f.type for f in dataclasses.fields(Study) if dataclasses.is_dataclass(f.type)
}
_TABLES_OF = {
    PAIRS: frozenset(("trials", "exclusions", "analysis")),
    ANNOTATION: frozenset(("annotation", "annotation_texts")),
}  # which the other task has no use for
_KINDS_OF_STUDY = {PAIRS: "A real-or-fake listening study", ANNOTATION: "A study that labels impacts"}
NO_TRIALS = Trials(main=0, practice=0)
ANNOTATION_WORDS = Texts(**annotation.WORDS)
_INTRODUCTIONS = {
    "texts": "The words on the pages. A blank line starts a paragraph, a line that begins with - a list "
    "item. Keep words in braces: {count}; the page fills them in.",
    "annotation_texts": "The words on the annotation page, beside those above.",
}


def read(path: Path) -> Study:
    """Read a study file.

    Raises
    ------
    StudyError
        If there is none, it is no TOML, or a key is missing, unknown or has a wrong value.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise StudyError(f"no {path.name} in {path.parent}; make one: experiment-server init") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} is not valid TOML: {error}") from None
    if data.pop("format", None) != FORMAT:
        raise StudyError(f"{path} must say format = {FORMAT}, the one this version reads")
    _fit_tables(data, path)
    tables = {
        name: toml_text.to_fields(kind, data.pop(name, {}), f"{path} [{name}]", error=StudyError)
        for name, kind in TABLES.items()
    }
    study = toml_text.to_fields(Study, {**data, **tables}, str(path), error=StudyError)
    _check(study, path)
    return study


def write(study: Study, path: Path) -> None:
    """Write a study file in which every key is explained; `read` gives the same study back."""
    path.write_text(encode(study), encoding="utf-8", newline="\n")


def encode(study: Study) -> str:
    """Return the study as the commented TOML text that `write` puts on disk."""
    lines = [
        *toml_text.comment(
            f"{_KINDS_OF_STUDY[study.task]}. Edit it, then: experiment-server run <this folder>. "
            "Anything left out has the value that `experiment-server init` writes."
        ),
        f"format = {FORMAT}",
        "",
        *toml_text.from_fields(study),
        *(line for name in tables_of(study.task) for line in _encode_table(name, getattr(study, name))),
    ]
    return "\n".join(lines)


def tables_of(task: str) -> list[str]:
    """Name the tables that a study of this task has, in order."""
    others = frozenset[str]().union(*(names for other, names in _TABLES_OF.items() if other != task))
    return [name for name in TABLES if name not in others]


def _encode_table(name: str, table: Any) -> list[str]:
    introduction = toml_text.comment(_INTRODUCTIONS.get(name, ""))
    return [*introduction, f"[{name}]", *toml_text.from_fields(table)]


def digest(path: Path) -> str:
    """SHA-256 of a study file, comments and all."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stimuli_folder(study: Study, folder: Path) -> Path:
    """Where the stimulus set of a study in `folder` lies."""
    return (folder / study.stimuli).resolve()


def warning(study: Study) -> str | None:
    """Say what is allowed, but would leave people stranded; None if nothing would."""
    if "prolific" in study.recruiting.doors and not study.recruiting.prolific_complete:
        return (
            "prolific is a door, but prolific_complete is empty: who finishes can't go back to Prolific "
            "and is not paid there; write Prolific's completion code into study.toml"
        )
    return None


def _fit_tables(data: dict[str, Any], path: Path) -> None:
    """Refuse tables that the task has no use for, and fill in what stands in those that it has."""
    task = data.get("task", PAIRS)
    if not isinstance(task, str) or task not in _TABLES_OF:
        meaning = {f.name: f for f in dataclasses.fields(Study)}["task"].metadata["meaning"]
        raise StudyError(f"{path}: task = {task!r} is not allowed. {meaning}")
    for name in TABLES:
        if name in data and name not in tables_of(task):
            raise StudyError(f'{path} has task = "{task}", which has no table [{name}]; leave it out')
    if task == ANNOTATION:
        data["trials"] = {"main": NO_TRIALS.main, "practice": NO_TRIALS.practice}
        if isinstance(texts := data.get("texts", {}), dict):
            data["texts"] = {**annotation.WORDS, **texts}


def _check(study: Study, path: Path) -> None:
    """Refuse values that are not allowed, or not beside others."""
    for table in (study, *(getattr(study, name) for name in TABLES)):
        toml_text.check(table, str(path), error=StudyError)
    trials, recruiting, screening = study.trials, study.recruiting, study.screening
    is_annotation = study.task == ANNOTATION
    for table, name, is_refused in (
        (trials, "main", trials.main < 1 and not is_annotation),
        (screening, "headphone_pass", screening.headphone_pass > screening.headphone_trials),
        (screening, "headphones", screening.headphones != "none" and is_annotation),
        (recruiting, "panel_id", recruiting.panel_id == "" and "panel" in recruiting.doors),
    ):
        if is_refused:
            toml_text.refuse(table, name, str(path), error=StudyError)

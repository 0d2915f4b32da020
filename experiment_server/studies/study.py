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
from experiment_server.studies import rules, toml_text
from experiment_server.studies.sections import Analysis, Exclusions, Pay, Recruiting, Screening, Trials
from experiment_server.studies.texts import Texts
from experiment_server.studies.toml_text import key

FORMAT = 1
STUDY_NAME = "study.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A study: which stimulus set, how many trials, from which seed, in which words.

    Attributes
    ----------
    name : str
        Name in every exported row.
    stimuli : Path
        Folder of the stimulus set; a relative one is meant from the study file's folder.
    seed : int
        The seed that all participants' plans are drawn from.
    language : str
        Language of the pages, for browsers and screen readers.
    trials : Trials
        Numbers and rules of the trials.
    recruiting : Recruiting
        Doors, places and departures.
    screening : Screening
        Checks before the instructions.
    pay : Pay
        What each ending is worth.
    exclusions : Exclusions
        Which answers the analysis leaves out.
    analysis : Analysis
        What the analysis asks.
    texts : Texts
        Words of the pages.
    """

    name: str = key("Name of the study in every exported row; letters, digits, - and _.")
    stimuli: str = key(
        "Folder of the stimulus set (from `stimuli build`); a relative path starts at this file."
    )
    media: str = key(
        'Where the site takes the clips from: "" for the stimulus set\'s folder, or a bucket that holds '
        'a copy of its folder media, as "s3://bucket/prefix" (credentials from the environment).',
        default="",
    )
    seed: int = key(
        "Whole number, 0 or more, that all draws start from: which clips, which variants, which "
        "order. Do not tell it to participants, and leave it alone once the study runs."
    )
    language: str = key('Language of the texts below, as in HTML: "en", "de", "pt-BR".', default="en")
    trials: Trials
    recruiting: Recruiting = field(default_factory=Recruiting)
    screening: Screening = field(default_factory=Screening)
    pay: Pay = field(default_factory=Pay)
    exclusions: Exclusions = field(default_factory=Exclusions)
    analysis: Analysis = field(default_factory=Analysis)
    texts: Texts = field(default_factory=Texts)


TABLES: dict[str, Any] = {
    "trials": Trials,
    "recruiting": Recruiting,
    "screening": Screening,
    "pay": Pay,
    "exclusions": Exclusions,
    "analysis": Analysis,
    "texts": Texts,
}
_INTRODUCTIONS = {
    "texts": "The words on the pages. A blank line starts a paragraph, a line that begins with - a list "
    "item. Keep words in braces: {count}; the page fills them in."
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
    except FileNotFoundError:
        raise StudyError(f"no {path.name} in {path.parent}; make one: experiment-server init") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} is not valid TOML: {error}") from None
    if data.pop("format", None) != FORMAT:
        raise StudyError(f"{path} must say format = {FORMAT}, the one this version reads")
    tables = {
        name: _read_table(kind, data.pop(name, {}), f"{path} [{name}]") for name, kind in TABLES.items()
    }
    study: Study = _read_table(Study, {**data, **tables}, str(path))
    _check(study, path)
    return study


def write(study: Study, path: Path) -> None:
    """Write a study file in which every key is explained; `read` gives the same study back."""
    path.write_text(encode(study), encoding="utf-8", newline="\n")


def encode(study: Study) -> str:
    """Return the study as the commented TOML text that `write` puts on disk."""
    lines = [
        *toml_text.comment(
            "A real-or-fake listening study. Edit it, then: experiment-server run <this folder>. "
            "Anything left out has the value that `experiment-server init` writes."
        ),
        f"format = {FORMAT}",
        "",
        *toml_text.from_fields(study),
        *(line for name in TABLES for line in _encode_table(name, getattr(study, name))),
    ]
    return "\n".join(lines)


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


def _read_table(kind: Any, data: Any, place: str) -> Any:
    if not isinstance(data, dict):
        raise StudyError(f"{place} must be a table of keys; see docs/study-file.md")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise StudyError(f"{place} has no key {unknown[0]!r}; it knows {', '.join(fields)}")
    missing = [name for name, f in fields.items() if name not in data and _is_required(f)]
    if missing:
        raise StudyError(f"{place} lacks {missing[0]!r}: {fields[missing[0]].metadata['meaning']}")
    return kind(**{name: _read_value(value, fields[name], place) for name, value in data.items()})


def _is_required(f: "dataclasses.Field[Any]") -> bool:
    return f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING


def _read_value(value: Any, f: "dataclasses.Field[Any]", place: str) -> Any:
    if f.type in TABLES.values():
        return value
    if f.type == tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif type(value) is f.type:
        return value
    raise StudyError(f"{place}: {f.name} = {value!r} is not allowed. {f.metadata['meaning']}")


def _check(study: Study, path: Path) -> None:
    fields = {f.name: f for kind in (Study, *TABLES.values()) for f in dataclasses.fields(kind)}
    for name, value in rules.broken(study):
        raise StudyError(
            f"{path}: {name} = {value!r} is not allowed. {fields[name].metadata['meaning']}"
        )

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

from experiment_server import toml_text
from experiment_server.texts import Texts

FORMAT = 1
PRACTICE, MAIN = "practice", "main"  # the two phases of a session
STUDY_NAME = "study.toml"
PRACTICE_VIDEOS = ("apart", "reuse")
MAX_TRIALS = 1000  # a typing slip, not a study, asks one person for more


class StudyError(Exception):
    """A study can't be made, served or exported; the message says why and what to do."""


def _key(meaning: str, **default: Any) -> Any:
    return field(metadata={"meaning": meaning}, **default)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trials:
    """What each participant is shown; each field's metadata is its explanation in the file."""

    main: int = _key(
        "Main trials of each participant, 1 or more. Each video is shown to a participant at most "
        "once, so this can't be more than there are videos (less the practice trials, unless "
        'practice_videos = "reuse").'
    )
    practice: int = _key(
        "Practice trials before them, after which the right answer is revealed; 0 or more. The "
        "paper has 5.",
        default=5,
    )
    practice_videos: str = _key(
        'Where practice trials come from. "apart": from videos that the participant does not see '
        'again. "reuse": also from other clips of videos that come again in main trials, when '
        "there are too few videos to keep apart; never the same clip.",
        default="apart",
    )
    variants: tuple[str, ...] = _key(
        "Variants to compare with the real sound, by name; [] for all in the stimulus set. Each "
        "participant gets every variant equally often, or as nearly as the numbers allow.",
        default=(),
    )
    replays: int = _key(
        "How many times a participant may play a pair again before answering; 0 or more.",
        default=0,
    )
    cue_ms: int = _key(
        'How long the words "Sound 1" and "Sound 2" stand on the blank screen before each sound '
        "(milliseconds), 0 to 5000.",
        default=800,
    )


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
    texts : Texts
        Words of the pages.
    """

    name: str = _key("Name of the study in every exported row; letters, digits, - and _.")
    stimuli: str = _key(
        "Folder of the stimulus set (from `stimuli build`); a relative path starts at this file."
    )
    seed: int = _key(
        "Whole number, 0 or more, that all draws start from: which clips, which variants, which "
        "order. Do not tell it to participants, and leave it alone once the study runs."
    )
    language: str = _key('Language of the texts below, as in HTML: "en", "de", "pt-BR".', default="en")
    trials: Trials
    texts: Texts = field(default_factory=Texts)


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
    trials = _read_table(Trials, data.pop("trials", {}), f"{path} [trials]")
    texts = _read_table(Texts, data.pop("texts", {}), f"{path} [texts]")
    study: Study = _read_table(Study, {**data, "trials": trials, "texts": texts}, str(path))
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
        "[trials]",
        *toml_text.from_fields(study.trials),
        *toml_text.comment(
            "The words on the pages. A blank line starts a paragraph, a line that begins with - a "
            "list item. Keep words in braces: {count}; the page fills them in."
        ),
        "[texts]",
        *toml_text.from_fields(study.texts),
    ]
    return "\n".join(lines)


def digest(path: Path) -> str:
    """SHA-256 of a study file, comments and all."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stimuli_folder(study: Study, folder: Path) -> Path:
    """Where the stimulus set of a study in `folder` lies."""
    return (folder / study.stimuli).resolve()


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
    if f.type in (Trials, Texts):
        return value
    if f.type == tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif type(value) is f.type:
        return value
    raise StudyError(f"{place}: {f.name} = {value!r} is not allowed. {f.metadata['meaning']}")


def _check(study: Study, path: Path) -> None:
    trials = study.trials
    rules = (
        ("name", study.name, study.name.replace("-", "").replace("_", "").isalnum()),
        ("seed", study.seed, study.seed >= 0),
        ("main", trials.main, 1 <= trials.main <= MAX_TRIALS),
        ("practice", trials.practice, 0 <= trials.practice <= MAX_TRIALS),
        ("practice_videos", trials.practice_videos, trials.practice_videos in PRACTICE_VIDEOS),
        ("variants", trials.variants, len(set(trials.variants)) == len(trials.variants)),
        ("replays", trials.replays, trials.replays >= 0),
        ("cue_ms", trials.cue_ms, 0 <= trials.cue_ms <= 5000),
    )
    fields = {f.name: f for kind in (Study, Trials) for f in dataclasses.fields(kind)}
    for name, value, is_allowed in rules:
        if not is_allowed:
            raise StudyError(
                f"{path}: {name} = {value!r} is not allowed. {fields[name].metadata['meaning']}"
            )

"""The study file: what people write to say what is shown to whom, and in which words.

`study.toml` is read into a frozen `Study`; `write` makes a commented one to start from. This module
uses the standard library only.
"""

import dataclasses
import hashlib
import re
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
DOORS = ("link", "panel", "prolific", "mturk")
TARGETS = ("new videos", "these clips")
HEADPHONES = {
    "none": (),
    "huggins": ("huggins",),
    "antiphase": ("antiphase",),
    "both": ("huggins", "antiphase"),
}  # the kinds of test that each word stands for
FRAME_ANCESTOR = re.compile(r"https?://[\w.*:-]+", re.ASCII)
PANEL_RETURN = re.compile(r"https://[\w.:-]+([/?#][!-~]*)?", re.ASCII)  # nothing to fill in in the host
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
    catch: int = _key(
        "Catch trials among the main ones, with a sound that nobody takes for the real one (silence, a "
        "steady tone); they look like the others, come in addition to `main`, need videos of their own, "
        "and stay out of the fool rates. 0 or more; the stimulus set must hold catch sounds.",
        default=0,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Recruiting:
    """Through which doors people come, and where they are sent in the end."""

    doors: tuple[str, ...] = _key(
        'How people may arrive, one or more of: "link" (anybody with the address), "panel" (any panel, '
        'by the panel keys below), "prolific", "mturk".',
        default=("link",),
    )
    participants: int = _key(
        "Close the door to new ones when so many people are complete or under way; 0 for no limit.",
        default=0,
    )
    lease_minutes: int = _key(
        "Who does nothing for so long gives the place in the design back (and may still come back); 1 "
        "to 1440.",
        default=30,
    )
    panel_id: str = _key(
        'Panel: name of the address parameter that holds the person\'s id, such as "participantId".',
        default="",
    )
    panel_return: str = _key(
        "Panel: address to which people are sent in the end, {person}, {session} (the parameter of the "
        'name "session", if there is one), {outcome} (complete, screened_out, failed_media or '
        "withdrawn) and {code} filled in; it must begin with https://.",
        default="",
    )
    panel_return_others: str = _key(
        "Panel: address, made in the same way, for those who did not come to the end (all outcomes but "
        'complete); "" for the same as panel_return.',
        default="",
    )
    prolific_complete: str = _key("Prolific: completion code of those who finish.", default="")
    prolific_screened_out: str = _key(
        "Prolific: completion code of those who do not pass the headphone test (of type "
        "FIXED_SCREEN_OUT_PAYMENT, so that they are paid).",
        default="",
    )
    prolific_failed_media: str = _key(
        "Prolific: completion code of those whose browser would not play the clips.", default=""
    )
    prolific_withdrawn: str = _key("Prolific: completion code of those who stop.", default="")
    frame_ancestors: tuple[str, ...] = _key(
        "Sites (beside MTurk's, where that is a door) that may show the study in a frame, such as "
        '"https://panel.example".',
        default=(),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Screening:
    """What people are asked to do, or to have, before the instructions."""

    mobile: str = _key('Telephones and tablets: "exclude" or "allow".', default="exclude")
    sound_check: bool = _key(
        "Whether a page plays a noise, at the level of the clips, with which people set their volume.",
        default=True,
    )
    headphones: str = _key(
        'Headphone test: "none", "huggins" (Milne et al. 2021), "antiphase" (Woods et al. 2017), or '
        '"both", one after the other.',
        default="none",
    )
    headphone_trials: int = _key("Trials of each kind of headphone test, 1 to 24.", default=6)
    headphone_pass: int = _key(
        "Right answers, of those of each kind, that pass. Milne et al. ask for 6 of 6, Woods et al. for "
        "5 of 6.",
        default=5,
    )
    headphone_attempts: int = _key(
        "How often the test may be taken; who does not pass is thanked and paid. 1 to 5.", default=2
    )
    media_failures: int = _key(
        "After so many presentations that failed or stalled a participant is thanked and paid; 1 or "
        "more.",
        default=3,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Pay:
    """What each ending of a session is worth; shown on the dashboard, and used when people are paid."""

    currency: str = _key("Three letters.", default="USD")
    complete_cents: int = _key("For those who finish (cents).", default=0)
    screened_out_cents: int = _key("For those who do not pass the headphone test (cents).", default=0)
    failed_media_cents: int = _key("For those whose clips would not play (cents).", default=0)
    withdrawn_cents: int = _key("For those who stop (cents).", default=0)

    def cents(self, state: str) -> int:
        """Tell what it is worth to have come so far, in a participant's `state`; 0 while under way."""
        return int(getattr(self, f"{state}_cents", 0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Exclusions:
    """Whose answers, and which of them, the analysis leaves out; pay does not depend on these rules."""

    catch_percent: int = _key(
        "Leave out who gets less than this share of their catch trials right (percent); 0 for no rule. "
        "Who had no catch trial stays.",
        default=50,
    )
    headphones: bool = _key(
        "Leave out who did not pass the headphone test; who had none stays.", default=True
    )
    fast_ms: int = _key(
        "Leave out answers given sooner than this after the end of the second clip (milliseconds); 0 "
        "for no rule.",
        default=100,
    )
    fast_percent: int = _key(
        "Leave out who gives this share of their answers, or more, too fast (percent), 1 to 100; 0 for "
        "no rule.",
        default=50,
    )
    slow_ms: int = _key(
        "Leave out answers that took longer than this (milliseconds); 0 for no rule.", default=0
    )
    hidden_ms: int = _key(
        "Leave out answers of trials during which the page was out of sight for so long or longer "
        "(milliseconds); 0 for no rule.",
        default=500,
    )
    stalls: int = _key(
        "Leave out answers of trials whose playback halted so often or oftener; 0 for no rule.",
        default=3,
    )
    side_percent: int = _key(
        "Leave out who names the same interval in this share of their answers, or more (percent), 51 "
        "to 100; 0 for no rule. It acts from 10 answers on.",
        default=95,
    )
    repeated: bool = _key(
        "Leave out what a person answered when the panel let them in a second time; their first session "
        "stays.",
        default=True,
    )
    least_answers: int = _key(
        "Leave out who has fewer answers than this after the rules above; 0 for no rule.", default=0
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """What the analysis will ask, declared before the answers are seen."""

    contrasts: tuple[str, ...] = _key(
        'The comparisons to be tested, as "first : second"; [] for every two variants. Their p values '
        "are adjusted together (Holm).",
        default=(),
    )
    margin_points: int = _key(
        "How near to 50 % a fool rate must lie to be called equivalent to chance (percentage points), 1 "
        "to 49.",
        default=5,
    )
    target: str = _key(
        'Whom and what the results are to be about: "new videos" (new people and new videos), or "these '
        'clips" (new people, and the clips of this stimulus set only).',
        default="new videos",
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

    name: str = _key("Name of the study in every exported row; letters, digits, - and _.")
    stimuli: str = _key(
        "Folder of the stimulus set (from `stimuli build`); a relative path starts at this file."
    )
    media: str = _key(
        'Where the site takes the clips from: "" for the stimulus set\'s folder, or a bucket that holds '
        'a copy of its folder media, as "s3://bucket/prefix" (credentials from the environment).',
        default="",
    )
    seed: int = _key(
        "Whole number, 0 or more, that all draws start from: which clips, which variants, which "
        "order. Do not tell it to participants, and leave it alone once the study runs."
    )
    language: str = _key('Language of the texts below, as in HTML: "en", "de", "pt-BR".', default="en")
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


def pair_of(contrast: str) -> tuple[str, ...]:
    """Split a declared contrast, ``"full : random"``, into its variants: two, if it is one."""
    names = tuple(name.strip() for name in contrast.split(":"))
    return names if all(names) and len(set(names)) == len(names) else ()


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
    for name, value, is_allowed in (*_number_rules(study), *_word_rules(study)):
        if not is_allowed:
            raise StudyError(
                f"{path}: {name} = {value!r} is not allowed. {fields[name].metadata['meaning']}"
            )


def _number_rules(study: Study) -> list[tuple[str, Any, bool]]:
    trials, recruiting, screening, pay = study.trials, study.recruiting, study.screening, study.pay
    rules = study.exclusions
    ranges = (
        (study, "seed", 0, None),
        (trials, "main", 1, MAX_TRIALS),
        (trials, "practice", 0, MAX_TRIALS),
        (trials, "catch", 0, MAX_TRIALS),
        (trials, "replays", 0, None),
        (trials, "cue_ms", 0, 5000),
        (recruiting, "participants", 0, None),
        (recruiting, "lease_minutes", 1, 1440),
        (screening, "headphone_trials", 1, 24),
        (screening, "headphone_pass", 1, screening.headphone_trials),
        (screening, "headphone_attempts", 1, 5),
        (screening, "media_failures", 1, None),
        *((pay, f.name, 0, None) for f in dataclasses.fields(Pay) if f.type is int),
        *((rules, name, 0, None) for name in ("fast_ms", "slow_ms", "hidden_ms", "stalls")),
        *((rules, name, 0, 100) for name in ("catch_percent", "fast_percent", "side_percent")),
        (rules, "least_answers", 0, None),
        (study.analysis, "margin_points", 1, 49),
    )
    values = ((name, getattr(table, name), least, most) for table, name, least, most in ranges)
    return [
        (name, value, value >= least and (most is None or value <= most))
        for name, value, least, most in values
    ]


def _word_rules(study: Study) -> list[tuple[str, Any, bool]]:
    trials, recruiting, screening = study.trials, study.recruiting, study.screening
    by_panel = "panel" in recruiting.doors
    rules, contrasts = study.exclusions, study.analysis.contrasts
    panel_returns = ("panel_return", "panel_return_others")
    return [
        ("name", study.name, study.name.replace("-", "").replace("_", "").isalnum()),
        ("media", study.media, study.media == "" or study.media.startswith("s3://")),
        ("practice_videos", trials.practice_videos, trials.practice_videos in PRACTICE_VIDEOS),
        ("variants", trials.variants, len(set(trials.variants)) == len(trials.variants)),
        ("doors", recruiting.doors, bool(recruiting.doors) and set(recruiting.doors) <= set(DOORS)),
        ("panel_id", recruiting.panel_id, not by_panel or recruiting.panel_id != ""),
        *(
            (name, getattr(recruiting, name), _is_return(getattr(recruiting, name)))
            for name in panel_returns
        ),
        (
            "frame_ancestors",
            recruiting.frame_ancestors,
            all(FRAME_ANCESTOR.fullmatch(site) for site in recruiting.frame_ancestors),
        ),
        ("mobile", screening.mobile, screening.mobile in ("exclude", "allow")),
        ("headphones", screening.headphones, screening.headphones in HEADPHONES),
        ("side_percent", rules.side_percent, rules.side_percent == 0 or rules.side_percent > 50),
        ("contrasts", contrasts, all(len(pair_of(text)) == 2 for text in contrasts)),
        ("target", study.analysis.target, study.analysis.target in TARGETS),
        ("currency", study.pay.currency, re.fullmatch("[A-Z]{3}", study.pay.currency) is not None),
    ]


def _is_return(address: str) -> bool:
    return address == "" or PANEL_RETURN.fullmatch(address) is not None

"""The responses of a study: one row a trial, with everything needed to analyse it.

`COLUMNS` is the data dictionary: what `experiment-server export` writes beside the CSV, and what the
docs print. This module uses the standard library only.
"""

import csv
import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

R = TypeVar("R")  # the dataclass of a table's rows

_JSON_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
CATCH = "catch"  # phase of a catch trial in a record; in the tables it is one of the main ones
FORMAT = 2  # with catch trials, screening and playback; files of format 1 are read too


class RecordsError(Exception):
    """A file of responses can't be used; the message says which line, what is wrong and what to do."""


def column(meaning: str) -> Any:
    """Declare a column of a table: a field of its rows' dataclass, with what stands in it."""
    return field(metadata={"meaning": meaning})


def _newer(meaning: str) -> Any:
    """Describe a column that files of format 1 lack."""
    return field(default=None, metadata={"meaning": meaning, "since": 2})


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One trial; None stands for what was not given, was not measured, or does not apply."""

    study: str = column("name of the study")
    study_sha256: str = column("SHA-256 of the study file that the participant was served")
    stimulus_set: str = column("SHA-256 of the stimulus set's manifest")
    participant: str = column("pseudonym of the participant, unique in the study")
    recruiter: str | None = _newer("door the participant came by: link, panel, prolific, mturk or robot")
    participant_state: str = column(
        "how far the participant came: active, complete, failed_media or withdrawn (screening and "
        "screened_out have no trials)"
    )
    lapsed: bool | None = _newer(
        "1 if the participant was under way but silent for longer than the lease when this was "
        "written, else 0"
    )
    consent_sha256: str | None = _newer("SHA-256 of the consent text that the participant agreed to")
    headphones_passed: bool | None = _newer(
        "1 if the last attempt at the headphone test has enough right answers, 0 if not; missing if "
        "there was no test"
    )
    headphones_correct: int | None = _newer("right answers of the last attempt at the headphone test")
    headphones_trials: int | None = _newer("trials of the last attempt at the headphone test")
    simulated: bool = column("1 for a simulated participant, 0 for a person")
    participant_seed: int = column("seed from which the participant's plan was drawn")
    trial: str = column("name of the trial, unique in the study")
    phase: str = column("practice, main, or catch for a catch trial, which looks like a main one")
    position: int = column(
        "place of the trial in the practice, or among main and catch trials together, from 1"
    )
    clip: str = column("clip of the stimulus set")
    video: str = column("recording that the clip was cut from")
    impact_s: float = column("time of the impact in the recording (s)")
    material: str | None = column("material label of the impact")
    action: str | None = column("action label of the impact")
    reaction: str | None = column("reaction label of the impact")
    variant: str = column("variant that made the synthesized sound; of a catch trial its sound")
    real_interval: int = column("interval with the real sound, 1 or 2")
    response_interval: int | None = column("interval that the participant called real, 1 or 2")
    fooled: bool | None = column("1 if the synthesized stimulus was called real, 0 if the real one was")
    rt_ms: float | None = column(
        "response time from the end of the second clip, browser clock (ms); missing if over a day"
    )
    replays: int | None = column(
        "times the pair was played again before the answer, since the page was last loaded"
    )
    presentations: int = column(
        "times the server handed the trial out; each beyond the first (a refresh, a second window, a "
        "repeated request) may have let the pair be played anew, beside replays"
    )
    presented_utc: str | None = column("when the server first handed the trial out (ISO 8601, UTC)")
    answered_utc: str | None = column("when the server kept the answer (ISO 8601, UTC)")
    invalid: str | None = _newer(
        "stalled or failed, if the presentation did and the trial takes no answer; else missing"
    )
    hidden_ms: float | None = _newer(
        "time that the page was out of sight between the first playing and the answer, browser clock "
        "(ms); missing if the page told of no playing"
    )
    stalls: int | None = _newer(
        "times that playing halted for want of data; missing if the page told of no playing"
    )
    practice_revealed: bool = column(
        "1 for a practice trial that was answered, after which its page shows the right answer; else 0"
    )


def columns_of(row: Any) -> dict[str, str]:
    """Return what each column of a table means, from the dataclass of its rows."""
    return {f.name: f.metadata["meaning"] for f in dataclasses.fields(row)}


def types_of(row: Any) -> dict[str, str]:
    """Return the type of each column, such as ``int | None``, from the dataclass of a table's rows."""
    return {
        f.name: f.type.__name__ if isinstance(f.type, type) else str(f.type)
        for f in dataclasses.fields(row)
    }


def dictionary(row: Any, version: int) -> dict[str, Any]:
    """Describe a table's columns as the file beside it does, from the dataclass of its rows."""
    kinds = {name: annotation.split(" | ") for name, annotation in types_of(row).items()}
    described = [
        {
            "name": name,
            "description": meaning,
            "type": _JSON_TYPES[kinds[name][0]],
            "required": "None" not in kinds[name],
        }
        for name, meaning in columns_of(row).items()
    ]
    return {"format": version, "columns": described}


COLUMNS, TYPES = columns_of(Record), types_of(Record)


def write(records: Iterable[Record], path: Path) -> int:
    """Write responses as CSV, empty for None; return the number of rows."""
    return write_rows(Record, records, path)


def read(path: Path) -> list[Record]:
    """Read responses written by `write`; see `read_rows`. What a file of format 1 lacks is None."""
    return read_rows(Record, path, of="a file")


def write_rows(row: Any, rows: Iterable[object], path: Path) -> int:
    """Write a table as CSV, with the columns of its rows' dataclass; return the number of rows."""
    names = tuple(columns_of(row))
    texts = [[_to_text(getattr(given, name)) for name in names] for given in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([names, *texts])
    return len(texts)


def read_rows(row: type[R], path: Path, *, of: str) -> list[R]:
    """Read a table written by `write_rows`, also if a spreadsheet has put a byte-order mark before it.

    Columns that an older format lacks get their defaults. `of` says in messages what is read.

    Raises
    ------
    RecordsError
        If a column is missing or a value is none of its column's kind.
    """
    columns, types = columns_of(row), types_of(row)
    newer = {f.name for f in dataclasses.fields(row) if "since" in f.metadata}  # type: ignore[arg-type]
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing and set(missing) != newer:
            raise RecordsError(
                f"{path} lacks the columns {', '.join(missing)}; "
                f"give {of} written by `experiment-server export`"
            )
        known = {name: meaning for name, meaning in columns.items() if name not in missing}
        return [
            row(**_from_texts(texts, known, types, f"{path} line {line}"))
            for line, texts in enumerate(reader, start=2)
        ]


def _from_texts(
    row: Mapping[str, str], columns: Mapping[str, str], types: Mapping[str, str], place: str
) -> dict[str, Any]:
    values = {}
    for name, meaning in columns.items():
        try:
            values[name] = _from_text(row[name], types[name])
        except (ValueError, TypeError):
            raise RecordsError(f"{place}: {name} is {row[name]!r}; expected {meaning}") from None
    return values


def _to_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return repr(value) if isinstance(value, float) else str(value)


def _from_text(text: str, kind: str) -> Any:
    """Read a value that `write_rows` wrote; `kind` is its column's, as of `types_of`.

    Raises
    ------
    ValueError
        If it is none of that kind.
    """
    if text == "" and "None" in kind:
        return None
    if kind.startswith("bool"):
        return bool(("0", "1").index(text))
    if kind.startswith("int"):
        return int(text)
    return float(text) if kind.startswith("float") else text

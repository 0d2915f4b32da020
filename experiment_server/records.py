"""The responses of a study: one row a trial, with everything needed to analyse it.

`COLUMNS` is the data dictionary: what `experiment-server export` writes beside the CSV, and what the
docs print. This module uses the standard library only.
"""

import csv
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1


class RecordsError(Exception):
    """A file of responses can't be used; the message says which line, what is wrong and what to do."""


def _column(meaning: str) -> Any:
    return field(metadata={"meaning": meaning})


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One trial; None stands for what was not given, was not measured, or does not apply."""

    study: str = _column("name of the study")
    study_sha256: str = _column("SHA-256 of the study file that the participant was served")
    stimulus_set: str = _column("SHA-256 of the stimulus set's manifest")
    participant: str = _column("pseudonym of the participant, unique in the study")
    participant_state: str = _column("active, complete, ... : how far the participant came")
    simulated: bool = _column("1 for a simulated participant, 0 for a person")
    participant_seed: int = _column("seed from which the participant's plan was drawn")
    trial: str = _column("name of the trial, unique in the study")
    phase: str = _column("practice or main")
    position: int = _column("place of the trial in its phase, from 1")
    clip: str = _column("clip of the stimulus set")
    video: str = _column("recording that the clip was cut from")
    impact_s: float = _column("time of the impact in the recording (s)")
    material: str | None = _column("material label of the impact")
    action: str | None = _column("action label of the impact")
    reaction: str | None = _column("reaction label of the impact")
    variant: str = _column("variant that made the synthesized sound")
    real_interval: int = _column("interval with the real sound, 1 or 2")
    response_interval: int | None = _column("interval that the participant called real, 1 or 2")
    fooled: bool | None = _column("1 if the synthesized stimulus was called real, 0 if the real one was")
    rt_ms: float | None = _column(
        "response time from the end of the second clip, browser clock (ms); missing if over a day"
    )
    replays: int | None = _column(
        "times the pair was played again before the answer, since the page was last loaded"
    )
    presentations: int = _column(
        "times the server handed the trial out; each beyond the first (a refresh, a second window, a "
        "repeated request) may have let the pair be played anew, beside replays"
    )
    presented_utc: str | None = _column("when the server first handed the trial out (ISO 8601, UTC)")
    answered_utc: str | None = _column("when the server kept the answer (ISO 8601, UTC)")
    practice_revealed: bool = _column(
        "1 for a practice trial that was answered, after which its page shows the right answer; else 0"
    )


COLUMNS = {f.name: f.metadata["meaning"] for f in dataclasses.fields(Record)}
TYPES = {
    f.name: f.type.__name__ if isinstance(f.type, type) else str(f.type)
    for f in dataclasses.fields(Record)
}


def write(records: Iterable[Record], path: Path) -> int:
    """Write responses as CSV, empty for None; return the number of rows."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for record in records:
            writer.writerow([_to_text(getattr(record, name)) for name in COLUMNS])
            rows += 1
    return rows


def read(path: Path) -> list[Record]:
    """Read responses written by `write`, also if a spreadsheet has put a byte-order mark before them.

    Raises
    ------
    RecordsError
        If a column is missing or a value is none of its column's kind.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise RecordsError(
                f"{path} lacks the columns {', '.join(missing)}; "
                "give a file written by `experiment-server export`"
            )
        return [_record(row, path, line) for line, row in enumerate(reader, start=2)]


def _record(row: dict[str, str], path: Path, line: int) -> Record:
    values = {}
    for name in COLUMNS:
        try:
            values[name] = _from_text(row[name], TYPES[name])
        except (ValueError, TypeError):
            raise RecordsError(
                f"{path} line {line}: {name} is {row[name]!r}; expected {COLUMNS[name]}"
            ) from None
    return Record(**values)


def _to_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return repr(value) if isinstance(value, float) else str(value)


def _from_text(text: str, kind: str) -> Any:
    if text == "" and "None" in kind:
        return None
    if kind.startswith("bool"):
        return bool(("0", "1").index(text))
    if kind.startswith("int"):
        return int(text)
    return float(text) if kind.startswith("float") else text

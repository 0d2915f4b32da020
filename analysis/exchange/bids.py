"""BIDS behavioural data: a ``_beh.tsv`` for each participant, with sidecars that explain it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.rendering.files import write_csv, write_json
from experiment_server.exports.records import COLUMNS, TYPES, Record

VERSION = "1.10.0"
TASK = "realfake"
MISSING = "n/a"
OURS = (  # columns of the trials; those that BIDS defines are added in front
    "phase", "position", "clip", "video", "material", "action", "reaction", "variant", "real_interval",
    "response_interval", "fooled", "replays", "presentations", "invalid", "hidden_ms", "stalls",
)  # fmt: skip
INSTRUCTIONS = (
    "A clip is shown twice, once with its recorded sound and once with a synthesized one; choose the "
    "one with the real sound."
)


def write(rows: Sequence[Record], folder: Path) -> int:
    """Write a dataset; return the number of trials.

    Participants keep their pseudonyms, without what BIDS does not allow in a label.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = rows[0].study if rows else "study"
    people: dict[str, list[Record]] = {}
    for row in rows:
        people.setdefault(_label(row.participant), []).append(row)
    write_json(folder / "dataset_description.json", {
        "Name": name, "BIDSVersion": VERSION, "DatasetType": "raw",
        "Authors": ["to be filled in"], "License": "to be filled in",
    })  # fmt: skip
    (folder / "README").write_text(f"{name}: {INSTRUCTIONS}\n", encoding="utf-8")
    write_json(folder / f"task-{TASK}_beh.json", _sidecar())
    _participants(people, folder)
    for label, trials in people.items():
        beh = folder / f"sub-{label}" / "beh"
        beh.mkdir(parents=True, exist_ok=True)
        trials.sort(key=lambda row: (row.phase != "practice", row.position))
        _table(beh / f"sub-{label}_task-{TASK}_beh.tsv", [_trial(row) for row in trials])
    return len(rows)


def _trial(row: Record) -> dict[str, str]:
    time = MISSING if row.rt_ms is None else f"{row.rt_ms / 1000:.4f}"
    return {
        "response_time": time,
        **{name: _cell(getattr(row, name)) for name in OURS},
    }


def _sidecar() -> dict[str, Any]:
    columns: dict[str, Any] = {
        "response_time": {"Description": COLUMNS["rt_ms"].replace("(ms)", ""), "Units": "s"}
    }
    for name in OURS:
        columns[name] = {"Description": COLUMNS[name]}
        if name.endswith("_ms"):
            columns[name]["Units"] = "ms"
        if TYPES[name].startswith("bool"):
            columns[name]["Levels"] = {"1": "yes", "0": "no"}
    return {"TaskName": TASK, "Instructions": INSTRUCTIONS, **columns}


def _participants(people: dict[str, list[Record]], folder: Path) -> None:
    known = ("participant_state", "simulated", "recruiter")
    rows = [
        {"participant_id": f"sub-{label}", **{name: _cell(getattr(trials[0], name)) for name in known}}
        for label, trials in people.items()
    ]
    _table(folder / "participants.tsv", rows)
    write_json(
        folder / "participants.json",
        {
            "participant_id": {"Description": COLUMNS["participant"]},
            **{name: {"Description": COLUMNS[name]} for name in known},
        },
    )


def _label(participant: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]", "", participant)


def _cell(value: object) -> str:
    if value is None or value == "":
        return MISSING
    return str(int(value)) if isinstance(value, bool) else str(value)


def _table(path: Path, rows: Sequence[dict[str, str]]) -> None:
    write_csv(path, rows[0] if rows else (), (row.values() for row in rows), delimiter="\t")

"""A power analysis on disk: table, figure, and the numbers with what was assumed."""

import csv
import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from analysis.inference.clustered import CLUSTERED_TEST
from analysis.planning.picture import power_figure
from analysis.planning.power import PowerRow, Question, needed, power_grid
from analysis.rendering import svg

SCHEMA_VERSION = 1  # of power.json


def make(
    question: Question,
    *,
    participants: Sequence[int],
    videos: Sequence[int],
    studies: int,
    seed: int,
    out: Path | None,
    on_row: Callable[[PowerRow], None],
) -> list[PowerRow]:
    """Find the power of studies of every size, and write it into a folder if one is given.

    Parameters
    ----------
    question, participants, videos, on_row
        As in `power_grid`, which also says what is refused.
    studies : int
        Made-up studies of each size.
    seed : int
        Where chance comes from.
    out : Path or None
        Folder for table, figure and JSON.
    """
    rows = power_grid(
        question, participants=participants, videos=videos, n_studies=studies,
        rng=np.random.default_rng(seed), on_row=on_row,
    )  # fmt: skip
    if out is not None:
        write(rows, question, out, seed=seed)
    return rows


def write(rows: Sequence[PowerRow], question: Question, out: Path, *, seed: int) -> None:
    """Write ``power.csv``, ``power.json`` and ``power.svg``.

    Parameters
    ----------
    rows : sequence of PowerRow
        From `power_grid`.
    question : Question
        What was asked.
    out : Path
        Folder to write into; made if it is missing.
    seed : int
        Where chance came from.
    """
    out.mkdir(parents=True, exist_ok=True)
    lines = [dataclasses.asdict(row) for row in rows]
    with (out / "power.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lines[0] if lines else (), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    data = {
        "schema_version": SCHEMA_VERSION,
        "test": CLUSTERED_TEST,
        "seed": seed,
        "question": dataclasses.asdict(question),
        "needed_participants_by_videos": needed(rows),
        "rows": lines,
    }
    (out / "power.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    svg.write(power_figure(rows, question), out / "power.svg")

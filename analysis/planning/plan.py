"""A power analysis on disk: table, figure, and the numbers with what was assumed."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from analysis.inference.clustered import CLUSTERED_TEST
from analysis.planning.picture import power_figure
from analysis.planning.power import PowerRow, Question, needed, power_grid
from analysis.rendering import svg
from analysis.rendering.files import write_csv, write_json

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
    if out is None:
        return rows
    out.mkdir(parents=True, exist_ok=True)
    names = [field.name for field in fields(PowerRow)]
    cells = [[getattr(row, name) for name in names] for row in rows]
    write_csv(out / "power.csv", names if rows else (), cells)
    write_json(out / "power.json", {
        "schema_version": SCHEMA_VERSION,
        "test": CLUSTERED_TEST,
        "seed": seed,
        "question": question,
        "needed_participants_by_videos": needed(rows),
        "rows": rows,
    }, escaped=True)  # fmt: skip
    svg.write(power_figure(rows, question), out / "power.svg")
    return rows

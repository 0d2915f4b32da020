"""Files of results: the same bytes for the same numbers."""

import csv
import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.rendering import svg


def fields_of(value: Any) -> object:
    """Give an array as lists of four digits, a data class by its fields."""
    if isinstance(value, np.ndarray):
        return np.round(value, 4).tolist()
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def write_csv(
    path: Path, head: Iterable[str], rows: Iterable[Iterable[object]], *, delimiter: str = ","
) -> None:
    """Write a table; None is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def write_json(
    path: Path, data: object, *, escaped: bool = False, plain: Callable[[Any], object] = fields_of
) -> None:
    """Write plain values, and by `plain` whatever else there is; letters beyond ASCII escaped or not."""
    text = json.dumps(data, indent=1, ensure_ascii=escaped, allow_nan=False, default=plain)
    path.write_text(text + "\n", encoding="utf-8")


def write_figures(figures: Mapping[str, str], folder: Path) -> None:
    """Write SVG as ``<name>.svg`` into a folder, which is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        svg.write(figure, folder / f"{name}.svg")

"""What people may note of a recording beside its labels: where it was struck, and where it was taken.

Both files are optional and stand in the dataset's folder. ``<id>_positions.txt`` holds ``onset_s x y``
a line, the impact's place in the picture at that time in shares of its width and height from the upper
left corner. ``scenes.txt`` holds ``<id> indoor`` or ``<id> outdoor`` a line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import ModelsError
from models.videos.dataset import read_text
from models.videos.impacts import SNAP_S, nearest

POSITIONS_NAME = "_positions.txt"
SCENES_NAME = "scenes.txt"
SCENES = ("indoor", "outdoor")
ROUNDING_S = 0.001  # s; of times written down


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where an impact is seen: its time (s), and x and y as shares (0 to 1) of width and height."""

    time_s: float
    x: float
    y: float


def read_positions(root: Path, video_id: str) -> tuple[Position, ...]:
    """Read where a video's impacts are seen; none if nobody noted it.

    Raises
    ------
    ModelsError
        If a line is something else, or the file is no text.
    """
    path = root / f"{video_id}{POSITIONS_NAME}"
    return tuple(_position(path, number, fields) for number, fields in _lines(path))


def write_positions(path: Path, positions: Sequence[Position]) -> None:
    """Write where a video's impacts are seen."""
    path.write_text(positions_text(positions), encoding="utf-8")


def positions_text(positions: Sequence[Position]) -> str:
    """Give the text of a ``_positions.txt``."""
    return "".join(f"{place.time_s:.6f} {place.x:.4f} {place.y:.4f}\n" for place in positions)


def placed_at(times_s: Sequence[float], positions: Sequence[Position]) -> list[Position | None]:
    """Give each impact the place noted nearest to its time, if that is no farther than it may move."""
    noted = np.array([place.time_s for place in positions])
    rows = [nearest(noted, time_s, within_s=SNAP_S + ROUNDING_S) for time_s in times_s]
    return [None if row is None else positions[row] for row in rows]


def read_scenes(root: Path) -> dict[str, str]:
    """Read by video whether it was taken indoors or outdoors, as far as anybody noted it.

    Raises
    ------
    ModelsError
        If a line is something else, or the file is no text.
    """
    path = root / SCENES_NAME
    scenes = {}
    for number, fields in _lines(path):
        if len(fields) != 2 or fields[1] not in SCENES:
            raise ModelsError(f"{_place(path, number, fields)}; expected '<id> indoor'")
        scenes[fields[0]] = fields[1]
    return scenes


def write_scenes(path: Path, scenes: Mapping[str, str]) -> None:
    """Write by video whether it was taken indoors or outdoors."""
    lines = [f"{video_id} {scene}\n" for video_id, scene in sorted(scenes.items())]
    path.write_text("".join(lines), encoding="utf-8")


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Split a file's lines, with their numbers; a file that is not there has none."""
    if not path.exists():
        return []
    lines = enumerate(read_text(path).splitlines(), start=1)
    return [(number, line.split()) for number, line in lines if line.strip()]


def _place(path: Path, number: int, fields: list[str]) -> str:
    return f"{path.name}, line {number}: {' '.join(fields)!r}"


def _position(path: Path, number: int, fields: list[str]) -> Position:
    try:
        time_s, x, y = (float(field) for field in fields)
    except ValueError:
        time_s = x = y = -1.0
    if not (time_s >= 0 and 0 <= x <= 1 and 0 <= y <= 1):
        raise ModelsError(f"{_place(path, number, fields)}; expected 'onset_s x y', x and y from 0 to 1")
    return Position(time_s=time_s, x=x, y=y)

"""Labels on which people agreed, as `analysis annotation` writes them: ``consensus.csv``.

A second reader of that file: this package may import nothing of the one that writes it.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import ModelsError

FORMAT = "1"
NEEDED = ("format", "video", "impact_s", "material", "action", "reaction", "x", "y")


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """What people agree on of an impact; None where they don't.

    Attributes
    ----------
    video_id : str
        The recording.
    impact_s : float
        The impact's time in it (s), as the annotated set had it.
    material, action, reaction : str or None
        Labels.
    place : (float, float) or None
        Shares (0 to 1) of width and height from the upper left corner.
    """

    video_id: str
    impact_s: float
    material: str | None
    action: str | None
    reaction: str | None
    place: tuple[float, float] | None


def read_consensus(path: Path) -> tuple[Labelled, ...]:
    """Read labels on which people agreed.

    Raises
    ------
    ModelsError
        If the file can't be read, has another format, or a line holds something else.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise ModelsError(
                    f"{path.name} lacks the columns {', '.join(missing)}; give the consensus.csv that "
                    "`analysis annotation` wrote"
                )
            rows = [(f"{path.name}, line {line}", row) for line, row in enumerate(reader, start=2)]
    except (OSError, UnicodeDecodeError) as error:
        raise ModelsError(f"{path} can't be read ({error}); give a consensus.csv") from None
    return tuple(_labelled(place, row) for place, row in rows)


def _labelled(where: str, row: Mapping[str, str]) -> Labelled:
    if row["format"] != FORMAT:
        raise ModelsError(f"{where}: format {row['format']!r}; this version reads {FORMAT}")
    labels = {name: _label(where, name, row[name]) for name in ("material", "action", "reaction")}
    place = None
    if row["x"] or row["y"]:
        place = (_number(where, "x", row["x"], most=1.0), _number(where, "y", row["y"], most=1.0))
    return Labelled(
        video_id=row["video"],
        impact_s=_number(where, "impact_s", row["impact_s"], most=float("inf")),
        place=place,
        **labels,
    )


def _label(where: str, name: str, text: str) -> str | None:
    if text.split() not in ([], [text]) or text == "None":
        raise ModelsError(
            f"{where}: the {name} {text!r} can't be a label; labels are one word, such as plastic-bag"
        )
    return text or None


def _number(where: str, name: str, text: str | None, *, most: float) -> float:
    try:
        value = float(text or "nothing")
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise ModelsError(
            f"{where}: {name} is {text!r}; expected a number of 0 or more, places at most 1"
        )
    return value

"""Labels on which people agreed: from `analysis annotation`'s ``consensus.csv`` into a dataset.

This is a second reader of that file: this package may import nothing of the one that writes it.
Every video of which the labels know an impact gets a ``<id>_times.txt`` and a ``<id>_positions.txt``
with all its impacts, annotated or detected; what nobody labelled is ``None``. All files are written, or
none.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.errors import ModelsError
from models.videos.annotations import (
    POSITIONS_NAME,
    ROUNDING_S,
    Position,
    positions_text,
    read_positions,
)
from models.videos.dataset import TIMES_NAME, Dataset, Impact, Video, read_dataset, read_text, times_text
from models.videos.impacts import SNAP_S, nearest, read_impacts

FORMAT = "1"
NEEDED = ("format", "video", "impact_s", "material", "action", "reaction", "x", "y")
UNFINISHED = ".writing"  # suffix of a file that is not yet in its place


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


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenLabels:
    """What was written.

    Attributes
    ----------
    n_videos : int
        Videos that have the labels now.
    n_impacts, n_labelled, n_placed : int
        Their impacts; those with any label; those with a place.
    n_files : int
        Files that changed; none if all were there already.
    """

    n_videos: int
    n_impacts: int
    n_labelled: int
    n_placed: int
    n_files: int


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


def write_labels(root: Path, labels: Sequence[Labelled], *, replaces: bool = False) -> WrittenLabels:
    """Write labels into a dataset's folder.

    Parameters
    ----------
    root : Path
        The dataset.
    labels : sequence of Labelled
        On impacts of its videos.
    replaces : bool
        Whether labels and places that are there already may be replaced. Impacts of which `labels` say
        nothing keep theirs.

    Raises
    ------
    ModelsError
        If a label is of no impact of the dataset, or something is there that may not be replaced.
    """
    dataset = read_dataset(root)
    by_video: dict[str, list[Labelled]] = defaultdict(list)
    for label in labels:
        by_video[label.video_id].append(label)
    files: dict[Path, str] = {}
    impacts: list[Impact] = []
    positions: list[Position] = []
    for video in _named(dataset, by_video):
        of_video, places = _joined(video, root, by_video[video.id])
        files[root / f"{video.id}{TIMES_NAME}"] = times_text(of_video)
        files[root / f"{video.id}{POSITIONS_NAME}"] = positions_text(places)
        impacts += of_video
        positions += places
    changed = {path: text for path, text in files.items() if _read(path) != text}
    if not replaces:
        _refuse_replacing(changed)
    _write_all(changed)
    return WrittenLabels(
        n_videos=len(by_video),
        n_impacts=len(impacts),
        n_labelled=sum(any((i.material, i.action, i.reaction)) for i in impacts),
        n_placed=len(positions),
        n_files=len(changed),
    )


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


def _named(dataset: Dataset, names: Iterable[str]) -> list[Video]:
    videos = {video.id: video for video in dataset.videos}
    unknown = sorted(set(names) - videos.keys())
    if unknown:
        raise ModelsError(
            f"there are labels for {unknown[0]}, which is no video of {dataset.root}; give the dataset "
            "that the annotated set was built from"
        )
    return [videos[name] for name in sorted(names)]


def _joined(video: Video, root: Path, labels: Sequence[Labelled]) -> tuple[list[Impact], list[Position]]:
    """Put labels on a video's impacts; times that stand in its file stay as they are."""
    found = read_impacts(video)
    impacts = list(video.impacts or found)
    noted = {place.time_s: place for place in read_positions(root, video.id)}
    times_s = np.array([impact.time_s for impact in found])
    taken: set[int] = set()
    for label in labels:
        row = nearest(times_s, label.impact_s, within_s=ROUNDING_S)
        if row is None or row in taken:
            raise ModelsError(
                f"there are labels for {video.id} at {label.impact_s:.3f} s, where it has no impact of "
                "its own; give the dataset that the annotated set was built from, as it was then"
            )
        taken.add(row)
        impacts[row] = replace(
            impacts[row], material=label.material, action=label.action, reaction=label.reaction
        )
        time_s = impacts[row].time_s
        noted = {t: place for t, place in noted.items() if abs(t - time_s) > SNAP_S + ROUNDING_S}
        if label.place is not None:
            noted[time_s] = Position(time_s=time_s, x=label.place[0], y=label.place[1])
    return impacts, [noted[time_s] for time_s in sorted(noted)]


def _read(path: Path) -> str | None:
    return read_text(path) if path.exists() else None


def _refuse_replacing(files: Mapping[Path, str]) -> None:
    """Refuse to lose what somebody has noted: any label, or any place."""
    for path in files:
        words = [line.split()[1:] for line in (_read(path) or "").splitlines()]
        if any(word != "None" for line in words for word in line):
            raise ModelsError(
                f"{path.name} holds labels or places already; give --replace to put the new ones there"
            )


def _write_all(files: Mapping[Path, str]) -> None:
    """Write all files or none; what was there comes back if one can't be put in its place."""
    before = {path: path.read_bytes() if path.exists() else None for path in files}
    staged = {path: path.with_name(path.name + UNFINISHED) for path in files}
    try:
        for path, text in files.items():
            staged[path].write_text(text, encoding="utf-8")
        for path, unfinished in staged.items():
            unfinished.replace(path)
    except OSError as error:
        for path, unfinished in staged.items():
            unfinished.unlink(missing_ok=True)
            _restore(path, before[path])
        raise ModelsError(f"no label was written: {error}") from error


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif path.read_bytes() != content:
        path.write_bytes(content)

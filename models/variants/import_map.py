"""``map.csv``: what people write where file names don't tell whose sound a file holds.

::

    file,video_id,offset_s
    0000.wav,2015-02-16-16-49-06,
    0001.wav,2015-02-16-16-49-06,10.0

The columns are ``file`` and one or both of ``video_id`` and ``clip_id``; ``offset_s`` may be missing.
Each line names a file of the folder, and a video or a clip of the dataset.
"""

import csv
import difflib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import ModelsError

MAP = "map.csv"
COLUMNS = frozenset({"file", "video_id", "clip_id", "offset_s"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A file, and where it lies in its video.

    Attributes
    ----------
    path : Path
        The file.
    offset_s : float or None
        Time of the video at which the file begins (s). None where nothing says so: a video's file then
        begins with the video, and a clip's has the impact in its middle.
    """

    path: Path
    offset_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """That a file holds the sound of a video or clip; perhaps of a ten-second segment, by its number."""

    target: str
    is_clip: bool
    piece: Piece
    numbered: bool = False


def read_map(
    path: Path, sounds: Sequence[Path], ids: Mapping[str, str], clip_name: re.Pattern[str]
) -> tuple[Claim, ...]:
    """Read a map: a claim for each line.

    Parameters
    ----------
    path : Path
        The map; the files that it names lie beside it or in folders there.
    sounds : sequence of Path
        The files that it may name.
    ids : dict of str to str
        Ids of videos by the ways to write them.
    clip_name : re.Pattern
        How clips are named, with the group ``video``.

    Raises
    ------
    ModelsError
        If a line can't be used, with its number.
    """
    files = {sound.relative_to(path.parent).as_posix(): sound for sound in sounds}
    claims: dict[tuple[str, float | None], tuple[str, Claim]] = {}
    for place, line in _lines(path):
        target, is_clip = _target(place, line, ids, clip_name)
        begins_s = None if is_clip else 0.0  # where nothing else is said
        piece = Piece(path=_file(place, line, files), offset_s=_offset_s(place, line, begins_s))
        claim = Claim(target=target, is_clip=is_clip, piece=piece)
        before, same = claims.setdefault((target, piece.offset_s), (place, claim))
        if same is not claim:
            raise ModelsError(f"{place}: {target} has a file already, by {before}; remove one line")
    return tuple(claim for _, claim in claims.values())


def _lines(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Read the table, each line with the place to name if it is wrong."""
    # spreadsheets begin with a byte-order mark
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, skipinitialspace=True, restkey="", restval="")
        _check_header(path, [name.strip() for name in reader.fieldnames or []])
        for line in reader:
            place = f"{path} line {reader.line_num}"
            if extra := line.pop("", None):
                raise ModelsError(f"{place} has {len(extra)} values too many; quote names with commas")
            yield place, {key.strip(): value.strip() for key, value in line.items()}


def _check_header(path: Path, header: Sequence[str]) -> None:
    wanted = {"file"} < set(header) <= COLUMNS and {"video_id", "clip_id"} & set(header)
    if not wanted or len(set(header)) < len(header):
        raise ModelsError(
            f"the first line of {path} is {','.join(header)!r}; expected file,video_id,offset_s, or "
            "clip_id in place of video_id, with commas between"
        )


def _target(
    place: str, line: Mapping[str, str], ids: Mapping[str, str], clip_name: re.Pattern[str]
) -> tuple[str, bool]:
    """Read which video or clip is meant, and whether it is a clip."""
    video, clip = line.get("video_id", ""), line.get("clip_id", "")
    if bool(video) == bool(clip):
        both = "both a video_id and a clip_id" if video else "neither a video_id nor a clip_id"
        raise ModelsError(f"{place}: {both} is given; give one of them")
    if video and video not in ids:
        raise ModelsError(
            f"{place}: video_id is {video!r}, which is no video of the dataset"
            + (_nearest(video, ids) or "; `models check-data` names its files")
        )
    parts = clip_name.fullmatch(clip)
    if clip and (parts is None or parts["video"] not in ids):
        raise ModelsError(
            f"{place}: clip_id is {clip!r}; expected <video id>_<time of impact in ms, six "
            "digits>, as in the manifest of a stimulus set, with a video of the dataset"
        )
    return (clip, True) if clip else (ids[video], False)


def _file(place: str, line: Mapping[str, str], files: Mapping[str, Path]) -> Path:
    name = line["file"].replace("\\", "/").removeprefix("./")
    if name not in files:
        raise ModelsError(
            f"{place}: file is {line['file']!r}, which is no sound of that folder"
            + (_nearest(name, files) or "; give its path from there")
        )
    return files[name]


def _offset_s(place: str, line: Mapping[str, str], default: float | None) -> float | None:
    text = line.get("offset_s", "")
    if not text:
        return default
    try:
        offset_s = float(text)
    except ValueError:
        offset_s = math.nan
    if not math.isfinite(offset_s):
        raise ModelsError(
            f"{place}: offset_s is {text!r}; expected the time of the video at which the file "
            "begins, in seconds, as 10.0, or nothing"
        )
    return offset_s


def _nearest(name: str, names: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""

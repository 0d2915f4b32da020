"""When impacts were detected: what ``models evaluate --variant detection`` measured, beside the paper.

The file's owner is `models`, docs/detection.md describes it. As `analysis.inputs.evaluation` it is read
without the package that wrote it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.inputs import fields
from analysis.inputs.fields import Interval

FORMAT = 1  # of the files that this version reads
WHAT = "detection"
NAME = "detection.json"
REMEDY = f"give the {NAME} that `models evaluate --variant detection` wrote, or its folder"
LABELS = {"detection": "Spacetime images", "detection-no-spacetime": "RGB images only"}
FACTS = {"dataset": fields.text, "split": fields.text, "seed": fields.count, "n_resamples": fields.count}
COUNTS = dict.fromkeys(("n_videos", "n_true", "n_detected"), fields.count)
PRINTED = {"detection": 0.436, "detection-no-spacetime": 0.216}  # Section 6.2, "Impact detection"


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """Precision and recall (0 to 1), from the surest detection down."""

    recall: tuple[float, ...]
    precision: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectionRow:
    """How well one system detects impacts.

    Attributes
    ----------
    name, label : str
        Its name in the file, and what it sees for the paper's two.
    average_precision : Interval
        Pooled over videos, 0 to 1.
    curve : Curve
        Behind it.
    n_videos, n_true, n_detected : int
        Videos, their impacts, and all detections however unsure.
    clip_accuracy, clip_precision : float or None
        The scores that later systems publish, means over videos (0 to 1); no average precision as above.
    network : str or None
        SHA-256 of the checkpoint; None for sounds of other systems.
    printed : float or None
        The paper's average precision (0 to 1), of other videos.
    """

    name: str
    label: str
    average_precision: Interval
    curve: Curve
    n_videos: int
    n_true: int
    n_detected: int
    clip_accuracy: float | None
    clip_precision: float | None
    network: str | None
    printed: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectionFacts:
    """What was scored, and how.

    Attributes
    ----------
    file, sha256 : str
        The file's name and digest.
    dataset, split : str
        The dataset's folder name, and where its split comes from.
    videos : dict of str to float
        By video: the seconds of it that count, from its start.
    tolerance_s : float
        How far a detection may be off (s).
    seed, n_resamples : int
        Of the bootstrap over videos.
    level : float
        Of the intervals, between 0 and 1.
    """

    file: str
    sha256: str
    dataset: str
    split: str
    videos: Mapping[str, float]
    tolerance_s: float
    seed: int
    n_resamples: int
    level: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Impacts:
    """The detection of impacts: what it was measured on, and a row for each system."""

    facts: DetectionFacts
    rows: tuple[DetectionRow, ...]


def read(path: Path) -> Impacts:
    """Read ``detection.json``, given itself or by its folder.

    Raises
    ------
    AnalysisError
        If there is no such file, or it holds no detection, or one of another format or a damaged one.
    """
    file = path / NAME if path.is_dir() else path
    return fields.read_json(
        file, lambda data, sha256: _impacts(data, file=file.name, sha256=sha256), remedy=REMEDY
    )


def _impacts(data: Any, *, file: str, sha256: str) -> Impacts:
    fields.check_head(data, what=WHAT, called="a detection of impacts", version=FORMAT)
    scores = fields.sequence(data, "scores", "")
    rows = tuple(_row(score, f"scores[{i}]") for i, score in enumerate(scores))
    if not rows:
        raise ValueError("scores is empty, expected one a system")
    names = [row.name for row in rows]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{twice[0]} stands there twice")
    facts = DetectionFacts(
        file=file,
        sha256=sha256,
        videos=_videos(data),
        tolerance_s=_amount(data, "tolerance_s", ""),
        level=fields.share_of_level(data),
        **fields.taken(data, "", FACTS),
    )
    return Impacts(facts=facts, rows=rows)


def _videos(data: dict[str, Any]) -> dict[str, float]:
    seconds = fields.mapping(data, "videos", "")
    return {video: _amount(seconds, video, "videos") for video in seconds}


def _row(data: Any, where: str) -> DetectionRow:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r:.60}, expected a score")
    name, at = fields.text(data, "name", where), f"{where}.precision"
    measured = fields.mapping(data, "precision", where)
    published = fields.mapping(data, "per_clip_published", where)
    clip_accuracy, clip_precision = (
        fields.number_or_none(published, key, f"{where}.per_clip_published")
        for key in ("accuracy", "average_precision")
    )
    return DetectionRow(
        name=name,
        label=LABELS.get(name, name),
        average_precision=fields.interval(measured, "average_precision", at, lowest=0, highest=1),
        curve=_curve(fields.mapping(measured, "curve", at), f"{at}.curve"),
        **fields.taken(measured, at, COUNTS),
        clip_accuracy=clip_accuracy,
        clip_precision=clip_precision,
        network=fields.text_or_none(data, "network", where),
        printed=PRINTED.get(name),
    )


def _curve(data: dict[str, Any], where: str) -> Curve:
    recall, precision = (_shares(data, key, where) for key in ("recall", "precision"))
    if len(recall) != len(precision):
        raise ValueError(f"{where} has {len(recall)} recalls and {len(precision)} precisions")
    return Curve(recall=recall, precision=precision)


def _shares(data: dict[str, Any], key: str, where: str) -> tuple[float, ...]:
    places = {f"{key}[{i}]": share for i, share in enumerate(fields.sequence(data, key, where))}
    return tuple(_amount(places, at, where, highest=1) for at in places)


def _amount(data: dict[str, Any], key: str, where: str, *, highest: float = float("inf")) -> float:
    """Take a number from 0 to `highest`."""
    number = fields.number_or_none(data, key, where)
    if number is None or not 0 <= number <= highest:
        raise ValueError(f"{fields.place(where, key)} is {number}, expected 0 to {highest:g}")
    return number

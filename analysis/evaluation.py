"""What ``models evaluate`` measured: its JSON file, read without the package that wrote it.

The file's owner is `models`, docs/training.md describes it. It is read here with the standard library
alone, so that a report never loads a network.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.responses import AnalysisError

FORMAT = 1  # of the files that this version reads
WHAT = "evaluation"
FEATURES, SOUND = "features", "sound"
REMEDY = "give the evaluation.json that `models evaluate` wrote"
FOLDERS = re.compile(r"(?<![\w.:/<])~?/(?:[^\s/'\"`;,]+/)*(?=[^\s/'\"`;,])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A number with its interval; None where it is not defined, as r of numbers that don't vary."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How well a quantity was predicted: mean squared error, and Pearson's correlation r."""

    error: Interval
    r: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How near a variant's sounds come to the true ones.

    Attributes
    ----------
    variant : str
        Its name.
    basis : {"features", "sound"}
        Whether the network's predicted sound features were measured, or the waveform.
    n_clips, n_videos : int
        Test clips that it made a sound for, and their videos.
    loudness, centroid : Agreement
        Errors are in squared units of the cochleagram, and in squared channels.
    network : str or None
        SHA-256 of the checkpoint, for variants that have one.
    """

    variant: str
    basis: str
    n_clips: int
    n_videos: int
    loudness: Agreement
    centroid: Agreement
    network: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What an evaluation was made of.

    Attributes
    ----------
    file, sha256 : str
        The file's name and digest.
    dataset, split, test_digest : str
        The dataset's folder name, where its split comes from, and a digest of the test clips.
    n_clips, n_videos : int
        Test clips and their videos.
    seed, n_resamples : int
        Of chance, and of the bootstrap over videos.
    level : float
        Of the intervals, between 0 and 1.
    unavailable : dict of str to str
        By variant: why it could not be measured.
    """

    file: str
    sha256: str
    dataset: str
    split: str
    test_digest: str
    n_clips: int
    n_videos: int
    seed: int
    n_resamples: int
    level: float
    unavailable: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """An evaluation: what it was made of, and a score for each variant and basis, in any order."""

    facts: Facts
    scores: tuple[Score, ...]


def read(path: Path) -> Evaluation:
    """Read a file that ``models evaluate`` wrote.

    Folders in its messages are left out, since reports are mailed. A NaN, which is no JSON but which
    some programs write, is read as a number that is not defined.

    Raises
    ------
    AnalysisError
        If there is no such file, or it holds no evaluation, or one of another format or a damaged one.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise AnalysisError(f"no file {path}; {REMEDY}") from None
    except OSError as error:
        raise AnalysisError(f"{path} can't be read ({error.strerror}); {REMEDY}") from None
    try:
        data = json.loads(content.decode("utf-8"), parse_constant=_constant)
        return _evaluation(data, file=path.name, sha256=hashlib.sha256(content).hexdigest())
    except UnicodeDecodeError:
        raise AnalysisError(f"{path} is not text; {REMEDY}") from None
    except json.JSONDecodeError as error:
        raise AnalysisError(f"{path} is not JSON ({error}); {REMEDY}") from None
    except ValueError as error:
        raise AnalysisError(f"{path}: {error}; {REMEDY}") from None


def without_folders(text: str) -> str:
    """Shorten paths to their last part: what stands in a report says nothing of a machine."""
    return FOLDERS.sub("", text)


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is no number")


def _evaluation(data: Any, *, file: str, sha256: str) -> Evaluation:
    if not isinstance(data, dict) or data.get("what") != WHAT:
        raise ValueError("this is not an evaluation")
    if data.get("format") != FORMAT:
        raise ValueError(f"format {data.get('format')!r}, this version reads {FORMAT}")
    places = [f"scores[{i}]" for i in range(len(_list(data, "scores")))]
    scores = tuple(_score(score, where) for score, where in zip(data["scores"], places, strict=True))
    measured = [(score.variant, score.basis) for score in scores]
    if twice := sorted({pair for pair in measured if measured.count(pair) > 1}):
        raise ValueError(f"{' by '.join(twice[0])} stands there twice")
    level = _number(data, "level", "")
    if level is None or not 0 < level < 1:
        raise ValueError(f"level is {level}, expected a share between 0 and 1")
    return Evaluation(facts=_facts(data, level, file, sha256), scores=scores)


def _facts(data: dict[str, Any], level: float, file: str, sha256: str) -> Facts:
    reasons = data.get("unavailable")
    if not isinstance(reasons, dict) or not all(isinstance(text, str) for text in reasons.values()):
        raise ValueError(f"unavailable is {reasons!r:.60}, expected a reason by variant")
    return Facts(
        file=file,
        sha256=sha256,
        dataset=_text(data, "dataset", ""),
        split=_text(data, "split", ""),
        test_digest=_text(data, "test_digest", ""),
        n_clips=_count(data, "n_clips", ""),
        n_videos=_count(data, "n_videos", ""),
        seed=_count(data, "seed", ""),
        n_resamples=_count(data, "n_resamples", ""),
        level=level,
        unavailable={name: without_folders(text) for name, text in reasons.items()},
    )


def _score(data: Any, where: str) -> Score:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r:.60}, expected a score")
    basis = _text(data, "basis", where)
    if basis not in (FEATURES, SOUND):
        raise ValueError(f"{where}.basis is {basis!r}, expected {FEATURES!r} or {SOUND!r}")
    return Score(
        variant=_text(data, "variant", where),
        basis=basis,
        n_clips=_count(data, "n_clips", where),
        n_videos=_count(data, "n_videos", where),
        loudness=_agreement(data, "loudness", where),
        centroid=_agreement(data, "centroid", where),
        network=None if data.get("network") is None else _text(data, "network", where),
    )


def _agreement(data: dict[str, Any], key: str, where: str) -> Agreement:
    place, measured = f"{where}.{key}", _dict(data, key, where)
    return Agreement(
        error=_interval(measured, "error", place, lowest=0, highest=math.inf),
        r=_interval(measured, "r", place, lowest=-1, highest=1),
    )


def _interval(data: dict[str, Any], key: str, where: str, *, lowest: float, highest: float) -> Interval:
    place, measured = f"{where}.{key}", _dict(data, key, where)
    value, low, high = (_number(measured, name, place) for name in ("value", "low", "high"))
    for number in (value, low, high):
        if number is not None and not lowest <= number <= highest:
            raise ValueError(f"{place} is {number}, expected {lowest} to {highest}")
    if low is not None and high is not None and low > high:
        raise ValueError(f"{place} has an interval from {low} to {high}")
    if value is None or low is None or high is None:
        low = high = None  # half an interval tells nothing
    return Interval(value=value, low=low, high=high)


def _take(data: dict[str, Any], key: str, where: str) -> Any:
    if key not in data:
        raise ValueError(f"{_place(where, key)} is missing")
    return data[key]


def _dict(data: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    value = _take(data, key, where)
    if not isinstance(value, dict):
        raise ValueError(f"{_place(where, key)} is {value!r:.60}, expected an object")
    return value


def _list(data: dict[str, Any], key: str) -> list[Any]:
    value = _take(data, key, "")
    if not isinstance(value, list):
        raise ValueError(f"{key} is {value!r:.60}, expected a list")
    return value


def _text(data: dict[str, Any], key: str, where: str) -> str:
    value = _take(data, key, where)
    if not isinstance(value, str):
        raise ValueError(f"{_place(where, key)} is {value!r:.60}, expected text")
    return value


def _count(data: dict[str, Any], key: str, where: str) -> int:
    value = _take(data, key, where)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{_place(where, key)} is {value!r:.60}, expected a whole number")
    return value


def _number(data: dict[str, Any], key: str, where: str) -> float | None:
    value = _take(data, key, where)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{_place(where, key)} is {value!r:.60}, expected a number or null")
    return float(value)


def _place(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key

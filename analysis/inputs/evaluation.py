"""What ``models evaluate`` measured: its JSON file, read without the package that wrote it.

The file's owner is `models`, docs/training.md describes it. It is read here with the standard library
alone, so that a report never loads a network.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.inputs import fields
from analysis.inputs.fields import Interval

FORMAT = 1  # of the files that this version reads
WHAT = "evaluation"
FEATURES, SOUND = "features", "sound"
REMEDY = "give the evaluation.json that `models evaluate` wrote"
FOLDERS = re.compile(r"(?<![\w.:/<])~?/(?:[^\s/'\"`;,]+/)*(?=[^\s/'\"`;,])")


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
    return fields.read_json(
        path, lambda data, sha256: _evaluation(data, file=path.name, sha256=sha256), remedy=REMEDY
    )


def without_folders(text: str) -> str:
    """Shorten paths to their last part: what stands in a report says nothing of a machine."""
    return FOLDERS.sub("", text)


def _evaluation(data: Any, *, file: str, sha256: str) -> Evaluation:
    fields.check_head(data, what=WHAT, called="an evaluation", version=FORMAT)
    places = [f"scores[{i}]" for i in range(len(fields.sequence(data, "scores", "")))]
    scores = tuple(_score(score, where) for score, where in zip(data["scores"], places, strict=True))
    measured = [(score.variant, score.basis) for score in scores]
    if twice := sorted({pair for pair in measured if measured.count(pair) > 1}):
        raise ValueError(f"{' by '.join(twice[0])} stands there twice")
    return Evaluation(facts=_facts(data, file, sha256), scores=scores)


def _facts(data: dict[str, Any], file: str, sha256: str) -> Facts:
    reasons = data.get("unavailable")
    if not isinstance(reasons, dict) or not all(isinstance(text, str) for text in reasons.values()):
        raise ValueError(f"unavailable is {reasons!r:.60}, expected a reason by variant")
    return Facts(
        file=file,
        sha256=sha256,
        level=fields.share_of_level(data),
        unavailable={name: without_folders(text) for name, text in reasons.items()},
        **fields.taken(data, "", FACTS),
    )


def _score(data: Any, where: str) -> Score:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r:.60}, expected a score")
    score = Score(**fields.taken(data, where, SCORE))
    if score.basis not in (FEATURES, SOUND):
        raise ValueError(f"{where}.basis is {score.basis!r}, expected {FEATURES!r} or {SOUND!r}")
    return score


def _agreement(data: dict[str, Any], key: str, where: str) -> Agreement:
    place, measured = f"{where}.{key}", fields.mapping(data, key, where)
    return Agreement(
        error=fields.interval(measured, "error", place, lowest=0, highest=math.inf),
        r=fields.interval(measured, "r", place, lowest=-1, highest=1),
    )


FACTS = {
    **dict.fromkeys(("dataset", "split", "test_digest"), fields.text),
    **dict.fromkeys(("n_clips", "n_videos", "seed", "n_resamples"), fields.count),
}
SCORE = {
    "variant": fields.text, "basis": fields.text, "n_clips": fields.count, "n_videos": fields.count,
    "loudness": _agreement, "centroid": _agreement, "network": fields.text_or_none,
}  # fmt: skip

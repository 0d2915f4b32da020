"""What recognition finds, as numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.inference.pooled import Estimate
from analysis.recognition import printed
from analysis.recognition.accuracy import Confusion
from analysis.recognition.counts import Summary


@dataclass(frozen=True, kw_only=True)
class Result:
    """How well one thing was recognised from one kind of features.

    Attributes
    ----------
    kind : str
        Material, action, reaction or hardness.
    features : str
        What it was recognised from.
    estimate : Estimate
        Class-averaged accuracy.
    chance : float
        One in the number of classes.
    n_videos : int
        Test videos.
    per_class, c
        Training clips of each class, and the price of errors.
    printed : float or None
        The paper's value (%).
    confusion : Confusion
        What was taken for what.
    """

    kind: str
    features: str
    estimate: Estimate
    chance: float
    n_videos: int
    per_class: int
    c: float
    printed: float | None
    confusion: Confusion

    @property
    def label(self) -> str:
        """The features' name."""
        return printed.label(self.features)


@dataclass(frozen=True, kw_only=True)
class Channels:
    """Accuracy with one number of filters (Fig. A1a)."""

    n_bands: int
    result: Result


@dataclass(frozen=True, kw_only=True)
class Order:
    """The order of materials in pictures of confusions, and what it was made of."""

    start: str
    tie_rule: str
    classes: tuple[str, ...]
    soft: Confusion | None
    probabilities: str


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """All that was found.

    Attributes
    ----------
    dataset, split, seed
        What it was made of.
    summary : Summary
        The dataset in numbers.
    results : tuple of Result
        Real sounds, predicted sounds, sights.
    channels : tuple of Channels
        By number of filters; empty where only one was measured.
    shuffled : Result or None
        The control: material from real sounds by classifiers that were told shuffled labels.
    order : Order
        Of materials.
    means : dict of str to (dict of str to ndarray)
        Mean cochleagrams by kind and class.
    walks : tuple of tuple of int
        Clips of each walk.
    left_out : dict of str to (tuple of str)
        By kind: classes without clips on both sides.
    unavailable : dict of str to str
        By name of what could not be had: why.
    """

    dataset: str
    split: str
    seed: int
    summary: Summary
    results: tuple[Result, ...]
    channels: tuple[Channels, ...]
    shuffled: Result | None
    order: Order
    means: dict[str, dict[str, NDArray[np.float64]]]
    walks: tuple[tuple[int, ...], ...]
    left_out: dict[str, tuple[str, ...]]
    unavailable: dict[str, str]

    def of(self, features: str, kind: str) -> Result | None:
        """Find a result."""
        return next((r for r in self.results if (r.features, r.kind) == (features, kind)), None)

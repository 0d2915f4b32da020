"""Robot annotators: label impacts over HTTP as a browser would, with known error rates."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiment_server.simulation.robots import Robot
from experiment_server.studies.annotation import KINDS, Annotation
from stimuli.manifest import Clip

RT_MEDIAN_MS = 9000.0  # a clip of two seconds, seen some times, one click and three choices
RT_LOG_SD = 0.4

Confusions = Mapping[tuple[str, str], Mapping[str, float]]  # (kind, label) -> wrong label -> chance


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What is to be said of a clip's impact: a label of each kind, and the place (shares, 0 to 1)."""

    labels: Mapping[str, str]
    x: float
    y: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """How annotators err.

    Attributes
    ----------
    errors : dict of str to float
        By kind of label, the chance of a wrong one, 0 to 1.
    confusions : dict of (str, str) to dict of str to float
        By kind and true label, the chances of the wrong labels, of sum 1; of those not named, all
        others are equally likely.
    noise : float
        Standard deviation of clicks, across and down, as a share of the picture's width.
    """

    errors: Mapping[str, float]
    confusions: Confusions
    noise: float


@dataclass(kw_only=True)
class Annotator(Robot):
    """A robot that labels; its key tells the truth about what has a nonce.

    Attributes
    ----------
    annotation : Annotation
        What the study asks for.
    habits : Habits
        How it errs.
    """

    TASK_PAGE = "annotate"

    annotation: Annotation
    habits: Habits

    def _answer(self, due: Mapping[str, Any], key: Callable[[str], Truth]) -> None:
        shown = due["labelling"]
        self._fetch(shown["clip"])
        truth = key(shown["nonce"])
        rt_ms = RT_MEDIAN_MS * float(np.exp(self.rng.normal(0.0, RT_LOG_SD)))
        labels = {kind: self._say(kind, truth.labels[kind]) for kind in KINDS}
        x, y = self._click(truth, shown["width"] / shown["height"])
        answer = {
            "nonce": shown["nonce"],
            **labels,
            **({"x": x, "y": y} if self.annotation.click else {"x": None, "y": None}),
            "rt_ms": round(rt_ms, 1),
            "replays": int(rt_ms // 2000),
        }
        self._post("api/label", answer)

    def _say(self, kind: str, truth: str) -> str:
        if self.rng.random() >= self.habits.errors[kind]:
            return truth
        others = [name for name in self.annotation.choices(kind) if name != truth]
        wrong = self.habits.confusions.get((kind, truth), dict.fromkeys(others, 1 / len(others)))
        return str(self.rng.choice(list(wrong), p=list(wrong.values())))

    def _click(self, truth: Truth, aspect: float) -> tuple[float, float]:
        """Click beside the place, and inside the picture; `aspect` is its width by its height."""
        x, y = self.rng.normal((truth.x, truth.y), (self.habits.noise, self.habits.noise * aspect))
        return _within(x), _within(y)


def _within(share: float) -> float:
    return round(min(max(float(share), 0.0), 1.0), 4)  # as the page rounds


def truth_of(clip: Clip, annotation: Annotation) -> Truth:
    """Tell what is to be said of a clip: what is known, else what follows from its name alone.

    A known label that the study does not offer counts as not known.
    """
    rng = np.random.default_rng(list(hashlib.sha256(clip.id.encode()).digest()[:8]))
    hidden = {kind: str(rng.choice(list(annotation.choices(kind)))) for kind in KINDS}
    x, y = rng.uniform(0.1, 0.9, 2)
    known = {kind: getattr(clip, kind) for kind in KINDS}
    labels = {
        kind: known[kind] if known[kind] in annotation.choices(kind) else hidden[kind] for kind in KINDS
    }
    silent = clip.silent
    if silent is not None and silent.x is not None and silent.y is not None:
        x, y = silent.x, silent.y
    return Truth(labels=labels, x=float(x), y=float(y))

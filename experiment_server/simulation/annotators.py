"""Annotators: robots with known error rates that label impacts, through the real site over HTTP."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, select

from experiment_server.database import db
from experiment_server.database.labellings import Labelling
from experiment_server.errors import StudyError
from experiment_server.exports import labels
from experiment_server.exports.labels import LabelRecord
from experiment_server.folders import folder
from experiment_server.folders.folder import StudyFolder
from experiment_server.simulation.crew import Crew, Sent
from experiment_server.simulation.robots import Robot
from experiment_server.studies.annotation import KINDS, Annotation
from experiment_server.studies.sections import ANNOTATION
from stimuli.manifest import Clip

ERROR = 0.12  # about what the paper's workers had: 87.6 % agreed with the majority (Section 3)
NOISE = 0.02  # of the picture's width
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation(Sent):
    """What a simulation did.

    Attributes
    ----------
    errors : dict of str to float
        The chance of a wrong label of each kind.
    wrong : dict of str to int
        Labels of each kind that were wrong.
    votes : tuple of int
        The fewest and the most robots that labelled an impact, of all robots in the study.
    """

    errors: Mapping[str, float]
    wrong: Mapping[str, int]
    votes: tuple[int, int]


def simulate(
    study_folder: Path,
    *,
    participants: int,
    seed: int,
    errors: Mapping[str, float] | None = None,
    confusions: Confusions | None = None,
    noise: float = NOISE,
    url: str | None = None,
    with_media: bool = True,
    dropouts: float = 0.0,
    on_impact: Callable[[int], None] = lambda total: None,
) -> Simulation:
    """Send robots through an annotation study.

    Parameters
    ----------
    study_folder, participants, seed, url, with_media, dropouts
        As of `simulation.listeners.simulate`.
    errors : mapping of str to float, optional
        By kind of label, the chance (0 to 1) of a wrong one; 0.12 of those not named.
    confusions : mapping of (str, str) to mapping of str to float, optional
        By kind and true label, the wrong labels and their chances, which sum up to 1; without, all
        others are equally likely.
    noise : float
        Standard deviation of clicks, as a share of the picture's width, 0 or more.
    on_impact : callable
        Told the number of all planned impacts after each one that was labelled.

    Raises
    ------
    StudyError
        If the study can't be served, a number is not possible, or the site does not answer as it should.
    """
    opened = _open(study_folder)
    annotation = opened.study.annotation
    habits = _habits(annotation, errors or {}, confusions or {}, noise)
    truths = {clip.id: truth_of(clip, annotation) for clip in opened.manifest.clips}
    with db.opened(opened.database_url) as engine:
        sent = Crew(
            study_folder=study_folder,
            engine=engine,
            make_robot=lambda address, rng: Annotator(
                url=address, rng=rng, with_media=with_media, annotation=annotation, habits=habits
            ),
            make_key=lambda name: lambda nonce: truths[_clip_of(engine, nonce)],
        ).send(
            participants, annotation.impacts, seed=seed, url=url, dropouts=dropouts, on_answer=on_impact
        )
        labelled = [row for row in labels.read_records(engine, opened) if row.is_answered]
    votes = Counter(row.clip for row in labelled if row.simulated)
    counts = sorted(votes[clip] for clip in truths)
    mine = [row for row in labelled if row.participant in sent.names]
    wrong = {kind: sum(_is_wrong(row, kind, truths) for row in mine) for kind in KINDS}
    return Simulation(**asdict(sent), errors=habits.errors, wrong=wrong, votes=(counts[0], counts[-1]))


def _open(study_folder: Path) -> StudyFolder:
    opened = folder.read(study_folder)
    if opened.study.task != ANNOTATION:
        raise StudyError(
            f'{study_folder} has task = "{opened.study.task}"; annotators have nothing to do'
        )
    return opened


def _is_wrong(row: LabelRecord, kind: str, truths: Mapping[str, Truth]) -> bool:
    return bool(getattr(row, kind) != truths[row.clip].labels[kind])


def _clip_of(engine: Engine, nonce: str) -> str:
    with db.reading(engine) as session:
        return session.scalars(select(Labelling.clip).where(Labelling.nonce == nonce)).one()


def _habits(
    annotation: Annotation, errors: Mapping[str, float], confusions: Confusions, noise: float
) -> Habits:
    for kind, rate in errors.items():
        if kind not in KINDS:
            raise StudyError(f"no labels of the kind {kind!r}; there are {', '.join(KINDS)}")
        if not 0.0 <= rate <= 1.0:
            raise StudyError(f"error {kind}={rate} is no chance; give a number from 0 to 1")
    for (kind, label), wrong in confusions.items():
        offered = annotation.choices(kind).keys() - {label} if kind in KINDS else frozenset()
        if not wrong.keys() <= offered or not np.isclose(sum(wrong.values()), 1.0):
            raise StudyError(
                f"confusions of {kind} {label!r} must be chances, of sum 1, of other {kind}s that the "
                "study offers"
            )
    if not noise >= 0.0:
        raise StudyError(f"noise {noise} is no standard deviation; give a number, 0 or more")
    return Habits(errors={**dict.fromkeys(KINDS, ERROR), **errors}, confusions=confusions, noise=noise)

"""The whole of it: classifiers of sounds and sights, confusions, the channels study, the walk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis import paper
from analysis.clock import Clock
from analysis.inference.pooled import Estimate
from analysis.recognition import accuracy, counts, means, ordering, printed, svm, tasks, walk
from analysis.recognition.accuracy import Confusion
from analysis.recognition.counts import Summary
from analysis.recognition.data import ArrayFacts, RecognitionData
from analysis.recognition.svm import Classifier
from analysis.recognition.tasks import KINDS, MATERIAL, Task, make_task
from analysis.responses import AnalysisError

SIGHTS: dict[str, tuple[str, ...]] = {  # Table 6b, in its order; sound alone is among the sounds
    "audio-supervised": ("audio-supervised",),
    "image": ("image",),
    "image+sound": ("image", "sound"),
    "crop": ("crop",),
    "crop+sound": ("crop", "sound"),
}
SHUFFLED, N_SHUFFLES = "sound, shuffled labels", 5
MEANS = (MATERIAL, tasks.REACTION)  # the classes of Fig. 3a


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


def recognise(
    data: RecognitionData,
    *,
    seed: int = 0,
    start_class: str | None = None,
    clock: Clock | None = None,
) -> Recognition:
    """Train all classifiers on the training videos and ask them about the test videos.

    Parameters
    ----------
    data : RecognitionData
        Clips with what is heard and seen of them.
    seed : int
        Of all chance.
    start_class : str, optional
        The material that comes first in pictures of confusions; the first by name unless given.
    clock : Clock, optional
        Told how long each section took.

    Raises
    ------
    AnalysisError
        If `start_class` is no material of the classifier's.
    """
    clock = clock or Clock()
    bench = Bench(data, seed)
    results: list[Result] = []
    left_out: dict[str, tuple[str, ...]] = {}
    order = Order(start="", tie_rule=ordering.TIE_RULE, classes=(), soft=None, probabilities="")
    with clock.section("sounds"):
        for kind in KINDS if "sound" in data.arrays else ():
            task = bench.task(kind, ("sound",))
            left_out[kind] = task.left_out
            if not task.can_run:
                continue
            classifier = bench.fit(task, ("sound",))
            results += bench.of_sounds(task, classifier)
            if kind == MATERIAL:
                order = _order(bench, task, classifier, start_class)
    with clock.section("pictures"):
        results += list(bench.of_sights())
    with clock.section("channels"):
        channels = tuple(bench.of_channels(results))
    with clock.section("shuffled labels"):
        shuffled = bench.shuffled()
    with clock.section("means and walk"):
        heard = "sound" in data.arrays
        found = {kind: means.mean_cochleagrams(data, kind) for kind in (MEANS if heard else ())}
        walks = bench.walks()
    return Recognition(
        dataset=data.dataset,
        split=data.split,
        seed=seed,
        summary=counts.summary(data),
        results=tuple(results),
        channels=channels,
        shuffled=shuffled,
        order=order,
        means=found,
        walks=walks,
        left_out={kind: names for kind, names in left_out.items() if names},
        unavailable=data.unavailable,
    )


class Bench:
    """Trains and asks classifiers; each gets its own chance, whatever else is done.

    Parameters
    ----------
    data : RecognitionData
        The clips.
    seed : int
        Of all chance.
    """

    def __init__(self, data: RecognitionData, seed: int) -> None:
        self.data, self.seed = data, seed
        self.known = {name: data.known(name) for name in data.arrays}

    def task(self, kind: str, arrays: Sequence[str]) -> Task:
        """Divide the clips of which all these arrays hold something; equal clips give equal examples."""
        known = np.logical_and.reduce([self.known[name] for name in arrays])
        return make_task(self.data, kind, known=known, rng=self._rng(kind))

    def fit(self, task: Task, arrays: Sequence[str], *, c: float | None = None) -> Classifier:
        """Train a classifier on a task's examples."""
        return svm.fit(
            self._blocks(arrays, task.train),
            task.codes[task.train],
            self.data.video_ids[task.train],
            rng=self._rng(task.kind),
            c=c,
        )

    def of_sounds(self, task: Task, classifier: Classifier) -> Iterator[Result]:
        """Ask a classifier of real sounds about real ones, and about every variant's."""
        yield self._asked(task, classifier, ("sound",), "sound")
        for facts in _in_order(self.data.of_kind("predicted")):
            known = task.test[self.known[facts.name][task.test]]
            if len(known):
                yield self._asked(task, classifier, (facts.name,), facts.name, clips=known)

    def of_sights(self) -> Iterator[Result]:
        """Recognise materials from pictures, and from pictures and sounds (Table 6b)."""
        for features, arrays in SIGHTS.items():
            if not all(name in self.data.arrays for name in arrays):
                continue
            task = self.task(MATERIAL, arrays)
            if task.can_run:
                yield self._asked(task, self.fit(task, arrays), arrays, features)

    def of_channels(self, results: Sequence[Result]) -> Iterator[Channels]:
        """Recognise materials from sounds with more or fewer filters, at the usual price of errors."""
        usual = next((r for r in results if (r.features, r.kind) == ("sound", MATERIAL)), None)
        others = {facts.n_bands or 0: facts.name for facts in self.data.of_kind("channels")}
        if usual is None or not others:
            return
        n_usual = self.data.arrays["sound"].n_bands or 0
        for n_bands in sorted({*others, n_usual}):
            if n_bands == n_usual:
                yield Channels(n_bands=n_bands, result=usual)
                continue
            arrays = (others[n_bands],)
            task = self.task(MATERIAL, arrays)
            classifier = self.fit(task, arrays, c=usual.c)
            result = self._asked(task, classifier, arrays, others[n_bands])
            yield Channels(n_bands=n_bands, result=result)

    def shuffled(self) -> Result | None:
        """Teach classifiers shuffled labels: what they get right beyond chance has leaked.

        Their answers count together; each learns from as many clips as C is chosen on.
        """
        if "sound" not in self.data.arrays:
            return None
        task = self.task(MATERIAL, ("sound",))
        if not task.can_run:
            return None
        rng = self._rng("shuffled")
        features, answers = self._blocks(("sound",), task.test), []
        for _ in range(N_SHUFFLES):
            rows = tasks.balanced(task.codes[task.train], most=svm.CHOICE_ROWS, rng=rng)
            rows = task.train[rows]
            codes = rng.permutation(task.codes[rows])
            classifier = svm.fit(
                self._blocks(("sound",), rows), codes, self.data.video_ids[rows], rng=rng, c=1.0
            )
            answers.append(np.argmax(classifier.scores(features), axis=1))
        said, clips = np.concatenate(answers), np.tile(task.test, N_SHUFFLES)
        return self._result(task, clips, said, features=SHUFFLED, c=1.0)

    def walks(self) -> tuple[tuple[int, ...], ...]:
        """Walk through the middle frames by what the pretrained network sees in colour."""
        if "image" not in self.data.arrays:
            return ()
        clips = np.flatnonzero(self.known["image"])
        n_colour = self.data.arrays["image"].shape[1] // 2  # colour first, then spacetime
        features = self.data.rows("image", clips)[:, :n_colour]
        found = walk.walks(features, self.data.video_ids[clips], rng=self._rng("walk"))
        return tuple(tuple(int(clips[row]) for row in path) for path in found)

    def probabilities(self, task: Task, classifier: Classifier) -> NDArray[np.float64]:
        """Ask how probable each class is for real test sounds."""
        return classifier.probabilities(classifier.scores(self._blocks(("sound",), task.test)))

    def _asked(
        self,
        task: Task,
        classifier: Classifier,
        arrays: Sequence[str],
        features: str,
        *,
        clips: NDArray[np.intp] | None = None,
    ) -> Result:
        clips = task.test if clips is None else clips
        said = np.argmax(classifier.scores(self._blocks(arrays, clips)), axis=1)
        return self._result(task, clips, said, features=features, c=classifier.c)

    def _result(
        self, task: Task, clips: NDArray[np.intp], said: NDArray[np.intp], *, features: str, c: float
    ) -> Result:
        true, videos = task.codes[clips], self.data.video_ids[clips]
        return Result(
            kind=task.kind,
            features=features,
            estimate=accuracy.class_averaged(true, said, videos, rng=self._rng("resamples")),
            chance=1 / len(task.classes),
            n_videos=len(np.unique(videos)),
            per_class=task.per_class,
            c=c,
            printed=printed.PRINTED.get((features, task.kind)),
            confusion=accuracy.confusion(true, said, task.classes),
        )

    def _blocks(self, arrays: Sequence[str], clips: NDArray[np.intp]) -> list[NDArray[np.float32]]:
        return [self.data.rows(name, clips) for name in arrays]

    def _rng(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, *purpose.encode()])


def _in_order(arrays: Sequence[ArrayFacts]) -> list[ArrayFacts]:
    """Set predicted sounds in the paper's order of variants, features before sound."""
    places = paper.in_order(tuple({facts.variant for facts in arrays}))
    return sorted(arrays, key=lambda facts: (places.index(facts.variant), facts.basis))


def _order(bench: Bench, task: Task, classifier: Classifier, start_class: str | None) -> Order:
    start = start_class or task.classes[0]
    if start not in task.classes:
        raise AnalysisError(
            f"no material {start!r} is recognised here; give one of {', '.join(task.classes)}"
        )
    shares = bench.probabilities(task, classifier)
    soft = ordering.soft_confusion(task.codes[task.test], shares, len(task.classes))
    places = ordering.greedy_order(soft, start=task.classes.index(start))
    return Order(
        start=start,
        tie_rule=ordering.TIE_RULE,
        classes=tuple(task.classes[place] for place in places),
        soft=Confusion(classes=task.classes, counts=np.rint(1e6 * soft).astype(np.int64)),
        probabilities="Platt's sigmoids on scores held out by video, made to sum to 1",
    )

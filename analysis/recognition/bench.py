"""Where classifiers are trained and asked: of sounds, pictures, numbers of filters, and as a control."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from analysis.findings import paper
from analysis.recognition import accuracy, printed, svm, tasks, walk
from analysis.recognition.accuracy import Confusion
from analysis.recognition.data import ArrayFacts, RecognitionData
from analysis.recognition.results import Channels, Result
from analysis.recognition.svm import Classifier
from analysis.recognition.tasks import MATERIAL, Task, make_task

SIGHTS: dict[str, tuple[str, ...]] = {  # Table 6b, in its order; sound alone is among the sounds
    "audio-supervised": ("audio-supervised",),
    "image": ("image",),
    "image+sound": ("image", "sound"),
    "crop": ("crop",),
    "crop+sound": ("crop", "sound"),
}
SHUFFLED = "sound, shuffled labels"
N_SHUFFLES, CONTROL_ROWS, CONTROL_C = 10, 40, 1.0  # runs, clips a class, and price of errors


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

        Shuffled so, chance is what is to be expected whatever the test clips are, and the interval is
        that of a mean over shufflings (Student's t). Their answers are counted together.
        """
        if "sound" not in self.data.arrays:
            return None
        task = self.task(MATERIAL, ("sound",))
        if not task.can_run:
            return None
        rng, questions = self._rng("shuffled"), self._blocks(("sound",), task.test)
        answers = [self._shuffled_once(task, questions, rng) for _ in range(N_SHUFFLES)]
        clips, said = np.tile(task.test, N_SHUFFLES), np.concatenate(answers)
        shares = [accuracy.averaged(task.codes[task.test], answer) for answer in answers]
        pooled = self._result(task, clips, said, features=SHUFFLED, c=CONTROL_C)
        return replace(pooled, estimate=accuracy.mean_over_runs(shares, n=len(task.test)))

    def _shuffled_once(
        self, task: Task, questions: svm.Blocks, rng: np.random.Generator
    ) -> NDArray[np.intp]:
        some = tasks.balanced(task.codes[task.train], most=CONTROL_ROWS, rng=rng)
        rows = task.train[some]
        codes, videos = rng.permutation(task.codes[rows]), self.data.video_ids[rows]
        taught = svm.fit(self._blocks(("sound",), rows), codes, videos, rng=rng, c=CONTROL_C)
        said: NDArray[np.intp] = np.argmax(taught.scores(questions), axis=1)
        return said

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
            confusion=Confusion(
                classes=task.classes,
                counts=confusion_matrix(true, said, labels=range(len(task.classes))),
            ),
        )

    def _blocks(self, arrays: Sequence[str], clips: NDArray[np.intp]) -> list[NDArray[np.float32]]:
        return [self.data.rows(name, clips) for name in arrays]

    def _rng(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, *purpose.encode()])


def _in_order(arrays: Sequence[ArrayFacts]) -> list[ArrayFacts]:
    """Set predicted sounds in the paper's order of variants, features before sound."""
    places = paper.in_order(tuple({facts.variant for facts in arrays}))
    return sorted(arrays, key=lambda facts: (places.index(facts.variant), facts.basis))

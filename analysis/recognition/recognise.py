"""The whole of it: classifiers of sounds and sights, confusions, the channels study, the walk."""

import numpy as np

from analysis.clock import Clock
from analysis.errors import AnalysisError
from analysis.recognition import counts, ordering, tasks
from analysis.recognition.accuracy import Confusion
from analysis.recognition.bench import Bench
from analysis.recognition.data import RecognitionData
from analysis.recognition.results import Order, Recognition, Result
from analysis.recognition.svm import Classifier
from analysis.recognition.tasks import KINDS, MATERIAL, Task

MEANS = (MATERIAL, tasks.REACTION)  # the classes of Fig. 3a


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
    with clock.section("sounds"):
        results, order, left_out = _sounds(bench, start_class)
    with clock.section("pictures"):
        results += list(bench.of_sights())
    with clock.section("channels"):
        channels = tuple(bench.of_channels(results))
    with clock.section("shuffled labels"):
        shuffled = bench.shuffled()
    with clock.section("means and walk"):
        heard = "sound" in data.arrays
        found = {kind: counts.mean_cochleagrams(data, kind) for kind in (MEANS if heard else ())}
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


def _sounds(
    bench: Bench, start_class: str | None
) -> tuple[list[Result], Order, dict[str, tuple[str, ...]]]:
    """Recognise everything from sounds; the order of materials comes from their classifier."""
    results: list[Result] = []
    left_out: dict[str, tuple[str, ...]] = {}
    order = Order(start="", tie_rule=ordering.TIE_RULE, classes=(), soft=None, probabilities="")
    for kind in KINDS if "sound" in bench.data.arrays else ():
        task = bench.task(kind, ("sound",))
        left_out[kind] = task.left_out
        if task.can_run:
            classifier = bench.fit(task, ("sound",))
            results += bench.of_sounds(task, classifier)
            if kind == MATERIAL:
                order = _order(bench, task, classifier, start_class)
    return results, order, left_out


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

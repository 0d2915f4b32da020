"""How many participants and videos a difference needs: whole studies are made up and tested."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.errors import AnalysisError
from analysis.findings.rates import ALPHA
from analysis.inference.clustered import Clusters, contrast_clustered
from analysis.inference.pooled import contrast, share_wilson
from analysis.planning.simulate import Drawn, Spread, draw, rate_for

ENOUGH = 0.8  # the power that is usually asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What the study is to find, and how.

    Attributes
    ----------
    rate, difference : float
        Fool rate of the lesser variant over all people and videos, 0 to 1, and how much more the other
        one has.
    n_variants : int
        Variants in the study; each gets its share of the trials.
    n_trials : int
        Main trials of each participant; no more than there are videos.
    spread : Spread
        How people and videos vary, favours and lapses.
    n_comparisons : int
        Declared comparisons: the first step of Holm's method tests at 0.05 / n_comparisons.
    """

    rate: float
    difference: float
    n_variants: int
    n_trials: int
    spread: Spread
    n_comparisons: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class PowerRow:
    """How often studies of one size find the difference.

    Attributes
    ----------
    n_participants, n_videos, n_trials : int
        The size; trials are each participant's.
    power, low, high : float
        Share of made-up studies in which the clustered test finds it, with Wilson's 95 % interval.
    naive : float
        That share for the paper's test, which takes trials for independent; it also finds what is
        not there.
    half_width : float
        Half of the 95 % interval of the difference, in the mean (0 to 1).
    n_studies : int
        Made-up studies.
    """

    n_participants: int
    n_videos: int
    n_trials: int
    power: float
    low: float
    high: float
    naive: float
    half_width: float
    n_studies: int

    @property
    def is_enough(self) -> bool:
        """Say whether four of five studies find the difference."""
        return self.power >= ENOUGH


def power_grid(
    question: Question,
    *,
    participants: Sequence[int],
    videos: Sequence[int],
    n_studies: int,
    rng: np.random.Generator,
    on_row: Callable[[PowerRow], None] = lambda row: None,
) -> list[PowerRow]:
    """Find the power of every combination of participants and videos.

    Parameters
    ----------
    question : Question
        What is to be found.
    participants, videos : sequence of int
        The sizes, 2 or more.
    n_studies : int
        Made-up studies for each; 300 give the power to within 5 points.
    rng : numpy.random.Generator
        The only source of chance.
    on_row : callable
        Told each row when it is known.

    Raises
    ------
    AnalysisError
        If a size or a rate is not possible.
    """
    _check(question, [*participants, *videos])
    rows = []
    for n_videos in videos:
        for n_participants in participants:
            row = _power(question, n_participants, n_videos, n_studies=n_studies, rng=rng)
            on_row(row)
            rows.append(row)
    return rows


def needed(rows: Sequence[PowerRow]) -> dict[int, int | None]:
    """Find the fewest participants, of those tried, that are enough for each number of videos."""
    found: dict[int, int | None] = {}
    for row in sorted(rows, key=lambda row: row.n_participants):
        found.setdefault(row.n_videos, None)
        if row.is_enough and found[row.n_videos] is None:
            found[row.n_videos] = row.n_participants
    return found


def _check(question: Question, sizes: Sequence[int]) -> None:
    """Refuse what can't be made up.

    Raises
    ------
    AnalysisError
        If a size is below 2, or a rate is no chance.
    """
    if min(sizes, default=0) < 2 or question.n_trials < 1 or question.n_variants < 2:
        raise AnalysisError("participants, videos and variants must be 2 or more, and trials 1 or more")
    rates = (question.rate, question.rate + question.difference)
    if not all(0 < rate < 1 for rate in rates):
        raise AnalysisError(f"a rate of {100 * max(rates):g}% or {100 * min(rates):g}% is no chance")


def _power(
    question: Question, n_participants: int, n_videos: int, *, n_studies: int, rng: np.random.Generator
) -> PowerRow:
    n_trials = min(question.n_trials, n_videos)
    level = ALPHA / question.n_comparisons
    found, naive, halves = [], [], []
    for drawn in _studies(question, n_participants, n_videos, n_studies=n_studies, rng=rng):
        either = drawn.variant < 2
        second, fooled = drawn.variant[either] == 1, drawn.fooled[either]
        clusters = Clusters(participant=drawn.participant[either], video=drawn.video[either])
        test = contrast_clustered(fooled, second, clusters)
        found.append(test.p is not None and test.p < level and (test.difference or 0) > 0)
        plain = contrast(fooled[~second], fooled[second])
        naive.append(plain.p is not None and plain.p < level and (plain.difference or 0) > 0)
        halves.append(0.0 if test.low is None or test.high is None else (test.high - test.low) / 2)
    power = share_wilson(np.array(found))
    return PowerRow(
        n_participants=n_participants, n_videos=n_videos, n_trials=n_trials,
        power=power.value or 0.0, low=power.low or 0.0, high=power.high or 0.0,
        naive=float(np.mean(naive)), half_width=float(np.mean(halves)), n_studies=n_studies,
    )  # fmt: skip


def _studies(
    question: Question, n_participants: int, n_videos: int, *, n_studies: int, rng: np.random.Generator
) -> Iterator[Drawn]:
    better = rate_for(question.rate + question.difference, question.spread)
    lesser = rate_for(question.rate, question.spread)
    rates = {str(i): lesser if i else better for i in range(question.n_variants)}
    for _ in range(n_studies):
        yield draw(
            rates, n_participants=n_participants, n_trials=min(question.n_trials, n_videos),
            n_videos=n_videos, spread=question.spread, rng=rng,
        )  # fmt: skip

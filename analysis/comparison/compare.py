"""The rates of two studies and the differences between them: reports and answers in, rows out."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.findings import paper
from analysis.findings.rates import Rate, rate_of_variant
from analysis.inference.adjust import holm
from analysis.inference.clustered import Clusters, contrast_clustered
from analysis.inference.pooled import Contrast
from analysis.inputs.responses import Factor, Responses
from analysis.inputs.sources import Source
from analysis.quality.counted import count


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the two.

    Attributes
    ----------
    name : str
        What it is called beside the other.
    answers : Responses
        Answered main trials that count, by people, or by programs where no person answered.
    simulated : bool
        True if the answers are programs'.
    n_left_out : int
        Answers that its declared exclusions left out.
    """

    name: str
    answers: Responses
    simulated: bool
    n_left_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantPair:
    """One variant in both.

    Attributes
    ----------
    variant, label : str
        Its name here and in the paper.
    first, second : Rate
        Its fool rates.
    change : Contrast
        First minus second, with clustered errors.
    p_holm : float or None
        Its p, adjusted over the variants (Holm 1979).
    """

    variant: str
    label: str
    first: Rate
    second: Rate
    change: Contrast
    p_holm: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class GapPair:
    """The difference between two variants in both.

    Attributes
    ----------
    first_variant, second_variant : str
        The variants.
    first, second : Contrast
        Their difference in either study, with clustered errors.
    """

    first_variant: str
    second_variant: str
    first: Contrast
    second: Contrast


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two sides.

    Attributes
    ----------
    sides : tuple of Side
        First and second.
    variants : tuple of VariantPair
        Every variant that either has.
    gaps : tuple of GapPair
        Differences between every two variants that both have.
    n_shared_participants, n_shared_videos : int
        Names that occur in both; answers that share one are not taken for independent.
    """

    sides: tuple[Side, Side]
    variants: tuple[VariantPair, ...]
    gaps: tuple[GapPair, ...]
    n_shared_participants: int
    n_shared_videos: int


def side_of(source: Source, *, name: str) -> Side:
    """Take the answers of a study that count, by the same rules as the report."""
    counted = count(source.responses, source.declared.exclusions)
    n_given = int(np.sum(counted.trials.main & counted.trials.answered))
    return Side(
        name=name, answers=counted.answers, simulated=counted.simulated,
        n_left_out=n_given - len(counted.answers),
    )  # fmt: skip


def compare(first: Side, second: Side) -> Comparison:
    """Set two sides beside each other.

    Participants and videos of equal name are the same: two sets of exclusions on one study share
    both, two studies on one dataset share the videos.

    Raises
    ------
    AnalysisError
        If no variant has answers in both.
    """
    used = [set(side.answers.variant.used()) for side in (first, second)]
    if not used[0] & used[1]:
        raise AnalysisError(
            f"{first.name} has {', '.join(sorted(used[0])) or 'no answers'}, {second.name} has "
            f"{', '.join(sorted(used[1])) or 'no answers'}: no variant to compare"
        )
    both = _Joined(first.answers, second.answers)
    order = paper.in_order(tuple(used[0] | used[1]))
    changes = [both.change(variant) for variant in order]
    adjusted = holm([change.p for change in changes])
    shared = tuple(variant for variant in order if variant in used[0] & used[1])
    return Comparison(
        sides=(first, second),
        variants=tuple(
            VariantPair(
                variant=variant, label=paper.label(variant),
                first=rate_of_variant(first.answers, variant),
                second=rate_of_variant(second.answers, variant), change=change, p_holm=p,
            )
            for variant, change, p in zip(order, changes, adjusted, strict=True)
        ),
        gaps=tuple(
            GapPair(
                first_variant=pair[0], second_variant=pair[1], first=both.gap(pair, side=0),
                second=both.gap(pair, side=1),
            )
            for pair in combinations(shared, 2)
        ),
        n_shared_participants=_n_shared(first.answers.participant, second.answers.participant),
        n_shared_videos=_n_shared(first.answers.video, second.answers.video),
    )  # fmt: skip


class _Joined:
    """Answers of both sides in one row, with one number for each participant and each video."""

    def __init__(self, first: Responses, second: Responses) -> None:
        self.fooled = np.concatenate([first.fooled, second.fooled])
        self.second = np.repeat([False, True], [len(first), len(second)])
        self.variant, self.variants = _join(first.variant, second.variant)
        self.clusters = Clusters(
            participant=_join(first.participant, second.participant)[0],
            video=_join(first.video, second.video)[0],
        )

    def change(self, variant: str) -> Contrast:
        """Test one variant's rate in the first against that in the second."""
        rows = self.variant == self.variants[variant]
        return contrast_clustered(self.fooled[rows], self.second[rows], self.clusters.select(rows))

    def gap(self, pair: tuple[str, str], *, side: int) -> Contrast:
        """Test two variants against each other, on one side alone (0 or 1)."""
        codes = [self.variants[name] for name in pair]
        rows = np.isin(self.variant, codes) & (self.second == bool(side))
        other = self.variant[rows] == codes[1]
        return contrast_clustered(self.fooled[rows], other, self.clusters.select(rows))


def _join(first: Factor, second: Factor) -> tuple[NDArray[np.int64], dict[str, int]]:
    names = {name: i for i, name in enumerate(sorted({*first.levels, *second.levels}))}
    parts = [
        np.array([names[name] for name in factor.levels], dtype=np.int64)[factor.codes]
        for factor in (first, second)
    ]
    return np.concatenate(parts), names


def _n_shared(first: Factor, second: Factor) -> int:
    return len(set(first.used()) & set(second.used()))

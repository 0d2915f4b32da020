"""Checks of the study itself: even allocation, drift over trials, who is paid and who counts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.findings import paper
from analysis.findings.rates import Rate, clusters_of, fool_rate
from analysis.inference.clustered import contrast_clustered
from analysis.inference.pooled import Contrast
from analysis.inputs.responses import Responses

BLOCKS = 5  # parts of a session, by place of the trial
ALARM = 0.01  # below this p an uneven allocation is worth a warning; checks are many


@dataclass(frozen=True, kw_only=True, slots=True)
class Allocation:
    """Whether variants were asked about equally often: the sample-ratio check.

    Attributes
    ----------
    stage : str
        Of which trials: planned or answered.
    counts : dict of str to int
        Trials by variant.
    chi2, p : float or None
        Pearson's test of equal shares; None with fewer than two variants.
    df : int
        Its degrees of freedom.
    """

    stage: str
    counts: Mapping[str, int]
    chi2: float | None
    p: float | None
    df: int

    @property
    def is_suspicious(self) -> bool:
        """Say whether so uneven an allocation is hardly chance."""
        return self.p is not None and self.p < ALARM


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """Whether answers change in the course of a session.

    Attributes
    ----------
    blocks : tuple of Rate
        Fool rates of five parts of the session, in order.
    bounds : tuple of (int, int)
        First and last place of each part.
    halves : Contrast or None
        The first half against the second; None without two places.
    """

    blocks: tuple[Rate, ...]
    bounds: tuple[tuple[int, int], ...]
    halves: Contrast | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PayRow:
    """Participants at one end of the session: two lists that do not depend on each other.

    Attributes
    ----------
    state : str
        How far they came.
    n : int
        How many.
    cents : int or None
        What the study file pays them; None if it is not known.
    n_counted : int
        How many have an answer that counts.
    """

    state: str
    n: int
    cents: int | None
    n_counted: int


def allocations(main: Responses) -> tuple[Allocation, ...]:
    """Compare variants' planned and answered main trials."""
    return tuple(
        _allocation(stage, main.select(mask))
        for stage, mask in (("planned", np.ones(len(main), dtype=bool)), ("answered", main.answered))
    )


def chi_square(counts: Mapping[str, int]) -> tuple[float, float, int] | None:
    """Test equal shares; None with fewer than two counts, or without any trial.

    Worked example: the paper's nine rows of Figure 5a give chi2(8) = 20.1, p = 0.0098.
    """
    if len(counts) < 2 or not sum(counts.values()):
        return None
    result = stats.chisquare(list(counts.values()))
    return float(result.statistic), float(result.pvalue), len(counts) - 1


def drift(answers: Responses) -> Drift:
    """Follow the fool rate over the places of main trials."""
    if not len(answers) or np.ptp(answers.position) == 0:
        return Drift(blocks=(), bounds=(), halves=None)
    low, high = int(answers.position.min()), int(answers.position.max())
    places = np.array_split(np.arange(low, high + 1), min(BLOCKS, high - low + 1))
    parts = [np.isin(answers.position, part) for part in places]
    late = answers.position > (low + high) / 2
    return Drift(
        blocks=tuple(fool_rate(answers.select(part)) for part in parts),
        bounds=tuple((int(part[0]), int(part[-1])) for part in places),
        halves=contrast_clustered(answers.fooled, late, clusters_of(answers)),
    )


def pay_rows(
    everyone: Responses, counted: Responses, cents: Mapping[str, int] | None
) -> tuple[PayRow, ...]:
    """Set who is paid beside whose answers count, by how far they came.

    Parameters
    ----------
    everyone : Responses
        All trials of those the report is about, without exclusions.
    counted : Responses
        The answers that count.
    cents : dict of str to int, optional
        What each state is paid (cents).
    """
    used = counted.participant.counts() > 0
    return tuple(
        PayRow(
            state=state,
            n=int(np.count_nonzero(there)),
            cents=None if cents is None else cents.get(state, 0),
            n_counted=int(np.count_nonzero(there & used)),
        )
        for state in everyone.state.levels
        if (there := everyone.participant.counts(everyone.state.mask(state)) > 0).any()
    )


def _allocation(stage: str, trials: Responses) -> Allocation:
    counts = dict(zip(trials.variant.levels, trials.variant.counts().tolist(), strict=True))
    counts = {name: counts[name] for name in paper.in_order(tuple(counts))}
    found = chi_square(counts)
    chi2, p, df = found if found else (None, None, 0)
    return Allocation(stage=stage, counts=counts, chi2=chi2, p=p, df=df)

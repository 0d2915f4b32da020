"""Fool rates of variants and the tests between them: answers in, rows out."""

from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.multitest import (
    multipletests,
)

from analysis import paper
from analysis.clustered import Clusters, contrast_clustered, share_clustered
from analysis.inference import Contrast, Estimate, contrast, share, share_wilson
from analysis.paper import Printed
from analysis.responses import Responses

ALPHA = 0.05  # of the bold rule, as in the paper


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """A share of answers by every method of the report, and how much it rests on.

    Attributes
    ----------
    n, k : int
        Answers, and those among them that were counted, e.g. fooled.
    n_participants, n_videos, n_clips : int
        From how many, about how many.
    paper, wilson, clustered : Estimate
        The paper's interval, Wilson's, and the default.
    """

    n: int
    k: int
    n_participants: int
    n_videos: int
    n_clips: int
    paper: Estimate
    wilson: Estimate
    clustered: Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantRow:
    """One variant's line of the main table.

    Attributes
    ----------
    variant, label : str
        Its name here and in the paper.
    oracle : bool
        True if it is told the label or the true sound.
    n_assigned, n_missing : int
        Main trials planned with it, and those shown but not answered.
    rate : Rate
        Its fool rate.
    d_prime : float or None
        Discrimination in 2AFC, sqrt(2) z(1 - fool rate); None where the rate is 0 or 1 or unknown.
    bold_paper, bold_clustered : bool
        True for the best row and all not significantly worse, by the paper's and the default test.
    printed : Printed or None
        The paper's own row.
    """

    variant: str
    label: str
    oracle: bool
    n_assigned: int
    n_missing: int
    rate: Rate
    d_prime: float | None
    bold_paper: bool
    bold_clustered: bool
    printed: Printed | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContrastRow:
    """Two variants compared.

    Attributes
    ----------
    first, second : str
        The variants, in the main table's order.
    paper, clustered : Contrast
        By the paper's test and by the default one.
    clustered_p_holm : float or None
        The default's p, adjusted for all pairs (Holm 1979).
    printed_p : str or None
        What the paper prints for this pair.
    """

    first: str
    second: str
    paper: Contrast
    clustered: Contrast
    clustered_p_holm: float | None
    printed_p: str | None


def rate_of(answers: Responses, counted: NDArray[np.bool_]) -> Rate:
    """Compute a share by every method.

    Parameters
    ----------
    answers : Responses
        Answered trials.
    counted : ndarray of bool [shape=(n_trials,)]
        What the share is of, e.g. ``answers.fooled``.
    """
    return Rate(
        n=len(answers),
        k=int(np.sum(counted)),
        n_participants=answers.participant.n_used(),
        n_videos=answers.video.n_used(),
        n_clips=answers.clip.n_used(),
        paper=share(counted),
        wilson=share_wilson(counted),
        clustered=share_clustered(counted, _clusters(answers)),
    )


def rate_of_variant(trials: Responses, variant: str) -> Rate:
    """Compute one variant's fool rate over the answered ones of some trials."""
    answers = trials.select(trials.answered & trials.variant.mask(variant))
    return rate_of(answers, answers.fooled)


def d_prime(fool_rate: float | None) -> float | None:
    """Discrimination of real from synthesized in 2AFC, sqrt(2) z(1 - fool rate); 0 at one half.

    Worked example: a fool rate of 0.4001 gives 0.3579, one of 0.62 gives -0.4320.
    """
    if fool_rate is None or not 0 < fool_rate < 1:
        return None
    return float(np.sqrt(2) * NormalDist().inv_cdf(1 - fool_rate))


def variant_rows(main: Responses, tests: tuple[ContrastRow, ...]) -> tuple[VariantRow, ...]:
    """Make the main table from all main trials and the tests between variants."""
    rates = {variant: rate_of_variant(main, variant) for variant in paper.in_order(main.variant.levels)}
    open_rates = {variant: rate for variant, rate in rates.items() if not paper.is_oracle(variant)}
    bold_paper = not_worse(open_rates, {(t.first, t.second): t.paper for t in tests})
    bold_clustered = not_worse(open_rates, {(t.first, t.second): t.clustered for t in tests})
    return tuple(
        VariantRow(
            variant=variant,
            label=paper.label(variant),
            oracle=paper.is_oracle(variant),
            n_assigned=int(np.sum(main.variant.mask(variant))),
            n_missing=int(np.sum(main.variant.mask(variant) & main.shown & ~main.answered)),
            rate=rate,
            d_prime=d_prime(rate.paper.value),
            bold_paper=variant in bold_paper,
            bold_clustered=variant in bold_clustered,
            printed=paper.ROWS.get(variant),
        )
        for variant, rate in rates.items()
    )


def not_worse(rates: dict[str, Rate], tests: dict[tuple[str, str], Contrast]) -> frozenset[str]:
    """Apply the paper's bold rule: the best rate, and every one not significantly below it at 0.05.

    Parameters
    ----------
    rates : dict of str to Rate
        The variants that take part.
    tests : dict of (str, str) to Contrast
        Their tests, in either order of names.

    Returns
    -------
    frozenset of str
        Empty without two answered rates; one that could not be tested is in only if equal to the best.
    """
    values = {name: rate.paper.value for name, rate in rates.items() if rate.paper.value is not None}
    if len(values) < 2:
        return frozenset()
    best = max(values, key=lambda name: values[name])
    bold = {name for name, value in values.items() if value == values[best]}
    for (first, second), test in tests.items():
        if best in (first, second) and test.p is not None and test.p >= ALPHA:
            bold.add(second if first == best else first)
    return frozenset(bold & values.keys())


def contrast_rows(answers: Responses) -> tuple[ContrastRow, ...]:
    """Compare every two variants, in the main table's order."""
    pairs = list(combinations(paper.in_order(answers.variant.levels), 2))
    naive = [_paper_test(answers, *pair) for pair in pairs]
    clustered = [_clustered_test(answers, *pair) for pair in pairs]
    adjusted = holm([test.p for test in clustered])
    return tuple(
        ContrastRow(
            first=pair[0], second=pair[1], paper=naive[i], clustered=clustered[i],
            clustered_p_holm=adjusted[i], printed_p=paper.TESTS.get(pair),
        )
        for i, pair in enumerate(pairs)
    )  # fmt: skip


def holm(p_values: list[float | None]) -> list[float | None]:
    """Adjust p values for their number (Holm 1979); None stays None and does not count.

    Worked example: 0.001, 0.02, 0.03, 0.5 become 0.004, 0.06, 0.06, 0.5.
    """
    known = [p for p in p_values if p is not None]
    adjusted = iter(multipletests(known, method="holm")[1] if known else ())
    return [None if p is None else float(next(adjusted)) for p in p_values]


def _paper_test(answers: Responses, first: str, second: str) -> Contrast:
    masks = (answers.variant.mask(first), answers.variant.mask(second))
    return contrast(answers.fooled[masks[0]], answers.fooled[masks[1]])


def _clustered_test(answers: Responses, first: str, second: str) -> Contrast:
    on_second = answers.variant.mask(second)
    either = answers.variant.mask(first) | on_second
    return contrast_clustered(
        answers.fooled[either], on_second[either], _clusters(answers).select(either)
    )


def _clusters(answers: Responses) -> Clusters:
    return Clusters(participant=answers.participant.codes, video=answers.video.codes)

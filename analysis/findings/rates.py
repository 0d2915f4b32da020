"""Fool rates of variants and the tests between them: answers in, rows out."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.findings import paper
from analysis.findings.paper import Printed
from analysis.inference.adjust import holm
from analysis.inference.clustered import Clusters, contrast_clustered, share_clustered
from analysis.inference.detection import d_prime, d_prime_interval, without_lapses
from analysis.inference.equivalence import Equivalence, equivalence
from analysis.inference.paired import contrast_paired
from analysis.inference.pooled import Contrast, Estimate, contrast, share, share_wilson
from analysis.inputs.declared import Plan
from analysis.inputs.responses import Responses

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
    paper, wilson, clustered, these_clips : Estimate
        The paper's interval, Wilson's, that for new people and new videos, and that for new people and
        these clips.
    """

    n: int
    k: int
    n_participants: int
    n_videos: int
    n_clips: int
    paper: Estimate
    wilson: Estimate
    clustered: Estimate
    these_clips: Estimate


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
    d_prime, d_prime_low, d_prime_high : float or None
        Discrimination in 2AFC, sqrt(2) z(1 - fool rate), and the ends of the default's interval carried
        over; None where the rate is 0 or 1 or unknown.
    equivalence : Equivalence
        Whether the rate lies near one half.
    without_lapses : float or None
        Fool rate freed of blind answers, as catch trials show them; None without catch trials.
    bold_paper, bold_clustered : bool
        True for the best row and all not significantly worse, by the paper's test and by that of the
        declared target.
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
    d_prime_low: float | None
    d_prime_high: float | None
    equivalence: Equivalence
    without_lapses: float | None
    bold_paper: bool
    bold_clustered: bool
    printed: Printed | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContrastRow:
    """Two variants compared.

    Attributes
    ----------
    first, second : str
        The variants, in the order declared, or the main table's.
    declared : bool
        Whether it was declared; all are, if none was.
    paper, clustered, these_clips, paired : Contrast
        By the paper's test, the default one, that for these clips, and by rates of videos in pairs.
    p_holm : float or None
        The p of the declared target's test, adjusted for all declared comparisons (Holm 1979).
    printed_p : str or None
        What the paper prints for this pair.
    """

    first: str
    second: str
    declared: bool
    paper: Contrast
    clustered: Contrast
    these_clips: Contrast
    paired: Contrast
    p_holm: float | None
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
        clustered=share_clustered(counted, clusters_of(answers)),
        these_clips=share_clustered(counted, clusters_of(answers, these_clips=True)),
    )


def fool_rate(answers: Responses) -> Rate:
    """Compute the fool rate of some answers."""
    return rate_of(answers, answers.fooled)


def rate_of_variant(trials: Responses, variant: str) -> Rate:
    """Compute one variant's fool rate over the answered ones of some trials."""
    return fool_rate(trials.select(trials.answered & trials.variant.mask(variant)))


def variant_rows(
    main: Responses, tests: tuple[ContrastRow, ...], *, plan: Plan, lapse: float | None = None
) -> tuple[VariantRow, ...]:
    """Make the main table from all main trials and the tests between variants.

    Parameters
    ----------
    main : Responses
        All main trials, answered or not.
    tests : tuple of ContrastRow
        The tests between every two variants.
    plan : Plan
        What was declared.
    lapse : float, optional
        Share of blind answers.
    """
    rates = {variant: rate_of_variant(main, variant) for variant in paper.in_order(main.variant.levels)}
    open_rates = {variant: rate for variant, rate in rates.items() if not paper.is_oracle(variant)}
    bold_paper = not_worse(open_rates, {(t.first, t.second): t.paper for t in tests})
    default = {(t.first, t.second): t.these_clips if plan.these_clips else t.clustered for t in tests}
    bold_clustered = not_worse(open_rates, default)
    rows = []
    for variant, rate in rates.items():
        estimate = targeted(rate, plan)
        low, high = d_prime_interval(estimate)
        mask = main.variant.mask(variant)
        rows.append(VariantRow(
            variant=variant, label=paper.label(variant), oracle=paper.is_oracle(variant),
            n_assigned=int(np.sum(mask)), n_missing=int(np.sum(mask & main.shown & ~main.answered)),
            rate=rate, d_prime=d_prime(rate.paper.value), d_prime_low=low, d_prime_high=high,
            equivalence=equivalence(estimate, margin=plan.margin),
            without_lapses=without_lapses(rate.paper.value, lapse),
            bold_paper=variant in bold_paper, bold_clustered=variant in bold_clustered,
            printed=paper.ROWS.get(variant),
        ))  # fmt: skip
    return tuple(rows)


def targeted(rate: Rate, plan: Plan) -> Estimate:
    """Choose the interval that speaks about what was declared."""
    return rate.these_clips if plan.these_clips else rate.clustered


def targeted_test(row: ContrastRow, plan: Plan) -> Contrast:
    """Choose the test that speaks about what was declared."""
    return row.these_clips if plan.these_clips else row.clustered


def is_below(p: float | None) -> bool:
    """Say whether there is a p value, and it is below `ALPHA`."""
    return p is not None and p < ALPHA


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


def contrast_rows(answers: Responses, *, plan: Plan) -> tuple[ContrastRow, ...]:
    """Compare every two variants in the main table's order, the declared ones as they were declared."""
    declared = plan.pairs(answers.variant.levels)
    every = list(combinations(paper.in_order(answers.variant.levels), 2))
    pairs = [next((d for d in declared if set(d) == set(pair)), pair) for pair in every]
    rows = [
        _contrast_row(answers, pair, declared=not plan.contrasts or pair in declared) for pair in pairs
    ]
    tests = [targeted_test(row, plan) for row in rows]
    adjusted = holm([test.p if row.declared else None for row, test in zip(rows, tests, strict=True)])
    return tuple(replace(row, p_holm=p) for row, p in zip(rows, adjusted, strict=True))


def _contrast_row(answers: Responses, pair: tuple[str, str], *, declared: bool) -> ContrastRow:
    of_first, of_second = (answers.variant.mask(name) for name in pair)
    places = np.flatnonzero(of_first | of_second)
    fooled, second = answers.fooled[places], of_second[places]
    participant, video = answers.participant.codes[places], answers.video.codes[places]
    clusters = Clusters(participant=participant, video=video)
    return ContrastRow(
        first=pair[0], second=pair[1], declared=declared,
        paper=contrast(fooled[~second], fooled[second]),
        clustered=contrast_clustered(fooled, second, clusters),
        these_clips=contrast_clustered(fooled, second, replace(clusters, these_clips=True)),
        paired=contrast_paired(fooled, second, video),
        p_holm=None, printed_p=paper.TESTS.get(pair),
    )  # fmt: skip


def clusters_of(answers: Responses, *, these_clips: bool = False) -> Clusters:
    """Say whose and about which video each answer is."""
    return Clusters(
        participant=answers.participant.codes, video=answers.video.codes, these_clips=these_clips
    )

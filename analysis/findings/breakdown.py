"""Fool rates broken down by class and by clip: answers in, rows out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.findings import paper
from analysis.findings.rates import Rate, VariantRow, clusters_of, fool_rate
from analysis.inference.adjust import benjamini_hochberg
from analysis.inference.clustered import contrast_clustered
from analysis.inference.pooled import Contrast, Estimate, contrast, shares_wilson
from analysis.inputs.responses import Responses

KINDS = ("material", "action", "reaction")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassRow:
    """One variant's fool rate in one class.

    Attributes
    ----------
    kind : {"material", "action", "reaction"}
        Which label.
    level : str
        The class.
    variant : str
        The variant.
    rate : Rate
        Its fool rate there.
    """

    kind: str
    level: str
    variant: str
    rate: Rate


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassContrast:
    """Two variants compared within one class.

    Attributes
    ----------
    kind, level : str
        Which class.
    first, second : str
        The variants.
    paper, clustered : Contrast
        By the paper's test, and by that of the declared target.
    p_bh : float or None
        The latter's p, adjusted over all classes of all kinds (Benjamini, Hochberg 1995).
    """

    kind: str
    level: str
    first: str
    second: str
    paper: Contrast
    clustered: Contrast
    p_bh: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipRow:
    """One clip's fool rate over all variants that it was shown with.

    Attributes
    ----------
    clip, video : str
        Which.
    material, action, reaction : str or None
        Its labels.
    variants : tuple of str
        Variants among its answers.
    n, k : int
        Answers, and those fooled.
    estimate : Estimate
        With Wilson's interval: a clip has few answers, hardly two from one participant.
    """

    clip: str
    video: str
    material: str | None
    action: str | None
    reaction: str | None
    variants: tuple[str, ...]
    n: int
    k: int
    estimate: Estimate


def class_rows(answers: Responses) -> tuple[ClassRow, ...]:
    """Give every variant's fool rate in every class of material, action and reaction, empty or not."""
    rows = []
    parts = {name: answers.select(answers.variant.mask(name)) for name in answers.variant.levels}
    for kind in KINDS:
        for level in getattr(answers, kind).levels:
            for variant in paper.in_order(answers.variant.levels):
                part = parts[variant]
                rate = fool_rate(part.select(getattr(part, kind).mask(level)))
                rows.append(ClassRow(kind=kind, level=level, variant=variant, rate=rate))
    return tuple(rows)


def by_class(rows: Sequence[ClassRow]) -> dict[str, dict[str, dict[str, Rate]]]:
    """Set fool rates by kind of class, class (sorted) and variant; no kind without classes."""
    found: dict[str, dict[str, dict[str, Rate]]] = {}
    for row in sorted(rows, key=lambda row: (KINDS.index(row.kind), row.level)):
        found.setdefault(row.kind, {}).setdefault(row.level, {})[row.variant] = row.rate
    return found


def side_by_side(rows: Sequence[VariantRow], asked: tuple[str, ...]) -> tuple[str, ...]:
    """Choose the one or two variants that the figure of classes shows.

    Parameters
    ----------
    rows : sequence of VariantRow
        The main table.
    asked : tuple of str
        What a reader wished to see; if empty, Figure 7's two are taken: the full system and the best
        image match, or what comes nearest.

    Raises
    ------
    AnalysisError
        If more than two were asked for, or one is not among the responses.
    """
    names = [row.variant for row in rows]
    if unknown := [name for name in asked if name not in names]:
        raise AnalysisError(
            f"no variant {', '.join(unknown)} in the responses; there are: {', '.join(names) or 'none'}"
        )
    if len(asked) > 2:
        raise AnalysisError(f"{len(asked)} variants to show side by side; give one or two")
    return asked or _papers_pair(rows)


def class_contrasts(
    answers: Responses, pair: tuple[str, ...], *, these_clips: bool
) -> tuple[ClassContrast, ...]:
    """Compare two variants in every class; nothing if there are not two.

    Parameters
    ----------
    answers : Responses
        Answered main trials.
    pair : tuple of str
        The variants of the figure of classes.
    these_clips : bool
        Whether results are about the clips of this stimulus set only.
    """
    if len(pair) != 2:
        return ()
    either = answers.select(answers.variant.mask(pair[0]) | answers.variant.mask(pair[1]))
    rows = []
    for kind in KINDS:
        for level in getattr(either, kind).levels:
            part = either.select(getattr(either, kind).mask(level))
            second, clusters = part.variant.mask(pair[1]), clusters_of(part, these_clips=these_clips)
            rows.append(ClassContrast(
                kind=kind, level=level, first=pair[0], second=pair[1],
                paper=contrast(part.fooled[~second], part.fooled[second]),
                clustered=contrast_clustered(part.fooled, second, clusters), p_bh=None,
            ))  # fmt: skip
    adjusted = benjamini_hochberg([row.clustered.p for row in rows])
    return tuple(replace(row, p_bh=p) for row, p in zip(rows, adjusted, strict=True))


def unlabelled(answers: Responses) -> dict[str, int]:
    """Count the answers without a label, by kind of label."""
    return {kind: int(np.sum(getattr(answers, kind).codes < 0)) for kind in KINDS}


def clip_rows(answers: Responses) -> tuple[ClipRow, ...]:
    """Give every clip's fool rate, most convincing first.

    Sorted by the lower end of Wilson's interval, so that a clip fooling 9 of 10 stands before one
    fooling 1 of 1.
    """
    if len(answers) == 0:
        return ()
    n = np.bincount(answers.clip.codes, minlength=len(answers.clip.levels))
    k = np.bincount(answers.clip.codes[answers.fooled], minlength=len(answers.clip.levels))
    order = np.argsort(answers.clip.codes, kind="stable")
    trials = np.split(order, np.cumsum(n[n > 0])[:-1])
    estimates = shares_wilson(k[n > 0], n[n > 0])
    rows = [_clip_row(answers, t, e) for t, e in zip(trials, estimates, strict=True)]
    return tuple(sorted(rows, key=lambda row: (-(row.estimate.low or 0.0), row.clip)))


def _papers_pair(rows: Sequence[VariantRow]) -> tuple[str, ...]:
    answered = [row for row in rows if row.rate.n and not row.oracle]
    best = sorted(answered, key=lambda row: (row.variant == paper.BASELINE, -row.rate.k / row.rate.n))
    names = [row.variant for row in best]
    first = "full" if "full" in names else names[0] if names else None
    others = [name for name in names if name != first]
    second = next((name for name in others if name in paper.MATCHES), others[0] if others else None)
    return tuple(name for name in (first, second) if name is not None)


def _clip_row(answers: Responses, trials: NDArray[np.intp], estimate: Estimate) -> ClipRow:
    first = trials[0]
    shown = tuple(answers.variant.levels[code] for code in np.unique(answers.variant.codes[trials]))
    return ClipRow(
        clip=answers.clip.name(first) or "", video=answers.video.name(first) or "",
        material=answers.material.name(first), action=answers.action.name(first),
        reaction=answers.reaction.name(first), variants=paper.in_order(shown),
        n=len(trials), k=int(np.sum(answers.fooled[trials])), estimate=estimate,
    )  # fmt: skip

"""Fool rates broken down by class and by clip: answers in, rows out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis import paper
from analysis.inference import Estimate, shares_wilson
from analysis.rates import Rate, rate_of_variant
from analysis.responses import Factor, Responses

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
    for kind in KINDS:
        factor: Factor = getattr(answers, kind)
        for level in factor.levels:
            part = answers.select(factor.mask(level))
            for variant in paper.in_order(answers.variant.levels):
                rate = rate_of_variant(part, variant)
                rows.append(ClassRow(kind=kind, level=level, variant=variant, rate=rate))
    return tuple(rows)


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


def _clip_row(answers: Responses, trials: NDArray[np.intp], estimate: Estimate) -> ClipRow:
    def name(factor: Factor) -> str | None:
        code = int(factor.codes[trials[0]])
        return None if code < 0 else factor.levels[code]

    shown = tuple(answers.variant.levels[code] for code in np.unique(answers.variant.codes[trials]))
    return ClipRow(
        clip=name(answers.clip) or "", video=name(answers.video) or "", material=name(answers.material),
        action=name(answers.action), reaction=name(answers.reaction), variants=paper.in_order(shown),
        n=len(trials), k=int(np.sum(answers.fooled[trials])), estimate=estimate,
    )  # fmt: skip

"""How far people agree: with the majority, with the majority of the others, and beyond chance.

The paper has one number, "their material labels agreed with the majority 87.6% of the time on the
fine-grained categories", over impacts labelled "with 3 or more workers" (Section A2), and does not say
what became of ties. All readings are measured; each is a share of votes, not a mean over impacts:

``kept``
    A vote agrees if it is for the most frequent label of its impact. Where several labels are equally
    frequent one of them is taken, whichever it is: the number of votes that agree is the same.
``dropped``
    The same, without impacts whose most frequent labels tie.
``leave_one_out``
    A vote agrees if it is for the most frequent label among the *other* votes on its impact; if k of
    them tie and it is for one of these, it counts 1/k.
``alpha``
    Krippendorff's alpha for nominal data with missing votes: 1 less the disagreement observed over that
    expected by chance. Of all impacts with two votes or more.

References
----------
K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", University of Pennsylvania, 2011.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.annotation.votes import Votes
from analysis.inference import bootstrap
from analysis.inference.bootstrap import Sums
from analysis.inference.pooled import Estimate
from analysis.recognition.accuracy import Confusion

LEAST_VOTES = 3  # "a subset of the impacts with 3 or more workers" (Section A2)
METHOD = "share of votes; percentiles of a bootstrap over videos"


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How far the votes on one kind of label agree, see above.

    Attributes
    ----------
    n_impacts, n_votes : int
        Impacts with enough votes for the first three measures, and those votes.
    n_tied : int
        Of these impacts, those whose most frequent labels tie.
    kept, dropped, leave_one_out, alpha : Estimate
        With 95% intervals over videos; the value is None where there is nothing to measure.
    """

    n_impacts: int
    n_votes: int
    n_tied: int
    kept: Estimate
    dropped: Estimate
    leave_one_out: Estimate
    alpha: Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassAgreement:
    """How far votes agree on impacts of whose votes most are for one class.

    Attributes
    ----------
    name : str
        The class.
    n_impacts, n_votes : int
        Impacts whose majority it is, ties aside, and all votes on them.
    share : float
        Votes for it among these.
    """

    name: str
    n_impacts: int
    n_votes: int
    share: float


def agreement(
    votes: Votes, videos: NDArray[np.intp], *, least: int = LEAST_VOTES, rng: np.random.Generator
) -> Agreement:
    """Measure agreement.

    Parameters
    ----------
    votes : Votes
        On one kind of label.
    videos : ndarray of int [shape=(n_impacts,)]
        The video of each impact, from 0; whole videos are drawn for the intervals.
    least : int
        Votes that an impact must have for the first three measures, 2 or more.
    rng : Generator
        Draws the resamples.
    """
    counts = votes.counts
    n, top, tied = _tally(counts)
    enough = n >= least
    untied = enough & ~tied
    agreeing = np.bincount(votes.impacts, weights=others_agree(votes), minlength=votes.n_impacts)
    columns = [enough * top, enough * n, untied * top, untied * n, enough * agreeing]
    pairs, totals = _disagreements(counts)
    sums = _by_video(np.column_stack([*columns, pairs, totals]), videos)
    resampled = bootstrap.resample(sums, rng)
    n_votes, n_untied = int(n[enough].sum()), int(n[untied].sum())

    def estimate(measure: Callable[[Sums], Sums], size: int) -> Estimate:
        return bootstrap.estimate(measure, sums, resampled, n=size, method=METHOD)

    return Agreement(
        n_impacts=int(enough.sum()),
        n_votes=n_votes,
        n_tied=int((enough & tied).sum()),
        kept=estimate(lambda s: _ratio(s[:, 0], s[:, 1]), n_votes),
        dropped=estimate(lambda s: _ratio(s[:, 2], s[:, 3]), n_untied),
        leave_one_out=estimate(lambda s: _ratio(s[:, 4], s[:, 1]), n_votes),
        alpha=estimate(lambda s: _alpha(s[:, 5], s[:, 6:]), int(totals.sum())),
    )


def others_agree(votes: Votes) -> NDArray[np.float64]:
    """Give each vote's agreement with the majority of the other votes on its impact.

    Returns
    -------
    ndarray of float64 [shape=(n_votes,)]
        1/k where the vote is for one of the k most frequent labels of the others, else 0; 0 also where
        there is no other vote.
    """
    rows = np.arange(len(votes.labels))
    others = votes.counts[votes.impacts]
    others[rows, votes.labels] -= 1
    top = others.max(axis=1, initial=0)
    modal = (others == top[:, None]) & (top > 0)[:, None]
    agree = modal[rows, votes.labels] / np.maximum(modal.sum(axis=1), 1)
    return np.asarray(agree, np.float64)


def majority(votes: Votes) -> NDArray[np.intp]:
    """Give each impact's most frequent label [shape=(n_impacts,)], -1 where several tie or none is."""
    counts = votes.counts
    n, _, tied = _tally(counts)
    if not votes.classes:
        return np.full(votes.n_impacts, -1, np.intp)
    return np.where(tied | (n == 0), -1, counts.argmax(axis=1)).astype(np.intp)


def by_class(votes: Votes, *, least: int = LEAST_VOTES) -> tuple[ClassAgreement, ...]:
    """Measure how far votes agree by the class that most are for, in order of name; ties aside."""
    counts, winners = votes.counts, majority(votes)
    enough = counts.sum(axis=1) >= least
    rows = []
    for code, name in enumerate(votes.classes):
        mine = counts[enough & (winners == code)]
        n = int(mine.sum())
        if n:
            share = float(mine[:, code].sum() / n)
            rows.append(ClassAgreement(name=name, n_impacts=len(mine), n_votes=n, share=share))
    return tuple(rows)


def confusions(votes: Votes, *, least: int = LEAST_VOTES) -> Confusion:
    """Count votes by the majority of their impact (rows) and by what they are for (columns).

    Impacts with fewer votes than `least`, or whose most frequent labels tie, are left out.
    """
    counts, winners, k = votes.counts, majority(votes), len(votes.classes)
    enough = counts.sum(axis=1) >= least
    of_class = [counts[enough & (winners == code)].sum(axis=0) for code in range(k)]
    return Confusion(classes=votes.classes, counts=np.array(of_class, np.int64).reshape(k, k))


def _tally(
    counts: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Give each impact's votes, those for its most frequent label, and whether several are that."""
    top = counts.max(axis=1, initial=0)
    return counts.sum(axis=1), top, (counts == top[:, None]).sum(axis=1) > 1


def _disagreements(counts: NDArray[np.int64]) -> tuple[Sums, NDArray[np.int64]]:
    """Give what alpha is made of, by impact: its disagreement, and its votes by class.

    The disagreement is the number of ordered pairs of different votes over n - 1; an impact with one
    vote has no pair, and its vote does not count.
    """
    n = counts.sum(axis=1)
    pairable = n >= 2
    apart = (n**2 - (counts**2).sum(axis=1)) / np.maximum(n - 1, 1)
    return np.where(pairable, apart, 0.0), counts * pairable[:, None]


def _alpha(apart: Sums, totals: Sums) -> Sums:
    n = totals.sum(axis=1)
    expected = n**2 - (totals**2).sum(axis=1)
    return 1 - _ratio((n - 1) * apart, expected)


def _ratio(part: Sums, whole: Sums) -> Sums:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))


def _by_video(rows: Sums, videos: NDArray[np.intp]) -> Sums:
    sums = np.zeros((int(videos.max()) + 1, rows.shape[1]))
    np.add.at(sums, videos, rows)
    return sums

"""Similar classes made one: those that the paper merged, and those that these votes would merge.

"We gave them finer-grained categories than, then merged similar categories that were frequently labeled
inconsistently by workers. Specifically, we merged cardboard and paper; concrete and rock; cloth and
cushion (often the former physically covers the latter); and rubber and plastic" (Section A2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.annotation.agreement import LEAST_VOTES, confusions
from analysis.annotation.votes import Votes
from analysis.errors import AnalysisError

PAPERS = ("cardboard+paper", "concrete+rock", "cushion+cloth", "rubber+plastic")
NO_MERGE = "none"
SUGGESTED_OVER = 0.08  # the paper merged a pair confused in 9 % of votes, and kept others of 8 % apart


@dataclass(frozen=True, kw_only=True, slots=True)
class Confused:
    """Two classes that people take for each other.

    Attributes
    ----------
    first, second : str
        The classes, in order of name.
    share : float
        The mean of both directions: votes for the one on impacts whose majority is the other, as a
        share of all votes on these.
    n_votes : int
        Votes on impacts of either.
    """

    first: str
    second: str
    share: float
    n_votes: int


def merges_of(given: Sequence[str]) -> dict[str, str]:
    """Read merges, ``cardboard+paper``: all are called by the last.

    Parameters
    ----------
    given : sequence of str
        What was asked for; ``none`` alone for no merge.

    Returns
    -------
    dict of str to str
        The new name of each class that loses its own.

    Raises
    ------
    AnalysisError
        If one is no pair, or a class is in two.
    """
    if list(given) == [NO_MERGE]:
        return {}
    merges: dict[str, str] = {}
    seen: set[str] = set()
    for text in given:
        names = [name.strip() for name in text.split("+")]
        if len(names) < 2 or not all(names):
            raise AnalysisError(f"the merge {text!r} names no two classes; give e.g. cardboard+paper")
        twice = sorted(seen & set(names)) or sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise AnalysisError(f"the class {twice[0]!r} is merged twice; name it once")
        seen |= set(names)
        merges |= dict.fromkeys(names[:-1], names[-1])
    return merges


def suggested(
    votes: Votes, *, over: float = SUGGESTED_OVER, least: int = LEAST_VOTES
) -> tuple[Confused, ...]:
    """List the pairs of classes that people take for each other more often than `over`, worst first.

    Parameters
    ----------
    votes : Votes
        On one kind of label.
    over : float
        Share above which a pair is listed, 0 to 1.
    least : int
        Votes that an impact must have to count.
    """
    counts = confusions(votes, least=least)
    rows = counts.sum(axis=1)
    shares = counts / np.maximum(rows[:, None], 1)
    apart = (shares + shares.T) / 2
    pairs = [
        Confused(
            first=votes.classes[i],
            second=votes.classes[j],
            share=float(apart[i, j]),
            n_votes=int(rows[i] + rows[j]),
        )
        for i in range(len(rows))
        for j in range(i + 1, len(rows))
        if apart[i, j] > over
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.share, pair.first, pair.second)))


def present(merges: Mapping[str, str], votes: Votes) -> dict[str, str]:
    """Keep the merges of classes that somebody chose."""
    return {old: new for old, new in merges.items() if old in votes.classes}

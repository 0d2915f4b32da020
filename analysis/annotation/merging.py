"""Similar classes made one: those that the paper merged, and those that these votes would merge.

"We gave them finer-grained categories than, then merged similar categories that were frequently labeled
inconsistently by workers. Specifically, we merged cardboard and paper; concrete and rock; cloth and
cushion (often the former physically covers the latter); and rubber and plastic" (Section A2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from analysis.annotation.votes import Votes
from analysis.errors import AnalysisError
from analysis.recognition.accuracy import Confusion

PAPERS = ("cardboard+paper", "concrete+rock", "cushion+cloth", "rubber+plastic")
NO_MERGE = "none"


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


def suggested(found: Confusion, *, over: float) -> tuple[Confused, ...]:
    """List the pairs of classes that people take for each other more often than `over`, worst first.

    Parameters
    ----------
    found : Confusion
        Majorities in rows, votes in columns.
    over : float
        Share above which a pair is listed, 0 to 1.
    """
    rows = found.counts.sum(axis=1)
    apart = (found.shares + found.shares.T) / 2
    pairs = [
        Confused(
            first=found.classes[i], second=found.classes[j], share=float(apart[i, j]),
            n_votes=int(rows[i] + rows[j]),
        )
        for i, j in combinations(range(len(rows)), 2)
        if apart[i, j] > over
    ]  # fmt: skip
    return tuple(sorted(pairs, key=lambda pair: (-pair.share, pair.first, pair.second)))


def present(merges: Mapping[str, str], votes: Votes) -> dict[str, str]:
    """Keep the merges of classes that somebody chose."""
    return {old: new for old, new in merges.items() if old in votes.classes}

"""The label and the place that most people gave an impact, as ``consensus.csv``.

A label stands if it is the most frequent one of its impact, alone, and enough people chose it; else the
cell is empty. The place is the median of the clicks' x and, by itself, of their y: unlike a median of
distances it does not depend on the shape of the picture. Its spread is the median distance of the
clicks from it, x and y in shares of the picture's own width and height.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.annotation.agreement import majority
from analysis.annotation.votes import KINDS, Answers, Votes
from analysis.rendering.files import write_csv

FORMAT = 1  # in a column of its own, so that the file needs nothing beside it


@dataclass(frozen=True, kw_only=True, slots=True)
class Consensus:
    """What people agree on of an impact; None where they don't, or did not say.

    Attributes
    ----------
    video : str
        The recording.
    impact_s : float
        The impact's time in it (s).
    material, action, reaction : str or None
        Labels.
    x, y : float or None
        Place, shares (0 to 1) of width and height from the upper left corner.
    n_votes : int
        People who answered.
    material_share, action_share, reaction_share : float or None
        Share of the votes that the most frequent label has, whether it stands or not.
    position_spread : float or None
        Median distance of the clicks from the place, see above.
    """

    video: str
    impact_s: float
    material: str | None
    action: str | None
    reaction: str | None
    x: float | None
    y: float | None
    n_votes: int
    material_share: float | None
    action_share: float | None
    reaction_share: float | None
    position_spread: float | None


COLUMNS = tuple(field.name for field in fields(Consensus))


def consensus_of(
    answers: Answers, votes: Mapping[str, Votes], *, agreeing: int
) -> tuple[Consensus, ...]:
    """Find what people agree on, impact by impact.

    Parameters
    ----------
    answers : Answers
        The impacts, and the clicks.
    votes : dict of str to Votes
        By kind, classes merged or not.
    agreeing : int
        Votes that a label needs, 1 or more.
    """
    material, action, reaction = (standing(votes[kind], agreeing=agreeing) for kind in KINDS)
    shares = [_shares(votes[kind]) for kind in KINDS]
    centres, spreads = places_of(answers)
    return tuple(
        Consensus(
            video=impact.video,
            impact_s=impact.impact_s,
            material=material[row],
            action=action[row],
            reaction=reaction[row],
            x=_known(centres[row, 0]),
            y=_known(centres[row, 1]),
            n_votes=impact.n_answers,
            material_share=shares[0][row],
            action_share=shares[1][row],
            reaction_share=shares[2][row],
            position_spread=_known(spreads[row]),
        )
        for row, impact in enumerate(answers.impacts)
    )


def standing(votes: Votes, *, agreeing: int) -> list[str | None]:
    """Give each impact's label, None where several tie or too few agree."""
    winners, counts = majority(votes), votes.counts
    return [
        votes.classes[code] if code >= 0 and counts[row, code] >= agreeing else None
        for row, code in enumerate(winners)
    ]


def places_of(answers: Answers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find each impact's place and how far its clicks lie from it.

    Returns
    -------
    centres : ndarray of float64 [shape=(n_impacts, 2)]
        Medians of x and of y; NaN where nobody clicked.
    spreads : ndarray of float64 [shape=(n_impacts,)]
        Median distances; NaN where nobody clicked.
    """
    clicks = answers.clicks
    centres = np.full((len(answers.impacts), 2), np.nan)
    spreads = np.full(len(answers.impacts), np.nan)
    for row in np.unique(clicks.impacts):
        places = clicks.places[clicks.impacts == row]
        centres[row] = np.median(places, axis=0)
        spreads[row] = np.median(np.hypot(*(places - centres[row]).T))
    return centres, spreads


def apart_from_others(answers: Answers) -> NDArray[np.float64]:
    """Find how each click lies to the median of the other clicks on its impact.

    The place itself would not do: of a few clicks one is always on it.

    Returns
    -------
    ndarray of float64 [shape=(n_clicks, 2)]
        Shares of width (to the right) and height (downwards); NaN where nobody else clicked.
    """
    clicks = answers.clicks
    apart = np.full(clicks.places.shape, np.nan)
    for impact in np.unique(clicks.impacts):
        rows = np.flatnonzero(clicks.impacts == impact)
        for row in rows if len(rows) > 1 else ():
            apart[row] = clicks.places[row] - np.median(clicks.places[rows[rows != row]], axis=0)
    return apart


def write(rows: Iterable[Consensus], path: Path) -> None:
    """Write what people agree on; empty stands for none."""
    cells = ([FORMAT, *(getattr(row, name) for name in COLUMNS)] for row in rows)
    write_csv(path, ["format", *COLUMNS], cells)


def _shares(votes: Votes) -> list[float | None]:
    counts = votes.counts
    n, top = counts.sum(axis=1), counts.max(axis=1, initial=0)
    return [float(part / whole) if whole else None for part, whole in zip(top, n, strict=True)]


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

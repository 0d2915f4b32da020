"""How far the labels of a study are, for its dashboard."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from experiment_server.database.labellings import Label, Labelling
from experiment_server.database.tables import Participant
from experiment_server.folders.folder import StudyFolder


@dataclass(frozen=True, kw_only=True, slots=True)
class Votes:
    """The votes that impacts have.

    Attributes
    ----------
    impacts : int
        Impacts of the stimulus set.
    wanted : int
        Votes that each of them is to have.
    given : dict of int to int
        By number of votes, from 0 to those wanted and what there is beyond, the impacts that have them.
    """

    impacts: int
    wanted: int
    given: Mapping[int, int]

    @property
    def answers(self) -> int:
        """Count all votes."""
        return sum(votes * n for votes, n in self.given.items())

    @property
    def complete(self) -> int:
        """Count the impacts that have as many votes as are wanted, or more."""
        return sum(n for votes, n in self.given.items() if votes >= self.wanted)


def read(session: Session, opened: StudyFolder, *, simulated: bool) -> Votes:
    """Count the votes of people, or of robots."""
    asked = (
        select(Labelling.clip, func.count())
        .join(Labelling.label)
        .join(Labelling.participant)
        .where(Participant.simulated == simulated)
        .group_by(Labelling.clip)
    )
    votes = {clip: n for clip, n in session.execute(asked)}
    wanted = opened.study.annotation.votes
    counts = Counter(votes.get(clip.id, 0) for clip in opened.manifest.clips)
    return Votes(
        impacts=len(opened.manifest.clips),
        wanted=wanted,
        given={n: counts[n] for n in sorted({*range(wanted + 1), *counts})},
    )


def response_times(*, simulated: bool) -> "Select[float | None]":
    """Select the times that labels took (ms)."""
    return (
        select(Label.rt_ms)
        .join(Label.labelling)
        .join(Labelling.participant)
        .where(Participant.simulated == simulated, Label.rt_ms.is_not(None))
    )

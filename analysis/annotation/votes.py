"""The votes of an annotation study: who chose which label for which impact, and where each clicked.

What counts are the answers of everybody who has not withdrawn, of whole sessions or not: an answer is
about one impact, and stands by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from experiment_server.exports.labels import LabelRecord

MATERIAL, ACTION, REACTION = KINDS = ("material", "action", "reaction")
WITHDRAWN = "withdrawn"  # the state of a participant who took everything back


@dataclass(frozen=True, kw_only=True)
class Votes:
    """Votes on one kind of label; an answer "can't tell" is no vote.

    Attributes
    ----------
    classes : tuple of str
        The labels that were chosen, in order of name.
    n_impacts : int
        Impacts, those without a vote included.
    impacts : ndarray of int [shape=(n_votes,)]
        The impact of each vote, from 0.
    people : ndarray of int [shape=(n_votes,)]
        Whose it is, from 0.
    labels : ndarray of int [shape=(n_votes,)]
        Index into `classes`.
    """

    classes: tuple[str, ...]
    n_impacts: int
    impacts: NDArray[np.intp]
    people: NDArray[np.intp]
    labels: NDArray[np.intp]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Votes by impact and class [shape=(n_impacts, n_classes)]."""
        k = len(self.classes)
        cells = np.bincount(self.impacts * k + self.labels, minlength=self.n_impacts * k)
        return cells.reshape(self.n_impacts, k).astype(np.int64)

    def merged(self, merges: Mapping[str, str]) -> "Votes":
        """Rename classes, so that those of one name become one."""
        names = [merges.get(name, name) for name in self.classes]
        classes = tuple(sorted(set(names)))
        renamed = np.array([classes.index(name) for name in names], np.intp)
        return replace(self, classes=classes, labels=renamed[self.labels])


@dataclass(frozen=True, kw_only=True)
class Clicks:
    """Where people saw the impacts.

    Attributes
    ----------
    impacts, people : ndarray of int [shape=(n_clicks,)]
        As in `Votes`.
    places : ndarray of float64 [shape=(n_clicks, 2)]
        Shares (0 to 1) of the picture's width and height from the upper left corner.
    """

    impacts: NDArray[np.intp]
    people: NDArray[np.intp]
    places: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledImpact:
    """What is known of an impact beside the votes.

    Attributes
    ----------
    clip, video : str
        Where it is seen.
    impact_s : float
        Its time in the recording (s).
    n_answers : int
        People who answered.
    known : dict of str to (str or None)
        By kind, the label that the dataset had before; robots answer by it.
    place : (float, float) or None
        The place that it had before.
    """

    clip: str
    video: str
    impact_s: float
    n_answers: int
    known: Mapping[str, str | None]
    place: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class Answers:
    """All answers of a study.

    Attributes
    ----------
    study : str
        Its name.
    stimulus_set : str
        Digest of the set.
    impacts : tuple of LabelledImpact
        In order of video and time; those that nobody answered about are left out.
    people : tuple of str
        Pseudonyms of those who answered.
    n_answers : ndarray of int [shape=(n_people,)]
        How many impacts each answered about.
    simulated : bool
        Whether any of them is no person.
    n_withdrawn : int
        Answers left out because their participant withdrew.
    votes : dict of str to Votes
        By kind.
    clicks : Clicks
        Where people clicked.
    """

    study: str
    stimulus_set: str
    impacts: tuple[LabelledImpact, ...]
    people: tuple[str, ...]
    n_answers: NDArray[np.intp]
    simulated: bool
    n_withdrawn: int
    votes: Mapping[str, Votes]
    clicks: Clicks

    @property
    def video_codes(self) -> NDArray[np.intp]:
        """Number each impact's video, from 0 [shape=(n_impacts,)]."""
        _, codes = np.unique([impact.video for impact in self.impacts], return_inverse=True)
        return codes.astype(np.intp)


def answers_of(records: Iterable[LabelRecord]) -> Answers:
    """Order the records of a study by impact and participant.

    Raises
    ------
    AnalysisError
        If nobody has answered yet, or the records are of several studies or stimulus sets.
    """
    given = [record for record in records if record.is_answered]
    counted = [record for record in given if record.state != WITHDRAWN]
    if not counted:
        raise AnalysisError("nobody has labelled an impact yet; come back when there are answers")
    sources = sorted({(record.study, record.stimulus_set[:12]) for record in counted})
    if len(sources) > 1:
        raise AnalysisError(
            f"the labels are of several studies or stimulus sets ({sources}); analyse each by itself"
        )
    people = tuple(sorted({record.participant for record in counted}))
    impacts = _impacts(counted)
    rows = {impact.clip: row for row, impact in enumerate(impacts)}
    places = [(rows[record.clip], people.index(record.participant)) for record in counted]
    return Answers(
        study=counted[0].study,
        stimulus_set=counted[0].stimulus_set,
        impacts=impacts,
        people=people,
        n_answers=np.bincount([person for _, person in places], minlength=len(people)),
        simulated=any(record.simulated for record in counted),
        n_withdrawn=len(given) - len(counted),
        votes={kind: _votes(kind, counted, places, len(impacts)) for kind in KINDS},
        clicks=_clicks(counted, places),
    )


def _impacts(records: Sequence[LabelRecord]) -> tuple[LabelledImpact, ...]:
    by_clip: dict[str, list[LabelRecord]] = {}
    for record in records:
        by_clip.setdefault(record.clip, []).append(record)
    found = (_impact(of_clip[0], len(of_clip)) for of_clip in by_clip.values())
    return tuple(sorted(found, key=lambda impact: (impact.video, impact.impact_s)))


def _impact(record: LabelRecord, n_answers: int) -> LabelledImpact:
    x, y = record.known_x, record.known_y
    return LabelledImpact(
        clip=record.clip,
        video=record.video,
        impact_s=record.impact_s,
        n_answers=n_answers,
        known={kind: getattr(record, f"known_{kind}") for kind in KINDS},
        place=None if x is None or y is None else (x, y),
    )


def _votes(
    kind: str, records: Sequence[LabelRecord], places: Sequence[tuple[int, int]], n_impacts: int
) -> Votes:
    said = [(place, getattr(record, kind)) for record, place in zip(records, places, strict=True)]
    given = [(place, label) for place, label in said if label is not None]
    classes = tuple(sorted({label for _, label in given}))
    return Votes(
        classes=classes,
        n_impacts=n_impacts,
        impacts=np.array([impact for (impact, _), _ in given], np.intp),
        people=np.array([person for (_, person), _ in given], np.intp),
        labels=np.array([classes.index(label) for _, label in given], np.intp),
    )


def _clicks(records: Sequence[LabelRecord], places: Sequence[tuple[int, int]]) -> Clicks:
    clicked = [
        (place, (record.x, record.y))
        for record, place in zip(records, places, strict=True)
        if record.x is not None and record.y is not None
    ]
    return Clicks(
        impacts=np.array([impact for (impact, _), _ in clicked], np.intp),
        people=np.array([person for (_, person), _ in clicked], np.intp),
        places=np.array([place for _, place in clicked], np.float64).reshape(-1, 2),
    )

"""What an annotation study comes to, as numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.annotation.agreement import Agreement, ClassAgreement
from analysis.annotation.consensus import Consensus
from analysis.annotation.merging import Confused
from analysis.annotation.votes import Answers
from analysis.inference.pooled import Estimate
from analysis.recognition.accuracy import Confusion

TIES = ("keep", "drop")


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """How one person's answers compare with the others'.

    Attributes
    ----------
    name : str
        Pseudonym.
    n_answers : int
        Impacts answered about.
    shares : dict of str to (float or None)
        By kind: votes that agree with the majority of the others, as `leave_one_out`, over impacts with
        another vote; None without such a vote.
    distance : float or None
        Median distance of the clicks from the median of the others', in shares of width and height.
    """

    name: str
    n_answers: int
    shares: Mapping[str, float | None]
    distance: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How many impacts have a label of a kind, and how many of them have the one known before.

    Attributes
    ----------
    n_labelled, n_tied, n_few : int
        Impacts with a label that stands; those whose most frequent labels tie; those where too few, or
        nobody, agree.
    n_known, n_equal : int
        Labelled impacts whose label the dataset had before, and those that have the same one.
    """

    n_labelled: int
    n_tied: int
    n_few: int
    n_known: int
    n_equal: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """How far clicks lie apart; distances are in shares of the picture's width and height.

    Attributes
    ----------
    n_clicks, n_impacts : int
        Clicks, and impacts that anybody clicked on.
    spread : float or None
        Median over clicks of the distance from the median of the others' clicks on the impact.
    n_known : int
        Impacts whose place the dataset had before.
    error : float or None
        Median over these of the distance between that and the one found.
    """

    n_clicks: int
    n_impacts: int
    spread: float | None
    n_known: int
    error: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How the numbers were made.

    Attributes
    ----------
    ties : str
        ``keep`` or ``drop``: which reading is called the agreement, see `analysis.annotation.agreement`.
    least : int
        Votes that an impact must have to enter the agreement.
    agreeing : int
        Votes that a label needs to stand.
    merges : dict of str to str
        New names of material classes.
    suggested_over : float
        Confusion above which a merge is suggested, 0 to 1.
    seed : int
        Of the intervals' resamples.
    """

    ties: str
    least: int
    agreeing: int
    merges: Mapping[str, str]
    suggested_over: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class Annotated:
    """All that was found.

    Attributes
    ----------
    answers : Answers
        What it was found from.
    rules : Rules
        How.
    agreements, merged_agreements : dict of str to Agreement
        By kind, with the classes people chose from and with similar ones merged.
    classes : dict of str to (tuple of ClassAgreement)
        By kind, before merging.
    confusions : Confusion
        Of materials before merging: majorities in rows, votes in columns.
    suggested : tuple of Confused
        Materials that are often taken for each other.
    people : tuple of Person
        Those who agree least on materials first.
    standing, merged_standing : dict of str to Standing
        By kind, before and after merging.
    places : Places
        Of the clicks.
    consensus : tuple of Consensus
        After merging.
    """

    answers: Answers
    rules: Rules
    agreements: Mapping[str, Agreement]
    merged_agreements: Mapping[str, Agreement]
    classes: Mapping[str, tuple[ClassAgreement, ...]]
    confusions: Confusion
    suggested: tuple[Confused, ...]
    people: tuple[Person, ...]
    standing: Mapping[str, Standing]
    merged_standing: Mapping[str, Standing]
    places: Places
    consensus: tuple[Consensus, ...]

    def headline(self, found: Agreement) -> Estimate:
        """Give the reading of agreement that the tie rule names."""
        return found.kept if self.rules.ties == "keep" else found.dropped

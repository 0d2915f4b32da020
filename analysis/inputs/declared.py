"""What a study declared before its answers were seen: exclusions, comparisons, margin, target, pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import AnalysisError
from experiment_server.errors import StudyError
from experiment_server.studies import study as study_files
from experiment_server.studies.sections import TARGETS, Analysis, Exclusions, pair_of
from experiment_server.studies.study import Study

THESE_CLIPS = TARGETS[1]
OF_TARGETS = {
    "new videos": "new participants and new videos",
    "these clips": "new participants and exactly these clips",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What will be asked of the answers.

    Attributes
    ----------
    declared : bool
        False if no study file was at hand; then the values are the defaults.
    contrasts : tuple of (str, str)
        Comparisons between variants; none for every two.
    margin : float
        Of equivalence to one half, 0 to 0.5.
    target : {"new videos", "these clips"}
        What results are about, beside new participants.
    """

    declared: bool = False
    contrasts: tuple[tuple[str, str], ...] = ()
    margin: float = Analysis().margin_points / 100
    target: str = Analysis().target

    @property
    def these_clips(self) -> bool:
        """Say whether results are about the clips of this stimulus set only."""
        return self.target == THESE_CLIPS

    @property
    def about(self) -> str:
        """Name what the results are about."""
        return OF_TARGETS[self.target]

    def pairs(self, variants: Sequence[str]) -> list[tuple[str, str]]:
        """List the declared comparisons between variants that there are."""
        return [pair for pair in self.contrasts if set(pair) <= set(variants)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """All that a study file says to the analysis.

    Attributes
    ----------
    plan : Plan
        What will be asked.
    exclusions : Exclusions or None
        Which answers are left out; None if nothing was declared, then none is.
    cents : dict of str to int, or None
        Pay by end of the session (cents).
    currency : str
        Of the pay.
    """

    plan: Plan = Plan()
    exclusions: Exclusions | None = None
    cents: Mapping[str, int] | None = None
    currency: str = ""


NOTHING = Declared()


def of_study(study: Study) -> Declared:
    """Take what a study file declares."""
    names = (pair_of(text) for text in study.analysis.contrasts)
    pay = study.pay
    return Declared(
        plan=Plan(
            declared=True,
            contrasts=tuple((pair[0], pair[1]) for pair in names),
            margin=study.analysis.margin_points / 100,
            target=study.analysis.target,
        ),
        exclusions=study.exclusions,
        cents={
            "complete": pay.complete_cents,
            "screened_out": pay.screened_out_cents,
            "failed_media": pay.failed_media_cents,
            "withdrawn": pay.withdrawn_cents,
        },
        currency=pay.currency,
    )


def read(path: Path) -> Declared:
    """Take what a study file on disk declares, for responses that came without their study.

    Raises
    ------
    AnalysisError
        If it can't be read.
    """
    try:
        return of_study(study_files.read(path))
    except StudyError as error:
        raise AnalysisError(str(error)) from error

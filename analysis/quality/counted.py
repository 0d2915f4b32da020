"""Who and what counts: people before programs, and what the declared exclusions leave of them."""

from dataclasses import dataclass

from analysis.inference.detection import Lapses, lapses
from analysis.inputs.responses import Responses
from analysis.quality import exclusions
from analysis.quality.exclusions import Outcome
from experiment_server.studies.sections import Exclusions


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """The trials that a study's results are about.

    Attributes
    ----------
    trials : Responses
        All trials of those who count: practice, catch and main, left out or not.
    simulated : bool
        True if they are programs.
    outcome : Outcome
        What the declared exclusions did to them.
    main : Responses
        Their main trials that no exclusion left out.
    answers : Responses
        Those of them with an answer: all fool rates are of these.
    """

    trials: Responses
    simulated: bool
    outcome: Outcome
    main: Responses
    answers: Responses

    def lapses(self) -> Lapses:
        """Estimate blind answers from the catch trials that no exclusion left out."""
        trials = self.trials
        return lapses(trials.fooled[trials.catch & trials.answered & self.outcome.kept])


def count(everyone: Responses, rules: Exclusions | None) -> Counted:
    """Take people's trials, or programs' where no person answered a main trial, and apply the rules.

    People and simulated participants are never mixed.

    Parameters
    ----------
    everyone : Responses
        All trials of a study.
    rules : Exclusions or None
        As declared in the study file; None if nothing was declared, then all stays.
    """
    people = everyone.select(~everyone.simulated)
    simulated = bool(everyone.simulated.any()) and not bool((people.main & people.answered).any())
    trials = everyone.select(everyone.simulated) if simulated else people
    outcome = exclusions.apply(trials, rules)
    main = trials.select(trials.main & outcome.kept)
    return Counted(
        trials=trials,
        simulated=simulated,
        outcome=outcome,
        main=main,
        answers=main.select(main.answered),
    )

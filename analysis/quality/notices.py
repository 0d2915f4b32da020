"""What a reader must know before the numbers, in sentences."""

from analysis.findings.rates import VariantRow
from analysis.formats import p_equation, plural
from analysis.inputs.declared import Plan
from analysis.inputs.sources import Source
from analysis.quality.account import Quality
from analysis.quality.counted import Counted

SIMULATED = "Simulated participants: these are not results."


def notices_of(
    source: Source, counted: Counted, quality: Quality, rows: tuple[VariantRow, ...]
) -> tuple[str, ...]:
    """Say who was left aside, what is missing, and what is doubtful.

    Parameters
    ----------
    source : Source
        All trials of the study, and what is known of them.
    counted : Counted
        Those that the results are about.
    quality : Quality
        The checks of the study.
    rows : tuple of VariantRow
        The main table.
    """
    notices = [SIMULATED] if counted.simulated else []
    left_out = source.responses.participant.n_used() - counted.trials.participant.n_used()
    if left_out and not counted.simulated:
        notices.append(f"{plural(left_out, 'simulated participant')} left out: only people count here.")
    if left_out and counted.simulated:
        notices.append(f"{plural(left_out, 'person', 'people')} came and answered no main trial.")
    if source.n_repeated:
        notices.append(f"{plural(source.n_repeated, 'row')} repeated another one and was dropped.")
    unasked = _unasked(source.declared.plan, rows)
    return (*notices, *_scarce(counted), *unasked, *_doubts(quality), *source.caveats)


def _scarce(counted: Counted) -> list[str]:
    """Say for want of what there is no rate, no interval, or no comparison."""
    trials, answers = counted.trials, counted.answers
    if not (trials.main & trials.answered).any():
        return ["No main trial has been answered yet, so there is no fool rate."]
    if len(answers) == 0:
        return ["The declared exclusions leave no answer, so there is no fool rate."]
    notices = []
    if min(answers.participant.n_used(), answers.video.n_used()) < 2:
        notices.append(
            "The answers are by one participant, or about one video; intervals and tests for new "
            "participants and new videos need two of each."
        )
    if answers.variant.n_used() == 1:
        notices.append("One variant was answered, so there is nothing to compare.")
    return notices


def _unasked(plan: Plan, rows: tuple[VariantRow, ...]) -> list[str]:
    """Say which declared comparisons can't be made."""
    names = {row.variant for row in rows if row.rate.n}
    return [
        f"The declared comparison of {first} and {second} can't be made: there are answers about "
        f"{', '.join(sorted(names)) or 'nothing'}."
        for first, second in plan.contrasts
        if not {first, second} <= names
    ]


def _doubts(quality: Quality) -> list[str]:
    """Say which checks a reader must know the outcome of before the numbers."""
    return [
        f"Variants were not {row.stage} equally often (chi-square test of even shares: "
        f"{p_equation(row.p)}): the study may have lost trials of some of them."
        for row in quality.allocations
        if row.is_suspicious
    ]

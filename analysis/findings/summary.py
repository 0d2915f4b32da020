"""All that a report says, as numbers: responses in, one frozen `Report` out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.clock import Clock
from analysis.findings import auditory, breakdown, conduct, paper, rates
from analysis.findings.auditory import Auditory
from analysis.findings.breakdown import ClassContrast, ClassRow, ClipRow
from analysis.findings.conduct import Flow, Histogram, ParticipantRow, TimesRow
from analysis.findings.impacts import Impacts
from analysis.findings.rates import ContrastRow, VariantRow
from analysis.inference.mixed import MixedModel, fit_mixed
from analysis.inputs.declared import NOTHING, Declared, Plan
from analysis.inputs.evaluation import Evaluation
from analysis.inputs.responses import AnalysisError, Responses
from analysis.quality import exclusions
from analysis.quality.account import Quality, account_of, doubts
from analysis.quality.sides import Sides, sides
from analysis.rendering.formats import plural

SIMULATED = "Simulated participants: these are not results."


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The numbers of one study.

    Attributes
    ----------
    title, study : str
        Headline, and the name in the records.
    simulated : bool
        True if all counted answers are programs'.
    notices : tuple of str
        What a reader must know before the numbers.
    plan : Plan
        What was declared to be asked.
    flow : Flow
        Participants and trials.
    quality : Quality
        Exclusions and checks.
    variants : tuple of VariantRow
        The main table, oracles last.
    contrasts : tuple of ContrastRow
        Every two variants compared.
    highlighted : tuple of str
        The one or two variants that the figure of classes shows.
    classes : tuple of ClassRow
        Fool rates by material, action and reaction.
    class_contrasts : tuple of ClassContrast
        The highlighted two, compared in every class.
    unlabelled : dict of str to int
        Answers without a label, by kind of label.
    clips : tuple of ClipRow
        Fool rates of clips, most convincing first.
    times : tuple of TimesRow
        Response times.
    times_histogram : Histogram or None
        Of all answers.
    sides : Sides
        Favour for an interval.
    participants : tuple of ParticipantRow
        Everyone counted.
    first_utc, last_utc : str or None
        When the first and the last counted answer was kept (ISO 8601).
    mixed : MixedModel or None
        The mixed logistic regression, if it was asked for.
    auditory : Auditory or None
        Auditory metrics of the variants' sounds, measured without participants.
    impacts : Impacts or None
        How well impacts are detected in whole videos.
    provenance : dict
        Digests, versions, seeds: plain JSON values.
    """

    title: str
    study: str
    simulated: bool
    notices: tuple[str, ...]
    plan: Plan
    flow: Flow
    quality: Quality
    variants: tuple[VariantRow, ...]
    contrasts: tuple[ContrastRow, ...]
    highlighted: tuple[str, ...]
    classes: tuple[ClassRow, ...]
    class_contrasts: tuple[ClassContrast, ...]
    unlabelled: Mapping[str, int]
    clips: tuple[ClipRow, ...]
    times: tuple[TimesRow, ...]
    times_histogram: Histogram | None
    sides: Sides
    participants: tuple[ParticipantRow, ...]
    first_utc: str | None
    last_utc: str | None
    mixed: MixedModel | None = None
    auditory: Auditory | None = None
    impacts: Impacts | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)


def summarize(
    responses: Responses,
    *,
    title: str,
    n_repeated: int = 0,
    declared: Declared = NOTHING,
    provenance: Mapping[str, Any] | None = None,
    highlight: Sequence[str] = (),
    evaluation: Evaluation | None = None,
    impacts: Impacts | None = None,
    caveats: Sequence[str] = (),
    with_mixed: bool = False,
    clock: Clock | None = None,
) -> Report:
    """Compute everything that a report of these responses says.

    People and simulated participants are never mixed: if any person answered a main
    trial, only people count.

    Parameters
    ----------
    responses : Responses
        All trials of a study; none at all is a valid, empty study.
    title : str
        The report's headline.
    n_repeated : int
        Rows that repeated another one and were dropped before.
    declared : Declared
        Exclusions, comparisons, margin, target and pay, as the study file has them.
    provenance : dict, optional
        Plain JSON values to show and keep with the numbers.
    highlight : sequence of str, optional
        One or two variants for the figure of classes; chosen as in the paper if not given.
    evaluation : Evaluation, optional
        What `models evaluate` measured.
    impacts : Impacts, optional
        What it measured of the detection of impacts.
    caveats : sequence of str, optional
        Sentences to show before the numbers, with those that the responses call for.
    with_mixed : bool
        Whether to fit the mixed logistic regression too.
    clock : Clock, optional
        Told how long each section took.

    Raises
    ------
    AnalysisError
        If a highlighted variant is not among the responses, or the mixed model's library is missing.
    """
    clock, plan = clock or Clock(), declared.plan
    counted, simulated = conduct.who_counts(responses)
    with clock.section("exclusions"):
        outcome = exclusions.apply(counted, declared.exclusions)
        main = counted.select(counted.main & outcome.kept)
        answers = main.select(main.answered)
        lapses = conduct.catch_lapses(counted.select(outcome.kept))
    with clock.section("variants"):
        contrasts = rates.contrast_rows(answers, plan=plan)
        rows = rates.variant_rows(main, contrasts, plan=plan, lapse=lapses.rate)
        highlighted = _highlighted(rows, tuple(highlight))
    with clock.section("classes and clips"):
        classes = breakdown.class_rows(answers)
        tests = breakdown.class_contrasts(answers, highlighted, these_clips=plan.these_clips)
        clips = breakdown.clip_rows(answers)
    with clock.section("quality"):
        quality = account_of(counted, outcome, declared, lapses=lapses)
        notices = _notices(responses, counted, answers, simulated=simulated, n_repeated=n_repeated)
    with clock.section("mixed model"):
        mixed = fit_mixed(answers, _declared_pairs(contrasts)) if with_mixed else None
    first_utc, last_utc = _dates(answers)
    with clock.section("participants"):
        return Report(
            title=title,
            study=", ".join(responses.study.levels),
            simulated=simulated,
            notices=(*notices, *_unknown(plan, rows), *doubts(quality), *caveats),
            plan=plan,
            flow=conduct.flow(responses, counted, answers),
            quality=quality,
            variants=rows,
            contrasts=contrasts,
            highlighted=highlighted,
            classes=classes,
            class_contrasts=tests,
            unlabelled={k: int(np.sum(getattr(answers, k).codes < 0)) for k in breakdown.KINDS},
            clips=clips,
            times=conduct.times(answers, tuple(row.variant for row in rows)),
            times_histogram=conduct.times_histogram(answers),
            sides=sides(main),
            participants=conduct.participants(counted, outcome.kept),
            first_utc=first_utc,
            last_utc=last_utc,
            mixed=mixed,
            auditory=auditory.lay_out(evaluation) if evaluation else None,
            impacts=impacts,
            provenance={**(provenance or {}), "responses_sha256": responses.digest()},
        )


def _dates(answers: Responses) -> tuple[str | None, str | None]:
    times = answers.answered_utc[~np.isnat(answers.answered_utc)]
    return (f"{times.min()}Z", f"{times.max()}Z") if len(times) else (None, None)


def _declared_pairs(contrasts: tuple[ContrastRow, ...]) -> list[tuple[str, str]]:
    return [(row.first, row.second) for row in contrasts if row.declared]


def _notices(
    everyone: Responses, counted: Responses, answers: Responses, *, simulated: bool, n_repeated: int
) -> tuple[str, ...]:
    given = bool((counted.main & counted.answered).any())
    left_out = everyone.participant.n_used() - counted.participant.n_used()
    notices = [SIMULATED] if simulated else []
    if left_out and not simulated:
        notices.append(f"{plural(left_out, 'simulated participant')} left out: only people count here.")
    if left_out and simulated:
        notices.append(f"{plural(left_out, 'person', 'people')} came and answered no main trial.")
    if n_repeated:
        notices.append(f"{plural(n_repeated, 'row')} repeated another one and was dropped.")
    if not given:
        notices.append("No main trial has been answered yet, so there is no fool rate.")
    elif len(answers) == 0:
        notices.append("The declared exclusions leave no answer, so there is no fool rate.")
    elif min(answers.participant.n_used(), answers.video.n_used()) < 2:
        notices.append(
            "The answers are by one participant, or about one video; intervals and tests for new "
            "participants and new videos need two of each."
        )
    if len(answers) and answers.variant.n_used() == 1:
        notices.append("One variant was answered, so there is nothing to compare.")
    return tuple(notices)


def _unknown(plan: Plan, rows: tuple[VariantRow, ...]) -> list[str]:
    """Say which declared comparisons can't be made."""
    names = {row.variant for row in rows if row.rate.n}
    return [
        f"The declared comparison of {first} and {second} can't be made: there are answers about "
        f"{', '.join(sorted(names)) or 'nothing'}."
        for first, second in plan.contrasts
        if not {first, second} <= names
    ]


def _highlighted(rows: tuple[VariantRow, ...], asked: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(row.variant for row in rows)
    if unknown := [name for name in asked if name not in names]:
        raise AnalysisError(
            f"no variant {', '.join(unknown)} in the responses; there are: {', '.join(names) or 'none'}"
        )
    if len(asked) > 2:
        raise AnalysisError(f"{len(asked)} variants to show side by side; give one or two")
    return asked or _paper_pair(rows)


def _paper_pair(rows: tuple[VariantRow, ...]) -> tuple[str, ...]:
    """Choose Figure 7's two: the full system and the best image match, or what comes nearest."""
    answered = [row for row in rows if row.rate.n and not row.oracle]
    best = sorted(answered, key=lambda row: (row.variant == paper.BASELINE, -row.rate.k / row.rate.n))
    names = [row.variant for row in best]
    first = "full" if "full" in names else names[0] if names else None
    others = [name for name in names if name != first]
    second = next((name for name in others if name in paper.MATCHES), others[0] if others else None)
    return tuple(name for name in (first, second) if name is not None)

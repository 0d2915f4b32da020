"""All that a report says, as numbers: a source in, one frozen `Report` out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.clock import Clock
from analysis.findings import auditory, breakdown, conduct, rates
from analysis.findings.auditory import Auditory
from analysis.findings.breakdown import ClassContrast, ClassRow, ClipRow
from analysis.findings.conduct import Flow, Histogram, ParticipantRow, TimesRow
from analysis.findings.rates import ContrastRow, VariantRow
from analysis.inference.mixed import MixedModel, fit_mixed
from analysis.inputs.declared import Plan
from analysis.inputs.impacts import Impacts
from analysis.inputs.sources import Source
from analysis.quality.account import Quality, account_of
from analysis.quality.counted import count
from analysis.quality.notices import notices_of
from analysis.quality.sides import Sides, sides


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
    source: Source,
    *,
    title: str | None = None,
    highlight: Sequence[str] = (),
    with_mixed: bool = False,
    clock: Clock | None = None,
) -> Report:
    """Compute everything that a report of a study says.

    Parameters
    ----------
    source : Source
        The responses, none at all being a valid, empty study, and what is known of them.
    title : str, optional
        The report's headline; the study's name if not given.
    highlight : sequence of str
        One or two variants for the figure of classes; chosen as in the paper if not given.
    with_mixed : bool
        Whether to fit the mixed logistic regression too.
    clock : Clock, optional
        Told how long each section took.

    Raises
    ------
    AnalysisError
        If a highlighted variant is not among the responses, or the mixed model's library is missing.
    """
    clock, plan = clock or Clock(), source.declared.plan
    with clock.section("exclusions"):
        counted = count(source.responses, source.declared.exclusions)
    trials, main, answers = counted.trials, counted.main, counted.answers
    with clock.section("variants"):
        contrasts = rates.contrast_rows(answers, plan=plan)
        rows = rates.variant_rows(main, contrasts, plan=plan, lapse=counted.lapses().rate)
        shown = breakdown.side_by_side(rows, tuple(highlight))
    with clock.section("classes and clips"):
        classes = breakdown.class_rows(answers)
        tests = breakdown.class_contrasts(answers, shown, these_clips=plan.these_clips)
        clips = breakdown.clip_rows(answers)
    with clock.section("quality"):
        quality = account_of(counted, source.declared)
        notices = notices_of(source, counted, quality, rows)
    with clock.section("mixed model"):
        asked = [(row.first, row.second) for row in contrasts if row.declared]
        mixed = fit_mixed(answers, asked) if with_mixed else None
    with clock.section("participants"):
        first_utc, last_utc = conduct.dates(answers)
        return Report(
            title=title or source.name, study=", ".join(source.responses.study.levels),
            simulated=counted.simulated, notices=notices, plan=plan, quality=quality, variants=rows,
            flow=conduct.flow(source.responses, trials, answers), contrasts=contrasts,
            highlighted=shown, classes=classes, class_contrasts=tests, clips=clips, sides=sides(main),
            unlabelled=breakdown.unlabelled(answers), times_histogram=conduct.times_histogram(answers),
            times=conduct.times(answers, tuple(row.variant for row in rows)), mixed=mixed,
            participants=conduct.participants(trials, counted.outcome.kept), first_utc=first_utc,
            last_utc=last_utc, impacts=source.impacts,
            auditory=auditory.lay_out(source.evaluation) if source.evaluation else None,
            provenance={**source.provenance, "responses_sha256": source.responses.digest()},
        )  # fmt: skip

"""All that a report says, as numbers: records in, one frozen `Report` out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis import auditory, breakdown, conduct, paper, rates, responses
from analysis.auditory import Auditory
from analysis.breakdown import ClassRow, ClipRow
from analysis.conduct import Flow, Histogram, ParticipantRow, Sides, TimesRow
from analysis.evaluation import Evaluation
from analysis.formats import plural
from analysis.rates import ContrastRow, VariantRow
from analysis.responses import AnalysisError, Responses
from experiment_server.records import Record

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
    flow : Flow
        Participants and trials.
    variants : tuple of VariantRow
        The main table, oracles last.
    contrasts : tuple of ContrastRow
        Every two variants compared.
    highlighted : tuple of str
        The one or two variants that the figure of classes shows.
    classes : tuple of ClassRow
        Fool rates by material, action and reaction.
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
    auditory : Auditory or None
        Auditory metrics of the variants' sounds, measured without participants.
    provenance : dict
        Digests, versions, seeds: plain JSON values.
    """

    title: str
    study: str
    simulated: bool
    notices: tuple[str, ...]
    flow: Flow
    variants: tuple[VariantRow, ...]
    contrasts: tuple[ContrastRow, ...]
    highlighted: tuple[str, ...]
    classes: tuple[ClassRow, ...]
    unlabelled: Mapping[str, int]
    clips: tuple[ClipRow, ...]
    times: tuple[TimesRow, ...]
    times_histogram: Histogram | None
    sides: Sides
    participants: tuple[ParticipantRow, ...]
    first_utc: str | None
    last_utc: str | None
    auditory: Auditory | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)


def summarize(
    records: Sequence[Record],
    *,
    title: str,
    provenance: Mapping[str, Any] | None = None,
    highlight: Sequence[str] = (),
    evaluation: Evaluation | None = None,
    caveats: Sequence[str] = (),
) -> Report:
    """Compute everything that a report of these records says.

    People and simulated participants are never mixed: if any person answered a main
    trial, only people count.

    Parameters
    ----------
    records : sequence of Record
        All trials of a study, in any order; none at all is a valid, empty study.
    title : str
        The report's headline.
    provenance : dict, optional
        Plain JSON values to show and keep with the numbers.
    highlight : sequence of str, optional
        One or two variants for the figure of classes; chosen as in the paper if not given.
    evaluation : Evaluation, optional
        What `models evaluate` measured.
    caveats : sequence of str, optional
        Sentences to show before the numbers, with those that the records call for.

    Raises
    ------
    AnalysisError
        If the records contradict themselves, or a highlighted variant is not among them.
    """
    trials, n_repeated = responses.without_duplicates(records)
    everyone = responses.from_records(trials)
    people = everyone.select(~everyone.simulated)
    simulated = bool(everyone.simulated.any()) and not (people.main & people.answered).any()
    counted = everyone.select(everyone.simulated) if simulated else people
    main = counted.select(counted.main)
    answers = main.select(main.answered)
    contrasts = rates.contrast_rows(answers)
    rows = rates.variant_rows(main, contrasts)
    kept = [row for row in trials if row.fooled is not None and row.simulated == simulated]
    dates = sorted(row.answered_utc for row in kept if row.answered_utc is not None)
    return Report(
        title=title,
        study=", ".join(sorted({row.study for row in trials})),
        simulated=simulated,
        notices=(
            *_notices(everyone, counted, simulated=simulated, n_repeated=n_repeated),
            *caveats,
        ),
        flow=conduct.flow(everyone, counted),
        variants=rows,
        contrasts=contrasts,
        highlighted=_highlighted(rows, tuple(highlight)),
        classes=breakdown.class_rows(answers),
        unlabelled={k: int(np.sum(getattr(answers, k).codes < 0)) for k in breakdown.KINDS},
        clips=breakdown.clip_rows(answers),
        times=conduct.times(answers, tuple(row.variant for row in rows)),
        times_histogram=conduct.times_histogram(answers),
        sides=conduct.sides(main),
        participants=conduct.participants(counted),
        first_utc=dates[0] if dates else None,
        last_utc=dates[-1] if dates else None,
        auditory=auditory.lay_out(evaluation) if evaluation else None,
        provenance={**(provenance or {}), "responses_sha256": responses.digest(trials)},
    )


def _notices(
    everyone: Responses, counted: Responses, *, simulated: bool, n_repeated: int
) -> tuple[str, ...]:
    answers = counted.select(counted.main & counted.answered)
    left_out = everyone.participant.n_used() - counted.participant.n_used()
    notices = [SIMULATED] if simulated else []
    if left_out and not simulated:
        notices.append(f"{plural(left_out, 'simulated participant')} left out: only people count here.")
    if left_out and simulated:
        notices.append(f"{plural(left_out, 'person', 'people')} came and answered no main trial.")
    if n_repeated:
        notices.append(f"{plural(n_repeated, 'row')} repeated another one and was dropped.")
    if len(answers) == 0:
        notices.append("No main trial has been answered yet, so there is no fool rate.")
    elif min(answers.participant.n_used(), answers.video.n_used()) < 2:
        notices.append(
            "The answers are by one participant, or about one video; intervals and tests for new "
            "participants and new videos need two of each."
        )
    if len(answers) and answers.variant.n_used() == 1:
        notices.append("One variant was answered, so there is nothing to compare.")
    return tuple(notices)


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

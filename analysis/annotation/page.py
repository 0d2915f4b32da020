"""The page of an annotation study."""

from collections.abc import Mapping

from analysis import formats
from analysis.annotation import figures
from analysis.annotation.agreement import Agreement
from analysis.annotation.merging import present
from analysis.annotation.results import Annotated
from analysis.annotation.votes import ACTION, MATERIAL, REACTION
from analysis.inference.bootstrap import FEW_VIDEOS, N_RESAMPLES
from analysis.recognition.figures import confusions
from analysis.rendering.environment import render as fill

PAPERS_AGREEMENT = 0.876  # "agreed with the majority 87.6% of the time" (Section A2)
PEOPLE_SHOWN = 15  # those who agree least; all are in people.csv


def draw_figures(found: Annotated) -> dict[str, str]:
    """Draw all figures that there is something to draw of, SVG by name."""
    drawn = {}
    if rows := found.classes[MATERIAL]:
        overall = found.headline(found.agreements[MATERIAL]).value
        drawn["classes"] = figures.classes(rows, found.answers, overall=overall)
    if found.confusions.counts.any():
        drawn["confusions"] = confusions(
            "confusions", found.confusions, description="Materials that votes were for, by majority"
        )
    if found.places.spread is not None:
        drawn["clicks"] = figures.clicks(found.answers)
    return drawn


def render(found: Annotated, drawn: Mapping[str, str], *, provenance: Mapping[str, str]) -> str:
    """Make the page."""
    answers = found.answers
    return fill(
        "annotation.html",
        title=f"Labels: {answers.study}",
        found=found,
        figures=drawn,
        rows=rows_of(found),
        summary=_summary(found),
        merged=present(found.rules.merges, answers.votes[MATERIAL]),
        n_videos=len({impact.video for impact in answers.impacts}),
        n_answers=int(answers.n_answers.sum()),
        people=found.people[:PEOPLE_SHOWN],
        material=MATERIAL,
        n_resamples=N_RESAMPLES,
        few_videos=FEW_VIDEOS,
        provenance=provenance.items(),
    )


def rows_of(found: Annotated) -> list[tuple[str, Agreement]]:
    """Set the kinds one below the other, materials before and after merging."""
    rows = [("material, as chosen", found.agreements[MATERIAL])]
    if present(found.rules.merges, found.answers.votes[MATERIAL]):
        rows.append(("material, merged", found.merged_agreements[MATERIAL]))
    return [*rows, *((kind, found.agreements[kind]) for kind in (ACTION, REACTION))]


def _summary(found: Annotated) -> list[str]:
    """Say the main numbers in sentences."""
    least = found.rules.least
    told = found.agreements[MATERIAL]
    headline = found.headline(told)
    if headline.value is None:
        return [f"No impact has {least} votes on its material yet, so that agreement can't be measured."]
    ties = "counted" if found.rules.ties == "keep" else "left out"
    sentences = [
        f"Votes on materials agree with the majority in {formats.percent(headline.value)} (95%: "
        f"{formats.interval(headline)}) of {formats.count(headline.n)} votes, on impacts that have "
        f"{least} or more; impacts whose most frequent labels tie are {ties}. Owens et al. print "
        f"{formats.percent(PAPERS_AGREEMENT)} and no rule for ties."
    ]
    standing = found.merged_standing[MATERIAL]
    sentences.append(
        f"{formats.count(standing.n_labelled)} of {formats.plural(len(found.consensus), 'impact')} have "
        f"a material on which people agree."
        + _rest(standing.n_tied, "the most frequent ones tie")
        + _rest(standing.n_few, f"fewer than {found.rules.agreeing} votes agree")
    )
    if standing.n_known:
        share = formats.percent(standing.n_equal / standing.n_known)
        sentences.append(
            f"Of the {formats.count(standing.n_known)} whose material was known before, {share} have "
            "that material."
        )
    return sentences


def _rest(n: int, reason: str) -> str:
    return f" On {formats.count(n)} {reason}." if n else ""

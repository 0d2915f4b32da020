"""The report's methods paragraphs, ready to be pasted into a paper."""

from analysis import formats
from analysis.findings import paper
from analysis.findings.auditory import Auditory
from analysis.formats import plural
from analysis.inputs.evaluation import FEATURES
from analysis.inputs.impacts import Impacts
from analysis.quality.exclusions import PEOPLE, RuleRow
from analysis.summary import Report

PAPERS = (
    "The fool rate is the share of answers in which the synthesized sound was called real. Following "
    "Owens et al. (2016), it is given with the half-width of Student's 95% interval of the pooled 0/1 "
    "trials, and two variants are compared by a two-sided t-test of pooled trials; both treat trials as "
    "independent."
)
NEW_VIDEOS = (
    "Since answers of one participant, and answers about one video, go together, it is also given with "
    "two-way cluster-robust errors (participants and videos; Cameron, Gelbach & Miller, 2011): Wilson's "
    "interval on n/deff answers with t quantiles, degrees of freedom one less than the smaller number "
    "of clusters, and t-tests. These speak about new participants and new videos."
)
THESE_CLIPS = (
    "Since answers of one participant go together, it is also given with cluster-robust errors "
    "(participants): Wilson's interval on n/deff answers with t quantiles, degrees of freedom one less "
    "than the number of participants, and t-tests. These speak about new participants and exactly these "
    "clips."
)


def of(report: Report) -> list[str]:
    """Describe study, analysis and what was measured besides, as far as there is any, for a paper."""
    paragraphs = [_study(report), _analysis(report)] if report.flow.analysed else []
    if report.auditory is not None and report.auditory.as_paper:
        paragraphs.append(_auditory(report.auditory))
    if report.impacts is not None:
        paragraphs.append(_impacts(report.impacts))
    return paragraphs


def _study(report: Report) -> str:
    flow = report.flow
    who = "simulated participant" if report.simulated else "participant"
    study = (
        f"{plural(flow.answered, who)} gave {plural(flow.analysed, 'answer')} on "
        f"{plural(flow.n_clips, 'clip')} of {plural(flow.n_videos, 'video')}. In each trial a clip was "
        "shown twice, once with its recorded sound and once with a synthesized one, in random order, "
        "and the participant chose the one with the real sound (two-interval forced choice). "
        f"{plural(flow.n_variants, 'variant')} of the synthesized sound "
        f"{'was' if flow.n_variants == 1 else 'were'} compared. Practice trials were left out."
    )
    if flow.main_missing:
        study += f" {plural(flow.main_missing, 'main trial')} shown and not answered stayed missing."
    return f"{study} {_exclusions(report)}"


def _exclusions(report: Report) -> str:
    if not report.quality.declared:
        return "No exclusions were declared, and nothing was left out."
    flow, rules = report.flow, report.quality.rules
    acted = [f"{row.meaning} ({_met(row)})" for row in rules if row.n_answers]
    if not acted:
        return f"{plural(len(rules), 'exclusion rule')} had been declared and met no answer."
    return (
        f"By rules declared in the study file {plural(flow.answers_left_out, 'answer')} "
        f"{'was' if flow.answers_left_out == 1 else 'were'} left out, among them all those of "
        f"{plural(flow.people_left_out, 'participant')}: {'; '.join(acted)}."
    )


def _met(row: RuleRow) -> str:
    if row.of == PEOPLE:
        return plural(row.n_participants, "participant")
    return plural(row.n_answers, "answer")


def _analysis(report: Report) -> str:
    plan, pair = report.plan, [paper.label(name) for name in report.highlighted]
    n = sum(row.p_holm is not None for row in report.contrasts)
    family = "declared comparisons" if plan.contrasts else "pairs of variants, without a declared choice"
    sentences = [PAPERS, THESE_CLIPS if plan.these_clips else NEW_VIDEOS]
    if n:
        sentences.append(f"P values are adjusted by Holm's method over {formats.count(n)} {family}.")
    if report.class_contrasts:
        sentences.append(
            f"{' and '.join(pair)} are compared within each class, p values adjusted over all "
            f"{len(report.class_contrasts)} classes by Benjamini and Hochberg's method."
        )
    sentences.append(
        "Equivalence to 50% is tested by two one-sided tests with a margin of "
        f"{100 * plan.margin:.0f} percentage points{'' if plan.declared else ' (not declared)'}."
    )
    if report.mixed is not None:
        sentences.append(
            "As a cross-check, a logistic regression with random intercepts of participants, videos and "
            "their interactions with the variant was fitted by Laplace's approximation."
        )
    return " ".join(sentences)


def _auditory(auditory: Auditory) -> str:
    facts = auditory.facts
    bases = {row.score.basis for row in auditory.as_paper}
    text = (
        f"Sounds for {plural(facts.n_clips, 'clip')} of {plural(facts.n_videos, 'test video')} were "
        "compared with the recorded ones by the auditory metrics of Owens et al. (2016): loudness, the "
        "largest L2 norm of the compressed subband envelopes over time, and spectral centroid, the "
        "centre of mass of the frequency channels in a one-frame window at the impact; for each the "
        f"mean squared error and Pearson's r over clips, with {formats.level(facts.level)} "
        f"percentile intervals from {plural(facts.n_resamples, 'bootstrap resample')} of whole videos."
    )
    if FEATURES in bases:
        text += (
            " Networks were measured on their predicted sound features, other variants on the waveform."
        )
    return text


def _impacts(impacts: Impacts) -> str:
    facts = impacts.facts
    return (
        f"Impact detection was measured on {sum(facts.videos.values()):.0f} s of "
        f"{plural(len(facts.videos), 'test video')} with {plural(impacts.rows[0].n_true, 'impact')}, "
        "after Owens et al. (2016): amplitude peaks of each system's sound, for networks of noise with "
        "the predicted envelopes, were ranked by amplitude over all videos and matched one to one, the "
        f"surest first, to impacts within {facts.tolerance_s:g} s. Average precision is the sum of the "
        f"precisions at the hits over the number of impacts, with {formats.level(facts.level)} "
        f"percentile intervals from {plural(facts.n_resamples, 'bootstrap resample')} of whole videos."
    )

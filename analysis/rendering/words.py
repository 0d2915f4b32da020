"""The report's sentences: findings, methods, the way from arrival to answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.findings import auditory, impacts, paper
from analysis.findings.rates import ContrastRow, VariantRow
from analysis.findings.summary import Report
from analysis.quality.exclusions import PEOPLE, RuleRow
from analysis.rendering import formats
from analysis.rendering.formats import plural

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


def findings(report: Report) -> list[str]:
    """Say what the main table shows, and nothing that it does not."""
    answered = [row for row in report.variants if row.rate.n]
    if not answered:
        return ["There is no answer to report."]
    models = [row for row in answered if not row.oracle] or answered
    best = max(models, key=lambda row: row.rate.k / row.rate.n)
    sentences = [
        f"The sound of {best.label} was called real in {formats.plus_minus(best.rate.paper)} of "
        f"{plural(best.rate.n, 'answer')}. {_ties(best, models)}".strip(),
        _against_baseline(report, best),
    ]
    return [sentence for sentence in sentences if sentence]


def methods(report: Report) -> list[str]:
    """Describe study, analysis and what was measured besides, as far as there is any, for a paper."""
    paragraphs = [_study(report), _analysis(report)] if report.flow.analysed else []
    if report.auditory is not None and report.auditory.as_paper:
        paragraphs.append(auditory.methods(report.auditory))
    if report.impacts is not None:
        paragraphs.append(impacts.methods(report.impacts))
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
    n = sum(row.declared for row in report.contrasts)
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


def flow_lines(report: Report) -> list[tuple[str, int]]:
    """List participants and trials from arrival to the answers that count."""
    flow = report.flow
    lines = [("participants who arrived", flow.arrived), ("of them simulated", flow.simulated)]
    lines += [(f"counted, state “{state}”", n) for state, n in flow.states.items()]
    lines += [
        ("with at least one answer in the analysis", flow.answered),
        ("practice trials answered (never analysed)", flow.practice_answered),
        ("of them right", flow.practice_correct),
        ("catch trials answered (in no fool rate)", flow.catch_answered),
        ("of them right ", flow.catch_correct),
        ("main trials planned", flow.main_planned),
        ("main trials shown", flow.main_shown),
        ("shown and not answered (missing)", flow.main_missing),
        ("of them with sounds that would not play", flow.main_invalid),
        ("main trials answered", flow.main_answered),
        ("left out by declared exclusions", flow.answers_left_out),
        ("participants left without any answer", flow.people_left_out),
        ("answers analysed", flow.analysed),
        ("of them by participants who did not finish", flow.from_unfinished),
    ]
    return lines


def unlabelled(report: Report) -> str:
    """Say how many answers are in no class."""
    counts = {kind: n for kind, n in report.unlabelled.items() if n}
    return "; ".join(f"{plural(n, 'answer')} without {kind} label" for kind, n in counts.items())


def sides(report: Report) -> list[str]:
    """Say whether participants favoured an interval, and whether the study did."""
    found = report.sides
    sentences = []
    if found.first.clustered.low is not None:
        sentences.append(
            "Answers for the first interval, clustered 95%: "
            f"{formats.interval(found.first.clustered)}; 50 without a favour for either."
        )
    if found.d_prime is not None:
        sentences.append(
            f"Freed of that favour, d\N{PRIME} = {formats.decimal(found.d_prime)}, or "
            f"{formats.percent(found.share_right)} right; criterion {formats.decimal(found.criterion)}."
        )
    if found.balance_p is not None:
        sentences.append(
            f"The real sound was planned first in {plural(found.planned_first, 'trial')}, second in "
            f"{formats.count(found.planned_second)} (two-sided binomial test of even odds: "
            f"{formats.p_equation(found.balance_p)})."
        )
    return sentences


def listed(names: Sequence[str]) -> str:
    """Join names as in a sentence: ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def flattened(values: Mapping[str, Any], *, under: str = "") -> list[tuple[str, str]]:
    """List nested values as lines, keys joined by a dot."""
    lines: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{under}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            lines += flattened(value, under=f"{name}: ")
        elif value is not None:
            lines.append((name, str(value)))
    return lines


def _ties(best: VariantRow, models: Sequence[VariantRow]) -> str:
    if len(models) < 2:
        return ""
    others = [row.label for row in models if row.bold_paper and row is not best]
    if not others:
        return "By the paper's test every other variant is significantly worse (p < 0.05)."
    verb = "is" if len(others) == 1 else "are"
    return f"By the paper's test {listed(others)} {verb} not significantly worse (p ≥ 0.05)."


def _against_baseline(report: Report, best: VariantRow) -> str:
    for row in report.contrasts:
        if {row.first, row.second} == {best.variant, paper.BASELINE}:
            return _difference(report, row, best)
    return ""


def _difference(report: Report, row: ContrastRow, best: VariantRow) -> str:
    difference, test = row.paper.difference, row.paper
    if difference is None or test.t is None:
        return ""
    sign = 1 if row.first == best.variant else -1
    default = row.these_clips if report.plan.these_clips else row.clustered
    clustered = (
        f"with clustered errors {formats.p_equation(default.p)}"
        if default.p is not None
        else "clustered errors can't be estimated"
    )
    student = f"t({test.df:.0f}) = {formats.decimal(sign * test.t)}, {formats.p_equation(test.p)}"
    return (
        f"Against the random baseline it stands at {formats.points(sign * difference)} percentage "
        f"points (paper's test: {student}; {clustered})."
    )

"""The report's sentences: what was found, and the way from arrival to answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import formats
from analysis.findings import paper
from analysis.findings.rates import ContrastRow, VariantRow, targeted_test
from analysis.formats import plural
from analysis.inference.detection import Lapses
from analysis.summary import Report


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


def lapses(found: Lapses) -> str:
    """Say what catch trials show of blind answers."""
    if found.rate is None:
        return "No catch trial was answered, so blind answers can't be told."
    return (
        f"{formats.percent(found.wrong.value)} of {plural(found.wrong.n, 'catch trial')} were "
        f"answered wrongly (Wilson 95%: {formats.interval(found.wrong)}). If blind answers are right "
        f"half of the time, {formats.percent(found.rate)} of the answers were given blindly."
    )


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
    default = targeted_test(row, report.plan)
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

"""What the page's sections on comparisons and on quality show, as rows of text."""

from typing import Any

from analysis import formats
from analysis.findings import paper
from analysis.findings.breakdown import KINDS
from analysis.findings.rates import VariantRow, is_below, targeted, targeted_test
from analysis.formats import NONE
from analysis.inference.pooled import Contrast
from analysis.quality.checks import Allocation, PayRow
from analysis.summary import Report

MOST_TESTS = 12  # rows of comparisons when none were declared: more are in the matrix alone


def of(report: Report) -> dict[str, Any]:
    """Make all of them, by the names that the template uses."""
    return {
        "about": report.plan.about,
        "beside": beside(report),
        "declared_tests": declared_tests(report),
        "class_tests": class_tests(report),
        "without": without(report),
        "allocations": [_allocation(row) for row in report.quality.allocations if row.counts],
        "pay": [_pay(row, report.quality.currency) for row in report.quality.pay],
        "drift": drift(report),
        "lapses": lapses(report),
    }


def beside(report: Report) -> list[dict[str, str]]:
    """Lay out what stands beside each fool rate: the other target, d', equivalence, lapses."""
    return [
        {
            "label": row.label,
            "videos": formats.interval(row.rate.clustered),
            "clips": formats.interval(row.rate.these_clips),
            "d_prime": formats.decimal(row.d_prime),
            "d_prime_ends": _ends(row.d_prime_low, row.d_prime_high),
            "near": formats.interval(row.equivalence),
            "near_p": formats.p_value(row.equivalence.p),
            "is_near": "best" if is_below(row.equivalence.p) else "",
            "lapses": formats.percent(row.without_lapses),
        }
        for row in report.variants
        if row.rate.n
    ]


def declared_tests(report: Report) -> list[dict[str, str]]:
    """Lay out the declared comparisons, or all if they are few and none was declared."""
    rows = [row for row in report.contrasts if row.declared]
    if not report.plan.contrasts and len(rows) > MOST_TESTS:
        return []
    mixed = {(row.first, row.second): row.p for row in report.mixed.contrasts} if report.mixed else {}
    every = {
        (row.first, row.second): targeted_test(row, report.plan).p for row in report.quality.contrasts
    }
    return [
        {
            "names": f"{paper.label(row.first)} against {_inside(paper.label(row.second))}",
            **_test(targeted_test(row, report.plan)),
            "p_every": formats.p_value(every.get((row.first, row.second))),
            "p_holm": formats.p_value(row.p_holm),
            "is_below": "best" if is_below(row.p_holm) else "",
            "p_paper": formats.p_value(row.paper.p),
            "p_paired": formats.p_value(row.paired.p),
            "p_mixed": formats.p_value(mixed.get((row.first, row.second))),
        }
        for row in rows
    ]


def class_tests(report: Report) -> list[dict[str, Any]]:
    """Lay out the comparison of the highlighted two by class, a block for each kind of class."""
    blocks = []
    for kind in KINDS:
        rows = [row for row in report.class_contrasts if row.kind == kind]
        lines = [
            {
                "level": row.level,
                "n": f"{formats.count(row.paper.n[0])} / {formats.count(row.paper.n[1])}",
                **_test(row.clustered),
                "p_bh": formats.p_value(row.p_bh),
                "is_below": "best" if is_below(row.p_bh) else "",
                "p_paper": formats.p_value(row.paper.p),
            }
            for row in rows
        ]
        if lines:
            blocks.append({"kind": kind, "lines": lines})
    return blocks


def without(report: Report) -> list[dict[str, str]]:
    """Lay out the rates with and without the exclusions; nothing where nothing was left out."""
    kept = {row.variant: row for row in report.variants}
    return [
        {
            "label": row.label,
            **_side(report, kept.get(row.variant), "with"),
            **_side(report, row, "all"),
            "change": _change(kept.get(row.variant), row),
        }
        for row in report.quality.variants
    ]


def drift(report: Report) -> list[dict[str, str]]:
    """Lay out the fool rate over the session."""
    found = report.quality.drift
    return [
        {
            "places": f"{low}{formats.EN_DASH}{high}" if low < high else str(low),
            "rate": formats.percent(rate.paper.value),
            "ends": formats.interval(targeted(rate, report.plan)),
            "n": formats.count(rate.n),
        }
        for (low, high), rate in zip(found.bounds, found.blocks, strict=True)
    ]


def lapses(report: Report) -> str:
    """Say what catch trials show of blind answers."""
    found = report.quality.lapses
    if found.rate is None:
        return "No catch trial was answered, so blind answers can't be told."
    return (
        f"{formats.percent(found.wrong.value)} of {formats.plural(found.wrong.n, 'catch trial')} were "
        f"answered wrongly (Wilson 95%: {formats.interval(found.wrong)}). If blind answers are right "
        f"half of the time, {formats.percent(found.rate)} of the answers were given blindly."
    )


def _test(test: Contrast) -> dict[str, str]:
    return {
        "difference": formats.points(test.difference),
        "ends": formats.interval_of_points(test),
        "p": formats.p_value(test.p),
    }


def _side(report: Report, row: VariantRow | None, name: str) -> dict[str, str]:
    if row is None:
        return {name: NONE, f"{name}_ends": NONE, f"{name}_n": "0"}
    return {
        name: formats.percent(row.rate.paper.value, digits=2),
        f"{name}_ends": formats.interval(targeted(row.rate, report.plan)),
        f"{name}_n": formats.count(row.rate.n),
    }


def _change(kept: VariantRow | None, every: VariantRow) -> str:
    values = (kept.rate.paper.value if kept else None, every.rate.paper.value)
    return NONE if values[0] is None or values[1] is None else formats.points(values[0] - values[1])


def _allocation(row: Allocation) -> dict[str, Any]:
    test = NONE
    if row.chi2 is not None:
        test = f"χ²({row.df}) = {formats.decimal(row.chi2)}, {formats.p_equation(row.p)}"
    return {"stage": row.stage, "counts": list(row.counts.values()), "test": test}


def _pay(row: PayRow, currency: str) -> dict[str, Any]:
    each = NONE if row.cents is None else f"{row.cents / 100:.2f} {currency}"
    return {"state": row.state.replace("_", " "), "n": row.n, "each": each, "counted": row.n_counted}


def _ends(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return NONE
    return f"{formats.decimal(low)} to {formats.decimal(high)}"


def _inside(label: str) -> str:
    """Write a label inside a sentence: its first letter small, unless it is a name as `RNN`."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label

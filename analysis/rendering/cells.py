"""Cells of the tables of pages: what is read, what stands below it, and how it is marked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis import formats
from analysis.findings import auditory, paper
from analysis.findings.auditory import COLUMNS, AuditoryRow
from analysis.findings.breakdown import by_class
from analysis.findings.rates import Rate, VariantRow, is_below, targeted, targeted_test
from analysis.inference.pooled import Contrast, Estimate
from analysis.inputs.declared import Plan
from analysis.inputs.fields import Interval
from analysis.summary import Report

BOLD = "n best"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell; one that is nothing but a number is its text alone.

    Attributes
    ----------
    text, below, title, css, style : str
        What is read, the small print below, what hovering adds, the style's classes, and more style.
    """

    text: str
    below: str = ""
    title: str = ""
    css: str = "n"
    style: str = ""


def share(found: Estimate | Interval) -> Cell:
    """Write a share with its interval below."""
    return Cell(text=formats.percent(found.value), below=formats.interval(found))


def change(test: Contrast) -> Cell:
    """Write a difference in percentage points with its interval below."""
    return Cell(text=formats.points(test.difference), below=formats.interval_of_points(test))


def p_bold(p: float | None) -> Cell:
    """Write a p value, bold where it is below 0.05."""
    return Cell(text=formats.p_value(p), css=BOLD if is_below(p) else "n")


def rate_and_n(rate: Rate) -> list[Cell | str]:
    """Write a fool rate as the paper does, the clustered interval below; and its answers."""
    text = formats.plus_minus(rate.paper)
    return [Cell(text=text, below=formats.interval(rate.clustered)), formats.count(rate.n)]


def with_and_without(kept: VariantRow | None, every: VariantRow, plan: Plan) -> list[str]:
    """Write a variant's rate with the exclusions, without them, and the difference."""
    before, after = every.rate.paper.value, kept.rate.paper.value if kept else None
    return [
        *(_rate(kept.rate, plan) if kept else (formats.NONE, formats.NONE, "0")),
        *_rate(every.rate, plan),
        formats.NONE if before is None or after is None else formats.points(after - before),
    ]


def study_rate(row: VariantRow | None) -> Cell:
    """Write a variant's fool rate beside what was measured without participants."""
    if row is None or not row.rate.n:
        return Cell(text=formats.NONE, title="no answers in this study")
    return Cell(text=formats.plus_minus(row.rate.paper), css=BOLD if row.bold_paper else "n")


def metrics(row: AuditoryRow, digits: Mapping[str, int]) -> list[Cell]:
    """Write a variant's auditory metrics, in the order of `COLUMNS`."""
    return [_metric(row, column, digits[column]) for column in COLUMNS]


def printed_metrics(row: AuditoryRow) -> list[str]:
    """Write the paper's own fool rate and auditory metrics, empty where it has none."""
    theirs, printed = paper.ROWS.get(row.variant), row.printed
    rate = f"{theirs.percent:.2f}%" if theirs else ""
    return [rate, *(formats.decimal(getattr(printed, c)) if printed else "" for c in COLUMNS)]


def first_of_groups(rows: Iterable[VariantRow | AuditoryRow]) -> set[str]:
    """Name the baseline and the first oracle: a rule is drawn above them."""
    oracles = [row.variant for row in rows if row.oracle]
    return {paper.BASELINE, *oracles[:1]}


def matrix(report: Report) -> dict[str, list[Cell]]:
    """Lay p values out by variant, the paper's above the diagonal and the default's below.

    Returns
    -------
    dict of str to (list of Cell)
        By row, in the order of the main table; empty without two variants to compare.
    """
    if sum(row.rate.n > 0 for row in report.variants) < 2:
        return {}
    order = [row.variant for row in report.variants]
    tests = {tuple(sorted((t.first, t.second), key=order.index)): t for t in report.contrasts}

    def cell(row: str, column: str) -> Cell:
        if row == column:
            return Cell(text="", css="self")
        if test := tests.get((row, column)):
            return _p(test.paper, is_marked=is_below(test.paper.p))
        if test := tests.get((column, row)):
            return _p(targeted_test(test, report.plan), is_marked=is_below(test.p_holm))
        return Cell(text=formats.NONE, title="no answers", css="")

    return {row: [cell(row, column) for column in order] for row in order}


def heat(report: Report) -> list[tuple[str, list[tuple[str, list[Cell]]]]]:
    """Lay all variants' fool rates out by kind of class, and class."""
    names = [row.variant for row in report.variants]
    return [
        (kind, [(level, [_heat(rates.get(name), report.plan) for name in names])
                for level, rates in levels.items()])
        for kind, levels in by_class(report.classes).items()
    ]  # fmt: skip


def _rate(rate: Rate, plan: Plan) -> tuple[str, str, str]:
    value = formats.percent(rate.paper.value, digits=2)
    return value, formats.interval(targeted(rate, plan)), formats.count(rate.n)


def _metric(row: AuditoryRow, column: str, digits: int) -> Cell:
    found = auditory.measured(row.score, column)
    if found.value is None:
        return Cell(text=formats.NONE, title="not defined")
    ends = [formats.decimal(end, digits=digits) for end in (found.low, found.high) if end is not None]
    return Cell(
        text=formats.decimal(found.value, digits=digits), below=f" {formats.EN_DASH} ".join(ends),
        css=BOLD if column in row.bold else "n",
    )  # fmt: skip


def _p(test: Contrast, *, is_marked: bool) -> Cell:
    points = f"difference {formats.points(test.difference)} points"
    return Cell(
        text=formats.p_value(test.p), title="not testable" if test.p is None else points,
        css="yes" if is_marked else "",
    )  # fmt: skip


def _heat(rate: Rate | None, plan: Plan) -> Cell:
    value = None if rate is None else rate.paper.value
    if rate is None or value is None:
        return Cell(text=formats.NONE, below="0", title="no answers", css="", style=_shade(0))
    where = f"{formats.plural(rate.n, 'answer')} about {formats.plural(rate.n_videos, 'video')}"
    paper_own, wilson = formats.plus_minus(rate.paper), formats.interval(rate.wilson)
    return Cell(
        text=f"{100 * value:.0f}", style=_shade(0.55 * value), css="",
        below=f"{formats.interval_short(targeted(rate, plan))} · {formats.count(rate.n)}",
        title=f"{where}; {paper_own}; Wilson's 95%: {wilson}",
    )  # fmt: skip


def _shade(strength: float) -> str:
    return f"background: rgba(0,114,178,{strength:.2f})"

"""The report as one HTML page that can be mailed: words and tables round the figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import formats
from analysis.findings import auditory, paper
from analysis.findings.auditory import COLUMNS, AuditoryRow
from analysis.findings.breakdown import KINDS, ClassRow, ClipRow
from analysis.findings.rates import ContrastRow, VariantRow, is_below, targeted, targeted_test
from analysis.inputs.declared import Plan
from analysis.inputs.evaluation import FEATURES, SOUND
from analysis.quality.notices import SIMULATED
from analysis.rendering import methods, precision_recall, sections, words
from analysis.rendering.class_bars import FEW_VIDEOS
from analysis.rendering.environment import Markup, template
from analysis.summary import Report

MOST_CLIPS = 8  # in either list of clips
BASES = {FEATURES: "features", SOUND: "sound"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell of a table of many: its text, what hovering says, and how it is marked.

    Attributes
    ----------
    text, title, below, css : str
        What is read, what hovering adds, the small print below, the style class.
    shade : float
        Strength of its colour, 0 to 1.
    """

    text: str
    title: str = ""
    below: str = ""
    css: str = ""
    shade: float = 0.0


def render(report: Report, figures: Mapping[str, str], *, recognition: str = "") -> str:
    """Make the page; `figures` are SVG by name, `recognition` a section of `analysis recognition`."""
    most, least = extremes(report.clips)
    printed_tests = [row for row in report.contrasts if row.printed_p]
    numbers = table_numbers(report, any_tests=bool(printed_tests))
    return template("report.html", **_helpers()).render(
        report=report,
        figures={name: Markup(svg) for name, svg in figures.items()},  # our own SVG
        impacts=Markup(_impacts(report, figures, numbers)),  # our own, as the next
        recognition=Markup(recognition),
        notices=[notice for notice in report.notices if notice != SIMULATED],
        findings=words.findings(report),
        methods=methods.of(report),
        sides=words.sides(report),
        flow=words.flow_lines(report),
        highlighted=words.listed([paper.label(name) for name in report.highlighted]),
        unlabelled=words.unlabelled(report),
        any_printed=any(row.printed for row in report.variants),
        printed_tests=printed_tests,
        table=numbers,
        apart=_first_of_groups(report),
        matrix=matrix(report),
        heat=heat(report),
        **sections.of(report),
        **_auditory(report),
        most=most,
        least=least,
        provenance=words.flattened(report.provenance),
    )


def extremes(clips: tuple[ClipRow, ...]) -> tuple[list[ClipRow], list[ClipRow]]:
    """Choose the most and the least convincing clips, none of them in both lists."""
    size = min(MOST_CLIPS, len(clips) // 2)
    most = list(clips[:size])
    rest = sorted(clips[size:], key=lambda row: (row.estimate.high or 0.0, row.clip))
    return most, rest[:size]


def matrix(report: Report) -> list[dict[str, Any]]:
    """Lay p values out, the paper's above the diagonal and the default's below; empty without pairs."""
    names = [row.variant for row in report.variants if row.rate.n]
    if len(names) < 2:
        return []
    order = [row.variant for row in report.variants]
    tests = {_in_order(row.first, row.second, order): row for row in report.contrasts}
    return [
        {
            "label": row.label,
            "cells": [_p_cell(tests, row.variant, column, report.plan) for column in order],
        }
        for row in report.variants
    ]


def heat(report: Report) -> list[dict[str, Any]]:
    """Lay all variants' fool rates out by class."""
    cells = {(row.kind, row.level, row.variant): row for row in report.classes}
    names = [row.variant for row in report.variants]
    blocks = []
    for kind in KINDS:
        levels = sorted({row.level for row in report.classes if row.kind == kind})
        lines = [
            {
                "level": level,
                "cells": [_rate_cell(cells.get((kind, level, name)), report.plan) for name in names],
            }
            for level in levels
        ]
        if lines:
            blocks.append({"kind": kind, "lines": lines})
    return blocks


def auditory_lines(
    report: Report, rows: Sequence[AuditoryRow], *, digits: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Lay auditory metrics out as in Figure 5a, the paper's own numbers last."""
    rates = {row.variant: row for row in report.variants if row.rate.n}
    oracles = [row.variant for row in rows if row.oracle]
    return [
        {
            "row": row,
            "apart": row.variant in (paper.BASELINE, *oracles[:1]),
            "rate": _study_cell(rates.get(row.variant)),
            "basis": BASES[row.score.basis],
            "cells": [_metric_cell(row, column, digits[column]) for column in COLUMNS],
            "theirs": _their_cells(row),
        }
        for row in rows
    ]


def table_numbers(report: Report, *, any_tests: bool) -> dict[str, int]:
    """Give each table that this report has its number, in the order of the page."""
    there = {
        "rates": bool(report.variants),
        "beside": bool(report.variants),
        "declared": bool(sections.declared_tests(report)),
        "tests": bool(matrix(report)),
        "paper_tests": any_tests and bool(matrix(report)),
        "auditory": report.auditory is not None and bool(report.auditory.as_paper),
        "by_sound": report.auditory is not None and bool(report.auditory.by_sound),
        "impacts": report.impacts is not None,
        "classes": bool(report.classes),
        "class_tests": bool(report.class_contrasts),
        "rules": bool(report.quality.rules),
        "without": bool(report.quality.variants),
        "pay": bool(report.quality.pay),
        "checks": bool(report.quality.allocations[0].counts),
    }
    return {name: i for i, name in enumerate((name for name in there if there[name]), start=1)}


def _impacts(report: Report, figures: Mapping[str, str], numbers: Mapping[str, int]) -> str:
    """Make the section on the detection of impacts, if that was measured."""
    if report.impacts is None:
        return ""
    return precision_recall.render_section(
        report.impacts,
        figures[precision_recall.NAME],
        table=numbers["impacts"],
        is_simulated=report.simulated,
    )


def _auditory(report: Report) -> dict[str, Any]:
    """Make what the page says about auditory metrics."""
    if report.auditory is None:
        return {"as_paper": [], "by_sound": [], "undefined": False, "unanswered": False}
    digits = report.auditory.digits
    as_paper = auditory_lines(report, report.auditory.as_paper, digits=digits)
    by_sound = auditory_lines(report, report.auditory.by_sound, digits=digits)
    metrics = [cell for line in (*as_paper, *by_sound) for cell in line["cells"]]
    return {
        "as_paper": as_paper,
        "by_sound": by_sound,
        "undefined": any(cell.text == formats.NONE for cell in metrics),
        "unanswered": any(line["rate"].text == formats.NONE for line in as_paper),
    }


def _study_cell(row: VariantRow | None) -> Cell:
    if row is None:
        return Cell(text=formats.NONE, title="no answers in this study")
    return Cell(text=formats.plus_minus(row.rate.paper), css="best" if row.bold_paper else "")


def _metric_cell(row: AuditoryRow, column: str, digits: int) -> Cell:
    found = auditory.measured(row.score, column)
    if found.value is None:
        return Cell(text=formats.NONE, title="not defined")
    ends = [formats.decimal(end, digits=digits) for end in (found.low, found.high) if end is not None]
    return Cell(
        text=formats.decimal(found.value, digits=digits),
        below=f" {formats.EN_DASH} ".join(ends),
        css="best" if column in row.bold else "",
    )


def _their_cells(row: AuditoryRow) -> list[str]:
    theirs = paper.ROWS.get(row.variant)
    rate = f"{theirs.percent:.2f}%" if theirs else ""
    printed = row.printed
    return [rate, *(formats.decimal(getattr(printed, c)) if printed else "" for c in COLUMNS)]


def _first_of_groups(report: Report) -> set[str]:
    """Name the baseline and the first oracle: a rule is drawn above them."""
    oracles = [row.variant for row in report.variants if row.oracle]
    return {paper.BASELINE, *oracles[:1]}


def _p_cell(tests: dict[tuple[str, str], ContrastRow], row: str, column: str, plan: Plan) -> Cell:
    if row == column:
        return Cell(text="", css="self")
    if (row, column) in tests:
        test = tests[row, column]
        return _marked(test.paper.p, test.paper.difference, is_marked=is_below(test.paper.p))
    if (column, row) not in tests:
        return Cell(text=formats.NONE, title="no answers")
    test = tests[column, row]
    default = targeted_test(test, plan)
    return _marked(default.p, default.difference, is_marked=is_below(test.p_holm))


def _in_order(first: str, second: str, order: list[str]) -> tuple[str, str]:
    return (first, second) if order.index(first) < order.index(second) else (second, first)


def _marked(p: float | None, difference: float | None, *, is_marked: bool) -> Cell:
    title = f"difference {formats.points(difference)} points" if p is not None else "not testable"
    return Cell(text=formats.p_value(p), title=title, css="yes" if is_marked else "")


def _rate_cell(row: ClassRow | None, plan: Plan) -> Cell:
    if row is None or row.rate.paper.value is None:
        return Cell(text=formats.NONE, below="0", title="no answers")
    where = f"{formats.plural(row.rate.n, 'answer')} about {formats.plural(row.rate.n_videos, 'video')}"
    paper_own = formats.plus_minus(row.rate.paper)
    return Cell(
        text=f"{100 * row.rate.paper.value:.0f}",
        below=f"{formats.interval_short(targeted(row.rate, plan))} · {formats.count(row.rate.n)}",
        title=f"{where}; {paper_own}; Wilson's 95%: {formats.interval(row.rate.wilson)}",
        shade=0.55 * row.rate.paper.value,
    )


def _helpers() -> dict[str, Any]:
    return {
        "baseline": paper.BASELINE,
        "few_videos": FEW_VIDEOS,
        "label": paper.label,
        "plus_minus": formats.plus_minus,
        "p_equation": formats.p_equation,
        "targeted": targeted,
        "interval": formats.interval,
        "decimal": formats.decimal,
        "count": formats.count,
        "points": formats.points,
        "p_value": formats.p_value,
        "seconds": formats.seconds,
        "plural": formats.plural,
        "none_sign": formats.NONE,
        "level": formats.level,
    }

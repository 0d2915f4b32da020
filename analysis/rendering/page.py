"""The report as one HTML page that can be mailed: words and tables round the figures."""

from collections.abc import Mapping

from analysis.findings import auditory, paper
from analysis.findings.breakdown import ClipRow
from analysis.findings.rates import ContrastRow, targeted_test
from analysis.inference.bootstrap import FEW_VIDEOS
from analysis.quality.notices import SIMULATED
from analysis.rendering import cells, class_bars, methods, words
from analysis.rendering.environment import render as fill
from analysis.summary import Report

MOST_CLIPS = 8  # in either list of clips
MOST_TESTS = 12  # rows of comparisons when none were declared: more are in the matrix alone


def render(report: Report, figures: Mapping[str, str], *, recognition: str = "") -> str:
    """Make the page; `figures` are SVG by name, `recognition` a section of `analysis recognition`."""
    most, least = extremes(report.clips)
    return fill(
        "report.html",
        title=report.title,
        report=report,
        figures=figures,
        recognition=recognition,
        notices=[notice for notice in report.notices if notice != SIMULATED],
        findings=words.findings(report),
        methods=methods.of(report),
        sides=words.sides(report),
        flow=words.flow_lines(report),
        lapses=words.lapses(report.quality.lapses),
        highlighted=words.listed([paper.label(name) for name in report.highlighted]),
        unlabelled=words.unlabelled(report),
        any_printed=any(row.printed for row in report.variants),
        printed_tests=[row for row in report.contrasts if row.printed_p],
        declared_tests=declared_tests(report),
        number=table_numbers(report),
        matrix=cells.matrix(report),
        heat=cells.heat(report),
        variants={row.variant: row for row in report.variants},
        answered={row.variant for row in report.variants if row.rate.n},
        undefined=_undefined(report),
        few_videos=class_bars.FEW_VIDEOS,
        few_test_videos=FEW_VIDEOS,
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


def declared_tests(report: Report) -> list[tuple[ContrastRow, float | None, float | None]]:
    """List the declared comparisons, or all if they are few and none was declared.

    Returns
    -------
    list of (ContrastRow, float or None, float or None)
        Each with its p without any exclusion, and that of the mixed model.
    """
    rows = [row for row in report.contrasts if row.declared]
    if not report.plan.contrasts and len(rows) > MOST_TESTS:
        return []
    every = {(r.first, r.second): targeted_test(r, report.plan).p for r in report.quality.contrasts}
    mixed = {(r.first, r.second): r.p for r in report.mixed.contrasts} if report.mixed else {}
    pairs = [(row.first, row.second) for row in rows]
    return [(row, every.get(pair), mixed.get(pair)) for row, pair in zip(rows, pairs, strict=True)]


def table_numbers(report: Report) -> dict[str, int]:
    """Give each table that this report has its number, in the order of the page."""
    any_matrix = bool(cells.matrix(report))
    there = {
        "rates": bool(report.variants),
        "beside": bool(report.variants),
        "declared": bool(declared_tests(report)),
        "tests": any_matrix,
        "paper_tests": any_matrix and any(row.printed_p for row in report.contrasts),
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


def _undefined(report: Report) -> bool:
    """Say whether an auditory metric is not defined."""
    found = report.auditory
    return found is not None and any(
        auditory.measured(row.score, column).value is None
        for row in (*found.as_paper, *found.by_sound)
        for column in auditory.COLUMNS
    )

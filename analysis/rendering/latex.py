"""The report's tables for LaTeX, with booktabs' rules: to be put into a paper by input."""

from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.findings.breakdown import by_class
from analysis.findings.paper import label
from analysis.findings.rates import Rate, VariantRow, is_below, targeted, targeted_test
from analysis.formats import (
    NONE,
    count,
    decimal,
    interval,
    interval_of_points,
    p_value,
    plus_minus,
    points,
)
from analysis.quality.notices import SIMULATED
from analysis.rendering import methods
from analysis.summary import Report

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"$<$", ">": r"$>$", "±": r"$\pm$", "\N{MINUS SIGN}": "$-$", "\N{EN DASH}": "--",
    "\N{THIN SPACE}": r"\,", "\N{NO-BREAK SPACE}": "~", "\N{PRIME}": r"$'$",
}  # fmt: skip
NOTE = "% needs \\usepackage{booktabs}"


def variants(report: Report) -> str:
    """Lay out Figure 5a's column with the default beside it; bold is the paper's rule."""
    head = ("Variant", "Labeled real", "95% clustered", "deff", "n", "d\N{PRIME}")
    body = [[_variant(report, row) for row in group] for group in _groups(report)]
    return _table(report, head, body)


def contrasts(report: Report) -> str:
    """Lay out the declared comparisons."""
    head = ("Comparison", "Difference", "95% clustered", "p clustered", "p Holm", "p paper's test")
    rows = [
        (
            escape(f"{label(row.first)} against {label(row.second)}"),
            escape(points(test.difference)),
            escape(interval_of_points(test)),
            escape(p_value(test.p)),
            _marked(p_value(row.p_holm), bold=is_below(row.p_holm)),
            escape(p_value(row.paper.p)),
        )
        for row in report.contrasts
        if row.declared
        for test in (targeted_test(row, report.plan),)
    ]
    return _table(report, head, [rows])


def classes(report: Report) -> str:
    """Lay out the highlighted variants' rates by class."""
    shown = report.highlighted
    head = ("Class", *(text for name in shown for text in (label(name), "95%", "n")))
    body = [
        [
            (escape(level), *(text for name in shown for text in _rate(rates[name], report)))
            for level, rates in levels.items()
        ]
        for levels in by_class(report.classes).values()
    ]
    return _table(report, head, body)


TABLES: dict[str, Callable[[Report], str]] = {
    "variants": variants,
    "tests": contrasts,
    "classes": classes,
}


def write(report: Report, folder: Path) -> None:
    """Write every table as ``<name>.tex``, and the methods paragraphs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TABLES.items():
        (folder / f"{name}.tex").write_text(make(report), encoding="utf-8")
    paragraphs = "\n\n".join(map(escape, methods.of(report)))
    (folder / "methods.tex").write_text(paragraphs + "\n", encoding="utf-8")


def escape(text: str) -> str:
    """Write a text so that LaTeX prints it as it is."""
    return "".join(SPECIAL.get(character, character) for character in text)


def _table(report: Report, head: Sequence[str], body: Sequence[Sequence[Sequence[str]]]) -> str:
    columns = "l" + "r" * (len(head) - 1)
    groups = [[" & ".join(row) + r" \\" for row in rows] for rows in body if rows]
    lines = [NOTE, *([f"% {SIMULATED}"] if report.simulated else [])]
    lines += [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", " & ".join(map(escape, head)) + r" \\"]
    for rows in groups:
        lines += [r"\midrule", *rows]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _groups(report: Report) -> list[list[VariantRow]]:
    """Part the oracles from the others, as the paper does."""
    rows = report.variants
    return [[row for row in rows if not row.oracle], [row for row in rows if row.oracle]]


def _variant(report: Report, row: VariantRow) -> tuple[str, ...]:
    default = targeted(row.rate, report.plan)
    return (
        escape(row.label),
        _marked(plus_minus(row.rate.paper), bold=row.bold_paper),
        _marked(interval(default), bold=row.bold_clustered),
        escape(decimal(default.deff)),
        escape(count(row.rate.n)),
        escape(decimal(row.d_prime)),
    )


def _rate(rate: Rate, report: Report) -> tuple[str, str, str]:
    value = NONE if rate.paper.value is None else f"{100 * rate.paper.value:.0f}%"
    return escape(value), escape(interval(targeted(rate, report.plan))), escape(count(rate.n))


def _marked(text: str, *, bold: bool) -> str:
    return rf"\textbf{{{escape(text)}}}" if bold else escape(text)

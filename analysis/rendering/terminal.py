"""The report's main table for a terminal."""

from collections.abc import Iterable, Sequence

from analysis import formats
from analysis.findings.rates import VariantRow
from analysis.quality.notices import SIMULATED
from analysis.summary import Report


def format_table(report: Report) -> str:
    """Lay the main table out for a terminal: the paper's column, and the default interval beside it."""
    printed = any(row.printed for row in report.variants)
    head = ("variant", "labeled real", "n", "clustered 95%", "deff", "Owens et al." if printed else "")
    body = [head, *(_terminal_row(row) for row in report.variants)]
    widths = [max(len(row[i]) for row in body) for i in range(len(head))]
    lines = [f"{report.title}: how often the synthesized sound was called real (50% = chance)", ""]
    lines += [_align(head, widths), "  ".join("-" * width for width in widths).rstrip()]
    lines += [_align(row, widths) for row in body[1:]]
    lines += ["", "* best, or not significantly worse (two-sided t-test, p >= 0.05; oracles left out)"]
    if printed:
        lines += ["  Owens et al.: printed in the paper, other videos and other people"]
    if not report.variants:
        lines = [f"{report.title}: no trials"]
    notices = [note.upper() if note == SIMULATED else note for note in report.notices]
    return "\n".join([*notices, *([""] if notices else []), *lines])


def _terminal_row(row: VariantRow) -> tuple[str, ...]:
    printed = row.printed
    return (
        f"{row.variant} (oracle)" if row.oracle else row.variant,
        formats.plus_minus(row.rate.paper) + (" *" if row.bold_paper else "  "),
        str(row.rate.n),
        formats.interval(row.rate.clustered),
        formats.decimal(row.rate.clustered.deff),
        f"{printed.percent:.2f}% ± {printed.half_width:.2f}" if printed else "",
    )


def _align(cells: Sequence[str], widths: Iterable[int]) -> str:
    pairs = list(zip(cells, widths, strict=True))
    texts = [pairs[0][0].ljust(pairs[0][1]), *(cell.rjust(width) for cell, width in pairs[1:])]
    return "  ".join(texts).rstrip()

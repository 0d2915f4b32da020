"""Tables for a terminal: the report's main one, and how any is laid out."""

from collections.abc import Sequence

from analysis import formats
from analysis.findings.rates import VariantRow
from analysis.quality.notices import SIMULATED
from analysis.summary import Report


def format_table(report: Report) -> str:
    """Lay the main table out for a terminal: the paper's column, and the default interval beside it."""
    printed = any(row.printed for row in report.variants)
    head = ("variant", "labeled real", "n", "clustered 95%", "deff", "Owens et al." if printed else "")
    body = [_terminal_row(row) for row in report.variants]
    dashes = ["-" * max(map(len, column)) for column in zip(head, *body, strict=True)]
    first, *rest = aligned([head, *body])
    lines = [f"{report.title}: how often the synthesized sound was called real (50% = chance)", ""]
    lines += [first, "  ".join(dashes).rstrip(), *rest]
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


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Set rows of cells below each other: the first column to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    texts = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows]
    return ["  ".join(cells).rstrip() for cells in texts]

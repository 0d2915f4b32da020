"""The report's numbers as CSV files, and the main table for a terminal."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from analysis import formats
from analysis.auditory import COLUMNS, AuditoryRow, measured
from analysis.inference import Contrast
from analysis.rates import Rate, VariantRow
from analysis.summary import SIMULATED, Report

Cell = str | int | float | bool | None
Table = list[dict[str, Cell]]


def variants(report: Report) -> Table:
    """Fool rates by variant, Figure 5a's column with the default beside it."""
    return [
        {
            "variant": row.variant, "label": row.label, "oracle": row.oracle,
            "n_assigned": row.n_assigned, "n_missing": row.n_missing, "n": row.rate.n, "k": row.rate.k,
            "n_participants": row.rate.n_participants, "n_videos": row.rate.n_videos,
            "n_clips": row.rate.n_clips, **_estimates(row.rate), "d_prime": row.d_prime,
            "bold_paper": row.bold_paper, "bold_clustered": row.bold_clustered,
            "printed_percent": row.printed.percent if row.printed else None,
            "printed_half_width": row.printed.half_width if row.printed else None,
            "printed_figure": row.printed.figure if row.printed else None,
        }
        for row in report.variants
    ]  # fmt: skip


def contrasts(report: Report) -> Table:
    """Comparisons of every two variants."""
    return [
        {
            "first": row.first, "second": row.second,
            "n_first": row.paper.n[0], "n_second": row.paper.n[1], "difference": row.paper.difference,
            **_contrast("paper", row.paper), **_contrast("clustered", row.clustered),
            "clustered_p_holm": row.clustered_p_holm, "printed_p": row.printed_p,
        }
        for row in report.contrasts
    ]  # fmt: skip


def classes(report: Report) -> Table:
    """Fool rates by material, action and reaction."""
    return [
        {
            "kind": row.kind, "level": row.level, "variant": row.variant, "n": row.rate.n,
            "k": row.rate.k, "n_participants": row.rate.n_participants, "n_videos": row.rate.n_videos,
            **_estimates(row.rate),
        }
        for row in report.classes
    ]  # fmt: skip


def clips(report: Report) -> Table:
    """Fool rates by clip, most convincing first."""
    return [
        {
            "clip": row.clip, "video": row.video, "material": row.material, "action": row.action,
            "reaction": row.reaction, "variants": " ".join(row.variants), "n": row.n, "k": row.k,
            "fool_rate": row.estimate.value, "wilson_low": row.estimate.low,
            "wilson_high": row.estimate.high,
        }
        for row in report.clips
    ]  # fmt: skip


def participants(report: Report) -> Table:
    """Answers by participant."""
    return [
        {
            "participant": row.participant, "state": row.state, "n": row.n, "k": row.k,
            "fool_rate": row.k / row.n if row.n else None,
            "share_first": row.n_first / row.n if row.n else None, "median_rt_ms": row.median_rt_ms,
        }
        for row in report.participants
    ]  # fmt: skip


def times(report: Report) -> Table:
    """Quantiles of response times."""
    return [
        {
            "answers": row.answers, "n": row.n, "n_missing": row.n_missing,
            **{f"q{q}_ms": row.quantiles_ms.get(q) for q in ("5", "25", "50", "75", "95")},
        }
        for row in report.times
    ]  # fmt: skip


def auditory(report: Report) -> Table:
    """Auditory metrics by variant, Figure 5a's columns; empty where none were given."""
    if report.auditory is None:
        return []
    rates = {row.variant: row.rate.paper for row in report.variants}
    layouts = {"as_paper": report.auditory.as_paper, "by_sound": report.auditory.by_sound}
    return [
        {
            "table": table, "variant": row.variant, "label": row.label, "oracle": row.oracle,
            "basis": row.score.basis, "n_clips": row.score.n_clips, "n_videos": row.score.n_videos,
            "fool_rate": rates[row.variant].value if row.variant in rates else None,
            "paper_half_width": rates[row.variant].half_width if row.variant in rates else None,
            **{key: cell for column in COLUMNS for key, cell in _metric(row, column).items()},
            "network_sha256": row.score.network,
        }
        for table, rows in layouts.items()
        for row in rows
    ]  # fmt: skip


TABLES = {
    "variants": variants,
    "tests": contrasts,
    "classes": classes,
    "clips": clips,
    "participants": participants,
    "response_times": times,
    "auditory": auditory,
}


def write(report: Report, folder: Path) -> None:
    """Write every table as ``<name>.csv``, empty where there is no number."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TABLES.items():
        rows = make(report)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(rows[0] if rows else ())
            writer.writerows([_to_text(cell) for cell in row.values()] for row in rows)


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


def _estimates(rate: Rate) -> dict[str, Cell]:
    return {
        "fool_rate": rate.paper.value,
        "paper_half_width": rate.paper.half_width,
        "wilson_low": rate.wilson.low,
        "wilson_high": rate.wilson.high,
        "clustered_low": rate.clustered.low,
        "clustered_high": rate.clustered.high,
        "deff": rate.clustered.deff,
    }


def _contrast(name: str, test: Contrast) -> dict[str, Cell]:
    values = {"low": test.low, "high": test.high, "t": test.t, "df": test.df, "p": test.p}
    return {f"{name}_{key}": value for key, value in values.items()}


def _metric(row: AuditoryRow, column: str) -> dict[str, Cell]:
    number = measured(row.score, column)
    return {
        column: number.value,
        f"{column}_low": number.low,
        f"{column}_high": number.high,
        f"{column}_bold": column in row.bold,
        f"{column}_printed": getattr(row.printed, column) if row.printed else None,
    }


def _to_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    return f"{cell:.10g}" if isinstance(cell, float) else str(cell)

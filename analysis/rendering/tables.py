"""The report's numbers as CSV files."""

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from analysis.findings.auditory import COLUMNS, AuditoryRow, measured
from analysis.findings.rates import Rate, VariantRow
from analysis.inference.pooled import Contrast, share_exact
from analysis.rendering.files import write_csv
from analysis.summary import Report

Cell = str | int | float | bool | None
Row = dict[str, Cell]
Table = list[Row]


def contrasts(report: Report) -> Table:
    """Comparisons of every two variants."""
    mixed = {(row.first, row.second): row for row in report.mixed.contrasts} if report.mixed else {}
    return [
        {
            **_of(row, "first second declared"), **_sides(row.paper), **_contrast("paper", row.paper),
            **_contrast("clustered", row.clustered), **_contrast("these_clips", row.these_clips),
            **_contrast("paired", row.paired), "p_holm": row.p_holm,
            "mixed_log_odds": found.log_odds if (found := mixed.get((row.first, row.second))) else None,
            "mixed_error": found.error if found else None, "mixed_p": found.p if found else None,
            "printed_p": row.printed_p,
        }
        for row in report.contrasts
    ]  # fmt: skip


def classes(report: Report) -> Table:
    """Fool rates by material, action and reaction."""
    return [
        {
            **_of(row, "kind level variant"), **_of(row.rate, "n k n_participants n_videos"),
            **_estimates(row.rate),
        }
        for row in report.classes
    ]  # fmt: skip


def class_tests(report: Report) -> Table:
    """Compare the two variants of the figure of classes in every class."""
    return [
        {
            **_of(row, "kind level first second"), **_sides(row.paper), **_contrast("paper", row.paper),
            **_contrast("clustered", row.clustered), "p_bh": row.p_bh,
        }
        for row in report.class_contrasts
    ]  # fmt: skip


def checks(report: Report) -> Table:
    """Trials by variant, planned and answered, with the test of even shares."""
    return [
        {"stage": row.stage, "variant": name, "n": n, **_of(row, "chi2 df p")}
        for row in report.quality.allocations
        for name, n in row.counts.items()
    ]


def drift(report: Report) -> Table:
    """Fool rates over the places of a session."""
    found = report.quality.drift
    return [
        {"first_place": low, "last_place": high, **_of(rate, "n k"), **_estimates(rate)}
        for (low, high), rate in zip(found.bounds, found.blocks, strict=True)
    ]


def clips(report: Report) -> Table:
    """Fool rates by clip, most convincing first."""
    return [
        {
            **_of(row, "clip video material action reaction"), "variants": " ".join(row.variants),
            **_of(row, "n k"), "fool_rate": row.estimate.value, "wilson_low": row.estimate.low,
            "wilson_high": row.estimate.high,
        }
        for row in report.clips
    ]  # fmt: skip


def participants(report: Report) -> Table:
    """Answers by participant."""
    return [
        {
            **_of(row, "participant state n_given n k"), "fool_rate": row.k / row.n if row.n else None,
            "share_first": row.n_first / row.n if row.n else None, "median_rt_ms": row.median_rt_ms,
        }
        for row in report.participants
    ]  # fmt: skip


def times(report: Report) -> Table:
    """Quantiles of response times."""
    percents = ("5", "25", "50", "75", "95")
    return [
        {**_of(row, "answers n n_missing"), **{f"q{q}_ms": row.quantiles_ms.get(q) for q in percents}}
        for row in report.times
    ]


def auditory(report: Report) -> Table:
    """Auditory metrics by variant, Figure 5a's columns; empty where none were given."""
    if report.auditory is None:
        return []
    rates = {row.variant: row.rate.paper for row in report.variants}
    layouts = {"as_paper": report.auditory.as_paper, "by_sound": report.auditory.by_sound}
    return [
        {
            "table": table, **_of(row, "variant label oracle"),
            **_of(row.score, "basis n_clips n_videos"),
            "fool_rate": rates[row.variant].value if row.variant in rates else None,
            "paper_half_width": rates[row.variant].half_width if row.variant in rates else None,
            **{key: cell for column in COLUMNS for key, cell in _metric(row, column).items()},
            "network_sha256": row.score.network,
        }
        for table, rows in layouts.items()
        for row in rows
    ]  # fmt: skip


def impacts(report: Report) -> Table:
    """Average precision of detected impacts by system; empty where none was given."""
    return [
        {
            **_of(row, "name label"), "average_precision": row.average_precision.value,
            **_of(row.average_precision, "low high"), "printed": row.printed, "n_impacts": row.n_true,
            "n_detections": row.n_detected, "n_videos": row.n_videos,
            "clip_average_precision": row.clip_precision, "clip_accuracy": row.clip_accuracy,
            "network_sha256": row.network,
        }
        for row in (report.impacts.rows if report.impacts else ())
    ]  # fmt: skip


TABLES: dict[str, Callable[[Report], Table]] = {
    # fool rates by variant, Figure 5a's column with the default beside it; and without any exclusion
    "variants": lambda report: [_variant(row) for row in report.variants],
    "without_exclusions": lambda report: [_variant(row) for row in report.quality.variants],
    "tests": contrasts,
    "classes": classes,
    "class_tests": class_tests,
    # the declared exclusions and what each left out; everyone and everything left out, and why
    "rules": lambda report: _as_they_are(report.quality.rules),
    "exclusions": lambda report: _as_they_are(report.quality.log),
    "checks": checks,
    "drift": drift,
    "pay": lambda report: _as_they_are(report.quality.pay),  # beside whose answers count
    "clips": clips,
    "participants": participants,
    "response_times": times,
    "auditory": auditory,
    "impacts": impacts,
}


def write(report: Report, folder: Path) -> None:
    """Write every table as ``<name>.csv``, empty where there is no number."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TABLES.items():
        rows = make(report)
        cells = [[_to_text(cell) for cell in row.values()] for row in rows]
        write_csv(folder / f"{name}.csv", rows[0] if rows else (), cells)


def _of(row: Any, names: str) -> Row:
    """Take attributes, by their names with spaces between."""
    return {name: getattr(row, name) for name in names.split()}


def _as_they_are(rows: Iterable[Any]) -> Table:
    return [dataclasses.asdict(row) for row in rows]


def _variant(row: VariantRow) -> Row:
    near, clips = row.equivalence, row.rate.these_clips
    exact = share_exact(row.rate.k, row.rate.n)
    return {
        **_of(row, "variant label oracle n_assigned n_missing"),
        **_of(row.rate, "n k n_participants n_videos n_clips"), **_estimates(row.rate),
        "exact_low": exact.low, "exact_high": exact.high,
        "these_clips_low": clips.low, "these_clips_high": clips.high, "these_clips_deff": clips.deff,
        **_of(row, "d_prime d_prime_low d_prime_high"),
        "equivalence_margin": near.margin, "equivalence_p": near.p,
        "equivalence_low90": near.low, "equivalence_high90": near.high,
        **_of(row, "without_lapses bold_paper bold_clustered"),
        "printed_percent": row.printed.percent if row.printed else None,
        "printed_half_width": row.printed.half_width if row.printed else None,
        "printed_figure": row.printed.figure if row.printed else None,
    }  # fmt: skip


def _estimates(rate: Rate) -> Row:
    return {
        "fool_rate": rate.paper.value,
        "paper_half_width": rate.paper.half_width,
        "wilson_low": rate.wilson.low,
        "wilson_high": rate.wilson.high,
        "clustered_low": rate.clustered.low,
        "clustered_high": rate.clustered.high,
        "deff": rate.clustered.deff,
    }


def _sides(test: Contrast) -> Row:
    return {"n_first": test.n[0], "n_second": test.n[1], "difference": test.difference}


def _contrast(name: str, test: Contrast) -> Row:
    return {f"{name}_{key}": value for key, value in _of(test, "low high t df p").items()}


def _metric(row: AuditoryRow, column: str) -> Row:
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

"""The report's numbers as CSV files."""

import dataclasses
from pathlib import Path

from analysis.findings.auditory import COLUMNS, AuditoryRow, measured
from analysis.findings.rates import Rate, VariantRow
from analysis.inference.pooled import Contrast, share_exact
from analysis.rendering.files import write_csv
from analysis.summary import Report

Cell = str | int | float | bool | None
Table = list[dict[str, Cell]]


def variants(report: Report) -> Table:
    """Fool rates by variant, Figure 5a's column with the default beside it."""
    return [_variant(row) for row in report.variants]


def without_exclusions(report: Report) -> Table:
    """Give the same rates without any exclusion; empty where nothing was left out."""
    return [_variant(row) for row in report.quality.variants]


def contrasts(report: Report) -> Table:
    """Comparisons of every two variants."""
    mixed = {(row.first, row.second): row for row in report.mixed.contrasts} if report.mixed else {}
    return [
        {
            "first": row.first, "second": row.second, "declared": row.declared,
            "n_first": row.paper.n[0], "n_second": row.paper.n[1], "difference": row.paper.difference,
            **_contrast("paper", row.paper), **_contrast("clustered", row.clustered),
            **_contrast("these_clips", row.these_clips), **_contrast("paired", row.paired),
            "p_holm": row.p_holm,
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
            "kind": row.kind, "level": row.level, "variant": row.variant, "n": row.rate.n,
            "k": row.rate.k, "n_participants": row.rate.n_participants, "n_videos": row.rate.n_videos,
            **_estimates(row.rate),
        }
        for row in report.classes
    ]  # fmt: skip


def class_tests(report: Report) -> Table:
    """Compare the two variants of the figure of classes in every class."""
    return [
        {
            "kind": row.kind, "level": row.level, "first": row.first, "second": row.second,
            "n_first": row.paper.n[0], "n_second": row.paper.n[1], "difference": row.paper.difference,
            **_contrast("paper", row.paper), **_contrast("clustered", row.clustered), "p_bh": row.p_bh,
        }
        for row in report.class_contrasts
    ]  # fmt: skip


def rules(report: Report) -> Table:
    """List the declared exclusions and what each left out."""
    return [dataclasses.asdict(row) for row in report.quality.rules]


def exclusions(report: Report) -> Table:
    """Everyone and everything left out, with the rule and the value that did it."""
    return [dataclasses.asdict(row) for row in report.quality.log]


def checks(report: Report) -> Table:
    """Trials by variant, planned and answered, with the test of even shares."""
    return [
        {"stage": row.stage, "variant": name, "n": n, "chi2": row.chi2, "df": row.df, "p": row.p}
        for row in report.quality.allocations
        for name, n in row.counts.items()
    ]


def drift(report: Report) -> Table:
    """Fool rates over the places of a session."""
    found = report.quality.drift
    return [
        {"first_place": low, "last_place": high, "n": rate.n, "k": rate.k, **_estimates(rate)}
        for (low, high), rate in zip(found.bounds, found.blocks, strict=True)
    ]


def pay(report: Report) -> Table:
    """Who is paid, beside whose answers count."""
    return [dataclasses.asdict(row) for row in report.quality.pay]


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
            "participant": row.participant, "state": row.state, "n_given": row.n_given,
            "n": row.n, "k": row.k,
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


def impacts(report: Report) -> Table:
    """Average precision of detected impacts by system; empty where none was given."""
    return [
        {
            "name": row.name, "label": row.label, "average_precision": row.average_precision.value,
            "low": row.average_precision.low, "high": row.average_precision.high,
            "printed": row.printed, "n_impacts": row.n_true, "n_detections": row.n_detected,
            "n_videos": row.n_videos, "clip_average_precision": row.clip_precision,
            "clip_accuracy": row.clip_accuracy, "network_sha256": row.network,
        }
        for row in (report.impacts.rows if report.impacts else ())
    ]  # fmt: skip


TABLES = {
    "variants": variants,
    "without_exclusions": without_exclusions,
    "tests": contrasts,
    "classes": classes,
    "class_tests": class_tests,
    "rules": rules,
    "exclusions": exclusions,
    "checks": checks,
    "drift": drift,
    "pay": pay,
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


def _variant(row: VariantRow) -> dict[str, Cell]:
    near, clips = row.equivalence, row.rate.these_clips
    exact = share_exact(row.rate.k, row.rate.n)
    return {
        "variant": row.variant, "label": row.label, "oracle": row.oracle,
        "n_assigned": row.n_assigned, "n_missing": row.n_missing, "n": row.rate.n, "k": row.rate.k,
        "n_participants": row.rate.n_participants, "n_videos": row.rate.n_videos,
        "n_clips": row.rate.n_clips, **_estimates(row.rate),
        "exact_low": exact.low, "exact_high": exact.high,
        "these_clips_low": clips.low, "these_clips_high": clips.high, "these_clips_deff": clips.deff,
        "d_prime": row.d_prime, "d_prime_low": row.d_prime_low, "d_prime_high": row.d_prime_high,
        "equivalence_margin": near.margin, "equivalence_p": near.p,
        "equivalence_low90": near.low, "equivalence_high90": near.high,
        "without_lapses": row.without_lapses,
        "bold_paper": row.bold_paper, "bold_clustered": row.bold_clustered,
        "printed_percent": row.printed.percent if row.printed else None,
        "printed_half_width": row.printed.half_width if row.printed else None,
        "printed_figure": row.printed.figure if row.printed else None,
    }  # fmt: skip


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

"""A comparison on disk and in a terminal: one page, CSV, JSON, a figure."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis import formats
from analysis.comparison.compare import Comparison, VariantPair, compare, side_of
from analysis.inference.pooled import Estimate
from analysis.inputs.sources import load_any
from analysis.rendering import svg
from analysis.rendering.environment import render as fill
from analysis.rendering.files import write_csv, write_json
from analysis.rendering.marks import chance_line, whisker
from analysis.rendering.svg import BLUE, INK, ORANGE, PALE, WIDTH_IN, axes_in, look, to_svg
from analysis.rendering.terminal import aligned

SCHEMA_VERSION = 1  # of comparison.json
PAGE_NAME = "comparison.html"
COLORS, MARKS = (BLUE, ORANGE), ("o", "D")
ROW_IN = 0.34
MOST_GAPS = 15  # of all pairs; beyond that, those of the first variant


def make(
    first: Path,
    second: Path,
    out: Path,
    *,
    names: tuple[str, str],
    first_declared: Path | None = None,
    second_declared: Path | None = None,
) -> Comparison:
    """Read two studies, compare them, and write what is found into a folder.

    Parameters
    ----------
    first, second : Path
        Folders of studies, or files from `experiment-server export`.
    out : Path
        Folder to write into; made if it is missing.
    names : tuple of (str, str)
        What to call them.
    first_declared, second_declared : Path, optional
        Study files whose exclusions are taken in place of their own.

    Raises
    ------
    AnalysisError
        If something can't be read, or no variant has answers in both.
    """
    found = compare(
        side_of(load_any(first, study_file=first_declared), name=names[0]),
        side_of(load_any(second, study_file=second_declared), name=names[1]),
    )
    write(found, out)
    return found


def write(comparison: Comparison, out: Path) -> None:
    """Write ``comparison.html``, ``.json``, ``.csv`` and ``.svg``; equal data give equal bytes."""
    out.mkdir(parents=True, exist_ok=True)
    figure = draw(comparison)
    svg.write(figure, out / "comparison.svg")
    (out / PAGE_NAME).write_text(render(comparison, figure), encoding="utf-8")
    write_json(out / "comparison.json", {
        "schema_version": SCHEMA_VERSION,
        "sides": [
            {"name": side.name, "n": len(side.answers), "n_left_out": side.n_left_out}
            for side in comparison.sides
        ],
        "n_shared_participants": comparison.n_shared_participants,
        "n_shared_videos": comparison.n_shared_videos,
        "variants": comparison.variants,
        "gaps": comparison.gaps,
    }, escaped=True)  # fmt: skip
    rows = [_row(row) for row in comparison.variants]
    write_csv(out / "comparison.csv", rows[0], (row.values() for row in rows))


def render(comparison: Comparison, figure: str) -> str:
    """Make the page."""
    first, second = (side.name for side in comparison.sides)
    shown = comparison.gaps
    if len(shown) > MOST_GAPS:
        shown = tuple(row for row in shown if row.first_variant == shown[0].first_variant)
    return fill(
        "comparison.html",
        title=f"{first} and {second}",
        sides=comparison.sides,
        simulated=any(side.simulated for side in comparison.sides),
        comparison=comparison,
        figure=figure,
        gaps=shown,
        some_gaps=len(shown) < len(comparison.gaps),
    )


def format_comparison(comparison: Comparison) -> str:
    """Lay both sides out for a terminal."""
    names = [side.name for side in comparison.sides]
    head = ("variant", names[0], names[1], "change", "p, Holm")
    body = [
        (row.variant, _rate(row.first.clustered), _rate(row.second.clustered),
         formats.points(row.change.difference), formats.p_value(row.p_holm))
        for row in comparison.variants
    ]  # fmt: skip
    return "\n".join(aligned([head, *body]))


def draw(comparison: Comparison) -> str:
    """Draw each variant's two rates one below the other, with clustered intervals."""
    name = "comparison"
    with look(name):
        rows = comparison.variants
        height = ROW_IN * len(rows) + 0.95
        figure = Figure(figsize=(WIDTH_IN, height))
        axes = axes_in(figure, 1.75, 0.5, WIDTH_IN - 1.95, height - 0.8)
        for place, row in enumerate(rows):
            for i, rate in enumerate((row.first, row.second)):
                _point(axes, place + 0.13 * (2 * i - 1), rate.clustered, i)
        axes.set_yticks(range(len(rows)), [row.label for row in rows])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, 100 if _highest(comparison) > 0.65 else 70)
        chance_line(axes, upright=True)
        axes.grid(axis="x", color=PALE, linewidth=0.4)
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("called real (%), 95% clustered")
        marks = [
            Line2D([], [], color=COLORS[i], marker=MARKS[i], markersize=4, label=side.name)
            for i, side in enumerate(comparison.sides)
        ]
        figure.legend(handles=marks, loc="upper left", ncols=2, frameon=False, fontsize=7.5)
        return to_svg(figure, name=name, description="Fool rates of both, by variant")


def _point(axes: Axes, place: float, estimate: Estimate, i: int) -> None:
    whisker(axes, place, estimate, upright=False, color=COLORS[i], linewidth=1.2)
    if estimate.value is not None:
        axes.plot(
            100 * estimate.value, place, marker=MARKS[i], markersize=4, color=COLORS[i],
            markeredgecolor=INK, markeredgewidth=0.3, zorder=4,
        )  # fmt: skip


def _highest(comparison: Comparison) -> float:
    rates = [rate.clustered for row in comparison.variants for rate in (row.first, row.second)]
    return max((rate.high or rate.value or 0.0 for rate in rates), default=0.0)


def _row(row: VariantPair) -> dict[str, Any]:
    values: dict[str, Any] = {"variant": row.variant}
    for name, rate in (("first", row.first), ("second", row.second)):
        values |= {
            f"{name}_n": rate.n, f"{name}_rate": rate.paper.value,
            f"{name}_low": rate.clustered.low, f"{name}_high": rate.clustered.high,
        }  # fmt: skip
    change = row.change
    return values | {
        "difference": change.difference, "low": change.low, "high": change.high, "t": change.t,
        "df": change.df, "p": change.p, "p_holm": row.p_holm,
    }  # fmt: skip


def _rate(rate: Estimate) -> str:
    return f"{formats.percent(rate.value)} ({formats.interval(rate)})"

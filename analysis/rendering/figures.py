"""The report's figures: fool rates, bars by class, how answers spread, and how impacts are detected."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis import formats
from analysis.findings import paper
from analysis.findings.rates import VariantRow
from analysis.inputs.impacts import DetectionRow
from analysis.rendering.class_bars import class_bars
from analysis.rendering.marks import PRINTED, chance_line, mark_simulated, whisker
from analysis.rendering.svg import BLUE, GREY, INK, ORANGE, PALE, WIDTH_IN, axes_in, look, to_svg
from analysis.summary import Report

ROW_IN = 0.26  # height of a variant's row
OF_IMPACTS = "precision_recall"  # drawn only where these were detected
LINES = ((BLUE, "-"), (ORANGE, "-"), (INK, "--"), (GREY, "-."), (BLUE, ":"), (ORANGE, ":"))
LABELS_IN, NUMBERS_IN = 1.75, 1.75  # room for the words left and right of the forest


def fool_rates(report: Report) -> str:
    """Draw every variant's fool rate: thick line the paper's interval, thin line the default."""
    name = "fool-rates"
    with look(name):
        places = _places(report.variants)
        height = ROW_IN * (max(places, default=0) + 1) + 1.05
        figure = Figure(figsize=(WIDTH_IN, height))
        axes = axes_in(figure, LABELS_IN, 0.65, WIDTH_IN - LABELS_IN - NUMBERS_IN, height - 0.9)
        _forest_legend(figure, report)
        _forest_frame(axes, report, bottom=max(places, default=0) + 0.6)
        for place, row in zip(places, report.variants, strict=True):
            _forest_row(axes, place, row)
        mark_simulated(figure, report.simulated)
        return to_svg(figure, name=name, description="Fool rate of each variant with 95% intervals")


def answers(report: Report) -> str:
    """Draw how response times and participants' fool rates are spread."""
    name = "answers"
    with look(name):
        figure = Figure(figsize=(WIDTH_IN, 2.1))
        _times(axes_in(figure, 0.55, 0.42, 2.85, 1.35), report)
        _people(axes_in(figure, 4.3, 0.42, 2.85, 1.35), report)
        mark_simulated(figure, report.simulated)
        return to_svg(figure, name=name, description="Response times; participants' fool rates")


def precision_recall(report: Report) -> str:
    """Draw a curve for each detecting system, named beside the axes with its average precision."""
    name = OF_IMPACTS
    with look(name):
        figure = Figure(figsize=(WIDTH_IN, 2.9))
        axes = axes_in(figure, 0.55, 0.45, 3.3, 2.3)
        _curves_frame(axes)
        rows = report.impacts.rows if report.impacts else ()
        for row, (color, dashes) in zip(rows, cycle(LINES), strict=False):
            curve = row.curve
            axes.plot(
                [100 * recall for recall in curve.recall],
                [100 * precision for precision in curve.precision],
                color=color, linestyle=dashes, linewidth=1.3, label=_named(row), clip_on=False,
            )  # fmt: skip
        axes.legend(
            loc="upper left", bbox_to_anchor=(1.06, 1.02), frameon=False, borderpad=0, handlelength=2.2,
            labelspacing=1.1, alignment="left", title="average precision", title_fontsize=6.5,
        )  # fmt: skip
        return to_svg(figure, name=name, description="Precision and recall of detected impacts")


FIGURES: dict[str, Callable[[Report], str]] = {
    "fool_rates": fool_rates,
    "classes": class_bars,
    "answers": answers,
    OF_IMPACTS: precision_recall,
}


def _places(rows: tuple[VariantRow, ...]) -> list[float]:
    """Set rows one below the other, the baseline and the oracles a little apart."""
    places: list[float] = []
    for i, row in enumerate(rows):
        apart = i > 0 and _group(row) != _group(rows[i - 1])
        places.append((places[-1] + 1 if places else 0.0) + (0.45 if apart else 0.0))
    return places


def _group(row: VariantRow) -> int:
    return 2 if row.oracle else 1 if row.variant == paper.BASELINE else 0


def _forest_frame(axes: Axes, report: Report, *, bottom: float) -> None:
    intervals = [i for row in report.variants for i in (row.rate.clustered, row.rate.paper)]
    highs = [interval.high or 0.0 for interval in intervals]
    end = min(100.0, max(60.0, 10 * np.ceil(10 * max(highs, default=0.0))))
    axes.set_xlim(0, end)
    axes.set_ylim(bottom, -0.6)
    chance_line(axes, upright=True)
    axes.text(50, -0.7, "chance", color=GREY, ha="center", va="bottom", fontsize=6.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xticks(np.arange(0, end + 1, 10))
    axes.set_xlabel("called real (% of answers)")
    axes.grid(axis="x", color=PALE, linewidth=0.4, zorder=-1)
    axes.set_axisbelow(True)
    _beside(axes, 1.03, -0.7, "rate ± 95%", color=GREY, va="bottom", fontsize=6.5)
    _beside(axes, 1.46, -0.7, "answers", color=GREY, va="bottom", ha="right", fontsize=6.5)


def _forest_legend(figure: Figure, report: Report) -> None:
    marks: dict[str, Any] = {"color": BLUE, "solid_capstyle": "butt"}
    handles = [
        Line2D([], [], linewidth=2.6, label="95%, trials independent (paper's)", **marks),
        Line2D([], [], linewidth=0.9, label="95%, new participants and videos", **marks),
    ]
    if any(row.printed for row in report.variants):
        handles.append(Line2D([], [], label="printed in Owens et al.", **PRINTED))
    figure.legend(
        handles=handles, loc="lower center", ncols=3, frameon=False, fontsize=6.5, handlelength=1.8,
        borderpad=0, borderaxespad=0.2,
    )  # fmt: skip


def _forest_row(axes: Axes, place: float, row: VariantRow) -> None:
    color = GREY if _group(row) == 1 else BLUE
    axes.text(
        -0.03, place, row.label, transform=axes.get_yaxis_transform(), ha="right", va="center",
        color=INK, fontstyle="italic" if row.oracle else "normal",
    )  # fmt: skip
    if row.printed:
        axes.plot(row.printed.percent, place + 0.3, zorder=2, **PRINTED)
    whisker(axes, place, row.rate.clustered, upright=False, color=color, linewidth=0.9)
    whisker(axes, place, row.rate.paper, upright=False, color=color, linewidth=2.6)
    if row.rate.paper.value is not None:
        axes.plot(
            100 * row.rate.paper.value, place, marker="o", markersize=4.4, zorder=4, color=color,
            markeredgewidth=0,
        )  # fmt: skip
    weight = "bold" if row.bold_paper else "normal"
    _beside(axes, 1.03, place, formats.plus_minus(row.rate.paper), va="center", weight=weight)
    _beside(axes, 1.46, place, formats.count(row.rate.n), va="center", ha="right", color=GREY)


def _beside(axes: Axes, x: float, y: float, text: str, **look_of_text: Any) -> None:
    options = {"ha": "left", "color": INK, **look_of_text}
    axes.text(x, y, text, transform=axes.get_yaxis_transform(), **options)


def _times(axes: Axes, report: Report) -> None:
    axes.set_title("Response time", loc="left", fontsize=7.5, fontweight="bold")
    axes.set_xlabel("from the end of the second clip (s)")
    axes.set_ylabel("answers")
    if report.times_histogram is None:
        _nothing(axes, "no response times")
        return
    edges = np.array(report.times_histogram.edges) / 1000
    axes.set_xscale("log")
    axes.stairs(report.times_histogram.counts, edges, fill=True, color=BLUE)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    median = report.times[0].quantiles_ms["50"]
    axes.axvline(median / 1000, color=INK, linewidth=0.8)
    axes.text(
        median / 1000, 1.01, f"median {formats.seconds(median)}", va="bottom", ha="center", fontsize=6.5,
        transform=axes.get_xaxis_transform(),
    )  # fmt: skip
    ticks = [t for t in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if edges[0] <= t <= edges[-1]]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def _people(axes: Axes, report: Report) -> None:
    axes.set_title("Fool rate of each participant", loc="left", fontsize=7.5, fontweight="bold")
    axes.set_xlabel("called real (% of the participant's answers)")
    axes.set_ylabel("participants")
    rates = [100 * row.k / row.n for row in report.participants if row.n]
    if not rates:
        _nothing(axes, "no answers")
        return
    counts, edges = np.histogram(rates, np.linspace(0, 100, 11))
    axes.stairs(counts, edges, fill=True, color=ORANGE)
    chance_line(axes, upright=True, zorder=2)  # over the bars
    axes.set_xticks(range(0, 101, 25))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))


def _nothing(axes: Axes, text: str) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY)


def _curves_frame(axes: Axes) -> None:
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("recall (% of the impacts detected)")
    axes.set_ylabel("precision (% of the detections right)")
    axes.grid(color=PALE, linewidth=0.4, zorder=-1)
    axes.set_axisbelow(True)


def _named(row: DetectionRow) -> str:
    theirs = f" (Owens et al. {formats.percent(row.printed)})" if row.printed is not None else ""
    return f"{row.label}\n{formats.percent(row.average_precision.value)}{theirs}"

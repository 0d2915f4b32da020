"""Figures of annotations: agreement by class, and how clicks spread round their impacts."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.annotation.agreement import ClassAgreement
from analysis.annotation.consensus import apart_from_others
from analysis.annotation.votes import Answers
from analysis.rendering.marks import mark_simulated
from analysis.rendering.svg import BLUE, GREY, INK, ORANGE, PALE, WIDTH_IN, axes_in, look, to_svg

ROW_IN = 0.2
LABELS_IN, NUMBERS_IN = 1.1, 1.5
MOST_DOTS = 4000  # more would only blacken the picture and fill the file


def classes(rows: Sequence[ClassAgreement], answers: Answers, *, overall: float | None) -> str:
    """Draw how far votes agree on each material, the least first; the line is that of all votes."""
    name = "classes"
    with look(name):
        ordered = sorted(rows, key=lambda row: (row.share, row.name))
        height = ROW_IN * len(ordered) + 0.75
        figure = Figure(figsize=(WIDTH_IN, height))
        axes = axes_in(figure, LABELS_IN, 0.45, WIDTH_IN - LABELS_IN - NUMBERS_IN, height - 0.65)
        axes.set_xlim(0, 100)
        axes.set_ylim(len(ordered) - 0.4, -0.6)
        axes.barh(range(len(ordered)), [100 * row.share for row in ordered], height=0.62, color=BLUE)
        if overall is not None:
            axes.axvline(100 * overall, color=INK, linewidth=0.7, dashes=(4, 3))
        axes.set_yticks(range(len(ordered)), [row.name for row in ordered])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("votes for the majority's label (% of the votes on its impacts)")
        axes.grid(axis="x", color=PALE, linewidth=0.4)
        axes.set_axisbelow(True)
        for place, row in enumerate(ordered):
            axes.text(
                1.02, place, f"{100 * row.share:.1f}% of {row.n_votes}, {row.n_impacts} impacts",
                transform=axes.get_yaxis_transform(), va="center", fontsize=6.5, color=GREY,
            )  # fmt: skip
        mark_simulated(figure, answers.simulated)
        return to_svg(figure, name=name, description="Agreement of votes by material")


def clicks(answers: Answers) -> str:
    """Draw how clicks lie to the others' on the same impact, and how far."""
    name = "clicks"
    with look(name):
        offsets = 100 * apart_from_others(answers)
        offsets = offsets[np.isfinite(offsets[:, 0])]
        figure = Figure(figsize=(WIDTH_IN, 2.7))
        _scatter(axes_in(figure, 0.65, 0.5, 1.95, 1.95), offsets)
        _distances(axes_in(figure, 3.5, 0.5, WIDTH_IN - 3.7, 1.95), np.hypot(*offsets.T))
        mark_simulated(figure, answers.simulated)
        return to_svg(figure, name=name, description="Clicks round the places of their impacts")


def _scatter(axes: Axes, offsets: NDArray[np.float64]) -> None:
    reach = max(1.0, float(np.ceil(np.quantile(np.abs(offsets), 0.99))))
    shown = offsets[:MOST_DOTS]
    axes.plot(
        shown[:, 0], shown[:, 1], linestyle="none", marker="o", markersize=2, alpha=0.35, color=BLUE,
        markeredgewidth=0,
    )  # fmt: skip
    axes.axhline(0, color=GREY, linewidth=0.5)
    axes.axvline(0, color=GREY, linewidth=0.5)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(reach, -reach)  # y grows downwards, as in the picture
    axes.set_xlabel("right of it (% of width)")
    axes.set_ylabel("below it (% of height)")
    axes.set_title("Clicks round the others' median", loc="left", fontsize=7.5, fontweight="bold")


def _distances(axes: Axes, distances: NDArray[np.float64]) -> None:
    end = max(1.0, float(np.ceil(np.quantile(distances, 0.99))))
    counts, edges = np.histogram(np.minimum(distances, end), np.linspace(0, end, 31))
    axes.stairs(counts, edges, fill=True, color=ORANGE)
    median = float(np.median(distances))
    axes.axvline(median, color=INK, linewidth=0.8)
    axes.text(
        median, 1.01, f"median {median:.1f}%", transform=axes.get_xaxis_transform(), ha="left",
        va="bottom", fontsize=6.5,
    )  # fmt: skip
    axes.set_xlim(0, end)
    axes.set_xlabel("distance from it (%; the last bar holds all beyond)")
    axes.set_ylabel("clicks")
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))

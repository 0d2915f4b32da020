"""Figures: accuracies from sounds, from pictures and by number of filters; confusions; mean sounds."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analysis.recognition.accuracy import Confusion
from analysis.recognition.results import Recognition, Result
from analysis.recognition.tasks import KINDS, MATERIAL
from analysis.rendering.marks import PRINTED, whisker
from analysis.rendering.svg import BLUE, GREY, INK, PALE, WIDTH_IN, axes_in, look, to_svg

ROW_IN = 0.22
LABELS_IN = 2.25  # room for the words left of the panels
TITLES = {"hardness": "hard or soft"}
TICKS = (0, 50, 100)
COLUMNS = 6  # of mean cochleagrams
PANEL_IN, GAP_IN = 0.98, 0.13
LEFT_IN, TITLE_IN, BOTTOM_IN = 0.5, 0.22, 0.42
TICKS_HZ = (100, 300, 1000, 3000, 10_000)
COLOURS = "magma"
CELL_IN = 0.26
NAMES_IN = 0.85  # of classes beside confusions
DARK = 0.4  # shares above are written in white
LEAST_WRITTEN = 0.005  # shares that round to 0 % stay empty
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", BLUE, "#00293f"])
SIDES: tuple[Literal["left", "center", "right"], ...] = ("left", "center", "right")


def sounds(found: Recognition) -> str:
    """Draw what is recognised from real and from predicted sounds, a panel for each kind of class."""
    names = list(dict.fromkeys(r.features for r in found.results if _is_sound(r)))
    kinds = [kind for kind in KINDS if any(r.kind == kind and _is_sound(r) for r in found.results)]
    rows = [(kind, [found.of(name, kind) for name in names]) for kind in kinds]
    return _forest("sounds", rows, "Accuracy of recognition from sounds, with 95% intervals")


def sights(found: Recognition) -> str:
    """Draw what is recognised from pictures, with sound beside it (Table 6b)."""
    rows = [r for r in found.results if r.kind == MATERIAL and not r.features.startswith("predicted-")]
    return _forest("sights", [(MATERIAL, rows)], "Accuracy of material recognition from pictures")


def channels(found: Recognition) -> str:
    """Draw accuracy against the number of band-pass filters (Fig. A1a)."""
    name = "channels"
    with look(name):
        figure = Figure(figsize=(WIDTH_IN / 2, 2.3))
        axes = axes_in(figure, 0.5, 0.45, WIDTH_IN / 2 - 0.6, 1.65)
        bands = [point.n_bands for point in found.channels]
        for n_bands, point in zip(bands, found.channels, strict=True):
            whisker(axes, n_bands, point.result.estimate, upright=True, color=BLUE, linewidth=1.2)
        values = [100 * (point.result.estimate.value or 0.0) for point in found.channels]
        axes.plot(bands, values, color=BLUE, marker="o", markersize=4, linewidth=0.8)
        axes.set_xscale("log")
        axes.set_xticks(bands, [str(n) for n in bands])
        axes.minorticks_off()
        axes.set_ylim(0, 100)
        axes.axhline(100 * found.channels[0].result.chance, color=GREY, linewidth=0.7, dashes=(4, 3))
        axes.set_xlabel("band-pass filters")
        axes.set_ylabel("class-averaged accuracy (%)")
        return to_svg(figure, name=name, description="Accuracy by number of band-pass filters")


def means(
    found: Mapping[str, Mapping[str, NDArray[np.float64]]],
    *,
    rate_hz: float,
    centres_hz: Sequence[float],
) -> str:
    """Draw all classes' mean sounds (Fig. 3a), one scale of colours for all.

    Parameters
    ----------
    found : mapping of str to (mapping of str to ndarray [shape=(n_steps, n_channels)])
        By kind and class.
    rate_hz : float
        Steps a second.
    centres_hz : sequence of float
        Of the band-pass filters; the outermost two channels are low- and high-pass.
    """
    name = "mean-cochleagrams"
    with look(name):
        kinds = [list(kind.items()) for kind in found.values()]
        lines = [
            kind[start : start + COLUMNS] for kind in kinds for start in range(0, len(kind), COLUMNS)
        ]
        step = PANEL_IN + TITLE_IN
        figure = Figure(figsize=(WIDTH_IN, step * len(lines) + BOTTOM_IN))
        brightest = max(float(mean.max()) for kind in found.values() for mean in kind.values())
        for i, line in enumerate(lines):
            bottom = BOTTOM_IN + (len(lines) - 1 - i) * step
            for j, (label, mean) in enumerate(line):
                axes = axes_in(figure, LEFT_IN + j * (PANEL_IN + GAP_IN), bottom, PANEL_IN, PANEL_IN)
                _sound(axes, label, mean, brightest, rate_hz)
                _ticks(axes, centres_hz if j == 0 else (), with_time=i == len(lines) - 1)
        return to_svg(figure, name=name, description="Mean cochleagrams of each class")


def confusions(name: str, confusion: Confusion, *, description: str) -> str:
    """Draw a confusion matrix; numbers are percent of a row.

    Parameters
    ----------
    name : str
        Of the figure, for its ids.
    confusion : Confusion
        Classes in the order in which they are drawn.
    description : str
        What a screen reader says.
    """
    with look(name):
        side = CELL_IN * len(confusion.classes)
        figure = Figure(figsize=(side + NAMES_IN + 0.1, side + NAMES_IN + 0.1))
        axes = axes_in(figure, NAMES_IN, 0.08, side, side)
        shares = confusion.shares
        axes.pcolormesh(shares, cmap=SHADES, vmin=0, vmax=1, edgecolor="#e3e6e9", linewidth=0.3)
        _cells(axes, confusion)
        places = [place + 0.5 for place in range(len(confusion.classes))]
        axes.set_yticks(places, list(confusion.classes))
        axes.set_xticks(places, list(confusion.classes), rotation=60, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        axes.invert_yaxis()
        axes.tick_params(length=0, pad=2)
        axes.spines[:].set_visible(False)
        return to_svg(figure, name=name, description=description)


def _is_sound(result: Result) -> bool:
    return result.features == "sound" or result.features.startswith("predicted-")


def _forest(name: str, panels: Sequence[tuple[str, Sequence[Result | None]]], description: str) -> str:
    with look(name):
        n_rows = max((len(results) for _, results in panels), default=0)
        height = ROW_IN * n_rows + 0.95
        figure = Figure(figsize=(WIDTH_IN, height))
        width = (WIDTH_IN - LABELS_IN) / max(len(panels), 1)
        for i, (kind, results) in enumerate(panels):
            axes = axes_in(figure, LABELS_IN + i * width, 0.62, width - 0.14, height - 0.85)
            _panel(axes, kind, results, with_labels=i == 0)
        _legend(figure)
        return to_svg(figure, name=name, description=description)


def _panel(axes: Axes, kind: str, results: Sequence[Result | None], *, with_labels: bool) -> None:
    axes.set_xlim(0, 100)
    axes.set_ylim(len(results) - 0.4, -0.6)
    axes.set_title(TITLES.get(kind, kind), loc="left", fontsize=7.5, fontweight="bold")
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_xticks(TICKS)
    for tick, side in zip(axes.get_xticklabels(), SIDES, strict=True):
        tick.set_horizontalalignment(side)  # so that neighbouring panels' don't meet
    axes.grid(axis="x", color=PALE, linewidth=0.4)
    axes.set_axisbelow(True)
    for place, result in enumerate(results):
        if result is not None:
            _point(axes, place, result, with_label=with_labels)
    chances = [result.chance for result in results if result is not None]
    for chance in chances[:1]:
        axes.axvline(100 * chance, color=GREY, linewidth=0.7, dashes=(4, 3), zorder=0)


def _point(axes: Axes, place: int, result: Result, *, with_label: bool) -> None:
    value = 100 * (result.estimate.value or 0.0)
    if result.printed is not None:
        axes.plot(result.printed, place + 0.28, zorder=2, clip_on=False, **PRINTED)
    whisker(axes, place, result.estimate, upright=False, color=BLUE, linewidth=1.4)
    axes.plot(value, place, marker="o", markersize=4, color=BLUE, zorder=4, clip_on=False)
    if with_label:
        axes.text(
            -0.04, place, result.label, transform=axes.get_yaxis_transform(), ha="right", va="center",
            fontweight="bold" if result.features == "sound" else "normal",
        )  # fmt: skip


def _legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=BLUE, marker="o", markersize=4, label="class-averaged accuracy (%), 95%"),
        Line2D([], [], color=GREY, linewidth=0.7, dashes=(4, 3), label="chance"),
        Line2D([], [], label="printed in Owens et al.", **PRINTED),
    ]
    figure.legend(
        handles=handles, loc="lower center", ncols=3, frameon=False, fontsize=6.5, borderaxespad=0.2
    )


def _sound(axes: Axes, label: str, mean: NDArray[np.float64], brightest: float, rate_hz: float) -> None:
    n_steps, n_channels = mean.shape
    start = -(n_steps // 2 + 0.5) / rate_hz
    axes.imshow(
        mean.T, origin="lower", aspect="auto", interpolation="none", cmap=COLOURS, vmin=0,
        vmax=brightest, extent=(start, start + n_steps / rate_hz, -0.5, n_channels - 0.5),
    )  # fmt: skip
    axes.set_title(label, loc="left", fontsize=7, pad=2)
    axes.spines[:].set_visible(False)
    axes.tick_params(labelsize=6)


def _ticks(axes: Axes, centres_hz: Sequence[float], *, with_time: bool) -> None:
    logs = np.log(centres_hz)
    ticks = [hertz for hertz in TICKS_HZ if len(logs) and centres_hz[0] < hertz < centres_hz[-1]]
    places = [float(np.interp(np.log(hertz), logs, np.arange(len(logs)) + 1)) for hertz in ticks]
    axes.set_yticks(places, [f"{hertz // 1000}k" if hertz >= 1000 else str(hertz) for hertz in ticks])
    if ticks:
        axes.set_ylabel("Hz", fontsize=6, labelpad=0)
    axes.set_xticks([-0.2, 0, 0.2])
    axes.tick_params(labelbottom=with_time)
    if with_time:
        axes.set_xlabel("s from the impact", fontsize=6, labelpad=1)


def _cells(axes: Axes, confusion: Confusion) -> None:
    for row, shares in enumerate(confusion.shares):
        for column, share in enumerate(shares):
            if share >= LEAST_WRITTEN:
                axes.text(
                    column + 0.5, row + 0.5, f"{100 * share:.0f}", ha="center", va="center", fontsize=6,
                    color="white" if share > DARK else INK,
                    fontweight="bold" if row == column else "normal",
                )  # fmt: skip

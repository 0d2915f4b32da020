"""Figure 7: fool rates by material, action and reaction as bars, with what each bar rests on below."""

import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis import formats
from analysis.findings import paper
from analysis.findings.breakdown import by_class
from analysis.findings.rates import Rate
from analysis.rendering.marks import chance_line, mark_simulated, whisker
from analysis.rendering.svg import BLUE, GREY, INK, ORANGE, WIDTH_IN, axes_in, look, to_svg
from analysis.summary import Report

COLORS = (BLUE, ORANGE)
# A class seen on fewer is drawn pale, with Wilson's interval: its rate is about those videos, and of a
# handful of answers the paper's interval is often longer than the axis, or of length 0.
FEW_VIDEOS = 5
LEFT_IN, GAP_IN = 0.62, 0.75  # room for the words left of a panel; between two panels of a row
BARS_IN, NAMES_IN, COUNT_IN, TITLE_IN = 1.55, 0.28, 0.125, 0.3
GROUP_IN = (WIDTH_IN - LEFT_IN - 0.05) / 17  # the dataset has 17 materials
CHARACTERS_PER_IN = 21  # of the names of classes
MOST_GROUPS = 17  # in one row


@dataclass(frozen=True, kw_only=True, slots=True)
class _Panel:
    title: str
    groups: list[tuple[str, tuple[Rate, ...]]]  # class, a rate for each variant

    @property
    def n_places(self) -> int:
        """Groups that there is room for: a panel of one is as wide as of two."""
        return max(len(self.groups), 2)


def class_bars(report: Report) -> str:
    """Draw the highlighted variants' fool rates by class, in order of the first one's."""
    name = "classes"
    with look(name):
        shelves = _shelves(_panels(report))
        below = NAMES_IN + 2 * COUNT_IN * max(len(report.highlighted), 1) + 0.1
        shelf = TITLE_IN + BARS_IN + below
        figure = Figure(figsize=(WIDTH_IN, 0.3 + shelf * max(len(shelves), 1)))
        _legend(figure, report)
        top = 1.0 if _highest(report) > 0.8 else 0.8
        for i, panels in enumerate(shelves):
            left, group = LEFT_IN, _group_width(panels)
            for panel in panels:
                bottom = shelf * (len(shelves) - 1 - i) + below
                axes = axes_in(figure, left, bottom, group * panel.n_places, BARS_IN)
                _draw(axes, panel, top=100 * top, labelled=left == LEFT_IN)
                left += group * panel.n_places + GAP_IN
        mark_simulated(figure, report.simulated)
        return to_svg(figure, name=name, description="Fool rates by material, action and reaction")


def _panels(report: Report) -> list[_Panel]:
    panels = []
    for kind, levels in by_class(report.classes).items():
        shown = [(level, tuple(rates[v] for v in report.highlighted)) for level, rates in levels.items()]
        groups = sorted(shown, key=_place)
        for start in range(0, len(groups), MOST_GROUPS):
            title = kind.capitalize() + (" (continued)" if start else "")
            panels.append(_Panel(title=title, groups=groups[start : start + MOST_GROUPS]))
    return panels


def _place(group: tuple[str, tuple[Rate, ...]]) -> tuple[float, str]:
    value = group[1][0].paper.value if group[1] else None
    return (1.0 if value is None else -value), group[0]


def _shelves(panels: list[_Panel]) -> list[list[_Panel]]:
    """Put panels in rows, as many beside each other as fit."""
    shelves: list[list[_Panel]] = []
    room = 0.0
    for panel in panels:
        needed = GROUP_IN * panel.n_places + GAP_IN
        if not shelves or needed > room:
            shelves.append([])
            room = WIDTH_IN - LEFT_IN + GAP_IN
        shelves[-1].append(panel)
        room -= needed
    return shelves


def _group_width(panels: list[_Panel]) -> float:
    """Let the groups of a row fill it, up to twice the width they need."""
    free = WIDTH_IN - LEFT_IN - 0.05 - GAP_IN * (len(panels) - 1)
    return min(2 * GROUP_IN, free / sum(panel.n_places for panel in panels))


def _highest(report: Report) -> float:
    shown = [row.rate for row in report.classes if row.variant in report.highlighted]
    return max((rate.clustered.high or rate.wilson.high or 0.0 for rate in shown), default=0.0)


def _draw(axes: Axes, panel: _Panel, *, top: float, labelled: bool) -> None:
    axes.set_xlim(-0.5, max(len(panel.groups), 2) - 0.5)
    axes.set_ylim(0, top)
    axes.set_yticks(np.arange(0, top + 1, 20))
    axes.set_title(panel.title, loc="left", fontsize=7.5, fontweight="bold", pad=6)
    chance_line(axes, upright=False)
    group_in = _inches(axes) / panel.n_places
    names = [_wrapped(level, width_in=group_in) for level, _ in panel.groups]
    axes.set_xticks(range(len(panel.groups)), names)
    axes.tick_params(axis="x", length=0, labelsize=6.3, pad=2)
    if labelled:
        axes.set_ylabel("called real (%)")
    for place, (_, rates) in enumerate(panel.groups):
        for i, rate in enumerate(rates):
            _bar(axes, place, i, rate, n_bars=len(rates))
    _counts(axes, panel)


def _bar(axes: Axes, place: int, i: int, rate: Rate, *, n_bars: int) -> None:
    width = 0.8 / n_bars
    x = place + (i - (n_bars - 1) / 2) * width
    if rate.paper.value is None:
        axes.text(x, 1.5, formats.NONE, ha="center", va="bottom", color=GREY)
        return
    few = rate.n_videos < FEW_VIDEOS
    axes.bar(
        x, 100 * rate.paper.value, width * 0.94, zorder=1, color=COLORS[i],
        alpha=0.4 if few else 1.0,
    )  # fmt: skip
    if few:
        whisker(axes, x, rate.wilson, upright=True, color=GREY, linewidth=1.0)
        return
    whisker(axes, x, rate.clustered, upright=True, color=INK, linewidth=0.7)
    whisker(axes, x, rate.paper, upright=True, color=INK, linewidth=1.6)


def _counts(axes: Axes, panel: _Panel) -> None:
    """Write what each bar rests on below it, as survival curves have their numbers at risk."""
    n_bars = max((len(rates) for _, rates in panel.groups), default=0)
    for i in range(n_bars):
        for j, what in enumerate(("trials", "videos")):
            y = -(NAMES_IN + COUNT_IN * (2 * i + j + 0.5)) / BARS_IN
            axes.text(
                -0.11 / _inches(axes), y, what, transform=axes.transAxes, ha="right", va="center",
                fontsize=5.8, color=GREY,
            )  # fmt: skip
            for place, (_, rates) in enumerate(panel.groups):
                number = rates[i].n if what == "trials" else rates[i].n_videos
                axes.text(
                    place, y, _short(number), transform=axes.get_xaxis_transform(), ha="center",
                    va="center", fontsize=5.8,
                )  # fmt: skip
        middle = -(NAMES_IN + COUNT_IN * (2 * i + 1)) / BARS_IN
        axes.plot(
            [-0.06 / _inches(axes)] * 2,
            [middle - 0.8 * COUNT_IN / BARS_IN, middle + 0.8 * COUNT_IN / BARS_IN],
            transform=axes.transAxes, color=COLORS[i], linewidth=2.5, clip_on=False,
            solid_capstyle="butt",
        )  # fmt: skip


def _inches(axes: Axes) -> float:
    return float(axes.get_position().width * WIDTH_IN)


def _legend(figure: Figure, report: Report) -> None:
    shown = [row.rate.n_videos for row in report.classes if row.variant in report.highlighted]
    names = [paper.label(variant) for variant in report.highlighted]
    handles = [Patch(color=COLORS[i], label=name) for i, name in enumerate(names)]
    if any(0 < n_videos < FEW_VIDEOS for n_videos in shown):
        handles.append(Patch(color=GREY, alpha=0.4, label=f"pale: fewer than {FEW_VIDEOS} videos"))
    if handles:
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(LEFT_IN / WIDTH_IN - 0.008, 1.0),
            ncols=3, frameon=False, fontsize=7.5, handlelength=1.0, handleheight=0.9, borderpad=0,
        )  # fmt: skip


def _wrapped(level: str, *, width_in: float) -> str:
    """Break a name into at most two lines that fit a group, cut off with an ellipsis."""
    room = max(7, int(width_in * CHARACTERS_PER_IN))
    lines = textwrap.wrap(level.replace("-", " ").replace("_", " "), room)
    if len(lines) > 2:
        lines = [lines[0], lines[1][: room - 1] + "\N{HORIZONTAL ELLIPSIS}"]
    return "\n".join(lines)


def _short(n: int) -> str:
    return str(n) if n < 10_000 else f"{n / 1000:.0f}k"

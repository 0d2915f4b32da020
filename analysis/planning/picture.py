"""Power over both axes, as a figure and as text."""

from collections.abc import Sequence
from operator import attrgetter

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import formats
from analysis.planning.power import ENOUGH, PowerRow, Question, needed
from analysis.rendering.svg import BLUE, GREY, INK, ORANGE, WIDTH_IN, axes_in, look, to_svg

# Okabe and Ito's palette, from dark to light; marks tell lines apart in grey
LINES = (INK, BLUE, "#D55E00", "#009E73", ORANGE, "#56B4E9")
MARKS = ("o", "s", "^", "D", "v", "P")


def power_figure(rows: Sequence[PowerRow], question: Question) -> str:
    """Draw power over participants, a line for each number of videos, and the other way round."""
    name = "power"
    with look(name):
        figure = Figure(figsize=(WIDTH_IN, 3.2))
        left = axes_in(figure, 0.5, 0.85, 2.85, 1.95)
        right = axes_in(figure, 4.2, 0.85, 2.85, 1.95)
        _lines(left, rows, along="participants", of="videos")
        _lines(right, rows, along="videos", of="participants")
        figure.text(
            0.5 / WIDTH_IN, 0.965,
            _asked(question),
            fontsize=8.5, fontweight="bold", va="top",
        )  # fmt: skip
        return to_svg(figure, name=name, description="Power by participants and videos")


def format_power(rows: Sequence[PowerRow], question: Question) -> str:
    """Lay the power out for a terminal, and say which sizes are enough."""
    head = f"{'videos':>7} {'participants':>13} {'trials each':>12} {'power':>7} {'95%':>11}  ± points"
    lines = [_asked(question), "", head, "-" * len(head)]
    lines += [
        f"{row.n_videos:>7} {row.n_participants:>13} {row.n_trials:>12} {100 * row.power:>6.0f}%"
        f" {100 * row.low:>4.0f} {formats.EN_DASH} {100 * row.high:>3.0f}%  {100 * row.half_width:>8.1f}"
        + ("  enough" if row.is_enough else "")
        for row in rows
    ]
    sentences = [
        f"{n_videos} videos: {n} participants find {100 * question.difference:g} points in at least "
        f"{100 * ENOUGH:.0f}% of studies."
        if n is not None
        else f"{n_videos} videos: no number of participants that was tried is enough for "
        f"{100 * ENOUGH:.0f}%; more videos or trials, fewer variants, or a larger difference are."
        for n_videos, n in needed(rows).items()
    ]
    return "\n".join([*lines, "", *sentences])


def format_row(row: PowerRow) -> str:
    """Say what one size of study finds, for those who wait."""
    return f"{row.n_videos} videos, {row.n_participants} participants: {row.power:.0%}"


def _asked(question: Question) -> str:
    return f"Power to find {100 * question.difference:g} points over {100 * question.rate:g}%"


def _lines(axes: Axes, rows: Sequence[PowerRow], *, along: str, of: str) -> None:
    x, line = attrgetter(f"n_{along}"), attrgetter(f"n_{of}")
    axes.set_xscale("log")
    axes.set_ylim(0, 100)
    axes.set_xlabel(along)
    axes.set_ylabel("studies that find it (%)")
    axes.axhline(100 * ENOUGH, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
    for i, size in enumerate(sorted({line(row) for row in rows})):
        part = sorted((row for row in rows if line(row) == size), key=x)
        color, mark = LINES[i % len(LINES)], MARKS[i % len(MARKS)]
        places = [x(row) for row in part]
        below = [100 * (row.power - row.low) for row in part]
        above = [100 * (row.high - row.power) for row in part]
        axes.errorbar(
            places, [100 * row.power for row in part], yerr=[below, above], color=color, marker=mark,
            markersize=3.5, linewidth=1.1, elinewidth=0.6, label=str(size),
        )  # fmt: skip
    ticks = sorted({x(row) for row in rows})
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.legend(
        title=of, loc="upper left", bbox_to_anchor=(0, -0.25), ncols=6, frameon=False, fontsize=6.5,
        title_fontsize=6.5, handlelength=1.6, columnspacing=1.0, borderpad=0, alignment="left",
    )  # fmt: skip

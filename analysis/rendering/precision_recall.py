"""Impact detection in a report: the curves of precision and recall."""

from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import formats
from analysis.inputs.impacts import DetectionRow, Impacts
from analysis.rendering.svg import BLUE, GREY, INK, ORANGE, PALE, WIDTH_IN, axes_in, look, to_svg

NAME = "precision_recall"
LINES = ((BLUE, "-"), (ORANGE, "-"), (INK, "--"), (GREY, "-."), (BLUE, ":"), (ORANGE, ":"))


def draw(impacts: Impacts) -> str:
    """Draw a curve for each system, named beside the axes with its average precision."""
    with look(NAME):
        figure = Figure(figsize=(WIDTH_IN, 2.9))
        axes = axes_in(figure, 0.55, 0.45, 3.3, 2.3)
        _frame(axes)
        for row, (color, dashes) in zip(impacts.rows, cycle(LINES), strict=False):
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
        return to_svg(figure, name=NAME, description="Precision and recall of detected impacts")


def _frame(axes: Axes) -> None:
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("recall (% of the impacts detected)")
    axes.set_ylabel("precision (% of the detections right)")
    axes.grid(color=PALE, linewidth=0.4, zorder=-1)
    axes.set_axisbelow(True)


def _named(row: DetectionRow) -> str:
    theirs = f" (Owens et al. {formats.percent(row.printed)})" if row.printed is not None else ""
    return f"{row.label}\n{formats.percent(row.average_precision.value)}{theirs}"

"""Confusions as a picture: what it was along rows, what was said along columns."""

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from analysis.recognition.accuracy import Confusion
from analysis.rendering.svg import BLUE, INK, axes_in, look, to_svg

CELL_IN = 0.26
LABELS_IN = 0.85
DARK = 0.4  # shares above are written in white
LEAST_WRITTEN = 0.005  # shares that round to 0 % stay empty
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", BLUE, "#00293f"])


def draw(name: str, confusion: Confusion, *, description: str) -> str:
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
        figure = Figure(figsize=(side + LABELS_IN + 0.1, side + LABELS_IN + 0.1))
        axes = axes_in(figure, LABELS_IN, 0.08, side, side)
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


def _cells(axes: Axes, confusion: Confusion) -> None:
    for row, shares in enumerate(confusion.shares):
        for column, share in enumerate(shares):
            if share >= LEAST_WRITTEN:
                axes.text(
                    column + 0.5, row + 0.5, f"{100 * share:.0f}", ha="center", va="center", fontsize=6,
                    color="white" if share > DARK else INK,
                    fontweight="bold" if row == column else "normal",
                )  # fmt: skip

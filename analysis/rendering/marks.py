"""What all figures carry: a warning where the answers are not people's, and how intervals look."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.findings.summary import Report
from analysis.inference.pooled import Estimate
from analysis.rendering.svg import ALARM


def mark_simulated(figure: Figure, report: Report) -> None:
    """Write a warning into a figure of simulated answers, since figures are copied out of pages."""
    if report.simulated:
        figure.text(
            0.998, 0.998, "simulated participants", ha="right", va="top", color=ALARM, fontsize=6.5
        )


def whisker(
    axes: Axes, place: float, estimate: Estimate, *, upright: bool, color: str, linewidth: float
) -> None:
    """Draw an interval (in percent, cut off at 0 and 100), or nothing where there is none."""
    if estimate.low is None or estimate.high is None:
        return
    ends = [100 * max(estimate.low, 0.0), 100 * min(estimate.high, 1.0)]
    across = [place, place]
    x, y = (across, ends) if upright else (ends, across)
    axes.plot(x, y, color=color, linewidth=linewidth, solid_capstyle="butt", zorder=3)

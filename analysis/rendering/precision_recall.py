"""Impact detection in a report: the curves of precision and recall, and the section round them."""

from collections.abc import Mapping
from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import formats
from analysis.inputs.impacts import DetectionRow, Impacts
from analysis.rendering.environment import Markup, template
from analysis.rendering.svg import BLUE, GREY, INK, ORANGE, PALE, WIDTH_IN, axes_in, look, to_svg

NAME = "precision_recall"
FEW_VIDEOS = 20  # below, percentile intervals over videos are too short
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


def render_section(impacts: Impacts, figure: str, *, table: int, is_simulated: bool) -> str:
    """Make the section of a report's page.

    Parameters
    ----------
    impacts : Impacts
        What was measured.
    figure : str
        SVG, from `draw`.
    table : int
        The number of its table in the page.
    is_simulated : bool
        Whether the rest of the report is about simulated participants.
    """
    return template("impacts_section.html", plural=formats.plural, count=formats.count).render(
        facts=impacts.facts,
        figure=Markup(figure),  # our own SVG
        lines=[_line(row) for row in impacts.rows],
        table=table,
        is_simulated=is_simulated,
        seconds=f"{sum(impacts.facts.videos.values()):.0f}",
        level=formats.level(impacts.facts.level),
        few=len(impacts.facts.videos) < FEW_VIDEOS,
    )


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


def _line(row: DetectionRow) -> Mapping[str, str]:
    """Lay a system's numbers out as text."""
    return {
        "name": row.name,
        "label": row.label,
        "precision": formats.percent(row.average_precision.value),
        "ends": formats.interval(row.average_precision),
        "printed": formats.percent(row.printed) if row.printed is not None else "",
        "n_true": formats.count(row.n_true),
        "n_detected": formats.count(row.n_detected),
        "n_videos": formats.count(row.n_videos),
        "clip_precision": formats.percent(row.clip_precision),
        "clip_accuracy": formats.percent(row.clip_accuracy),
    }

"""Mean cochleagrams of classes as a picture (Fig. 3a)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.rendering.svg import WIDTH_IN, axes_in, look, to_svg

COLUMNS = 6
PANEL_IN, GAP_IN = 0.98, 0.13
LEFT_IN, TITLE_IN, BOTTOM_IN = 0.5, 0.22, 0.42
TICKS_HZ = (100, 300, 1000, 3000, 10_000)
COLOURS = "magma"


def draw(
    means: Mapping[str, Mapping[str, NDArray[np.float64]]],
    *,
    rate_hz: float,
    centres_hz: Sequence[float],
) -> str:
    """Draw all classes' mean sounds, one scale of colours for all.

    Parameters
    ----------
    means : mapping of str to (mapping of str to ndarray [shape=(n_steps, n_channels)])
        By kind and class.
    rate_hz : float
        Steps a second.
    centres_hz : sequence of float
        Of the band-pass filters; the outermost two channels are low- and high-pass.
    """
    name = "mean-cochleagrams"
    with look(name):
        lines = [row for kind in means.values() for row in _rows(list(kind.items()))]
        step = PANEL_IN + TITLE_IN
        figure = Figure(figsize=(WIDTH_IN, step * len(lines) + BOTTOM_IN))
        brightest = max(float(mean.max()) for kind in means.values() for mean in kind.values())
        for i, line in enumerate(lines):
            bottom = BOTTOM_IN + (len(lines) - 1 - i) * step
            for j, (label, mean) in enumerate(line):
                axes = axes_in(figure, LEFT_IN + j * (PANEL_IN + GAP_IN), bottom, PANEL_IN, PANEL_IN)
                _panel(axes, label, mean, brightest, rate_hz)
                _ticks(axes, centres_hz if j == 0 else (), with_time=i == len(lines) - 1)
        return to_svg(figure, name=name, description="Mean cochleagrams of each class")


def _rows(
    items: list[tuple[str, NDArray[np.float64]]],
) -> list[list[tuple[str, NDArray[np.float64]]]]:
    return [items[start : start + COLUMNS] for start in range(0, len(items), COLUMNS)]


def _panel(axes: Axes, label: str, mean: NDArray[np.float64], brightest: float, rate_hz: float) -> None:
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

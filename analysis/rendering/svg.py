"""The look of all figures, and figures as SVG text that is the same bytes every time."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import matplotlib as mpl
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH_IN = 7.2  # two columns of a journal page
FONT_STACK = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
MEASURED_FONT = "DejaVu Sans"  # comes with matplotlib, and is wider than all of FONT_STACK
# Okabe and Ito's palette; the first two differ in lightness too, so that they hold in grey
BLUE, ORANGE, INK, GREY, PALE = "#0072B2", "#E69F00", "#1d2126", "#6d747c", "#c9ced4"
ALARM = "#a3330b"
LOOK: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be read out, searched and copied
    "font.family": MEASURED_FONT,
    "text.parse_math": False,  # a $ in a label is a $
    "font.size": 7.5,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@contextmanager
def look(name: str) -> Iterator[None]:
    """Draw and save inside this: one look, whatever a user's matplotlibrc says; `name` seeds ids."""
    with mpl.rc_context(), style.context(["default", LOOK]), warnings.catch_warnings():
        # text is written as text, so a glyph that the measured font lacks is not lost
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        mpl.rcParams["svg.hashsalt"] = name
        yield


def axes_in(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add axes at a place given in inches from the lower left corner."""
    full_width, full_height = figure.get_size_inches()
    return figure.add_axes(
        (left / full_width, bottom / full_height, width / full_width, height / full_height)
    )


def to_svg(figure: Figure, *, name: str, description: str) -> str:
    """Write a figure as SVG that stands in a page beside others.

    Parameters
    ----------
    figure : Figure
        Drawn within `look`.
    name : str
        Put before every id, so that ids are unique in a page.
    description : str
        What a screen reader says.

    Returns
    -------
    str
        One ``svg`` element, without date, program or any address but the two namespaces.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' id="', f' id="{name}-', text)
    text = re.sub(r"(url\(|href=\")#", rf"\1#{name}-", text)
    text = text.replace(f"'{MEASURED_FONT}'", FONT_STACK)
    return text.replace("<svg", f'<svg role="img" aria-label={quoteattr(description)}', 1)


def write(svg: str, path: Path) -> None:
    """Write an SVG file."""
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n{svg}', encoding="utf-8")

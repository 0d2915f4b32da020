"""Cochleagrams as pictures: with axes for people, and as plain small images for contact sheets."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage, imsave
from numpy.typing import NDArray

from models.sounds.filterbank import centre_frequencies, hz_to_erb
from models.sounds.sound import ENVELOPE_RATE

COLOURS = "magma"  # equal steps look equally far apart, in grey and to the colour-blind too
TICKS_HZ = {"100": 100, "300": 300, "1k": 1000, "3k": 3000, "10k": 10_000}
PANEL_INCHES = (3.0, 2.1)


def draw_cochleagram(
    ax: Axes,
    cochleagram: NDArray[np.floating],
    *,
    start_s: float = 0.0,
    impact_s: float | None = None,
    maximum: float | None = None,
) -> AxesImage:
    """Draw a cochleagram with time along and frequency up, evenly in ERB as it was computed.

    Parameters
    ----------
    ax : Axes
        Where to.
    cochleagram : ndarray of float [shape=(n_steps, n_channels)]
        Compressed envelopes, of `DEFAULT_BANK`.
    start_s : float
        Time of the first step (s).
    impact_s : float, optional
        Mark this time (s).
    maximum : float, optional
        The value of the brightest colour; the cochleagram's own largest unless given. Give the same to
        pictures that are to be compared.

    Returns
    -------
    AxesImage
        For a colour bar.
    """
    n_steps, n_channels = cochleagram.shape
    half = 0.5 / ENVELOPE_RATE
    end_s = start_s + n_steps / ENVELOPE_RATE
    image = ax.imshow(
        cochleagram.T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(start_s - half, end_s - half, -0.5, n_channels - 0.5),
        cmap=COLOURS,
        vmin=0.0,
        vmax=_brightest(cochleagram, maximum),
    )
    ax.set_yticks([channel_of(hertz) for hertz in TICKS_HZ.values()], TICKS_HZ)
    if impact_s is not None:
        ax.axvline(impact_s, color="white", linewidth=0.8, linestyle=(0, (2, 3)), alpha=0.8)
    ax.tick_params(length=2, labelsize=7, colors="#444444")
    ax.spines[:].set_visible(False)
    return image


def save_cochleagrams(
    path: Path, cochleagrams: Mapping[str, NDArray[np.floating]], *, columns: int = 4
) -> None:
    """Write a sheet of cochleagrams, each under its name; the suffix of `path` chooses the format.

    The largest of all values has the brightest colour, so that louder looks brighter across the sheet.

    Parameters
    ----------
    path : Path
        The file to write.
    cochleagrams : mapping of str to ndarray of float [shape=(n_steps, n_channels)]
        Drawn row by row in this order, at least one.
    columns : int
        Pictures a row.
    """
    if not cochleagrams:
        raise ValueError("no cochleagrams; give at least one to draw")
    shared = max(_brightest(picture, None) for picture in cochleagrams.values())
    columns = min(columns, len(cochleagrams))
    rows = -(-len(cochleagrams) // columns)
    size = (PANEL_INCHES[0] * columns, PANEL_INCHES[1] * rows + 0.2)
    figure = Figure(figsize=size, dpi=130, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat[len(cochleagrams) :]:
        ax.set_visible(False)
    for ax, (name, picture) in zip(axes.flat, cochleagrams.items(), strict=False):
        draw_cochleagram(ax, picture, maximum=shared)
        ax.set_title(name, fontsize=8, loc="left", color="#222222")
    for ax in axes[:, 0]:
        ax.set_ylabel("frequency (Hz)", fontsize=7, color="#444444")
    for ax in axes[-1]:
        ax.set_xlabel("time (s)", fontsize=7, color="#444444")
    figure.savefig(path)


def cochleagram_png(
    cochleagram: NDArray[np.floating], *, scale: int = 3, maximum: float | None = None
) -> bytes:
    """Encode a cochleagram as a small PNG image without axes; equal input gives equal bytes.

    Parameters
    ----------
    cochleagram : ndarray of float [shape=(n_steps, n_channels)]
        Compressed envelopes.
    scale : int
        Pixels a step and a channel, at least 1.
    maximum : float, optional
        As for `draw_cochleagram`.

    Returns
    -------
    bytes
        ``n_steps * scale`` pixels wide and ``n_channels * scale`` high, time along, low frequencies
        at the bottom.
    """
    shades = np.clip(cochleagram.T[::-1] / _brightest(cochleagram, maximum), 0, 1)
    pixels = colormaps[COLOURS](shades, bytes=True)[..., :3]
    pixels = np.ascontiguousarray(pixels.repeat(scale, axis=0).repeat(scale, axis=1))
    target = io.BytesIO()
    imsave(target, pixels, format="png", metadata={"Software": ""})  # not the library's version
    return target.getvalue()


def channel_of(frequency_hz: float) -> float:
    """Say at which (fractional) channel of `DEFAULT_BANK` a frequency (Hz) is centred."""
    centres = hz_to_erb(centre_frequencies())
    return float(1 + (hz_to_erb(frequency_hz) - centres[0]) / (centres[1] - centres[0]))


def _brightest(cochleagram: NDArray[np.floating], maximum: float | None) -> float:
    """Take the value of the brightest colour; silence is drawn dark, not divided by zero."""
    if maximum is not None:
        return maximum
    return float(cochleagram.max()) or 1.0

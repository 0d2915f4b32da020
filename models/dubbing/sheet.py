"""A picture of what was dubbed: the sound's cochleagram, a line for each minute, impacts marked."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.detection.peaks import Peaks
from models.sounds.cochleagram import cochleagrams
from models.sounds.filterbank import N_CHANNELS
from models.sounds.pictures import draw_cochleagram
from models.sounds.sound import ENVELOPE_HOP, ENVELOPE_RATE, SAMPLE_RATE

ROW_S = 10.0  # s a row of a short video
MOST_ROWS = 12  # of longer ones, the rows are longer
ROW_INCHES = (12.0, 1.5)
MOST_STEPS = 1200  # steps drawn a row; more than the picture has columns


def save_sheet(
    path: Path, pieces: Iterable[NDArray[np.float32]], peaks: Peaks, *, n_samples: int
) -> Iterator[NDArray[np.float32]]:
    """Measure a track as it passes through, and draw it when it has ended.

    Parameters
    ----------
    path : Path
        The picture; its suffix chooses the format.
    pieces : iterable of ndarray of float32 [shape=(n_samples,)]
        The track at `SAMPLE_RATE`; whole envelope steps each, but for the last.
    peaks : Peaks
        Impacts to mark.
    n_samples : int
        Length of the track.
    """
    duration_s = n_samples / SAMPLE_RATE
    row_s = max(min(ROW_S, duration_s), duration_s / MOST_ROWS)
    every = max(1, round(row_s * ENVELOPE_RATE / MOST_STEPS))
    measured, rest = [], np.empty((0, N_CHANNELS), np.float32)
    for piece in pieces:
        if len(piece):
            rest = np.concatenate([rest, cochleagrams(piece[None])[0].numpy()])
            whole = len(rest) // every * every
            measured.append(rest[:whole].reshape(-1, every, rest.shape[1]).max(axis=1))
            rest = rest[whole:]
        yield piece
    _draw(path, np.concatenate(measured), peaks, every=every, row_s=row_s)


def _draw(
    path: Path, cochleagram: NDArray[np.float32], peaks: Peaks, *, every: int, row_s: float
) -> None:
    per_row = max(1, round(row_s * ENVELOPE_RATE / every))
    n_rows = -(-len(cochleagram) // per_row)
    figure = Figure(figsize=(ROW_INCHES[0], ROW_INCHES[1] * n_rows + 0.3), dpi=110, layout="constrained")
    axes = figure.subplots(n_rows, 1, squeeze=False)[:, 0]
    brightest = float(cochleagram.max()) or 1.0
    step_s = every * ENVELOPE_HOP / SAMPLE_RATE
    for number, ax in enumerate(axes):
        row = cochleagram[number * per_row : (number + 1) * per_row]
        image = draw_cochleagram(ax, row, maximum=brightest)
        start_s, end_s = number * per_row * step_s, (number * per_row + len(row)) * step_s
        image.set_extent((start_s, end_s, -0.5, row.shape[1] - 0.5))
        ax.set_xlim(start_s, start_s + per_row * step_s)
        inside = peaks.times_s[(peaks.times_s >= start_s) & (peaks.times_s < end_s)]
        ax.plot(inside, np.full(len(inside), row.shape[1]), "v", color="#1f77b4", ms=4, clip_on=False)
        ax.set_ylabel("Hz", fontsize=7, color="#444444")
    axes[-1].set_xlabel("time (s); triangles: impacts", fontsize=7, color="#444444")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)

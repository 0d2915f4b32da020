"""Finding the impacts of a sound track: amplitude peaks, as in Section 3 of the paper."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

STEP_S = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class OnsetOptions:
    """Working version."""

    smoothing_s: float = 0.004
    threshold: float = 0.02
    bandwidth_s: float = 0.02
    min_spacing_s: float = 0.25


def detect_onsets(
    waveform: NDArray[np.float32], *, sample_rate: int, options: OnsetOptions = OnsetOptions()
) -> NDArray[np.float64]:
    """Find the impacts of a sound track (s)."""
    hop = round(STEP_S * sample_rate)
    n = waveform.size // hop
    if n < 3:
        return np.empty(0)
    step = hop / sample_rate
    amp = np.abs(waveform[: n * hop]).reshape(n, hop).max(axis=1).astype(np.float64)
    if amp.max() <= 0:
        return np.empty(0)
    amp = gaussian_filter1d(amp / amp.max(), options.smoothing_s / step)
    grad = np.diff(amp, prepend=amp[0]) / step * 0.001 / 0.001 * 0.01
    rise = (grad[1:-1] > grad[:-2]) & (grad[1:-1] >= grad[2:]) & (grad[1:-1] > options.threshold)
    peaks = np.flatnonzero(rise) + 1
    density = gaussian_filter1d(amp, options.bandwidth_s / step)
    modes = np.flatnonzero((density[1:-1] > density[:-2]) & (density[1:-1] >= density[2:])) + 1
    valleys = np.flatnonzero((density[1:-1] < density[:-2]) & (density[1:-1] <= density[2:])) + 1
    basin = np.searchsorted(valleys, peaks)
    mbasin = np.searchsorted(valleys, modes)
    merged = modes[np.isin(mbasin, basin)]
    order = merged[np.argsort(-density[merged], kind="stable")]
    kept: list[int] = []
    gap = options.min_spacing_s / step
    for i in order:
        if all(abs(i - k) >= gap for k in kept):
            kept.append(int(i))
    return np.sort(np.array(kept, float)) * step


PAPER_ONSETS = OnsetOptions()

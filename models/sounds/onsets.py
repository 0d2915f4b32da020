"""Finding the impacts of a sound track: its amplitude peaks, as in Section 3 of the paper.

"We thresholded the amplitude gradient to find an initial set of peaks, then merged nearby peaks with
the mean-shift algorithm, treating the amplitude as a density and finding the nearest mode for each
peak. Finally, we used non-maximal suppression to ensure that onsets were at least 0.25 seconds apart."
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, sosfilt

STEP_S = 0.001  # s; amplitude is followed in blocks of about this length
SLOPE_STEPS = 5  # the gradient is the rise from 5 steps before to 5 steps after
RISE_STEPS = 20  # `min_rise` compares 20 steps before and after the steepest point
ATTACK_STEPS = (-5, 20)  # where, round the steepest rise, an impact's loudest step is looked for
SILENCE = 1e-4  # -80 dB of full scale, above the noise of 16-bit sound; fainter counts as this


@dataclass(frozen=True, kw_only=True, slots=True)
class OnsetOptions:
    """What the paper leaves open; the defaults were tuned on annotated videos, see docs/sound.md.

    Attributes
    ----------
    high_pass_hz : float
        Corner below which rumble, wind and handling noise are filtered out (Hz); 0 keeps everything.
    exponent : float
        Amplitude is raised to this power, so that soft impacts count beside loud ones; in (0, 1].
    smoothing_s : float
        Standard deviation of the Gaussian that smooths the amplitude before its gradient is taken (s).
    threshold : float
        Least gradient of a peak, in multiples of the gradient's root mean square over the track.
    min_rise : float
        Least ratio of the (compressed) amplitude 20 ms after the steepest rise to that 20 ms before;
        1 asks for nothing. Steady noise fluctuates by less than 1.1.
    bandwidth_s : float
        Standard deviation of mean-shift's Gaussian kernel (s).
    by_rise : bool
        True: merged peaks stand where the steepest of them does, at the loudest step of that attack,
        and the steeper of two that are too close wins. False, the paper's words: they stand at the
        mode, and the louder wins.
    min_spacing_s : float
        Least distance of two onsets (s).
    """

    high_pass_hz: float = 200.0
    exponent: float = 0.5
    smoothing_s: float = 0.010
    threshold: float = 1.1
    min_rise: float = 1.15
    bandwidth_s: float = 0.016
    by_rise: bool = True
    min_spacing_s: float = 0.25


PAPER_ONSETS = OnsetOptions(
    high_pass_hz=0.0,
    exponent=1.0,
    smoothing_s=0.004,
    threshold=0.6,
    min_rise=1.0,
    bandwidth_s=0.010,
    by_rise=False,
)
"""The paper's words and nothing else; the three numbers it does not give were tuned like the others."""

DEFAULT_ONSETS = OnsetOptions()


def detect_onsets(
    waveform: NDArray[np.float32], *, sample_rate: int, options: OnsetOptions = DEFAULT_ONSETS
) -> NDArray[np.float64]:
    """Find the impacts of a sound track (Section 3).

    Parameters
    ----------
    waveform : ndarray of float32 [shape=(n_samples,)]
        Mono samples, full scale at 1.
    sample_rate : int
        Samples a second (Hz), at least 1,000.
    options : OnsetOptions
        Thresholds; `PAPER_ONSETS` for the paper's method to the letter.

    Returns
    -------
    ndarray of float64 [shape=(n_onsets,)]
        Times of amplitude peaks (s), ascending, at least `options.min_spacing_s` apart, accurate to
        about a millisecond.
    """
    return detect_peaks([waveform], sample_rate=sample_rate, options=options)[0]


def detect_peaks(
    pieces: Iterable[NDArray[np.float32]], *, sample_rate: int, options: OnsetOptions
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the impacts of a sound track that may be too long to hold in memory, and how loud they are.

    Parameters
    ----------
    pieces : iterable of ndarray of float32 [shape=(n_samples,)]
        The sound, in pieces of any length; one is held in memory at a time.
    sample_rate, options
        As for `detect_onsets`.

    Returns
    -------
    times_s : ndarray of float64 [shape=(n_onsets,)]
        As from `detect_onsets`.
    amplitudes : ndarray of float64 [shape=(n_onsets,)]
        The largest magnitude there, full scale at 1.
    """
    hop = max(1, round(STEP_S * sample_rate))
    loudness = _follow_loudness(pieces, hop, sample_rate, options.high_pass_hz)
    steps = _onset_steps(loudness, hop / sample_rate, options)
    times_s = np.asarray((steps + 0.5) * (hop / sample_rate), np.float64)  # the step's middle
    return times_s, loudness[steps]


def _onset_steps(
    loudness: NDArray[np.float64], step_s: float, options: OnsetOptions
) -> NDArray[np.intp]:
    """Find impacts in a followed loudness, as indices into it, ascending."""
    if loudness.size <= 2 * SLOPE_STEPS:
        return np.empty(0, np.intp)
    amplitude = gaussian_filter1d(loudness**options.exponent, options.smoothing_s / step_s)
    peaks, slopes = _steep_rises(amplitude, options)
    density = gaussian_filter1d(amplitude, options.bandwidth_s / step_s)
    if options.by_rise:
        steepest = _steepest_per_mode(peaks, slopes, density)
        events, strengths = _loudest_nearby(loudness, peaks[steepest]), slopes[steepest]
    else:
        events = np.unique(climb_to_modes(peaks, density))
        strengths = density[events]
    return _spaced(events, strengths, int(options.min_spacing_s / step_s) + 1)


def climb_to_modes(peaks: NDArray[np.intp], density: NDArray[np.float64]) -> NDArray[np.intp]:
    """Send each peak to the mode that mean-shift would climb to.

    With a Gaussian kernel, mean-shift follows the gradient of the kernel density estimate uphill, so
    on a line its limit is the mode between the two valleys round the starting point. Both are read
    off `density`, which makes the merge exact and free of iterations.

    Parameters
    ----------
    peaks : ndarray of int [shape=(n_peaks,)]
        Indices into `density`.
    density : ndarray of float64 [shape=(n_steps,)]
        Amplitude smoothed with the kernel.

    Returns
    -------
    ndarray of int [shape=(n_peaks,)]
        The index of each peak's mode.
    """
    bounds = np.concatenate([[0], _maxima(-density), [density.size]])
    basins = np.searchsorted(bounds, peaks, side="right") - 1
    return np.array(
        [bounds[b] + np.argmax(density[bounds[b] : bounds[b + 1]]) for b in basins], dtype=np.intp
    )


def _follow_loudness(
    pieces: Iterable[NDArray[np.float32]], hop: int, sample_rate: int, high_pass_hz: float
) -> NDArray[np.float64]:
    """Follow a sound's amplitude: the largest magnitude of `hop` samples, `SILENCE` where it is less.

    What is left at the end is dropped.
    """
    loudness, rest = [np.empty(0)], np.empty(0)
    sections = None
    if high_pass_hz > 0:
        sections = butter(2, high_pass_hz, "highpass", fs=sample_rate, output="sos")
        state = np.zeros((len(sections), 2))
    for piece in (piece for piece in pieces if piece.size):
        samples = piece.astype(np.float64)
        if sections is not None:
            samples, state = sosfilt(sections, samples, zi=state)
        samples = np.concatenate([rest, samples])
        n_steps = samples.size // hop
        blocks, rest = samples[: n_steps * hop].reshape(n_steps, hop), samples[n_steps * hop :]
        loudest = np.maximum(blocks.max(axis=1), -blocks.min(axis=1))
        loudness.append(np.maximum(loudest, SILENCE))
    return np.concatenate(loudness)


def _steep_rises(
    amplitude: NDArray[np.float64], options: OnsetOptions
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Find the local maxima of the gradient that pass both thresholds, and their gradients."""
    slope = np.zeros_like(amplitude)
    slope[SLOPE_STEPS:-SLOPE_STEPS] = amplitude[2 * SLOPE_STEPS :] - amplitude[: -2 * SLOPE_STEPS]
    least = options.threshold * np.sqrt(np.mean(slope**2))
    rises = _maxima(slope)
    rises = rises[slope[rises] > least]
    before = amplitude[np.maximum(rises - RISE_STEPS, 0)]
    after = amplitude[np.minimum(rises + RISE_STEPS, amplitude.size - 1)]
    rises = rises[after >= options.min_rise * before] if options.min_rise > 1 else rises
    return rises, slope[rises]


def _steepest_per_mode(
    peaks: NDArray[np.intp], slopes: NDArray[np.float64], density: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Choose, of the peaks that share a mode, the steepest; indices into `peaks`."""
    order = np.argsort(-slopes, kind="stable")
    _, first = np.unique(climb_to_modes(peaks[order], density), return_index=True)
    return order[first]


def _loudest_nearby(loudness: NDArray[np.float64], rises: NDArray[np.intp]) -> NDArray[np.intp]:
    around = rises[:, None] + np.arange(*ATTACK_STEPS)
    around = np.clip(around, 0, loudness.size - 1)
    loudest = np.argmax(loudness[around], axis=1)
    return np.take_along_axis(around, loudest[:, None], axis=1)[:, 0]


def _spaced(events: NDArray[np.intp], strengths: NDArray[np.float64], gap: int) -> NDArray[np.intp]:
    """Non-maximum suppression: the strongest event silences all within `gap` steps, and so on."""
    alive = np.ones(events.size, dtype=bool)
    kept = []
    for index in np.argsort(-strengths, kind="stable"):
        if alive[index]:
            kept.append(events[index])
            alive &= np.abs(events - events[index]) >= gap
    return np.sort(np.array(kept, dtype=np.intp))


def _maxima(values: NDArray[np.float64]) -> NDArray[np.intp]:
    inner = values[1:-1]
    return np.flatnonzero((inner > values[:-2]) & (inner >= values[2:])) + 1

"""Waveforms brought to another rate, to an encoder, and piece by piece into WAV files."""

from fractions import Fraction
from math import gcd
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from models.sounds.sound import SAMPLE_RATE


def resampled(
    waveform: NDArray[np.float32], sample_rate: int, to_rate: int = SAMPLE_RATE
) -> NDArray[np.float32]:
    """Bring a waveform [shape=(n_samples,)] from one sample rate to another (Hz), if they differ."""
    if sample_rate == to_rate:
        return waveform
    common = gcd(sample_rate, to_rate)
    changed = resample_poly(waveform, to_rate // common, sample_rate // common)
    return np.asarray(changed, np.float32)


def audio_frame(samples: NDArray[np.float32], *, start: int) -> av.AudioFrame:
    """Wrap mono samples [shape=(n_samples,)] at `SAMPLE_RATE`, the first of them number `start`."""
    planes = np.ascontiguousarray(samples[None])
    frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
    return frame


class WaveFile:
    """A mono WAV file of 32-bit floats, which need no limit; complete once it is closed.

    Parameters
    ----------
    path : Path
        What was there is replaced.
    sample_rate : int
        Samples a second (Hz).
    """

    def __init__(self, path: Path, *, sample_rate: int = SAMPLE_RATE) -> None:
        self._sample_rate = sample_rate
        self._container = av.open(str(path), "w", format="wav")
        self._stream = self._container.add_stream("pcm_f32le", rate=sample_rate, layout="mono")

    def write(self, piece: NDArray[np.float32]) -> None:
        """Append samples, full scale at 1."""
        samples = np.ascontiguousarray(piece[None], np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="flt", layout="mono")
        frame.sample_rate = self._sample_rate
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()

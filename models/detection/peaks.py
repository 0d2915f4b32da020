"""When a predicted sound has its impacts: amplitude peaks of its parametric waveform (Section 6.2).

"We used the parametric synthesis method to produce a waveform, applied a large gain to that waveform,
and then detected amplitude peaks (Section 3)." The waveform is made and looked at a few seconds at a
time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.sounds.inversion import impose_envelopes
from models.sounds.onsets import DEFAULT_ONSETS, detect_peaks
from models.sounds.sound import ENVELOPE_HOP, ENVELOPE_RATE, SAMPLE_RATE

BLOCK_STEPS = 4 * ENVELOPE_RATE  # inverted at a time: 4 s, 0.3 GB of subbands
MARGIN_STEPS = ENVELOPE_RATE // 4  # on either side, far longer than the filters ring
GAIN = 100.0  # 40 dB: what is predicted too soft is not taken for silence

PREDICTED_ONSETS = replace(DEFAULT_ONSETS, threshold=0.2, min_rise=1.0)
"""Peaks of predicted sounds: nearly all of them, since their amplitude says how sure they are."""


@dataclass(frozen=True, kw_only=True)
class Peaks:
    """Amplitude peaks of a sound.

    Attributes
    ----------
    times_s : ndarray of float64 [shape=(n,)]
        Ascending (s).
    amplitudes : ndarray of float64 [shape=(n,)]
        The largest magnitude there, full scale at 1; above 1 for what is predicted too loud.
    """

    times_s: NDArray[np.float64]
    amplitudes: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.times_s)

    def later(self, delay_s: float) -> "Peaks":
        """Move all by a time (s)."""
        return Peaks(times_s=self.times_s + delay_s, amplitudes=self.amplitudes)

    def above(self, amplitude: float) -> "Peaks":
        """Take those of at least an amplitude."""
        kept = self.amplitudes >= amplitude
        return Peaks(times_s=self.times_s[kept], amplitudes=self.amplitudes[kept])


def sound_peaks(pieces: Iterable[NDArray[np.float32]]) -> Peaks:
    """Find the amplitude peaks of a synthesized sound, after a large gain.

    Parameters
    ----------
    pieces : iterable of ndarray of float32 [shape=(n_samples,)]
        The sound at `SAMPLE_RATE`, in pieces of any length.
    """
    loud = (piece * np.float32(GAIN) for piece in pieces)
    times_s, amplitudes = detect_peaks(loud, sample_rate=SAMPLE_RATE, options=PREDICTED_ONSETS)
    return Peaks(times_s=times_s, amplitudes=amplitudes / GAIN)


def parametric_pieces(
    cochleagram: NDArray[np.float32], *, seed: int, device: str = "cpu"
) -> Iterator[NDArray[np.float32]]:
    """Impose predicted envelopes on white noise (Section 5.2), piece by piece.

    Parameters
    ----------
    cochleagram : ndarray of float32 [shape=(n_steps, 42)]
        Compressed envelopes, of any length.
    seed : int
        Of the noise; each second's is drawn by itself.
    device : str
        Torch device.

    Yields
    ------
    ndarray of float32 [shape=(n_samples,)]
        The waveform at `SAMPLE_RATE`; pieces overlap while they are made, so that none has edges.
    """
    for start in range(0, len(cochleagram), BLOCK_STEPS):
        first = max(start - MARGIN_STEPS, 0)
        last = min(start + BLOCK_STEPS + MARGIN_STEPS, len(cochleagram))
        noise = _noise(first * ENVELOPE_HOP, last * ENVELOPE_HOP, seed)
        waveform = impose_envelopes(cochleagram[None, first:last], noise=noise[None], device=device)
        begins = (start - first) * ENVELOPE_HOP
        piece = waveform[0, begins : begins + BLOCK_STEPS * ENVELOPE_HOP]
        yield np.asarray(piece.cpu().numpy(), np.float32)


def _noise(start: int, stop: int, seed: int) -> NDArray[np.float32]:
    """Draw the noise of a stretch of samples; overlapping stretches have the same."""
    seconds = range(start // SAMPLE_RATE, -(-stop // SAMPLE_RATE))
    rngs = (np.random.default_rng([seed, second]) for second in seconds)
    drawn = np.concatenate([rng.standard_normal(SAMPLE_RATE, dtype=np.float32) for rng in rngs])
    begins = start - seconds[0] * SAMPLE_RATE
    return drawn[begins : begins + stop - start]

"""The sound of a clip before it is coded: laid on the clip, cut, faded, and how loud it is.

Level is the RMS over the whole clip. Half a second is one gating block of ITU-R BS.1770, whose gated
loudness is not defined for so little sound, so RMS is what both sides are compared by.
"""

import numpy as np
from numpy.typing import NDArray

from models.backend import Sound
from models.sounds.sound import SAMPLE_RATE
from models.sounds.waves import resampled

FADE_S = 0.005  # s, both ends of every sound: a cut in mid-wave would click
FLOOR_DBFS = -120.0  # what silence is recorded as; JSON has no minus infinity
SILENT_DBFS = -70.0  # below this RMS there is nothing to hear

Waveform = NDArray[np.float32]


def laid(sound: Sound, *, impact_s: float, n_samples: int) -> Waveform:
    """Lay a synthesized sound on a clip: resample, put its impact on the clip's, cut or fill.

    Parameters
    ----------
    sound : Sound
        What a backend made.
    impact_s : float
        Time of the impact after the clip's first picture (s).
    n_samples : int
        Length of the clip's sound at `SAMPLE_RATE`.
    """
    waveform = resampled(np.asarray(sound.waveform, np.float32), sound.sample_rate)
    start = round(sound.impact_s * SAMPLE_RATE) - round(impact_s * SAMPLE_RATE)
    return excerpt(waveform, start, n_samples)


def excerpt(waveform: Waveform, start: int, n_samples: int) -> Waveform:
    """Cut `n_samples` from sample `start`, with silence where the waveform does not reach."""
    piece = np.zeros(n_samples, np.float32)
    first, last = max(start, 0), min(start + n_samples, len(waveform))
    if last > first:
        piece[first - start : last - start] = waveform[first:last]
    return piece


def faded(waveform: Waveform) -> Waveform:
    """Fade both ends by half a cosine of `FADE_S`."""
    n_fade = min(round(FADE_S * SAMPLE_RATE), len(waveform) // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(n_fade) + 0.5) / n_fade)).astype(np.float32)
    result = waveform.copy()
    result[:n_fade] *= ramp
    result[len(result) - n_fade :] *= ramp[::-1]
    return result


def rms_dbfs(waveform: Waveform) -> float:
    """Root mean square (dB re full scale), not below `FLOOR_DBFS`."""
    return _db(float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64)))) if waveform.size else 0)


def peak_dbfs(waveform: Waveform) -> float:
    """Highest absolute sample (dB re full scale), not below `FLOOR_DBFS`."""
    return _db(float(np.abs(waveform).max()) if waveform.size else 0)


def audible(waveform: Waveform) -> bool:
    """Tell whether there is anything to hear: an RMS above `SILENT_DBFS`."""
    return rms_dbfs(waveform) > SILENT_DBFS


def energy_centre_s(waveform: Waveform, *, sample_rate: int) -> float:
    """Mean time weighted by energy (s): it moves with the sound, and hardly by its coding."""
    energy = np.square(waveform, dtype=np.float64)
    total = float(energy.sum())
    moment = float((energy * np.arange(energy.size)).sum())
    return moment / total / sample_rate if total else 0.0


def apply_gain(waveform: Waveform, gain_db: float) -> Waveform:
    """Multiply a waveform by a gain given in dB."""
    return (waveform * np.float32(10 ** (gain_db / 20))).astype(np.float32)


def _db(amplitude: float) -> float:
    return max(FLOOR_DBFS, 20 * float(np.log10(amplitude))) if amplitude > 0 else FLOOR_DBFS

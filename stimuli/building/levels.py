"""How loud the stimuli of a clip are: measures, and the two policies.

Level is the RMS over the whole clip. Half a second is one gating block of ITU-R BS.1770, whose gated
loudness is not defined for so little sound, so RMS is what both sides are compared by.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from stimuli.manifest import REAL

FLOOR_DBFS = -120.0  # what silence is recorded as; JSON has no minus infinity
SILENT_DBFS = -70.0  # below this RMS there is nothing to hear
CEILING_DBFS = -1.0  # no peak is encoded above it: from -0.45 dBFS on FFmpeg's AAC dims sounds

Waveform = NDArray[np.float32]
Policy = Callable[[Mapping[str, Waveform]], dict[str, float]]


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


def keep(sounds: Mapping[str, Waveform]) -> dict[str, float]:
    """Keep the levels as they are, as the paper did: every sound is turned down by the same 1 dB.

    Only a sound whose peaks exceed full scale is turned down by more, to `CEILING_DBFS`.

    Returns
    -------
    dict of str to float
        Gain of each sound (dB).
    """
    return {name: CEILING_DBFS - max(0.0, peak_dbfs(sound)) for name, sound in sounds.items()}


def match(sounds: Mapping[str, Waveform]) -> dict[str, float]:
    """Bring all sounds of a clip to one level: the real sound's, or the highest that all can reach.

    A sound whose peaks would pass `CEILING_DBFS` at the real sound's level pulls the whole clip
    down with it, the real sound too, so that the sounds are equal whatever their peaks. Sounds below
    `SILENT_DBFS` can't be brought anywhere and are left out of the result.

    Returns
    -------
    dict of str to float
        Gain of each sound that can be heard (dB).
    """
    levels = {name: rms_dbfs(waveform) for name, waveform in sounds.items()}
    heard = {name: level for name, level in levels.items() if level > SILENT_DBFS}
    reach = [level + CEILING_DBFS - peak_dbfs(sounds[name]) for name, level in heard.items()]
    target = min([levels[REAL], *reach])
    return {name: target - level for name, level in heard.items()}


POLICIES: Mapping[str, Policy] = {"keep": keep, "match": match}


def apply_gain(waveform: Waveform, gain_db: float) -> Waveform:
    """Multiply a waveform by a gain given in dB."""
    return (waveform * np.float32(10 ** (gain_db / 20))).astype(np.float32)


def _db(amplitude: float) -> float:
    return max(FLOOR_DBFS, 20 * float(np.log10(amplitude))) if amplitude > 0 else FLOOR_DBFS

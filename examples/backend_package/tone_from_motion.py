"""A small variant of one's own: a decaying tone, the louder the more moves at the impact."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.backend import Clip, Privilege, Sound
from models.context import Context

SAMPLE_RATE = 44_100  # Hz; another one would be resampled
PITCH_HZ = 440.0
DURATION_S = 0.5
DECAY_S = 0.05  # in which the tone falls to 1/e, 37 %
LOUDEST, QUIETEST = 0.5, 0.005  # peaks; full scale is 1
HALF_MOTION = 8.0  # motion energy at which the tone has half of its loudest peak (grey levels)


class ToneFromMotion:
    """A tone of one pitch whose level follows the motion energy at the impact."""

    privileges: ClassVar[frozenset[Privilege]] = frozenset()  # sees the pictures, and nothing else

    def __init__(self, context: Context) -> None:
        """Prepare for a dataset; a tone needs nothing from it."""

    def synthesize(self, clips: Sequence[Clip]) -> list[Sound]:
        """Make one sound per clip, in order."""
        return [self._sound(motion_energy(clip)) for clip in clips]

    def _sound(self, motion: float) -> Sound:
        peak = max(QUIETEST, LOUDEST * motion / (motion + HALF_MOTION))
        return Sound(
            waveform=(peak * _tone()).astype(np.float32),
            sample_rate=SAMPLE_RATE,
            impact_s=0.0,  # the tone begins with the impact; before it there is silence
            source={"motion": motion},  # kept in the stimulus set's manifest
        )


def motion_energy(clip: Clip) -> float:
    """Measure how much changes in the pictures next to the impact.

    Returns
    -------
    float
        Mean absolute difference of successive pictures, from one before to one after the impact (grey
        levels, 0 to 255).
    """
    first = max(clip.impact_frame - 1, 0)
    grey = clip.frames[first : clip.impact_frame + 2].mean(axis=-1)  # (3, height, width)
    return float(np.abs(np.diff(grey, axis=0)).mean())


def _tone() -> NDArray[np.float64]:
    time_s = np.arange(round(DURATION_S * SAMPLE_RATE)) / SAMPLE_RATE
    tone: NDArray[np.float64] = np.exp(-time_s / DECAY_S) * np.sin(2 * np.pi * PITCH_HZ * time_s)
    return tone

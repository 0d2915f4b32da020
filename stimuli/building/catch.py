"""Catch sounds: nobody who listens takes them for the recorded one. They go through the same chain."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.sounds.sound import SAMPLE_RATE
from stimuli.building.clips import SoundedClip
from stimuli.files.sounds import Waveform, rms_dbfs
from stimuli.manifest import CATCH_SILENCE, CATCH_TONE, REAL

TONE_HZ = 1000  # Hz, where hearing is keen and small loudspeakers are not weak


def with_catch_sounds(clips: Sequence[SoundedClip], *, rng: np.random.Generator) -> list[SoundedClip]:
    """Add the catch sounds to one clip of a video, drawn at random.

    One is enough, since a participant sees a video once, and it keeps a set small.

    Parameters
    ----------
    clips : sequence of SoundedClip
        The video's clips, one or more.
    rng : numpy.random.Generator
        The source of chance.
    """
    chosen = int(rng.integers(len(clips)))
    return [_with_sounds(clip) if i == chosen else clip for i, clip in enumerate(clips)]


def steady_tone(real: Waveform) -> Waveform:
    """Make a tone of `TONE_HZ` as long as the recorded sound of a clip, and of its RMS."""
    amplitude = np.sqrt(2) * 10 ** (rms_dbfs(real) / 20)
    tone: Waveform = np.sin(2 * np.pi * TONE_HZ * np.arange(len(real)) / SAMPLE_RATE).astype(np.float32)
    return tone * np.float32(amplitude)


def _with_sounds(clip: SoundedClip) -> SoundedClip:
    real = clip.sounds[REAL]
    made = {CATCH_SILENCE: np.zeros_like(real), CATCH_TONE: steady_tone(real)}
    told = {CATCH_SILENCE: {"made": "silence"}, CATCH_TONE: {"made": f"tone of {TONE_HZ} Hz"}}
    return replace(clip, sounds={**clip.sounds, **made}, sources={**clip.sources, **told})

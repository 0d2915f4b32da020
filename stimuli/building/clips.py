"""A video's clips on their way through a build: what each step hands to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from stimuli.files.sounds import Waveform
from stimuli.manifest import Clip


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundedClip:
    """A clip with its sounds, ready to be encoded.

    Attributes
    ----------
    facts : Clip
        What the manifest says of it; it has no stimuli yet.
    pictures : bytes
        Its pictures, from `stimuli.files.media.encode_pictures`.
    sounds : dict of str to ndarray of float32 [shape=(n_samples,)]
        Laid on the clip, by name as in `stimuli.manifest.Clip.stimuli`; at first the recorded one alone.
    sources : dict of str to dict
        Where the others came from.
    """

    facts: Clip
    pictures: bytes
    sounds: Mapping[str, Waveform]
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedClip:
    """A clip before its sounds are made.

    Attributes
    ----------
    sounded : SoundedClip
        With the recorded sound, from the time of the first picture.
    frames : ndarray of uint8 [shape=(n_frames, height, width, 3)]
        What the variants see.
    window : ndarray of float32 [shape=(models.sounds.sound.WINDOW_SAMPLES,)]
        The recorded sound round the impact, for oracles.
    """

    sounded: SoundedClip
    frames: NDArray[np.uint8]
    window: Waveform


AnyClip = TypeVar("AnyClip", PreparedClip, SoundedClip, Clip)


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoClips(Generic[AnyClip]):
    """A video's clips after a step, or the reason why it has none.

    Attributes
    ----------
    id : str
        The video.
    clips : tuple
        Its clips, in order of time.
    counts : dict
        What the manifest says of the video: its ``impacts``; ``usable`` ones, that a clip could be cut
        round; ``uneven`` ones, left out because the frame rate varies round them; in the end also
        ``clips``, and ``silent``, by variant: in how many its sound was silent.
    lost : str
        Why it has no clips; empty if it has some.
    """

    id: str
    clips: tuple[AnyClip, ...] = ()
    counts: Mapping[str, Any] = field(default_factory=dict)
    lost: str = ""

"""The door through which every variant makes sound, ours and other people's alike.

A backend is one class: built from a `models.context.Context`, it turns silent clips into sounds. It is
found by the entry point group ``visually_indicated_sounds.backends``, whose names are the variants'::

    [project.entry-points."visually_indicated_sounds.backends"]
    my-variant = "my_package:MyBackend"
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Privilege = Literal["material", "sound"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Clip:
    """A short silent piece of video, centred on an impact.

    Attributes
    ----------
    id : str
        The clip's name, unique in its dataset.
    video_id : str
        The full-length recording it was cut from.
    impact_s : float
        Time of the impact in that recording (s).
    frames : ndarray of uint8 [shape=(n_frames, height, width, 3)]
        RGB pictures in order of time.
    impact_frame : int
        Index into `frames` of the picture nearest to the impact.
    frame_rate : float
        Pictures a second (Hz).
    seed : int
        The only source of chance for this clip's sound: the caller draws one per clip and variant.
    material : str or None
        The label of what was struck; None unless the backend declares the privilege ``material``.
    waveform : ndarray of float32 [shape=(models.sounds.sound.WINDOW_SAMPLES,)] or None
        The true sound round the impact; None unless the backend declares the privilege ``sound``.
    """

    id: str
    video_id: str
    impact_s: float
    frames: NDArray[np.uint8]
    impact_frame: int
    frame_rate: float
    seed: int = 0
    material: str | None = None
    waveform: NDArray[np.float32] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """A synthesized sound.

    Attributes
    ----------
    waveform : ndarray of float32 [shape=(n_samples,)]
        Mono samples, full scale at 1.
    sample_rate : int
        Samples a second (Hz).
    impact_s : float
        Time of the impact within `waveform` (s); the caller lays it on the clip's own impact and
        cuts, or fills with silence, what the clip's length asks for.
    source : dict
        Where it came from, as plain JSON values, e.g. ``{"exemplar": "<clip id>", "distance": 3.1}``.
    """

    waveform: NDArray[np.float32]
    sample_rate: int
    impact_s: float
    source: dict[str, Any] = field(default_factory=dict)


class Backend(Protocol):
    """One way to make a sound for a clip.

    It is made by calling its class with a `models.context.Context`, which raises
    `models.errors.UnavailableError` if it can't run on that dataset.

    Attributes
    ----------
    privileges : frozenset of {"material", "sound"}
        What the variant is told beside the pictures. Empty for all but oracles; what is not declared
        here is withheld from its clips.
    """

    privileges: ClassVar[frozenset[Privilege]]

    def synthesize(self, clips: Sequence[Clip]) -> Sequence[Sound | None]:
        """Make one sound per clip, in the clips' order.

        None says that this variant has nothing for that clip (an external folder without its file).
        The result for a clip depends on that clip alone, not on its neighbours in the batch.
        """
        ...

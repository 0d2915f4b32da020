"""The centred clips of one video: windows of sound and middle frames, each from one decoding pass.

Nothing here needs torch, so that processes which only decode start fast and stay small.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.sounds.sound import CLIP_STEPS, ENVELOPE_HOP, SAMPLE_RATE, WINDOW_IMPACT, WINDOW_SAMPLES
from models.videos.dataset import Impact, Video
from models.videos.frames import clip_images
from models.videos.impacts import impacts_of
from models.videos.video import read_clips, read_sound

SILENCE = 1e-4  # -80 dBFS; a recording whose highest sample lies below holds nothing to hear
CLIP_BEFORE = (CLIP_STEPS // 2) * ENVELOPE_HOP  # samples of the clip itself before the impact
CLIP_AFTER = CLIP_STEPS * ENVELOPE_HOP - CLIP_BEFORE


@dataclass(frozen=True, kw_only=True, slots=True)
class CentredSounds:
    """The sound round each impact of a video.

    Attributes
    ----------
    impacts : tuple of Impact
        Those whose whole clip lies in the recording, in order of time.
    waveforms : ndarray of float32 [shape=(n_impacts, WINDOW_SAMPLES)]
        Mono samples at `models.sounds.sound.SAMPLE_RATE`, the impact at sample `WINDOW_IMPACT`.
    """

    impacts: tuple[Impact, ...]
    waveforms: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class CentredImages:
    """What the image networks see of each impact of a video.

    Attributes
    ----------
    found : ndarray of bool [shape=(n_times,)]
        Whether the pictures reach so far; where not, the images are black.
    colour, spacetime : ndarray of uint8 [shape=(n_times, size, size, 3)]
        The middle frame, and the grey frames before, at and after it.
    """

    found: NDArray[np.bool_]
    colour: NDArray[np.uint8]
    spacetime: NDArray[np.uint8]


def cut_window(waveform: NDArray[np.float32], time_s: float) -> NDArray[np.float32] | None:
    """Cut the window of sound round an impact.

    Parameters
    ----------
    waveform : ndarray of float32 [shape=(n_samples,)]
        A recording at `models.sounds.sound.SAMPLE_RATE`.
    time_s : float
        Time of the impact (s).

    Returns
    -------
    ndarray of float32 [shape=(WINDOW_SAMPLES,)] or None
        The impact stands at sample `WINDOW_IMPACT`. The margins are filled with silence where the
        recording ends within them; None if it ends within the clip itself.
    """
    impact = round(time_s * SAMPLE_RATE)
    if impact < CLIP_BEFORE or impact + CLIP_AFTER > len(waveform):
        return None
    start = impact - WINDOW_IMPACT
    inside = waveform[max(start, 0) : start + WINDOW_SAMPLES]
    window = np.zeros(WINDOW_SAMPLES, np.float32)
    offset = max(-start, 0)
    window[offset : offset + len(inside)] = inside
    return window


def read_centred_sounds(video: Video) -> CentredSounds:
    """Decode a video's sound and cut the window round each of its impacts.

    Raises
    ------
    ModelsError
        If the sound can't be decoded or is silent, or no impact's clip lies within it.
    """
    waveform = read_sound(video.sound)
    if np.abs(waveform).max(initial=0.0) < SILENCE:
        raise ModelsError(f"the sound of {video.sound.name} is silent")
    impacts = impacts_of(video, waveform)
    windows = [(impact, cut_window(waveform, impact.time_s)) for impact in impacts]
    kept = [(impact, window) for impact, window in windows if window is not None and window.any()]
    if not kept:
        raise ModelsError(
            f"{video.id} has no impact with a whole clip round it (of {len(impacts)} impacts)"
        )
    return CentredSounds(
        impacts=tuple(impact for impact, _ in kept), waveforms=np.stack([window for _, window in kept])
    )


def read_centred_images(path: Path, times_s: Sequence[float], *, size: int) -> CentredImages:
    """Decode a video's pictures and make the two images of each clip.

    Parameters
    ----------
    path : Path
        The file whose pictures are used.
    times_s : sequence of float
        Times of the impacts (s).
    size : int
        Side of the images (pixels).

    Raises
    ------
    ModelsError
        If the pictures can't be decoded.
    """
    found = np.zeros(len(times_s), bool)
    colour, spacetime = np.zeros((2, len(times_s), size, size, 3), np.uint8)
    for clip in read_clips(path, times_s, n_frames=3):
        found[clip.index] = True
        colour[clip.index], spacetime[clip.index] = clip_images(clip.images, 1, size=size)
    return CentredImages(found=found, colour=colour, spacetime=spacetime)

"""The impacts of a video: annotated where people did it, detected where nobody did."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.sounds.onsets import detect_onsets
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Impact, Video
from models.videos.video import read_sound

SNAP_S = 0.05  # s; annotation files that round to a video frame still get the amplitude peak


def impacts_of(video: Video, waveform: NDArray[np.float32]) -> tuple[Impact, ...]:
    """List a video's impacts, each at the amplitude peak that the paper centres its clips on.

    Parameters
    ----------
    video : Video
        The recording; its annotations win where it has any.
    waveform : ndarray of float32 [shape=(n_samples,)]
        Its sound at `models.sounds.sound.SAMPLE_RATE`.

    Returns
    -------
    tuple of Impact
        In order of time. Annotated impacts keep their labels and move to the nearest detected onset
        within `SNAP_S`; without annotations every detected onset is an impact (Section 3).
    """
    onsets = detect_onsets(waveform, sample_rate=SAMPLE_RATE)
    if video.impacts is None:
        return tuple(Impact(time_s=float(time)) for time in onsets)
    return tuple(_snapped(impact, onsets) for impact in video.impacts)


def read_impacts(video: Video) -> tuple[Impact, ...]:
    """List a video's impacts as `impacts_of` does, from its files.

    Annotated impacts stay where they are if the sound can't be read: labels are for pictures too.

    Raises
    ------
    ModelsError
        If the impacts would have to be detected and the sound can't be read.
    """
    try:
        return impacts_of(video, read_sound(video.sound))
    except ModelsError:
        if video.impacts is None:
            raise
        return video.impacts


def nearest(times_s: NDArray[np.float64], time_s: float, *, within_s: float) -> int | None:
    """Find, by its index, the time nearest to another; None if all are farther away than `within_s`."""
    if not len(times_s):
        return None
    index = int(np.argmin(np.abs(times_s - time_s)))
    return index if abs(times_s[index] - time_s) <= within_s else None


def _snapped(impact: Impact, onsets: NDArray[np.float64]) -> Impact:
    index = nearest(onsets, impact.time_s, within_s=SNAP_S)
    return impact if index is None else replace(impact, time_s=float(onsets[index]))

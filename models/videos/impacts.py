"""The impacts of a video: annotated where people did it, detected where nobody did."""

import dataclasses

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


def _snapped(impact: Impact, onsets: NDArray[np.float64]) -> Impact:
    if onsets.size == 0:
        return impact
    nearest = float(onsets[np.argmin(np.abs(onsets - impact.time_s))])
    if abs(nearest - impact.time_s) > SNAP_S:
        return impact
    return dataclasses.replace(impact, time_s=nearest)

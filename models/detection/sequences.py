"""Sequences of 2 s, begun every 0.5 s, of whole recordings: what the detection model is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.detection.grid import KEY_EVERY
from models.detection.recordings import Recording
from models.errors import ModelsError
from models.networks.network import STEPS_PER_FRAME
from models.networks.streams import FRAME_RATE

SEQUENCE_FRAMES = 60  # "approximately 2 sec. long [...] with a 0.5-second stride" (Section 6.1)
LAG = 2  # frames, "a two-frame lag in the RNN output"


class Windows:
    """Equal stretches of arrays, cut when they are asked for, since they overlap four times.

    Parameters
    ----------
    arrays : sequence of ndarray [shape=(n_i, ...)]
        One a recording.
    places : ndarray of int [shape=(n, 2)]
        Of each stretch: the number of its recording, and where it starts.
    length : int or None
        How long they are; None for single rows instead of stretches.
    """

    def __init__(self, arrays: Sequence[NDArray[Any]], places: NDArray[Any], length: int | None) -> None:
        self._arrays, self._length = arrays, length
        self._places = np.asarray(places, np.intp)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that all would have together."""
        stretch = () if self._length is None else (self._length,)
        return (len(self._places), *stretch, *self._arrays[0].shape[1:])

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        """Cut one stretch, or those of an array of rows."""
        if np.ndim(rows) == 0:
            recording, start = self._places[rows]
            stretch = start if self._length is None else slice(start, start + self._length)
            return np.asarray(self._arrays[recording][stretch])
        return np.stack([self[row] for row in rows])


@dataclass(frozen=True, kw_only=True)
class SequenceSet:
    """Sequences of recordings, as `models.training.batches.Examples`.

    Attributes
    ----------
    video_ids : tuple of str
        Of each sequence.
    cochleagrams : Windows [shape=(n, 180, 42)]
        The true sound.
    frames : Windows [shape=(n, 60 + LAG, n_values)]
        Maps of the frames, and of those that the lag looks ahead.
    first : Windows [shape=(n, n_values)]
        Maps of the first colour image.
    """

    video_ids: tuple[str, ...]
    cochleagrams: Windows
    frames: Windows
    first: Windows

    def __len__(self) -> int:
        return len(self.video_ids)


def sequences_of(recordings: Sequence[Recording]) -> SequenceSet:
    """Cut recordings into sequences.

    Parameters
    ----------
    recordings : sequence of Recording
        Those shorter than a sequence give none.

    Raises
    ------
    ModelsError
        If none is long enough.
    """
    places = [(i, start) for i, recording in enumerate(recordings) for start in _starts(recording)]
    frames = SEQUENCE_FRAMES + LAG
    if not places:
        length_s = frames / FRAME_RATE
        raise ModelsError(f"no recording is {length_s:.2f} s long, which a training sequence takes")
    rows = np.array(places, np.intp)
    return SequenceSet(
        video_ids=tuple(recordings[i].video.id for i, _ in places),
        cochleagrams=Windows(
            [recording.cochleagram for recording in recordings],
            rows * [1, STEPS_PER_FRAME],
            SEQUENCE_FRAMES * STEPS_PER_FRAME,
        ),
        frames=Windows([recording.frames for recording in recordings], rows, frames),
        first=Windows([recording.first for recording in recordings], rows // [1, KEY_EVERY], None),
    )


def _starts(recording: Recording) -> range:
    n_frames = min(len(recording.frames) - LAG, len(recording.cochleagram) // STEPS_PER_FRAME)
    return range(0, n_frames - SEQUENCE_FRAMES + 1, KEY_EVERY)

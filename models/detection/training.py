"""Training the detection model on sequences of 2 s, begun every 0.5 s, and what it is like then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.context import Context
from models.detection.calibration import calibrate, write_calibration
from models.detection.detector import Detector
from models.detection.grid import KEY_EVERY
from models.detection.recordings import Recording, load_recordings
from models.detection.shifts import align
from models.errors import ModelsError
from models.networks.checkpoints import Checkpoint
from models.networks.convolutions import convolutions_of
from models.networks.network import STEPS_PER_FRAME, FrameInput
from models.networks.streams import FRAME_RATE
from models.training.plans import Plan, validation_mask
from models.training.trainings import Report, TrainRequest, fit_in_folder, pretrained_plan
from models.training.workers import Team

DETECTORS: dict[str, FrameInput] = {"detection": "spacetime", "detection-no-spacetime": "colour"}
"""By name: what the network sees of each frame. "We compared our model to an RGB-only model"."""

LAYERS = 3  # "two LSTM layers [...] (and three for the detection model)" (A1.3)
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


def plan_of(name: str, context: Context, request: TrainRequest) -> Plan:
    """Say what a detection network, one of `DETECTORS`, is and how it is fitted."""
    plan = pretrained_plan(name, context, request, frames=DETECTORS[name], layers=LAYERS, lag=LAG)
    return replace(plan, align=align)


def train_detectors(
    context: Context,
    names: Sequence[str],
    out: Path,
    *,
    team: Team,
    request: TrainRequest,
    report: Report | None = None,
) -> dict[str, Checkpoint | None]:
    """Train detection networks on whole recordings, and measure what they are like.

    Parameters and result are those of `models.training.trainings.train_variants`, but for `names`, which
    are of `DETECTORS`; each folder gets a calibration too.
    """
    trained = {}
    for name in names:
        with team.in_turn():
            plan = plan_of(name, context, request)
            convolutions = convolutions_of(context.image_network)
            train = context.dataset.train
            recordings = load_recordings(context, train, convolutions, plan.config.frames)
        examples, folder = sequences_of(recordings), out / name
        trained[name] = checkpoint = fit_in_folder(plan, examples, folder, team, request, report)
        if checkpoint is not None:
            detector = Detector(checkpoint, convolutions, context.device)
            kept = _validation_recordings(recordings, request.fit.validation_share)
            write_calibration(folder, calibrate(detector, kept, context))
        team.wait()
    return trained


def _validation_recordings(recordings: Sequence[Recording], share: float) -> list[Recording]:
    """Take the recordings that training did not see; all of them if it saw all."""
    chosen = validation_mask(tuple(recording.video.id for recording in recordings), share=share)
    return [r for r, kept in zip(recordings, chosen, strict=True) if kept or not chosen.any()]

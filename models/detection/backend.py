"""The detection model as variants of clips of any length, for `stimuli build --task detection`."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from models.backend import Clip, Privilege, Sound
from models.context import Context
from models.detection.calibration import read_calibration
from models.detection.detector import load_detector
from models.detection.grid import grid_time_s
from models.detection.matching import Prediction, example_sounds
from models.detection.peaks import parametric_pieces
from models.networks.streams import FRAME_RATE
from models.sounds.mixing import mixed
from models.sounds.sound import SAMPLE_RATE
from models.videos.frames import resize

NETWORK = "detection"


class DetectionParametric:
    """The detection model's prediction of a clip, imposed on noise.

    Parameters
    ----------
    context : Context
        Its `checkpoints` holds a folder ``detection``.
    """

    privileges: ClassVar[frozenset[Privilege]] = frozenset()

    def __init__(self, context: Context) -> None:
        folder = context.checkpoint_folder / NETWORK
        self.detector, self.calibration = load_detector(context, folder), read_calibration(folder)
        self._context = context

    def synthesize(self, clips: Sequence[Clip]) -> list[Sound | None]:
        """Watch each clip by itself, and make the sound of its whole length."""
        return [self._sound(clip) for clip in clips]

    def _sound(self, clip: Clip) -> Sound:
        coordinates = self.detector.watch(_at_grid(clip, self.detector.image_size))
        prediction = Prediction(
            detector=self.detector, calibration=self.calibration, coordinates=coordinates
        )
        waveform, source = self._waveform(prediction, clip)
        return Sound(
            waveform=waveform,
            sample_rate=SAMPLE_RATE,
            impact_s=clip.impact_frame / clip.frame_rate,
            source={"network": self.detector.checkpoint.digest, **source},
        )

    def _waveform(
        self, prediction: Prediction, clip: Clip
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        device = self.detector.device
        pieces = parametric_pieces(prediction.cochleagram, seed=clip.seed, device=device)
        return np.concatenate(list(pieces)), {}


class Detection(DetectionParametric):
    """The detection model with an exemplar at each impact that it finds (A1.1).

    A clip in which it finds none is silent.
    """

    def _waveform(
        self, prediction: Prediction, clip: Clip
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        bank = self._context.exemplars
        allowed = bank.allowed(clip.video_id)
        sounds = list(example_sounds(prediction, prediction.impacts(), bank, allowed=allowed))
        n_samples = round(len(clip.frames) * SAMPLE_RATE / clip.frame_rate)
        waveform = np.concatenate(list(mixed(sounds, n_samples=n_samples)))
        placed = [{"impact_s": round(sound.impact_s, 6), **sound.source} for sound in sounds]
        return waveform, {"impacts": placed}


def _at_grid(clip: Clip, size: int) -> Iterator[NDArray[np.uint8]]:
    """Choose a clip's pictures 30 a second, as `models.detection.grid.pictures_on_grid` does."""
    for index in range(max(1, round(len(clip.frames) * FRAME_RATE / clip.frame_rate))):
        nearest = min(round(grid_time_s(index) * clip.frame_rate), len(clip.frames) - 1)
        yield resize(clip.frames[nearest][None], size)[0]

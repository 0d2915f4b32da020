"""When something sounds in a video that is to be dubbed, and what is known of it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.context import Context
from models.detection.calibration import read_calibration
from models.detection.detector import load_detector
from models.detection.grid import pictures_on_grid
from models.detection.matching import Prediction
from models.detection.peaks import Peaks
from models.dubbing.remux import Span
from models.errors import ModelsError, UnavailableError
from models.networks.streams import FRAME_RATE
from models.progress import Report
from models.sounds.onsets import detect_onsets
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import read_times
from models.videos.video import probe, read_sound


def watch(path: Path, span: Span, context: Context, folder: Path, tell: Report) -> Prediction:
    """Run a trained detection model over a whole video.

    Parameters
    ----------
    path : Path
        The video.
    span : Span
        When its pictures begin and end.
    context : Context
        Device and image network.
    folder : Path
        The detection model's.
    tell : callable
        Told how far it has come.

    Raises
    ------
    UnavailableError
        If there is no such model.
    """
    detector, calibration = load_detector(context, folder), read_calibration(folder)
    pictures = pictures_on_grid(path, size=detector.image_size, origin_s=span.start_s)

    def images() -> Iterator[NDArray[np.uint8]]:
        for count, image in enumerate(pictures):
            tell("watching", count / FRAME_RATE, span.duration_s)
            yield image

    coordinates = detector.watch(images())
    return Prediction(detector=detector, calibration=calibration, coordinates=coordinates)


def listed_peaks(path: Path) -> Peaks:
    """Read impacts that somebody wrote down, ``onset_s`` a line, labels after it if need be.

    Raises
    ------
    ModelsError
        If there is no such file, or a line can't be used.
    """
    if not path.is_file():
        raise ModelsError(f"no file {path}; --impacts takes a text file with a time in seconds a line")
    impacts, problems = read_times(path)
    if problems:
        raise ModelsError(f"{path.name}: {problems[0].message}")
    return _sure(np.array([impact.time_s for impact in impacts], np.float64))


def heard_peaks(path: Path, span: Span) -> Peaks:
    """Detect the impacts in a video's own sound, which is to be replaced.

    Raises
    ------
    UnavailableError
        If it has none.
    """
    if not probe(path).sample_rate:
        raise UnavailableError(
            f"{path.name} is silent, and no detection model says when something is struck in it: train "
            "one ('models train --variant detection'), or write the times into a file for --impacts"
        )
    onsets = detect_onsets(read_sound(path), sample_rate=SAMPLE_RATE)
    return _sure(onsets[(onsets >= span.start_s) & (onsets < span.end_s)] - span.start_s)


def _sure(times_s: NDArray[np.float64]) -> Peaks:
    return Peaks(times_s=times_s, amplitudes=np.ones(len(times_s)))

"""A predicted sound's impacts, and an example for each: small windows instead of whole clips (A1.1).

"We detected amplitude peaks of the parametrically inverted waveform, and matched the sound features in
small (8-frame) windows around each peak (starting the window one frame before the peak)" (Section 6.1).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.clips.exemplars import ExemplarBank
from models.clips.search import nearest_l1
from models.detection.calibration import Calibration, features_at, predicted_peaks
from models.detection.colouring import coloured, moments
from models.detection.detector import Detector
from models.detection.peaks import Peaks
from models.networks.network import STEPS_PER_FRAME
from models.sounds.mixing import LEAD_S, Placed, placed
from models.sounds.sound import CLIP_STEPS, WINDOW_IMPACT

WINDOW_STEPS = 8 * STEPS_PER_FRAME
LEAD_STEPS = STEPS_PER_FRAME  # one frame, where the spike begins
ENOUGH = 40  # peaks from which a video's own statistics are taken


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """The prediction for a whole video.

    Attributes
    ----------
    detector : Detector
        The network that made it.
    calibration : Calibration
        What is known of that network.
    coordinates : ndarray of float32 [shape=(n_steps, n_components)]
        Predicted features, 90 steps a second.
    """

    detector: Detector
    calibration: Calibration
    coordinates: NDArray[np.float32]

    @property
    def cochleagram(self) -> NDArray[np.float32]:
        """The prediction as compressed envelopes, (n_steps, 42)."""
        return self.detector.cochleagram(self.coordinates)

    def impacts(self, *, threshold: float | None = None) -> Peaks:
        """Find the impacts that the model is sure enough of.

        Parameters
        ----------
        threshold : float, optional
            Least amplitude; that of the calibration by default.
        """
        known = self.calibration
        peaks = predicted_peaks(self.cochleagram, device=self.detector.device)
        return peaks.above(known.threshold if threshold is None else threshold).later(known.late_s)


def match_peaks(
    prediction: Prediction, peaks: Peaks, bank: ExemplarBank, *, allowed: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the exemplar that sounds most like what is predicted at each peak.

    The predictions' statistics are the video's own where it has `ENOUGH` peaks, else those of the
    validation videos: "the silent videos in the test set" of the paper are many, a video is one.

    Parameters
    ----------
    prediction : Prediction
        Of the video.
    peaks : Peaks
        Where to look.
    bank : ExemplarBank
        The training set's centred impacts.
    allowed : ndarray of bool [shape=(n_exemplars,)], optional
        Which exemplars may be found; all by default.

    Returns
    -------
    indices : ndarray of int64 [shape=(n_peaks,)]
        Rows of the bank; -1 where none is allowed.
    distances : ndarray of float64 [shape=(n_peaks,)]
        L1, over 24 steps of 42 channels.
    """
    if not len(peaks):
        return np.empty(0, np.int64), np.empty(0)
    coordinates, known = prediction.coordinates, prediction.calibration
    own = moments(features_at(coordinates, peaks)) if len(peaks) >= ENOUGH else known.predicted
    around = features_at(coordinates, peaks, np.arange(WINDOW_STEPS) - LEAD_STEPS)
    windows = coloured(around, predicted=own, real=known.real).astype(np.float32)
    queries = prediction.detector.cochleagram(windows).reshape(len(peaks), -1)
    start = CLIP_STEPS // 2 - LEAD_STEPS
    database = bank.cochleagrams[:, start : start + WINDOW_STEPS].reshape(len(bank), -1)
    found, far = nearest_l1(queries, database, allowed=allowed, device=prediction.detector.device)
    return found[:, 0], far[:, 0]


def example_sounds(
    prediction: Prediction, peaks: Peaks, bank: ExemplarBank, *, allowed: NDArray[np.bool_] | None = None
) -> Iterator[Placed]:
    """Give each peak the exemplar nearest to what is predicted there (A1.1).

    Parameters are those of `match_peaks`.

    Yields
    ------
    Placed
        In order of time, each read from disk when it is asked for.
    """
    indices, distances = match_peaks(prediction, peaks, bank, allowed=allowed)
    found = zip(peaks.times_s, peaks.amplitudes, indices, distances, strict=True)
    for time_s, amplitude, index, distance in found:
        if index < 0:
            continue
        yield placed(
            bank.waveform(int(index)),
            WINDOW_IMPACT,
            impact_s=float(time_s),
            lasts_s=_until_next(bank, int(index)),
            source={
                "exemplar": bank.ids[index],
                "distance": float(f"{distance:.6g}"),
                "amplitude": float(f"{amplitude:.6g}"),
            },
        )


def _until_next(bank: ExemplarBank, index: int) -> float:
    """Say how long an exemplar sounds before the next impact of its recording is heard (s)."""
    if index + 1 < len(bank) and bank.video_ids[index + 1] == bank.video_ids[index]:
        return bank.impacts[index + 1].time_s - bank.impacts[index].time_s - LEAD_S
    return math.inf

"""Example-based sound for peaks of a predicted sound: small windows instead of whole clips (A1.1).

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
from models.detection.calibration import Calibration, features_at
from models.detection.colouring import Colouring, colouring, moments
from models.detection.detector import Detector
from models.detection.peaks import Peaks
from models.networks.network import STEPS_PER_FRAME
from models.sounds.mixing import LEAD_S, Placed, placed
from models.sounds.sound import CLIP_STEPS, ENVELOPE_RATE, WINDOW_IMPACT

WINDOW_STEPS = 8 * STEPS_PER_FRAME
LEAD_STEPS = STEPS_PER_FRAME  # one frame, where the spike begins
ENOUGH = 40  # peaks from which a video's own statistics are taken


@dataclass(frozen=True, kw_only=True)
class Matches:
    """The exemplar of each peak.

    Attributes
    ----------
    indices : ndarray of int64 [shape=(n_peaks,)]
        Rows of the bank.
    distances : ndarray of float64 [shape=(n_peaks,)]
        L1, over 24 steps of 42 channels.
    """

    indices: NDArray[np.int64]
    distances: NDArray[np.float64]


def match_peaks(
    detector: Detector,
    coordinates: NDArray[np.float32],
    peaks: Peaks,
    bank: ExemplarBank,
    colour: Colouring,
    *,
    allowed: NDArray[np.bool_] | None = None,
) -> Matches:
    """Find the exemplar that sounds most like what is predicted at each peak.

    Parameters
    ----------
    detector : Detector
        Made the prediction.
    coordinates : ndarray of float32 [shape=(n_steps, n_components)]
        The prediction.
    peaks : Peaks
        Where to look.
    bank : ExemplarBank
        The training set's centred impacts.
    colour : Colouring
        From `colouring_of`.
    allowed : ndarray of bool [shape=(n_exemplars,)], optional
        Which exemplars may be found; all by default.
    """
    if not len(peaks):
        return Matches(indices=np.empty(0, np.int64), distances=np.empty(0))
    windows = colour(peak_windows(coordinates, peaks)).astype(np.float32)
    queries = detector.cochleagram(windows).reshape(len(peaks), -1)
    start = CLIP_STEPS // 2 - LEAD_STEPS
    database = bank.cochleagrams[:, start : start + WINDOW_STEPS].reshape(len(bank), -1)
    found, far = nearest_l1(queries, database, allowed=allowed, device=detector.device)
    return Matches(indices=found[:, 0], distances=far[:, 0])


def example_sounds(
    detector: Detector,
    calibration: Calibration,
    coordinates: NDArray[np.float32],
    peaks: Peaks,
    bank: ExemplarBank,
    *,
    allowed: NDArray[np.bool_] | None = None,
) -> Iterator[Placed]:
    """Give each peak the exemplar nearest to what is predicted there (A1.1).

    Parameters
    ----------
    detector, coordinates, peaks, bank, allowed
        As for `match_peaks`.
    calibration : Calibration
        What is known of the detector.

    Yields
    ------
    Placed
        In order of time, each read from disk when it is asked for.
    """
    colour = colouring_of(coordinates, peaks, calibration)
    matches = match_peaks(detector, coordinates, peaks, bank, colour, allowed=allowed)
    found = zip(peaks.times_s, peaks.amplitudes, matches.indices, matches.distances, strict=True)
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


def peak_windows(coordinates: NDArray[np.float32], peaks: Peaks) -> NDArray[np.float32]:
    """Cut 24 steps from 3 before each peak, (n_peaks, 24, n_components); the ends go on as they are."""
    steps = np.rint(peaks.times_s * ENVELOPE_RATE).astype(int)[:, None]
    around = steps + np.arange(WINDOW_STEPS) - LEAD_STEPS
    return np.asarray(coordinates[np.clip(around, 0, len(coordinates) - 1)])


def colouring_of(coordinates: NDArray[np.float32], peaks: Peaks, calibration: Calibration) -> Colouring:
    """Find what brings predictions to real features.

    The predictions' statistics are the video's own where it has `ENOUGH` peaks, else those of the
    validation videos: "the silent videos in the test set" of the paper are many, a video is one.
    """
    own = moments(features_at(coordinates, peaks)) if len(peaks) >= ENOUGH else calibration.predicted
    return colouring(own, calibration.real)

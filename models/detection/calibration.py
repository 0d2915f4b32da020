"""What a trained detector is like: how loud its impacts are, and how its features differ from real ones.

Measured on training videos that were kept for validation, and stored beside the checkpoint, so that
`models dub` can use them on a single video.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.context import Context
from models.detection.colouring import Moments, moments
from models.detection.detector import Detector
from models.detection.peaks import Peaks, parametric_pieces, sound_peaks
from models.detection.precision import Detections
from models.detection.recordings import Recording
from models.errors import ModelsError, UnavailableError
from models.files import write_json
from models.sounds.sound import CLIP_STEPS, ENVELOPE_RATE

FORMAT = 1
NAME = "calibration.json"
SEED = 0  # of the noise that predicted envelopes are imposed on


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What is known of a detector.

    Attributes
    ----------
    threshold : float
        Amplitude from which a peak is taken for an impact: where precision and recall are best
        balanced (highest F1).
    precision, recall : float
        There, on the validation videos.
    late_s : float
        How much later than its peak an impact is, in the middle (s): small shifts are free while
        training, so that a network may learn to be early.
    n_videos : int
        How many those were.
    predicted : Moments
        Of predicted features at peaks above the threshold.
    real : Moments
        Of true features at the training set's impacts.
    dataset : str
        Folder of the training set, whose sounds are the exemplars.
    """

    threshold: float
    precision: float
    recall: float
    late_s: float
    n_videos: int
    predicted: Moments
    real: Moments
    dataset: str


def calibrate(detector: Detector, recordings: Sequence[Recording], context: Context) -> Calibration:
    """Run a detector on recordings with known impacts.

    Parameters
    ----------
    detector : Detector
        The network.
    recordings : sequence of Recording
        That it was not trained on.
    context : Context
        Whose training impacts say what real features are like.

    Raises
    ------
    ModelsError
        If nothing is detected at all.
    """
    runs = [detector.predict_recording(recording) for recording in recordings]
    detected = [
        Detections(
            peaks=predicted_peaks(detector.cochleagram(run), device=detector.device),
            true_s=np.array([impact.time_s for impact in recording.impacts]),
        )
        for run, recording in zip(runs, recordings, strict=True)
    ]
    threshold, precision, recall = best_threshold(detected)
    sure = [replace(video, peaks=video.peaks.above(threshold)) for video in detected]
    at_peaks = [features_at(run, video.peaks) for run, video in zip(runs, sure, strict=True)]
    real = detector.encode(context.exemplars.cochleagrams[:, CLIP_STEPS // 2])
    return Calibration(
        threshold=threshold,
        precision=precision,
        recall=recall,
        late_s=median_delay(sure),
        n_videos=len(recordings),
        predicted=moments(np.concatenate(at_peaks)),
        real=moments(real),
        dataset=str(context.dataset.root.resolve()),
    )


def predicted_peaks(cochleagram: NDArray[np.float32], *, device: str = "cpu") -> Peaks:
    """Find the peaks of a predicted sound, made audible parametrically."""
    return sound_peaks(parametric_pieces(cochleagram, seed=SEED, device=device))


def features_at(
    coordinates: NDArray[np.float32], peaks: Peaks, around: NDArray[np.int_] | int = 0
) -> NDArray[np.float32]:
    """Take the features at peaks, or some steps later; the ends go on as they are.

    Parameters
    ----------
    coordinates : ndarray of float32 [shape=(n_steps, n_components)]
        A prediction.
    peaks : Peaks
        Where to look.
    around : int or ndarray of int [shape=(n,)]
        How many steps later; may be negative.

    Returns
    -------
    ndarray of float32 [shape=(n_peaks, n_components) or (n_peaks, n, n_components)]
    """
    steps = np.add.outer(np.rint(peaks.times_s * ENVELOPE_RATE).astype(int), around)
    return np.asarray(coordinates[np.clip(steps, 0, len(coordinates) - 1)])


def best_threshold(videos: Sequence[Detections]) -> tuple[float, float, float]:
    """Choose the amplitude with the highest F1; gives it with its precision and recall."""
    amplitudes = np.concatenate([video.peaks.amplitudes for video in videos])
    found = np.concatenate([video.matches() >= 0 for video in videos])
    n_true = sum(len(video.true_s) for video in videos)
    if not found.any():
        raise ModelsError(
            "the network detects none of the validation videos' impacts; train it for more epochs"
        )
    order = np.argsort(-amplitudes, kind="stable")
    right, count = np.cumsum(found[order]), np.arange(1, len(order) + 1)
    best = int(np.argmax(2 * right / (count + n_true)))
    precision, recall = right[best] / count[best], right[best] / n_true
    return float(amplitudes[order][best]), float(precision), float(recall)


def median_delay(videos: Sequence[Detections]) -> float:
    """Measure how much later impacts are than the peaks that they are matched with (s)."""
    delays = []
    for video in videos:
        found = video.matches()
        delays.append(video.true_s[found[found >= 0]] - video.peaks.times_s[found >= 0])
    return float(np.median(np.concatenate(delays)))


def write_calibration(folder: Path, calibration: Calibration) -> None:
    """Write a calibration beside its checkpoint, whole or not at all."""
    facts: dict[str, Any] = {"format": FORMAT, **asdict(calibration)}
    for name in ("predicted", "real"):
        facts[name] = {key: np.asarray(value).tolist() for key, value in facts[name].items()}
    write_json(folder / NAME, facts)


def read_calibration(folder: Path) -> Calibration:
    """Read what `write_calibration` wrote.

    Raises
    ------
    UnavailableError
        If there is none.
    ModelsError
        If it is damaged or of another format.
    """
    path = folder / NAME
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts.pop("format") != FORMAT:
            raise ModelsError(f"{path} is not of format {FORMAT}; train again")
        for name in ("predicted", "real"):
            facts[name] = Moments(
                mean=np.array(facts[name]["mean"], np.float64),
                covariance=np.array(facts[name]["covariance"], np.float64),
                n=facts[name]["n"],
            )
        return Calibration(**facts)
    except FileNotFoundError:
        raise UnavailableError(f"no {path}; train with 'models train --variant detection'") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ModelsError(f"{path} can't be read ({error}); train again") from error

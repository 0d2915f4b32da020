"""Average precision of the impacts that networks, or other systems, find in the test videos."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.context import Context
from models.detection.calibration import SEED
from models.detection.detector import load_detector
from models.detection.peaks import Peaks, parametric_pieces, sound_peaks
from models.detection.precision import TOLERANCE_S, Detections, Precision, score
from models.detection.published import SAMPLE_RATE as PUBLISHED_RATE
from models.detection.published import ClipScore, clip_score
from models.detection.recordings import load_recordings
from models.errors import ModelsError
from models.evaluation.metrics import LEVEL, N_RESAMPLES, NAME_WIDTH
from models.files import write_json
from models.sounds.sound import SAMPLE_RATE
from models.sounds.waves import resampled
from models.variants.imports import read_folder
from models.videos.dataset import Video
from models.videos.impacts import impacts_of
from models.videos.video import read_sound

FORMAT = 1
SIDE_INCHES = 4.2  # of the curves' picture
Waveform = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class DetectionScore:
    """How well one system detects impacts.

    Attributes
    ----------
    name : str
        ``detection``, ``detection-no-spacetime``, or the name given to somebody else's sounds.
    precision : Precision
        The paper's.
    per_clip_published : ClipScore
        CondFoleyGen's and SyncFusion's, means over videos: not to be compared with ours.
    network : str or None
        SHA-256 of the checkpoint.
    """

    name: str
    precision: Precision
    per_clip_published: ClipScore
    network: str | None


@dataclass(frozen=True, kw_only=True)
class DetectionEvaluation:
    """The scores of systems on the same stretches of the same videos.

    Attributes
    ----------
    dataset, split : str
        As in `models.evaluation.evaluate.Evaluation`.
    videos : dict of str to float
        By video: the seconds of it that count, from its start.
    tolerance_s : float
        How far a detection may be off (s).
    seed, n_resamples, level
        Of the bootstrap over videos.
    scores : tuple of DetectionScore
        In the order asked for.
    """

    dataset: str
    split: str
    videos: Mapping[str, float]
    tolerance_s: float
    seed: int
    n_resamples: int
    level: float
    scores: tuple[DetectionScore, ...]


@dataclass(frozen=True, kw_only=True)
class _Run:
    """A system's sounds for videos, by id, and the checkpoint that they come from."""

    name: str
    sounds: Mapping[str, Callable[[], Waveform]]
    network: str | None = None


def evaluate_detection(
    context: Context,
    detectors: Sequence[str],
    *,
    external: Mapping[str, Path] | None = None,
    until_s: float | None = None,
    seed: int = 0,
    n_resamples: int = N_RESAMPLES,
) -> DetectionEvaluation:
    """Score what systems detect in the test videos.

    Parameters
    ----------
    context : Context
        The dataset, its cache and checkpoints.
    detectors : sequence of str
        Of `models.detection.training.DETECTORS`.
    external : dict of str to Path, optional
        By name: a folder of sounds of whole videos or their beginnings, see
        `models.variants.imports`. What all of them cover is what counts for everybody.
    until_s : float, optional
        Where a video's annotations end (s).
    seed : int
        Of the bootstrap.
    n_resamples : int
        Of the bootstrap.

    Raises
    ------
    ModelsError
        If there is no test video, or none that all systems have a sound for.
    """
    if not context.dataset.test:
        raise ModelsError(f"{context.dataset.root} has no test videos; name some in test.txt")
    runs = [_external(name, folder, context) for name, folder in (external or {}).items()]
    runs = [*(_detected(name, context) for name in detectors), *runs]
    heard = {video.id: read_sound(video.sound) for video in context.dataset.test}
    videos = _stretches(context.dataset.test, heard, runs, until_s)
    true = {
        video.id: _times(video, heard[video.id], videos[video.id])
        for video in context.dataset.test
        if video.id in videos
    }
    scores = tuple(_score(run, true, videos, seed, n_resamples) for run in runs)
    return DetectionEvaluation(
        dataset=context.dataset.root.name,
        split=context.dataset.split,
        videos=videos,
        tolerance_s=TOLERANCE_S,
        seed=seed,
        n_resamples=n_resamples,
        level=LEVEL,
        scores=scores,
    )


def write_detection(path: Path, evaluation: DetectionEvaluation) -> None:
    """Write the scores as JSON, as docs/detection.md describes it, whole or not at all."""
    write_json(path, {"format": FORMAT, "what": "detection", **dataclasses.asdict(evaluation)})


def precision_table(evaluation: DetectionEvaluation) -> str:
    """Say the scores in a table, a line each."""
    head = f"{'':{NAME_WIDTH}s} average precision      impacts  detected  per clip, as published"
    lines = [
        f"{s.name:{NAME_WIDTH}s} {_percent(s.precision):22s} {s.precision.n_true:7d} "
        f"{s.precision.n_detected:9d}  AP {100 * s.per_clip_published.average_precision:5.1f} %, "
        f"accuracy {100 * s.per_clip_published.accuracy:5.1f} %"
        for s in evaluation.scores
    ]
    return "\n".join([head, *lines])


def save_precision_recall(path: Path, evaluation: DetectionEvaluation) -> None:
    """Draw the curve of each system, its average precision in the legend.

    Parameters
    ----------
    path : Path
        The suffix chooses the format.
    evaluation : DetectionEvaluation
        At least one system's scores.
    """
    figure = Figure(figsize=(SIDE_INCHES, SIDE_INCHES), dpi=130, layout="constrained")
    ax = figure.subplots()
    for one in evaluation.scores:
        curve, value = one.precision.curve, one.precision.average_precision.value
        ax.plot(curve.recall, curve.precision, label=f"{one.name}, AP {100 * (value or 0):.1f} %")
    ax.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    ax.set_title(f"impacts of {evaluation.dataset}", fontsize=9, loc="left")
    ax.legend(fontsize=7, frameon=False, loc="lower left")
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def _percent(precision: Precision) -> str:
    value = precision.average_precision
    numbers = [100 * (number or 0.0) for number in (value.value, value.low, value.high)]
    return f"{numbers[0]:5.1f} % [{numbers[1]:.1f}, {numbers[2]:.1f}]"


def _detected(name: str, context: Context) -> _Run:
    detector = load_detector(context, context.checkpoint_folder / name)
    frames = detector.checkpoint.config.frames
    recordings = load_recordings(context, context.dataset.test, detector.convolutions, frames)
    sounds = {
        recording.video.id: partial(
            _inverted, detector.cochleagram(detector.predict_recording(recording)), context.device
        )
        for recording in recordings
    }
    return _Run(name=name, sounds=sounds, network=detector.checkpoint.digest)


def _inverted(cochleagram: NDArray[np.float32], device: str) -> Waveform:
    return np.concatenate(list(parametric_pieces(cochleagram, seed=SEED, device=device)))


def _external(name: str, folder: Path, context: Context) -> _Run:
    found = read_folder(folder, context.dataset).videos
    first = {video.id: found[video.id][0] for video in context.dataset.test if video.id in found}
    whole = {id_: partial(read_sound, piece.path) for id_, piece in first.items() if not piece.offset_s}
    return _Run(name=name, sounds=whole)


def _stretches(
    test: Sequence[Video], heard: Mapping[str, Waveform], runs: Sequence[_Run], until_s: float | None
) -> dict[str, float]:
    """Find out how much of each video all systems have a sound for (s)."""
    videos = {}
    for video in test:
        if all(video.id in run.sounds for run in runs):
            lengths = [len(run.sounds[video.id]()) for run in runs if run.network is None]
            covered_s = min([len(heard[video.id]), *lengths]) / SAMPLE_RATE
            videos[video.id] = covered_s if until_s is None else min(covered_s, until_s)
    if not videos:
        names = ", ".join(run.name for run in runs)
        raise ModelsError(f"no test video has a sound by each of {names}; a file of each is needed")
    return videos


def _times(video: Video, waveform: Waveform, end_s: float) -> NDArray[np.float64]:
    times_s = np.array([impact.time_s for impact in impacts_of(video, waveform)], np.float64)
    return times_s[times_s < end_s]


def _score(
    run: _Run,
    true: Mapping[str, NDArray[np.float64]],
    videos: Mapping[str, float],
    seed: int,
    n_resamples: int,
) -> DetectionScore:
    detections, published = [], []
    for video_id, end_s in videos.items():
        waveform = run.sounds[video_id]()[: round(end_s * SAMPLE_RATE)]
        peaks = sound_peaks([waveform])
        detections.append(Detections(peaks=peaks, true_s=true[video_id]))
        published.append(_as_published(peaks, true[video_id], waveform))
    return DetectionScore(
        name=run.name,
        precision=score(detections, rng=np.random.default_rng(seed), n_resamples=n_resamples),
        per_clip_published=ClipScore(
            accuracy=float(np.mean([clip.accuracy for clip in published])),
            average_precision=float(np.mean([clip.average_precision for clip in published])),
        ),
        network=run.network,
    )


def _as_published(peaks: Peaks, true_s: NDArray[np.float64], waveform: Waveform) -> ClipScore:
    own_rate = resampled(waveform, SAMPLE_RATE, PUBLISHED_RATE)
    times = [
        np.rint(times_s * PUBLISHED_RATE).astype(int).tolist() for times_s in (true_s, peaks.times_s)
    ]
    last = len(own_rate) - 1
    return clip_score(times[0], [min(onset, last) for onset in times[1]], own_rate)

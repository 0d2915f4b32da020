"""Sound for a silent video, from its pictures to a file that plays (Sections 6.1, 6.2, A1.1)."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.backend import Backend, Clip
from models.context import Context
from models.detection.calibration import SEED
from models.detection.matching import Prediction, example_sounds
from models.detection.peaks import Peaks, parametric_pieces
from models.dubbing.impacts import heard_peaks, listed_peaks, watch
from models.dubbing.remux import Span, format_of, measure, write_dubbed
from models.dubbing.sheet import save_sheet
from models.dubbing.stems import Stems
from models.errors import ModelsError
from models.networks.checkpoints import is_trained
from models.progress import Report, silently
from models.seeds import derived_seed
from models.sounds.mixing import Placed, limited, mixed, placed
from models.sounds.sound import SAMPLE_RATE
from models.sounds.waves import resampled
from models.variants.registry import load
from models.videos.video import read_clips

CLIP_HEIGHT = 480  # pixels; networks look at less
DETECTION, PARAMETRIC = "detection", "detection-parametric"
"""The variants that are made for whole videos: by example, and as the inverted prediction itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DubRequest:
    """What is to be dubbed, and how.

    Attributes
    ----------
    video : Path
        Any video that PyAV reads.
    out : Path
        See `models.dubbing.remux.FORMATS`.
    variant : str
        ``detection``, ``detection-parametric``, or any variant of clips that needs no privilege.
    impacts : Path or None
        Times of the impacts, a line each; None to find them.
    threshold : float or None
        Least amplitude of a detected impact; the detection model's own by default.
    stems : Path or None
        Folder for the track and its sounds as WAV files.
    picture : Path or None
        File for a picture of the cochleagram with the impacts.
    seed : int
        Of sounds that involve chance.
    """

    video: Path
    out: Path
    variant: str = DETECTION
    impacts: Path | None = None
    threshold: float | None = None
    stems: Path | None = None
    picture: Path | None = None
    seed: int = SEED


@dataclass(frozen=True, kw_only=True, slots=True)
class Dubbed:
    """What came of it.

    Attributes
    ----------
    impacts_from : str
        Where the times of the impacts come from.
    n_impacts : int
        How many have got a sound.
    duration_s : float
        Of the pictures (s).
    """

    impacts_from: str
    n_impacts: int
    duration_s: float


def dub(request: DubRequest, context: Context, *, tell: Report = silently) -> Dubbed:
    """Put sound on a video; its pictures are copied as they are.

    Parameters
    ----------
    request : DubRequest
        What and how.
    context : Context
        The dataset whose training sounds are used, its cache, the networks and the device.
    tell : callable
        Told how far it has come.

    Raises
    ------
    UnavailableError
        If the impacts or the sounds can't be made here.
    ModelsError
        If the file is no video, or can't be written as asked.
    """
    _check(request)
    span = measure(request.video)
    prediction = _watched(request, span, context, tell)
    impacts_from, peaks = _peaks(request, span, prediction)
    n_samples = round(span.duration_s * SAMPLE_RATE)
    sounded_s: list[float] = []
    with ExitStack() as stack:
        stems = stack.enter_context(Stems(request.stems)) if request.stems else None
        if prediction is not None and request.variant == PARAMETRIC:
            pieces, sounded_s = _inverted(prediction, n_samples, request.seed), peaks.times_s.tolist()
        else:
            sounds = _noted(_sounds(request, context, span, prediction, peaks), sounded_s)
            pieces = mixed(stems.each(sounds) if stems else sounds, n_samples=n_samples)
        if stems:
            pieces = stems.track(pieces)
        if request.picture:
            pieces = save_sheet(request.picture, pieces, peaks, n_samples=n_samples)
        write_dubbed(
            request.video,
            request.out,
            pieces,
            start_s=span.start_s,
            tell=lambda time_s: tell("writing", time_s - span.start_s, span.duration_s),
        )
    return Dubbed(impacts_from=impacts_from, n_impacts=len(sounded_s), duration_s=span.duration_s)


def _check(request: DubRequest) -> None:
    if not request.video.is_file():
        raise ModelsError(f"no file {request.video}; give the video that is to be dubbed")
    format_of(request.out)
    if request.out.exists() and request.out.samefile(request.video):
        raise ModelsError(f"{request.out} is the video itself; give another name for the output")


def _watched(request: DubRequest, span: Span, context: Context, tell: Report) -> Prediction | None:
    """Run the detection model if it is needed: for the times of impacts, for their sounds, or both."""
    folder = context.checkpoint_folder / DETECTION
    needed = request.variant in (DETECTION, PARAMETRIC)
    if needed or (is_trained(folder) and request.impacts is None):
        return watch(request.video, span, context, folder, tell)
    return None


def _peaks(request: DubRequest, span: Span, prediction: Prediction | None) -> tuple[str, Peaks]:
    if request.impacts is not None:
        return request.impacts.name, listed_peaks(request.impacts)
    if prediction is not None:
        return "the detection model", prediction.impacts(threshold=request.threshold)
    return "the video's own sound", heard_peaks(request.video, span)


def _sounds(
    request: DubRequest, context: Context, span: Span, prediction: Prediction | None, peaks: Peaks
) -> Iterator[Placed]:
    if prediction is not None and request.variant == DETECTION:
        return example_sounds(prediction, peaks, context.exemplars)
    return _clip_sounds(request, load(request.variant, context), span, peaks)


def _clip_sounds(request: DubRequest, backend: Backend, span: Span, peaks: Peaks) -> Iterator[Placed]:
    """Let a variant make a sound for the clip round each impact, in order of time.

    Impacts too near to an end of the video for a clip have none. A variant that has to be told what the
    true sound or material is ends in a `ModelsError`.
    """
    path = request.video
    if backend.privileges:
        told = " and ".join(sorted(backend.privileges))
        raise ModelsError(
            f"{request.variant} has to be told the true {told}, which nobody knows of {path.name}"
        )
    times_s = (peaks.times_s + span.start_s).tolist()
    for frames in read_clips(path, times_s, height=CLIP_HEIGHT):
        impact_s = float(peaks.times_s[frames.index])
        clip_id = f"{path.stem}@{impact_s:.4f}"
        clip = Clip(
            id=clip_id,
            video_id=path.stem,
            impact_s=impact_s,
            frames=frames.images,
            impact_frame=len(frames.images) // 2,
            frame_rate=span.frame_rate,
            seed=derived_seed(request.seed, clip_id),
        )
        (sound,) = backend.synthesize([clip])
        if sound is not None:
            impact = round(sound.impact_s * SAMPLE_RATE)
            waveform = resampled(sound.waveform, sound.sample_rate)
            yield placed(waveform, impact, impact_s=impact_s, source=sound.source)


def _noted(sounds: Iterable[Placed], sounded_s: list[float]) -> Iterator[Placed]:
    """Note the times of the sounds that pass through."""
    for sound in sounds:
        sounded_s.append(sound.impact_s)
        yield sound


def _inverted(prediction: Prediction, n_samples: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """Make the prediction itself audible, as long as the pictures last."""
    left, device = n_samples, prediction.detector.device
    for piece in parametric_pieces(prediction.cochleagram, seed=seed, device=device):
        yield limited(piece[:left])
        left = max(left - len(piece), 0)

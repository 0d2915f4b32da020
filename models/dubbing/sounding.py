"""The sounds placed at a video's impacts: by the detection model, or by any variant of clips."""

import dataclasses
import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from models.backend import Backend, Clip
from models.detection.matching import Matches, colouring_of, match_peaks
from models.detection.peaks import Peaks
from models.dubbing.impacts import Watched
from models.dubbing.mixing import LEAD_S, Placed, placed
from models.dubbing.remux import Span
from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE, WINDOW_IMPACT
from models.variants.exemplars import ExemplarBank
from models.videos.video import read_clips

CLIP_HEIGHT = 480  # pixels; networks look at less


def example_sounds(watched: Watched, peaks: Peaks, bank: ExemplarBank) -> Iterator[Placed]:
    """Give each peak the exemplar nearest to what is predicted there (A1.1).

    Parameters
    ----------
    watched : Watched
        What the detection model says of the video.
    peaks : Peaks
        The impacts.
    bank : ExemplarBank
        The training set's sounds.

    Yields
    ------
    Placed
        In order of time, each read from disk when it is asked for.
    """
    colour = colouring_of(watched.coordinates, peaks, watched.calibration)
    matches = match_peaks(watched.detector, watched.coordinates, peaks, bank, colour)
    yield from placed_exemplars(bank, peaks, matches)


def placed_exemplars(bank: ExemplarBank, peaks: Peaks, matches: Matches) -> Iterator[Placed]:
    """Put the exemplars that were found at their peaks, where there was one."""
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


def clip_sounds(
    backend: Backend, variant: str, path: Path, span: Span, peaks: Peaks, *, seed: int
) -> Iterator[Placed]:
    """Let a variant make a sound for the clip round each impact.

    Parameters
    ----------
    backend : Backend
        The variant.
    variant : str
        Its name.
    path, span
        The video.
    peaks : Peaks
        The impacts.
    seed : int
        Of sounds that involve chance.

    Yields
    ------
    Placed
        In order of time. Impacts too near to an end of the video for a clip have none.

    Raises
    ------
    ModelsError
        If the variant has to be told what the true sound or material is.
    """
    if backend.privileges:
        told = " and ".join(sorted(backend.privileges))
        raise ModelsError(f"{variant} has to be told the true {told}, which nobody knows of {path.name}")
    times_s = (peaks.times_s + span.start_s).tolist()
    for frames in read_clips(path, times_s, height=CLIP_HEIGHT):
        impact_s = float(peaks.times_s[frames.index])
        clip = Clip(
            id=f"{path.stem}@{impact_s:.4f}",
            video_id=path.stem,
            impact_s=impact_s,
            frames=frames.images,
            impact_frame=len(frames.images) // 2,
            frame_rate=span.frame_rate,
        )
        (sound,) = backend.synthesize([dataclasses.replace(clip, seed=_seed(seed, clip.id))])
        if sound is not None:
            impact = round(sound.impact_s * SAMPLE_RATE)
            waveform = _at_rate(sound.waveform, sound.sample_rate)
            yield placed(waveform, impact, impact_s=impact_s, source=sound.source)


def _at_rate(waveform: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    if sample_rate == SAMPLE_RATE:
        return waveform
    common = math.gcd(sample_rate, SAMPLE_RATE)
    resampled = resample_poly(waveform, SAMPLE_RATE // common, sample_rate // common)
    return np.asarray(resampled, np.float32)


def _seed(seed: int, clip_id: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{clip_id}".encode()).digest()[:6], "big")

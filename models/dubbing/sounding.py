"""The sounds that a variant of clips makes for a video's impacts."""

from collections.abc import Iterator
from pathlib import Path

from models.backend import Backend, Clip
from models.detection.peaks import Peaks
from models.dubbing.remux import Span
from models.errors import ModelsError
from models.seeds import derived_seed
from models.sounds.mixing import Placed, placed
from models.sounds.sound import SAMPLE_RATE
from models.sounds.waves import resampled
from models.videos.video import read_clips

CLIP_HEIGHT = 480  # pixels; networks look at less


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
        clip_id = f"{path.stem}@{impact_s:.4f}"
        clip = Clip(
            id=clip_id,
            video_id=path.stem,
            impact_s=impact_s,
            frames=frames.images,
            impact_frame=len(frames.images) // 2,
            frame_rate=span.frame_rate,
            seed=derived_seed(seed, clip_id),
        )
        (sound,) = backend.synthesize([clip])
        if sound is not None:
            impact = round(sound.impact_s * SAMPLE_RATE)
            waveform = resampled(sound.waveform, sound.sample_rate)
            yield placed(waveform, impact, impact_s=impact_s, source=sound.source)

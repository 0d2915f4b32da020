"""From a full-length recording to its clips: impacts, sample, pictures, real sound; one decoding each.

Everything here runs in worker processes and needs no torch.
"""

from collections.abc import Sequence

import numpy as np

from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE
from models.variants.external import ExternalSounds
from models.videos.centred import SILENCE, cut_window
from models.videos.dataset import Impact, Video
from models.videos.impacts import impacts_of
from models.videos.video import CLIP_S, ClipFrames, read_clips, read_sound
from stimuli.building.clips import PreparedClip, SoundedClip, VideoClips
from stimuli.building.grid import Grid, clip_id, even, grid_of
from stimuli.building.options import DETECTION, Options, derived_rng
from stimuli.building.sampling import sample_clips, uncentred
from stimuli.files.media import shrunk
from stimuli.files.sounds import Waveform, audible, excerpt
from stimuli.manifest import REAL

MODEL_HEIGHT = 256  # pixels, the most that a variant gets to see


def prepare_video(
    video: Video, options: Options, covers: Sequence[ExternalSounds]
) -> VideoClips[PreparedClip]:
    """Sample a video's clips, and decode and encode their pictures.

    Parameters
    ----------
    video : Video
        A test video.
    options : Options
        The build's.
    covers : sequence of ExternalSounds
        Only clips that all of them cover are sampled.
    """
    try:
        return _prepare(video, options, covers)
    except ModelsError as error:
        return VideoClips(id=video.id, lost=str(error))


def require_impacts(video: Video, impacts: Sequence[Impact]) -> None:
    """Raise a `ModelsError` if a video has no impact."""
    if not impacts:
        how = "detected in its sound" if video.impacts is None else "in its _times.txt"
        raise ModelsError(f"there is no impact {how}")


def _prepare(
    video: Video, options: Options, covers: Sequence[ExternalSounds]
) -> VideoClips[PreparedClip]:
    waveform = read_sound(video.sound)
    if np.abs(waveform).max(initial=0.0) < SILENCE:
        raise ModelsError(f"the sound of {video.sound.name} is silent")
    impacts = impacts_of(video, waveform)
    require_impacts(video, impacts)
    grid = grid_of(video, clip_s=options.clip_s if options.task == DETECTION else CLIP_S)
    if options.task == DETECTION:
        rng = derived_rng(options.seed, "anchor", video.id)
        middles = uncentred([i.time_s for i in impacts], clip_s=options.clip_s, rng=rng)
        impacts = tuple(map(grid.anchored, impacts, middles))
    usable, n_uneven = _usable(impacts, grid, waveform)
    if not usable:
        raise ModelsError(_unusable(len(impacts), n_uneven, grid.n_frames))
    usable = {c: i for c, i in usable.items() if all(_covered(o, video, i) for o in covers)}
    if not usable:
        raise ModelsError(
            "no external variant has a sound for any of its clips that all the others have"
        )
    rng = derived_rng(options.seed, "sample", video.id)
    centres = sample_clips(usable, n_frames=grid.n_frames, count=options.clips_per_video, rng=rng)
    return VideoClips(
        id=video.id,
        clips=tuple(_decoded(video, [(c, usable[c]) for c in centres], grid, waveform)),
        counts={"impacts": len(impacts), "usable": len(usable), "uneven": n_uneven},
    )


def _unusable(n_impacts: int, n_uneven: int, n_frames: int) -> str:
    if n_uneven:
        return (
            f"{n_uneven} of {n_impacts} impacts lie where the frame rate varies, and no other has a "
            "whole clip with sound round it; `ffmpeg -i IN -fps_mode cfr -c:a copy OUT` makes it steady"
        )
    return f"none of its {n_impacts} impacts has a whole clip of {n_frames} pictures with sound round it"


def _covered(sounds: ExternalSounds, video: Video, impact: Impact) -> bool:
    return sounds.covers(video.id, impact.time_s, clip_id=clip_id(video.id, impact))


def _usable(impacts: Sequence[Impact], grid: Grid, waveform: Waveform) -> tuple[dict[int, Impact], int]:
    """Keep the impacts that have a whole clip of pictures and of sound, by their middle picture.

    Returns
    -------
    (dict of int to Impact, int)
        The impacts, of several at one picture the first, and how many were left out because the frame
        rate varies round them.
    """
    centred = ((grid.nearest(impact.time_s), impact) for impact in impacts)
    whole = [(centre, impact) for centre, impact in centred if grid.is_whole(centre)]
    steady = grid.steady(whole)
    heard = [(c, i) for c, i in steady if _heard(waveform, grid.first_sample(c), grid.n_samples, i)]
    return dict(reversed(heard)), len(whole) - len(steady)


def _heard(waveform: Waveform, first: int, n_samples: int, impact: Impact) -> bool:
    whole = first >= 0 and first + n_samples <= len(waveform)
    heard = whole and audible(waveform[first : first + n_samples])
    return heard and cut_window(waveform, impact.time_s) is not None


def _decoded(
    video: Video, sample: list[tuple[int, Impact]], grid: Grid, waveform: Waveform
) -> list[PreparedClip]:
    """Decode all clips in one pass; each is encoded and shrunk before the next is decoded."""
    times = [float(grid.times_s[centre]) for centre, _ in sample]
    found = {
        clip.index: _prepared(video, sample[clip.index][1], clip, grid, waveform)
        for clip in read_clips(video.pictures, times, n_frames=grid.n_frames)
    }
    if len(found) < len(sample):
        raise ModelsError(
            f"{video.pictures.name} is damaged: the pictures round "
            f"{times[min(set(range(len(sample))) - set(found))]:.2f} s can't be decoded"
        )
    return [found[index] for index in range(len(sample))]


def _prepared(
    video: Video, impact: Impact, clip: ClipFrames, grid: Grid, waveform: Waveform
) -> PreparedClip:
    if not even(clip.times_s, rate=grid.rate):
        raise ModelsError(
            f"{video.pictures.name} is damaged: pictures round {impact.time_s:.2f} s can't be decoded"
        )
    window = cut_window(waveform, impact.time_s)
    if window is None:
        raise ModelsError(f"the sound round {impact.time_s:.2f} s is not whole")
    sounded = SoundedClip(
        facts=grid.clip(video, impact, clip.images, start_s=clip.start_s),
        pictures=grid.encoded(clip.images),
        sounds={REAL: excerpt(waveform, round(clip.start_s * SAMPLE_RATE), grid.n_samples)},
    )
    frames = shrunk(clip.images, height=MODEL_HEIGHT)
    return PreparedClip(sounded=sounded, frames=frames, window=window)

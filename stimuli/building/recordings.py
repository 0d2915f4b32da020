"""From a full-length recording to its clips: impacts, sample, pictures, real sound; one decoding each.

Everything here runs in worker processes and needs no torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE
from models.videos.centred import SILENCE, cut_window
from models.videos.dataset import Impact, Video
from models.videos.impacts import impacts_of
from models.videos.video import CLIP_S, ClipFrames, read_clips, read_sound
from stimuli.building.grid import Grid, clip_id, grid_of
from stimuli.building.levels import audible
from stimuli.building.options import DETECTION, Options, derived_rng
from stimuli.building.sampling import even, inside, sample_clips, uncentred
from stimuli.files.media import encode_pictures, exact_rate, excerpt, shrunk
from stimuli.manifest import Skipped

MODEL_HEIGHT = 256  # pixels, the most that a variant gets to see


class Cover(Protocol):
    """Something that has sounds for some clips only, such as a folder of ready-made ones."""

    def covers(self, video_id: str, impact_s: float, *, clip_id: str | None = None) -> bool:
        """Tell whether there is a sound for the clip round an impact."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedClip:
    """A sampled clip, with everything that its stimuli are made from.

    Attributes
    ----------
    id : str
        ``<video id>_<impact in ms>``.
    impact : Impact
        What it is centred on, with labels.
    start_s, frame_rate, n_frames, width, height
        As in `stimuli.manifest.Clip`.
    pictures : bytes
        Its encoded pictures, from `stimuli.files.media.encode_pictures`.
    frames : ndarray of uint8 [shape=(n_frames, at most MODEL_HEIGHT, width, 3)]
        What the variants see.
    real : ndarray of float32 [shape=(n_samples,)]
        The recorded sound, from the time of the first picture.
    window : ndarray of float32 [shape=(models.sounds.sound.WINDOW_SAMPLES,)]
        The recorded sound round the impact, for oracles.
    """

    id: str
    impact: Impact
    start_s: float
    frame_rate: float
    n_frames: int
    width: int
    height: int
    pictures: bytes
    frames: NDArray[np.uint8]
    real: NDArray[np.float32]
    window: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedVideo:
    """A video's sampled clips.

    Attributes
    ----------
    id : str
        The video.
    clips : tuple of PreparedClip
        In order of time.
    n_impacts : int
        Impacts of the video.
    n_usable : int
        Those that a clip could be cut round.
    n_uneven : int
        Those left out because the frame rate varies round them.
    """

    id: str
    clips: tuple[PreparedClip, ...]
    n_impacts: int
    n_usable: int
    n_uneven: int


def prepare_video(video: Video, options: Options, covers: Sequence[Cover]) -> PreparedVideo | Skipped:
    """Sample a video's clips, and decode and encode their pictures.

    Parameters
    ----------
    video : Video
        A test video.
    options : Options
        The build's.
    covers : sequence of Cover
        Only clips that all of them cover are sampled.

    Returns
    -------
    PreparedVideo or Skipped
        Skipped, with the reason, if no clip can be had from this video.
    """
    try:
        return _prepare(video, options, covers)
    except ModelsError as error:
        return Skipped(what=f"video {video.id}", reason=str(error))


def _prepare(video: Video, options: Options, covers: Sequence[Cover]) -> PreparedVideo:
    waveform = read_sound(video.sound)
    if np.abs(waveform).max(initial=0.0) < SILENCE:
        raise ModelsError(f"the sound of {video.sound.name} is silent")
    impacts = impacts_of(video, waveform)
    if not impacts:
        how = "detected in its sound" if video.impacts is None else "in its _times.txt"
        raise ModelsError(f"there is no impact {how}")
    clip_s = options.clip_s if options.task == DETECTION else CLIP_S
    grid = grid_of(video, clip_s=clip_s)
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
    sample = _sampled(video, usable, grid, options)
    clips = tuple(_decoded(video, sample, grid, waveform))
    return PreparedVideo(
        id=video.id,
        clips=clips,
        n_impacts=len(impacts),
        n_usable=len(usable),
        n_uneven=n_uneven,
    )


def _unusable(n_impacts: int, n_uneven: int, n_frames: int) -> str:
    if n_uneven:
        return (
            f"{n_uneven} of {n_impacts} impacts lie where the frame rate varies, and no other has a "
            "whole clip with sound round it; `ffmpeg -i IN -fps_mode cfr -c:a copy OUT` makes it steady"
        )
    return f"none of its {n_impacts} impacts has a whole clip of {n_frames} pictures with sound round it"


def _covered(cover: Cover, video: Video, impact: Impact) -> bool:
    return cover.covers(video.id, impact.time_s, clip_id=clip_id(video.id, impact))


def _usable(
    impacts: Sequence[Impact], grid: Grid, waveform: NDArray[np.float32]
) -> tuple[dict[int, Impact], int]:
    """Keep the impacts that have a whole clip of pictures and of sound, by their middle picture.

    Returns
    -------
    (dict of int to Impact, int)
        The impacts, and how many were left out because the frame rate varies round them.
    """
    centres = [grid.nearest(impact.time_s) for impact in impacts]
    usable: dict[int, Impact] = {}
    n_uneven = 0
    for index in inside(centres, n_frames=grid.n_frames, n_total=len(grid.times_s)):
        centre, impact = centres[index], impacts[index]
        if not grid.even(centre, impact.time_s):
            n_uneven += 1
        elif _heard(waveform, grid.first_sample(centre), grid.n_samples, impact.time_s):
            usable.setdefault(centre, impact)
    return usable, n_uneven


def _heard(waveform: NDArray[np.float32], first: int, n_samples: int, impact_s: float) -> bool:
    whole = first >= 0 and first + n_samples <= len(waveform)
    heard = whole and audible(waveform[first : first + n_samples])
    return heard and cut_window(waveform, impact_s) is not None


def _sampled(
    video: Video, usable: dict[int, Impact], grid: Grid, options: Options
) -> list[tuple[int, Impact]]:
    centres = sorted(usable)
    chosen = sample_clips(
        centres,
        n_frames=grid.n_frames,
        count=options.clips_per_video,
        rng=derived_rng(options.seed, "sample", video.id),
    )
    return [(centres[index], usable[centres[index]]) for index in chosen]


def _decoded(
    video: Video, sample: list[tuple[int, Impact]], grid: Grid, waveform: NDArray[np.float32]
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
    video: Video, impact: Impact, clip: ClipFrames, grid: Grid, waveform: NDArray[np.float32]
) -> PreparedClip:
    if not even(clip.times_s, rate=grid.rate):
        raise ModelsError(
            f"{video.pictures.name} is damaged: pictures round {impact.time_s:.2f} s can't be decoded"
        )
    window = cut_window(waveform, impact.time_s)
    if window is None:
        raise ModelsError(f"the sound round {impact.time_s:.2f} s is not whole")
    return PreparedClip(
        id=clip_id(video.id, impact),
        impact=impact,
        start_s=clip.start_s,
        frame_rate=grid.rate,
        n_frames=len(clip.images),
        width=clip.images.shape[2] // 2 * 2,
        height=clip.images.shape[1] // 2 * 2,
        pictures=encode_pictures(clip.images, rate=exact_rate(grid.rate), colours=grid.colours),
        frames=shrunk(clip.images, height=MODEL_HEIGHT),
        real=excerpt(waveform, round(clip.start_s * SAMPLE_RATE), grid.n_samples),
        window=window,
    )

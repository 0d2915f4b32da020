"""From a full-length recording to silent clips that people label: impacts, sample, pictures, files.

Everything here runs in worker processes and needs no torch.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.videos.annotations import Position, placed_at, read_positions
from models.videos.dataset import Impact, Video
from models.videos.impacts import read_impacts
from models.videos.video import read_pictures
from stimuli.building.assembly import media_names, pictures_digest, put_whole
from stimuli.building.grid import Grid, clip_id, grid_of
from stimuli.building.options import CLIPS_PER_VIDEO, derived_rng
from stimuli.building.sampling import sample_clips
from stimuli.errors import StimuliError
from stimuli.files.media import encode_pictures, exact_rate, mux_silent
from stimuli.manifest import Clip, Manifest, SilentFile, Skipped

ANNOTATION = "annotation"
SILENT_CLIP_S = 2.0  # s; time to see what comes to the impact and what follows from it


@dataclass(frozen=True, kw_only=True, slots=True)
class SilentOptions:
    """The options of a set that is to be annotated.

    Attributes
    ----------
    clips_per_video : int
        Most clips of a video; 0 for all its impacts.
    clip_s : float
        Length of a clip (s), 0.5 to 30; shorter at the ends of a video.
    seed : int
        What the sampling starts from.
    workers : int
        Processes; changes nothing in the result.
    cluster : str or None
        Address of a Dask scheduler whose workers do it instead, see `models.pool.Pool`.
    """

    clips_per_video: int = CLIPS_PER_VIDEO
    clip_s: float = SILENT_CLIP_S
    seed: int = 0
    workers: int = 1
    cluster: str | None = None

    def __post_init__(self) -> None:
        if self.clips_per_video < 0 or self.workers < 1:
            raise StimuliError(
                f"{self.clips_per_video} clips per video and {self.workers} workers; give 1 or more (0 "
                "clips for all)"
            )
        if not 0.5 <= self.clip_s <= 30:
            raise StimuliError(f"clips of {self.clip_s} s; give 0.5 to 30")

    def shaping(self) -> dict[str, Any]:
        """Return the options that shape the set, as plain JSON values: what the manifest records."""
        return {
            "task": ANNOTATION,
            "clips_per_video": self.clips_per_video,
            "clip_s": self.clip_s,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sampled:
    """An impact that becomes a clip: its middle picture, and its place where somebody noted it."""

    centre: int
    impact: Impact
    place: Position | None


def make_silent(video: Video, *, options: SilentOptions, media: Path) -> tuple[str, Manifest]:
    """Write the silent clips of a video.

    Parameters
    ----------
    video : Video
        A recording, of either part of the dataset.
    options : SilentOptions
        The build's.
    media : Path
        The set's media folder.

    Returns
    -------
    (str, Manifest)
        The video's id, and what it gave as a manifest of that video alone; it says why if it gave none.
    """
    try:
        facts, clips = _made(video, options, media)
    except ModelsError as error:
        skipped = (Skipped(what=f"video {video.id}", reason=str(error)),)
        return video.id, _manifest({}, (), skipped)
    return video.id, _manifest({video.id: facts}, clips, ())


def _manifest(facts: dict[str, Any], clips: tuple[Clip, ...], skipped: tuple[Skipped, ...]) -> Manifest:
    return Manifest(
        seed=0, options={}, dataset=facts, versions={}, variants={}, clips=clips, skipped=skipped
    )


def _made(video: Video, options: SilentOptions, media: Path) -> tuple[dict[str, Any], tuple[Clip, ...]]:
    impacts = read_impacts(video)
    if not impacts:
        how = "detected in its sound" if video.impacts is None else "in its _times.txt"
        raise ModelsError(f"there is no impact {how}")
    grid = grid_of(video, clip_s=options.clip_s)
    steady = [
        (grid.nearest(i.time_s), i) for i in impacts if grid.even(grid.nearest(i.time_s), i.time_s)
    ]
    usable = dict(reversed(steady))  # of several at one picture the first
    if not usable:
        raise ModelsError(
            f"none of its {len(impacts)} impacts has pictures round it that come at a steady rate; "
            "`ffmpeg -i IN -fps_mode cfr -c:a copy OUT` makes it steady"
        )
    clips = tuple(_written(video, _sampled(video, usable, options), grid, media))
    facts = {
        "impacts": len(impacts),
        "usable": len(usable),
        "uneven": len(impacts) - len(steady),
        "clips": len(clips),
        "silent": {},
    }
    return facts, clips


def _sampled(video: Video, usable: dict[int, Impact], options: SilentOptions) -> list[_Sampled]:
    """Draw impacts; their clips may overlap, since each is labelled by itself."""
    centres = sorted(usable)
    chosen = sample_clips(
        centres,
        n_frames=1,
        count=options.clips_per_video or len(centres),
        rng=derived_rng(options.seed, "sample", video.id),
    )
    impacts = [usable[centres[index]] for index in chosen]
    noted = read_positions(video.pictures.parent, video.id)
    places = placed_at([impact.time_s for impact in impacts], noted)
    return [
        _Sampled(centre=centres[index], impact=impact, place=place)
        for index, impact, place in zip(chosen, impacts, places, strict=True)
    ]


def _written(video: Video, sample: Sequence[_Sampled], grid: Grid, media: Path) -> Iterator[Clip]:
    """Decode all clips in one pass; each is written before the next is put together."""
    taken: set[str] = set()
    spans = [grid.span(chosen.centre) for chosen in sample]
    for chosen, span, images in zip(sample, spans, _windows(video.pictures, spans, grid), strict=True):
        pictures = encode_pictures(images, rate=exact_rate(grid.rate), colours=grid.colours)
        data = mux_silent(pictures)
        name = next(name for name in media_names(data) if name not in taken)
        taken.add(name)
        put_whole(data, media / name)
        yield Clip(
            id=clip_id(video.id, chosen.impact),
            video_id=video.id,
            impact_s=chosen.impact.time_s,
            start_s=float(grid.times_s[span.start]),
            duration_s=len(images) / grid.rate,
            n_frames=len(images),
            frame_rate=grid.rate,
            width=images.shape[2] // 2 * 2,
            height=images.shape[1] // 2 * 2,
            video_sha256=pictures_digest(data),
            material=chosen.impact.material,
            action=chosen.impact.action,
            reaction=chosen.impact.reaction,
            stimuli={},
            silent=_silent_file(name, data, chosen.place),
        )


def _silent_file(name: str, data: bytes, place: Position | None) -> SilentFile:
    return SilentFile(
        media=name,
        sha256=hashlib.sha256(data).hexdigest(),
        n_bytes=len(data),
        x=place.x if place else None,
        y=place.y if place else None,
    )


def _windows(path: Path, spans: Sequence[range], grid: Grid) -> Iterator[NDArray[np.uint8]]:
    """Decode the pictures of each span, given in order of time, in one pass."""
    held: dict[int, NDArray[np.uint8]] = {}
    done = 0
    for index, picture in enumerate(read_pictures(path)):
        if index >= spans[done].start:
            held[index] = picture.upright()
            if abs(picture.time_s - float(grid.times_s[index])) > 0.5 / grid.rate:
                break
        while done < len(spans) and spans[done].stop == index + 1:
            yield np.stack([held[place] for place in spans[done]])
            done += 1
        if done == len(spans):
            return
        held = {place: image for place, image in held.items() if place >= spans[done].start}
    near_s = float(grid.times_s[spans[done].start])
    raise ModelsError(f"{path.name} is damaged: the pictures after {near_s:.2f} s can't be decoded")

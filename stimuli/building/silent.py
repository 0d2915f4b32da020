"""From a full-length recording to silent clips that people label: impacts, sample, pictures, files.

Everything here runs in worker processes and needs no torch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.videos.annotations import placed_at, read_positions
from models.videos.dataset import Impact, Video
from models.videos.impacts import read_impacts
from models.videos.video import read_pictures
from stimuli.building.clips import VideoClips
from stimuli.building.grid import Grid, grid_of
from stimuli.building.options import SilentOptions, derived_rng
from stimuli.building.recordings import require_impacts
from stimuli.building.sampling import sample_clips
from stimuli.files.boxes import pictures_digest
from stimuli.files.media import mux
from stimuli.files.names import put_whole
from stimuli.manifest import Clip, SilentFile


def make_silent(video: Video, *, options: SilentOptions, media: Path) -> VideoClips[Clip]:
    """Write the silent clips of a video.

    Parameters
    ----------
    video : Video
        A recording, of either part of the dataset.
    options : SilentOptions
        The build's.
    media : Path
        The set's media folder.
    """
    try:
        return _made(video, options, media)
    except ModelsError as error:
        return VideoClips(id=video.id, lost=str(error))


def _made(video: Video, options: SilentOptions, media: Path) -> VideoClips[Clip]:
    impacts = read_impacts(video)
    require_impacts(video, impacts)
    grid = grid_of(video, clip_s=options.clip_s)
    steady = grid.steady((grid.nearest(impact.time_s), impact) for impact in impacts)
    usable = dict(reversed(steady))  # of several at one picture the first
    if not usable:
        raise ModelsError(
            f"none of its {len(impacts)} impacts has pictures round it that come at a steady rate; "
            "`ffmpeg -i IN -fps_mode cfr -c:a copy OUT` makes it steady"
        )
    count = options.clips_per_video or len(usable)
    rng = derived_rng(options.seed, "sample", video.id)
    centres = sample_clips(usable, n_frames=1, count=count, rng=rng)  # they may overlap
    clips = tuple(_written(video, {centre: usable[centre] for centre in centres}, grid, media))
    counts = {
        "impacts": len(impacts),
        "usable": len(usable),
        "uneven": len(impacts) - len(steady),
        "clips": len(clips),
        "silent": {},
    }
    return VideoClips(id=video.id, clips=clips, counts=counts)


def _written(video: Video, sample: dict[int, Impact], grid: Grid, media: Path) -> Iterator[Clip]:
    """Decode all clips in one pass; each is written before the next is put together."""
    noted = read_positions(video.pictures.parent, video.id)
    places = placed_at([impact.time_s for impact in sample.values()], noted)
    taken: set[str] = set()
    spans = [grid.span(centre) for centre in sample]
    windows = _windows(video.pictures, spans, grid)
    for impact, place, span, images in zip(sample.values(), places, spans, windows, strict=True):
        data = mux(grid.encoded(images))
        x, y = (place.x, place.y) if place else (None, None)
        yield replace(
            grid.clip(video, impact, images, start_s=float(grid.times_s[span.start])),
            video_sha256=pictures_digest(data),
            silent=SilentFile(**put_whole(data, media, taken=taken), x=x, y=y),
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

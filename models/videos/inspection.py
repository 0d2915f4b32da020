"""What a dataset folder holds and lacks, before anybody spends hours on it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE
from models.videos.centred import SILENCE
from models.videos.dataset import Dataset, Impact, Problem, Video, read_dataset
from models.videos.video import CLIP_S, MediaInfo, probe, read_sound

# The classes of the published annotations (Figures 2 and 7).
PUBLISHED = {
    "material": [
        "carpet", "ceramic", "cloth", "dirt", "drywall", "glass", "grass", "gravel", "leaf", "metal",
        "paper", "plastic", "plastic-bag", "rock", "tile", "water", "wood",
    ],
    "action": ["hit", "scratch"],
    "reaction": ["static", "rigid-motion", "deform", "scatter", "splash"],
}  # fmt: skip

T = TypeVar("T")

UNEVEN = 0.25  # of a frame; as far as a picture may stray from a regular clock
SHORTFALL_S = 0.5  # s; streams that end this much before the file says they do were cut off


@dataclass(frozen=True, kw_only=True, slots=True)
class Inventory:
    """What a dataset folder holds.

    Attributes
    ----------
    n_videos, n_train, n_test : int
        Recordings that could be read, and how many of them are in each part of the split.
    split : str
        ``files`` or ``drawn``, see `models.videos.dataset.Dataset`.
    hours : float
        Their length together (h).
    frame_rates, sample_rates, sizes : dict
        How many recordings have each rate (Hz, rounded to 0.01) and picture size (pixels).
    n_impacts, n_unannotated : int
        Annotated impacts, and recordings without an annotation file.
    labels : dict of str to dict
        For ``material``, ``action`` and ``reaction``: impacts per class, None for unlabelled ones.
    problems : tuple of Problem
        Every missing, broken or odd file, in order of name.
    """

    n_videos: int
    n_train: int
    n_test: int
    split: str
    hours: float
    frame_rates: dict[float, int]
    sample_rates: dict[int, int]
    sizes: dict[tuple[int, int], int]
    n_impacts: int
    n_unannotated: int
    labels: dict[str, dict[str | None, int]]
    problems: tuple[Problem, ...]


def inspect_dataset(root: Path, *, progress: Callable[[int, int], None] | None = None) -> Inventory:
    """Open every file of a dataset and say what is there and what is wrong.

    Parameters
    ----------
    root : Path
        The dataset's folder.
    progress : callable, optional
        Called with the number of videos done and the number of all.

    Raises
    ------
    ModelsError
        If the folder holds no video at all.
    """
    dataset = read_dataset(root)
    problems = list(dataset.problems)
    infos: dict[str, MediaInfo] = {}  # of the videos that can be used
    for done, video in enumerate(dataset.videos, start=1):
        info = _read_info(video, problems)
        if info is not None:
            infos[video.id] = info
            problems += _oddities(video, info)
        if progress:
            progress(done, len(dataset.videos))
    return _inventory(dataset, infos, problems)


def _read_info(video: Video, problems: list[Problem]) -> MediaInfo | None:
    """Probe a video; one that can't be used is a problem and None."""
    try:
        info = probe(video.pictures)
        if info.frame_rate is None:
            raise ModelsError(f"{video.pictures.name} has no pictures")
        return info
    except ModelsError as error:
        problems.append(Problem(file=video.pictures.name, message=f"is broken: {error}"))
        return None


def _oddities(video: Video, info: MediaInfo) -> Iterator[Problem]:
    yield from _picture_oddities(video, info)
    yield from _sound_oddities(video, info)
    for impact in video.impacts or ():
        yield from _label_oddities(video, impact, info.duration_s)


def _picture_oddities(video: Video, info: MediaInfo) -> Iterator[Problem]:
    name = video.pictures.name
    if info.duration_s < CLIP_S:
        yield Problem(file=name, message=f"lasts {info.duration_s:.2f} s, shorter than one clip")
    times_s = _picture_times(video.pictures)
    if not times_s.size or times_s[-1] < info.duration_s - SHORTFALL_S:
        end_s = times_s[-1] if times_s.size else 0.0
        message = f"is cut off: pictures end at {end_s:.2f} s of {info.duration_s:.2f} s"
        yield Problem(file=name, message=message)
    steps = np.diff(times_s)
    usual = np.median(steps) if steps.size else 0.0
    uneven = int(np.sum(np.abs(steps - usual) > UNEVEN * usual))
    if uneven:
        message = f"has an uneven frame rate: {uneven} of {len(times_s)} pictures come early or late"
        yield Problem(file=name, message=f"{message}; clips round them are left out")


def _picture_times(path: Path) -> NDArray[np.float64]:
    """Walk through the packets, without decoding, and sort their presentation times (s)."""
    times = []
    with av.open(str(path)) as container:
        try:
            for packet in container.demux(container.streams.video[0]):
                if packet.pts is not None and packet.size:
                    times.append(float(packet.pts * (packet.time_base or 0)))
        except av.FFmpegError:
            pass  # what is missing at the end is told from the last time
    return np.sort(np.array(times))


def _sound_oddities(video: Video, info: MediaInfo) -> Iterator[Problem]:
    name = video.sound.name
    try:
        waveform = read_sound(video.sound)
    except ModelsError as error:
        yield Problem(file=name, message=f"can't be listened to: {error}")
        return
    if np.abs(waveform).max() < SILENCE:
        yield Problem(file=name, message="is silent")
    from_sound_s = waveform.size / SAMPLE_RATE
    if abs(from_sound_s - info.duration_s) > SHORTFALL_S:
        message = f"has {from_sound_s:.2f} s of sound for {info.duration_s:.2f} s of pictures"
        yield Problem(file=name, message=message)


def _label_oddities(video: Video, impact: Impact, duration_s: float) -> Iterator[Problem]:
    name = f"{video.id}_times.txt"
    if impact.time_s > duration_s:
        message = f"has an impact at {impact.time_s:.2f} s, after the end at {duration_s:.2f} s"
        yield Problem(file=name, message=message)
    for kind, known in PUBLISHED.items():
        label = getattr(impact, kind)
        if label is not None and label not in known:
            message = f"labels the {kind} at {impact.time_s:.2f} s {label!r}, not a published class"
            yield Problem(file=name, message=message)


def _inventory(dataset: Dataset, infos: dict[str, MediaInfo], problems: list[Problem]) -> Inventory:
    videos, train, test = (
        [video for video in part if video.id in infos]
        for part in (dataset.videos, dataset.train, dataset.test)
    )
    for name, part in (("train", train), ("test", test)):
        if not part:
            problems.append(Problem(file=f"{name}.txt", message=f"leaves no usable {name} video"))
    impacts = [impact for video in videos for impact in video.impacts or ()]
    media = infos.values()
    return Inventory(
        n_videos=len(videos),
        n_train=len(train),
        n_test=len(test),
        split=dataset.split,
        hours=sum(info.duration_s for info in media) / 3600,
        frame_rates=_counted(round(info.frame_rate or 0, 2) for info in media),
        sample_rates=_counted(info.sample_rate for info in media if info.sample_rate),
        sizes=_counted((info.width or 0, info.height or 0) for info in media),
        n_impacts=len(impacts),
        n_unannotated=sum(video.impacts is None for video in videos),
        labels={kind: _counted(getattr(impact, kind) for impact in impacts) for kind in PUBLISHED},
        problems=tuple(sorted(problems, key=lambda problem: (problem.file, problem.message))),
    )


def _counted(values: Iterable[T]) -> dict[T, int]:
    return dict(Counter(values).most_common())

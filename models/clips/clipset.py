"""The arrays that a training needs: what is seen and what is heard of every centred clip, cached.

What is seen is kept per video and per kind of image, so that each image goes through the image network
once, however many variants are trained on it, and a changed video costs its own decoding and no other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.cache import Entry, digest_of, file_digest, read_entry, write_entry
from models.clips.exemplars import ExemplarBank
from models.errors import ModelsError, UnavailableError
from models.networks.network import FRAMES
from models.networks.streams import Streams, clip_frames
from models.videos.dataset import Video
from models.videos.video import probe, read_clips
from models.workplace import Workplace

FORMAT = 1  # raise it when frames are chosen, resized or mapped otherwise than before
FOLDER = "clips"


@dataclass(frozen=True, kw_only=True)
class ClipSet:
    """Centred clips as arrays, in order of video and time.

    Attributes
    ----------
    ids, video_ids : tuple of str
        Of each clip, as in `models.clips.exemplars`.
    cochleagrams : ndarray of float32 [shape=(n, 45, 42)]
        The true sound's compressed envelopes.
    frames : ndarray [shape=(n, 15, ...)]
        What the network is given of each frame, see `models.networks.streams`.
    first : ndarray [shape=(n, ...)]
        What it is given of the first colour image.
    """

    ids: tuple[str, ...]
    video_ids: tuple[str, ...]
    cochleagrams: NDArray[np.float32]
    frames: NDArray[Any]
    first: NDArray[Any]

    def __len__(self) -> int:
        return len(self.ids)

    def subset(self, chosen: NDArray[np.bool_]) -> "ClipSet":
        """Take the clips that a mask [shape=(n,)] names."""
        return ClipSet(
            ids=tuple(compress(self.ids, chosen)),
            video_ids=tuple(compress(self.video_ids, chosen)),
            cochleagrams=self.cochleagrams[chosen],
            frames=self.frames[chosen],
            first=self.first[chosen],
        )


def load_clipset(workplace: Workplace, bank: ExemplarBank, streams: Streams) -> ClipSet:
    """Make the arrays of a bank's clips, or find them in the cache.

    Parameters
    ----------
    workplace : Workplace
        With more than one worker, videos are decoded in processes of their own.
    bank : ExemplarBank
        The clips, from `models.clips.exemplars.load_exemplars`.
    streams : Streams
        What the network is given.

    Raises
    ------
    UnavailableError
        If no clip has usable pictures.
    """
    parts = list(_arrays_of_videos(workplace, streams, bank.jobs))
    found = np.concatenate([part["found"] for part in parts])
    if not found.any():
        raise UnavailableError(f"no clip of {workplace.dataset.root} has usable pictures")
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in streams.names}
    frames, first = streams.join(arrays)
    clips = ClipSet(
        ids=bank.ids,
        video_ids=bank.video_ids,
        cochleagrams=bank.cochleagrams,
        frames=frames,
        first=first,
    )
    return clips if found.all() else clips.subset(found)


Pictures = tuple[NDArray[np.bool_], NDArray[np.uint8]]
"""Whether each clip lies wholly within the pictures [shape=(n_clips,)], and its frames, black where not
[shape=(n_clips, 15, size, size, 3)]."""


def find_frames(
    cache: Path, facts: Mapping[str, Mapping[str, Any]], size: int, job: tuple[Video, Sequence[float]]
) -> tuple[dict[str, Entry], dict[str, str], Pictures | None]:
    """Find a video's arrays in the cache, and decode its pictures if any of them is missing.

    Parameters
    ----------
    cache : Path
        The workplace's cache.
    facts : dict of str to dict
        By array: all that it depends on beside this job.
    size : int
        Side of the pictures (pixels).
    job : tuple of Video and sequence of float
        The video and the times of its impacts (s).

    Returns
    -------
    tuple
        By array: its entry. Of those that are missing by array: the key to store it under. The pictures
        to compute these from.
    """
    video, times_s = job
    source = {"what": "clips", "format": FORMAT, "times": list(times_s)}
    source["pictures"] = file_digest(video.pictures)
    keys = {name: digest_of({**source, **own}) for name, own in facts.items()}
    found = {name: read_entry(cache / FOLDER, key) for name, key in keys.items()}
    present = {name: entry for name, entry in found.items() if entry is not None}
    missing = {name: key for name, key in keys.items() if name not in present}
    return present, missing, _decoded(video, times_s, size) if missing else None


def _decoded(video: Video, times_s: Sequence[float], size: int) -> Pictures:
    found = np.zeros(len(times_s), bool)
    frames = np.zeros((len(times_s), FRAMES, size, size, 3), np.uint8)
    try:
        rate = probe(video.pictures).frame_rate or 0.0
        for clip in read_clips(video.pictures, times_s):
            middle = len(clip.images) // 2
            found[clip.index] = True
            frames[clip.index] = clip_frames(
                clip.images, impact_frame=middle, frame_rate=rate, size=size
            )
    except ModelsError:
        found[:] = False  # a video that breaks off in the middle is not half used
    return found, frames


def _arrays_of_videos(
    workplace: Workplace, streams: Streams, jobs: Sequence[tuple[Video, Sequence[float]]]
) -> Iterator[dict[str, NDArray[Any]]]:
    facts = {name: streams.facts(name) for name in streams.names}
    find = partial(find_frames, workplace.cache, facts, streams.size)
    what = "reading frames" if streams.convolutions is None else "computing image features"
    for _, (entries, missing, pictures) in workplace.each(find, jobs, what):
        if pictures is not None:
            found, frames = pictures
            for name, key in missing.items():
                arrays = {"values": streams.compute(name, frames), "found": found}
                entries[name] = write_entry(workplace.cache / FOLDER, key, arrays, facts=facts[name])
        values = {name: entry.load("values") for name, entry in entries.items()}
        yield {**values, "found": entries[streams.names[0]].load("found")}

"""The arrays that a training needs: what is seen and what is heard of every centred clip, cached.

What is seen is kept per video and per kind of image, so that each image goes through the image network
once, however many variants are trained on it, and a changed video costs its own decoding and no other.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.cache import Entry, digest_of, file_digest, read_entry, write_entry
from models.clips.exemplars import ExemplarBank, load_exemplars
from models.context import Context
from models.errors import ModelsError, UnavailableError
from models.networks.network import FRAMES
from models.networks.streams import Streams, clip_frames
from models.videos.dataset import Video
from models.videos.video import probe, read_clips

FORMAT = 1  # raise it when frames are chosen, resized or mapped otherwise than before
FOLDER = "clips"


@dataclass(frozen=True, kw_only=True)
class ClipSet:
    """Centred clips as arrays, in order of video and time.

    Attributes
    ----------
    ids, video_ids : tuple of str
        Of each clip, as in `models.clips.exemplars`.
    materials : tuple of (str or None)
        What is struck, as far as it is labelled.
    cochleagrams : ndarray of float32 [shape=(n, 45, 42)]
        The true sound's compressed envelopes.
    frames : ndarray [shape=(n, 15, ...)]
        What the network is given of each frame, see `models.networks.streams`.
    first : ndarray [shape=(n, ...)]
        What it is given of the first colour image.
    """

    ids: tuple[str, ...]
    video_ids: tuple[str, ...]
    materials: tuple[str | None, ...]
    cochleagrams: NDArray[np.float32]
    frames: NDArray[Any]
    first: NDArray[Any]

    def __len__(self) -> int:
        return len(self.ids)

    def subset(self, chosen: NDArray[np.bool_]) -> "ClipSet":
        """Take the clips that a mask [shape=(n,)] names."""
        rows = np.flatnonzero(chosen)
        return ClipSet(
            ids=tuple(self.ids[row] for row in rows),
            video_ids=tuple(self.video_ids[row] for row in rows),
            materials=tuple(self.materials[row] for row in rows),
            cochleagrams=self.cochleagrams[rows],
            frames=self.frames[rows],
            first=self.first[rows],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NewFrames:
    """A video's pictures for arrays that the cache has not got.

    Attributes
    ----------
    keys : dict of str to str
        By array: the key to store it under.
    found : ndarray of bool [shape=(n_clips,)]
        Whether the clip lies wholly within the pictures; where not, they are black.
    frames : ndarray of uint8 [shape=(n_clips, 15, size, size, 3)]
    """

    keys: Mapping[str, str]
    found: NDArray[np.bool_]
    frames: NDArray[np.uint8]


def held_out_bank(context: Context) -> ExemplarBank:
    """Give the centred clips of the test videos, in the form that the training set's have."""
    dataset = dataclasses.replace(context.dataset, train=context.dataset.test, test=())
    return load_exemplars(dataclasses.replace(context, dataset=dataset))


def load_clipset(context: Context, bank: ExemplarBank, streams: Streams) -> ClipSet:
    """Make the arrays of a bank's clips, or find them in the context's cache.

    Parameters
    ----------
    context : Context
        With more than one worker, videos are decoded in processes of their own.
    bank : ExemplarBank
        ``context.exemplars``, or `held_out_bank`.
    streams : Streams
        What the network is given.

    Raises
    ------
    UnavailableError
        If no clip has usable pictures.
    """
    parts = list(_arrays_of_videos(context, streams, bank.jobs))
    found = np.concatenate([part["found"] for part in parts])
    if not found.any():
        raise UnavailableError(f"no clip of {context.dataset.root} has usable pictures")
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in streams.names}
    frames, first = streams.join(arrays)
    clips = ClipSet(
        ids=bank.ids,
        video_ids=bank.video_ids,
        materials=bank.materials,
        cochleagrams=bank.cochleagrams,
        frames=frames,
        first=first,
    )
    return clips if found.all() else clips.subset(found)


def find_frames(
    cache: Path, facts: Mapping[str, Mapping[str, Any]], size: int, job: tuple[Video, Sequence[float]]
) -> tuple[dict[str, Entry], NewFrames | None]:
    """Find a video's arrays in the cache, and decode its pictures if any of them is missing.

    Parameters
    ----------
    cache : Path
        The context's cache.
    facts : dict of str to dict
        By array: all that it depends on beside this job.
    size : int
        Side of the pictures (pixels).
    job : tuple of Video and sequence of float
        The video and the times of its impacts (s).
    """
    video, times_s = job
    source = {"what": "clips", "format": FORMAT, "times": list(times_s)}
    source["pictures"] = file_digest(video.pictures)
    keys = {name: digest_of({**source, **own}) for name, own in facts.items()}
    entries = {name: read_entry(cache / FOLDER, key) for name, key in keys.items()}
    present = {name: entry for name, entry in entries.items() if entry is not None}
    missing = {name: key for name, key in keys.items() if name not in present}
    if not missing:
        return present, None
    found, frames = _decoded(video, times_s, size)
    return present, NewFrames(keys=missing, found=found, frames=frames)


def _decoded(
    video: Video, times_s: Sequence[float], size: int
) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
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
    context: Context, streams: Streams, jobs: Sequence[tuple[Video, list[float]]]
) -> Iterator[dict[str, NDArray[Any]]]:
    facts = {name: streams.facts(name) for name in streams.names}
    find = partial(find_frames, context.cache, facts, streams.size)
    what = "reading frames" if streams.convolutions is None else "computing image features"
    for _, (entries, new) in context.each(find, jobs, what):
        stored = dict(entries)
        for name, key in (new.keys if new else {}).items():
            stored[name] = _stored(context, streams, name, key, new)
        arrays = {name: entry.load("values") for name, entry in stored.items()}
        yield {**arrays, "found": stored[streams.names[0]].load("found")}


def _stored(context: Context, streams: Streams, name: str, key: str, new: NewFrames | None) -> Entry:
    if new is None:
        raise ModelsError(f"no pictures to compute {name} from")
    arrays = {"values": streams.compute(name, new.frames), "found": new.found}
    return write_entry(context.cache / FOLDER, key, arrays, facts=streams.facts(name))

"""Whole recordings as arrays: what is seen 30 times a second, what is heard, and when it is struck.

Kept in the context's cache under a digest of all that they depend on.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.cache import Entry, digest_of, file_digest, read_entry, write_entry
from models.context import Context
from models.detection.grid import COLOUR, FIRST, SPACETIME, joined, map_blocks, pictures_on_grid
from models.errors import ModelsError, UnavailableError
from models.networks.convolutions import Convolutions
from models.networks.network import FrameInput
from models.sounds.cochleagram import cochleagrams
from models.sounds.sound import ENVELOPE_RATE, SAMPLE_RATE
from models.videos.dataset import Impact, Video
from models.videos.impacts import impacts_of
from models.videos.video import read_sound

FORMAT = 1  # raise it when pictures are chosen or mapped, or sounds measured, otherwise than before
FOLDER = "recordings"
NAMES: dict[FrameInput, tuple[str, ...]] = {"spacetime": (SPACETIME, FIRST), "colour": (COLOUR, FIRST)}
"""By what a network sees: the maps it needs."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A recording as the detection model is given it.

    Attributes
    ----------
    video : Video
        Where it comes from.
    frames : ndarray of float16 [shape=(n_frames, n_values)]
        Maps of each frame, 30 a second.
    first : ndarray of float16 [shape=(ceil(n_frames / 15), n_values)]
        Maps of every fifteenth frame in colour.
    cochleagram : ndarray of float32 [shape=(n_steps, 42)]
        Its true sound, 90 steps a second; no steps for a silent video.
    impacts : tuple of Impact
        In order of time.
    """

    video: Video
    frames: NDArray[np.float16]
    first: NDArray[np.float16]
    cochleagram: NDArray[np.float32]
    impacts: tuple[Impact, ...]


def load_recordings(
    context: Context, videos: Sequence[Video], convolutions: Convolutions, frames: FrameInput
) -> tuple[Recording, ...]:
    """Make the arrays of recordings, or find them in the cache; what can't be read is left out.

    Parameters
    ----------
    context : Context
        With more than one worker, videos are decoded in processes of their own.
    videos : sequence of Video
        Which.
    convolutions : Convolutions
        What the pictures go through.
    frames : {"spacetime", "colour"}
        What is seen of each frame.

    Raises
    ------
    UnavailableError
        If none can be read.
    """
    recordings, problems = [], []
    find = partial(find_pictures, context.cache, convolutions.facts, NAMES[frames])
    for video, found in context.each(find, videos, "looking at whole videos"):
        try:
            heard = _heard(context, video)
            seen = _seen(context, convolutions, found)
        except ModelsError as error:
            problems.append(str(error))
            continue
        recordings.append(
            Recording(
                video=video,
                frames=seen[NAMES[frames][0]],
                first=seen[FIRST],
                cochleagram=heard.load("cochleagram"),
                impacts=tuple(Impact(**fields) for fields in heard.facts["impacts"]),
            )
        )
    if not recordings:
        raise UnavailableError(f"no video of {context.dataset.root} can be used: {'; '.join(problems)}")
    return tuple(recordings)


Found = tuple[dict[str, str], dict[str, Entry], NDArray[np.uint8] | str | None]
"""What `find_pictures` gives."""


def find_pictures(cache: Path, facts: dict[str, Any], names: tuple[str, ...], video: Video) -> Found:
    """Find a recording's maps in the cache, and decode its pictures if any of them is missing.

    Returns
    -------
    keys : dict of str to str
        By map: its key in the cache.
    entries : dict of str to Entry
        Those found.
    pictures : ndarray of uint8 [shape=(n_frames, size, size, 3)] or str or None
        None if nothing is missing; a sentence if they can't be decoded.
    """
    source = {"what": "recording", "format": FORMAT, "pictures": file_digest(video.pictures), **facts}
    keys = {name: digest_of({**source, "map": name}) for name in names}
    found = {name: read_entry(cache / FOLDER, key) for name, key in keys.items()}
    entries = {name: entry for name, entry in found.items() if entry is not None}
    if len(entries) == len(names):
        return keys, entries, None
    try:
        return keys, entries, np.stack(list(pictures_on_grid(video.pictures, size=facts["size"])))
    except ModelsError as error:
        return keys, entries, str(error)


def _seen(context: Context, convolutions: Convolutions, found: Found) -> dict[str, NDArray[Any]]:
    """Load a recording's maps, after computing those that the cache has not got."""
    keys, entries, pictures = found
    if isinstance(pictures, str):
        raise ModelsError(pictures)
    if pictures is not None:
        missing = tuple(name for name in keys if name not in entries)
        maps = joined(map_blocks(iter(pictures), convolutions, missing))
        for name in missing:
            arrays = {"values": maps[name]}
            entries[name] = write_entry(context.cache / FOLDER, keys[name], arrays, facts={})
    return {name: entry.load("values") for name, entry in entries.items()}


def _heard(context: Context, video: Video) -> Entry:
    impacts = video.impacts and [asdict(impact) for impact in video.impacts]
    rates = [SAMPLE_RATE, ENVELOPE_RATE]
    source = {"what": "heard", "format": FORMAT, "sound": file_digest(video.sound)}
    key = digest_of({**source, "impacts": impacts, "rates": rates})
    entry = read_entry(context.cache / FOLDER, key)
    if entry is not None:
        return entry
    waveform = read_sound(video.sound)
    arrays = {"cochleagram": cochleagrams(waveform[None], device=context.device)[0].cpu().numpy()}
    facts = {"impacts": [asdict(impact) for impact in impacts_of(video, waveform)]}
    return write_entry(context.cache / FOLDER, key, arrays, facts=facts)

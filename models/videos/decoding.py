"""A video's centred clips: what the cache has of them is found, the rest decoded, in a worker process.

Nothing here imports torch, so that the processes start fast and stay small.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.cache import Entry, digest_of, file_digest, read_entry
from models.errors import ModelsError
from models.sounds.sound import CLIP_STEPS, ENVELOPE_RATE, MARGIN_STEPS, SAMPLE_RATE
from models.videos.centred import CentredImages, CentredSounds, read_centred_images, read_centred_sounds
from models.videos.dataset import Video

FORMAT = 1  # raise it when impacts, windows, cochleagrams or images come out differently than before
FOLDER = "exemplars"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSounds:
    """A video's sounds that the cache has not got, and the key to store them under."""

    key: str
    sounds: CentredSounds


@dataclass(frozen=True, kw_only=True, slots=True)
class NewImages:
    """A video's images that the cache has not got, and the key to store their features under.

    `problem` says why the pictures can't be decoded; the images are black then.
    """

    key: str
    images: CentredImages
    problem: str | None


def find_sounds(cache: Path, video: Video) -> Entry | NewSounds | str:
    """Find a video's sounds in the cache, or decode them, or say why neither can be done."""
    try:
        key = digest_of(
            {
                "what": "sounds",
                "format": FORMAT,
                "sound": file_digest(video.sound),
                "impacts": video.impacts and [asdict(impact) for impact in video.impacts],
                "rates": [SAMPLE_RATE, ENVELOPE_RATE, CLIP_STEPS, MARGIN_STEPS],
            }
        )
        entry = read_entry(cache / FOLDER, key)
        return entry or NewSounds(key=key, sounds=read_centred_sounds(video))
    except (ModelsError, OSError) as error:
        return str(error)


def find_images(cache: Path, facts: dict[str, Any], job: tuple[Video, list[float]]) -> Entry | NewImages:
    """Find the features of a video's images in the cache, or decode the images.

    Parameters
    ----------
    cache : Path
        The context's cache.
    facts : dict
        What else the features depend on; its ``size`` is the side of the images (pixels).
    job : tuple of Video and list of float
        The video and the times of its impacts (s).
    """
    video, times_s = job
    source = file_digest(video.pictures)
    key = digest_of({"what": "images", "format": FORMAT, "pictures": source, "times": times_s, **facts})
    entry = read_entry(cache / FOLDER, key)
    if entry is not None:
        return entry
    size: int = facts["size"]
    try:
        images = read_centred_images(video.pictures, times_s, size=size)
    except ModelsError as error:
        black = np.zeros((len(times_s), size, size, 3), np.uint8)
        found = np.zeros(len(times_s), bool)
        images = CentredImages(found=found, colour=black, spacetime=black)
        return NewImages(key=key, images=images, problem=str(error))
    return NewImages(key=key, images=images, problem=None)

"""Pictures of impacts: a thumbnail at the impact, and the patch that was struck, from the last frame.

"An oracle model that cropped a high-resolution (256 x 256) patch from the impact location using human
annotations [...] To avoid occlusions from the arm or drumstick, we cropped the patch from the final
frame of the video" (Section 6.3). Nothing here imports torch.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.cache import Entry, digest_of, file_digest, read_entry
from models.errors import ModelsError
from models.videos.annotations import Position, placed_at, read_positions
from models.videos.dataset import Video
from models.videos.frames import resize
from models.videos.video import read_clips

FORMAT = 1  # raise it when patches or thumbnails come out otherwise than before
FOLDER = "recognition"
PATCH = 256  # pixels
MOST_OF_PICTURE = 0.5  # of the shorter side: in small pictures 256 pixels would be all of it
THUMBNAIL = (192, 96)  # pixels, at most
QUALITY = 80  # of thumbnails, as JPEG


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPictures:
    """A video's pictures that the cache has not got.

    Attributes
    ----------
    key : str
        To store them under.
    placed : ndarray of bool [shape=(n_times,)]
        Whether the clip lies wholly within the pictures, and it is known where the impact is.
    patches : ndarray of uint8 [shape=(n_times, size, size, 3)]
        What was struck, RGB; black where it is not known.
    thumbnails : tuple of bytes
        The middle frames as JPEG; empty where there is none.
    """

    key: str
    placed: NDArray[np.bool_]
    patches: NDArray[np.uint8]
    thumbnails: tuple[bytes, ...]


def find_pictures(
    cache: Path, facts: Mapping[str, Any], job: tuple[Video, Sequence[float]]
) -> Entry | NewPictures:
    """Find what belongs to a video's impacts in the cache, or decode the video.

    Parameters
    ----------
    cache : Path
        The context's cache.
    facts : dict
        What features of patches depend on; its ``size`` is the side of the patches (pixels).
    job : tuple of Video and sequence of float
        The video and the times of its impacts (s).
    """
    video, times_s = job
    positions = placed_at(times_s, read_positions(video.pictures.parent, video.id))
    source = {
        "what": "impact pictures",
        "format": FORMAT,
        "pictures": file_digest(video.pictures),
        "times": list(times_s),
        "positions": [place and [place.x, place.y] for place in positions],
    }
    key = digest_of({**source, **facts})
    return read_entry(cache / FOLDER, key) or _decoded(video, times_s, positions, key, facts["size"])


def patch_round(image: NDArray[np.uint8], place: Position) -> NDArray[np.uint8]:
    """Cut a square round a place, moved inwards where it would reach over an edge.

    Parameters
    ----------
    image : ndarray of uint8 [shape=(height, width, 3)]
    place : Position
        The middle.

    Returns
    -------
    ndarray of uint8 [shape=(side, side, 3)]
        `PATCH` pixels a side, or `MOST_OF_PICTURE` of the picture's shorter side if that is less.
    """
    height, width = image.shape[:2]
    side = min(PATCH, int(MOST_OF_PICTURE * min(height, width)))
    top = int(np.clip(round(place.y * height - side / 2), 0, height - side))
    left = int(np.clip(round(place.x * width - side / 2), 0, width - side))
    return image[top : top + side, left : left + side]


def _decoded(
    video: Video,
    times_s: Sequence[float],
    positions: Sequence[Position | None],
    key: str,
    size: int,
) -> NewPictures:
    placed = np.zeros(len(times_s), bool)
    patches = np.zeros((len(times_s), size, size, 3), np.uint8)
    thumbnails = [b""] * len(times_s)
    try:
        for clip in read_clips(video.pictures, times_s):
            thumbnails[clip.index] = _thumbnail(clip.images[len(clip.images) // 2])
            if place := positions[clip.index]:
                placed[clip.index] = True
                patches[clip.index] = resize(patch_round(clip.images[-1], place)[None], size)[0]
    except ModelsError:
        placed[:] = False  # a video that breaks off in the middle is not half used
        thumbnails = [b""] * len(times_s)
    return NewPictures(key=key, placed=placed, patches=patches, thumbnails=tuple(thumbnails))


def _thumbnail(image: NDArray[np.uint8]) -> bytes:
    picture = Image.fromarray(np.ascontiguousarray(image))
    picture.thumbnail(THUMBNAIL)
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=QUALITY)
    return file.getvalue()

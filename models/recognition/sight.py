"""What is seen of impacts, as features: ImageNet's, those learnt from sound, and of the patch struck.

Whole pictures are seen as "color and spacetime image features" concatenated (Section 6.3), patches in
colour, with the colour features of the whole picture beside them.
"""

import dataclasses
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from models.cache import Entry, write_entry
from models.clips.clipset import load_clipset
from models.clips.exemplars import ExemplarBank, load_exemplars
from models.clips.predictions import Predictor
from models.context import Context
from models.errors import UnavailableError
from models.networks.network import FRAMES
from models.networks.streams import pictures
from models.recognition.impact_pictures import FOLDER, NewPictures, find_pictures

TRAINED_BY_SOUND = "scratch"  # the network that saw nothing but what sounds taught it
MIDDLE = slice(FRAMES // 2 - 1, FRAMES // 2 + 2)  # the frames of the spacetime image at the impact
BATCH = 64

Features = NDArray[np.float32]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What is seen of a bank's clips; a row that is not a number belongs to a clip that nobody saw so.

    Attributes
    ----------
    image : ndarray of float32 [shape=(n, 2 * n_features)]
        ImageNet features of the middle frame in colour and of its spacetime image.
    crop : ndarray of float32 [shape=(n, 2 * n_features)]
        Of the patch that was struck in the last frame, and of the middle frame, both in colour.
    thumbnails : tuple of bytes
        Middle frames as JPEG; empty where there is none.
    """

    image: Features
    crop: Features
    thumbnails: tuple[bytes, ...]


def look_at(context: Context, bank: ExemplarBank) -> Seen:
    """Compute what the pretrained image network sees of a bank's clips, or find it in the cache."""
    colour = _masked(bank.image_features, bank.has_images)
    spacetime = _masked(bank.spacetime_features, bank.has_images)
    find = partial(find_pictures, context.cache, context.image_network.facts)
    found = context.each(find, bank.jobs, "reading what is struck")
    entries = [new if isinstance(new, Entry) else _stored(context, new) for _, new in found]
    patches = np.concatenate([entry.load("patches") for entry in entries])
    patches = _masked(patches, np.concatenate([entry.load("placed") for entry in entries]))
    return Seen(
        image=np.concatenate([colour, spacetime], axis=1),
        crop=np.concatenate([patches, colour], axis=1),
        thumbnails=tuple(picture for entry in entries for picture in _thumbnails(entry)),
    )


def learnt_by_sound(context: Context, bank: ExemplarBank) -> Features:
    """Compute phi of the network that was trained by sound alone (its fc7).

    It sees of a clip what it was trained on: the spacetime image of the middle frame, and the first
    frame in colour. One video's pictures are in memory at a time.

    Returns
    -------
    ndarray of float32 [shape=(n, 2 * n_features)]
        A row that is not a number belongs to a clip without whole pictures.

    Raises
    ------
    UnavailableError
        If that network isn't trained.
    """
    predictor = context.predictors[TRAINED_BY_SOUND]
    features = np.full((len(bank), 2 * predictor.network.config.n_features), np.nan, np.float32)
    row_of = {clip_id: row for row, clip_id in enumerate(bank.ids)}
    quiet = dataclasses.replace(context, progress=None, workers=1)
    for video, _ in bank.jobs:
        try:
            clips = load_clipset(quiet, load_exemplars(quiet, [video]), predictor.streams)
        except UnavailableError:
            continue  # a video without usable pictures
        features[[row_of[clip_id] for clip_id in clips.ids]] = _phi(predictor, clips.frames, clips.first)
    return features


def _phi(predictor: Predictor, grey: NDArray[np.uint8], picture: NDArray[np.uint8]) -> Features:
    encode: Callable[[torch.Tensor], torch.Tensor] = predictor.network.encoder
    rows = []
    for start in range(0, len(grey), BATCH):
        part = slice(start, start + BATCH)
        frames, first = pictures(
            torch.from_numpy(grey[part, MIDDLE]).to(predictor.device),
            torch.from_numpy(picture[part]).to(predictor.device),
            side=predictor.network.config.n_inputs,
            rng=None,
        )
        with torch.inference_mode():
            seen = torch.cat([encode(first), encode(frames[:, 1])], dim=1)  # (batch, 2 * n_features)
        rows.append(np.asarray(seen.float().cpu().numpy(), np.float32))
    return np.concatenate(rows)


def _stored(context: Context, new: NewPictures) -> Entry:
    patches = np.zeros((len(new.placed), context.image_network.n_features), np.float32)
    patches[new.placed] = context.image_network.features(new.patches[new.placed])
    arrays = {
        "placed": new.placed,
        "patches": patches,
        "thumbnails": np.frombuffer(b"".join(new.thumbnails), np.uint8),
        "ends": np.cumsum([len(picture) for picture in new.thumbnails]),
    }
    return write_entry(context.cache / FOLDER, new.key, arrays, facts={})


def _thumbnails(entry: Entry) -> list[bytes]:
    together, ends = entry.load("thumbnails"), entry.load("ends")
    return [part.tobytes() for part in np.split(together, ends)[:-1]]


def _masked(features: Features, known: NDArray[np.bool_]) -> Features:
    return np.where(known[:, None], features, np.float32(np.nan))

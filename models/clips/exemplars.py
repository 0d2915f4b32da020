"""The exemplars: the training set's centred clips, whose sounds the variants transfer.

Sounds and image features are cached per video, so that a changed, added or removed video costs its own
decoding and no other. Pictures are decoded when a variant first asks for image features.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from models.cache import Entry, digest_of, write_entry
from models.clips.search import L1Index
from models.context import Context
from models.errors import UnavailableError
from models.sounds.cochleagram import clip_cochleagrams
from models.videos.dataset import Impact, Video
from models.videos.decoding import (
    FOLDER,
    NewImages,
    NewSounds,
    find_images,
    find_sounds,
)


@dataclass(frozen=True, kw_only=True)
class ExemplarBank:
    """All exemplars of a dataset, in order of video and time.

    Attributes
    ----------
    ids : tuple of str
        ``<video id>@<time in seconds>``, unique.
    video_ids : tuple of str
        The training video that each was cut from.
    impacts : tuple of Impact
        Time in that video, and labels.
    cochleagrams : ndarray of float32 [shape=(n, 45, 42)]
        Compressed envelopes of the clip, steps by channels, see `models.sounds.cochleagram`.
    skipped : dict of str to str
        By video: why a training video gave no exemplar.
    digest : str
        SHA-256 over everything that the exemplars depend on.
    """

    ids: tuple[str, ...]
    video_ids: tuple[str, ...]
    impacts: tuple[Impact, ...]
    cochleagrams: NDArray[np.float32]
    skipped: Mapping[str, str]
    digest: str
    _context: Context
    _videos: tuple[Video, ...]  # those that gave exemplars, one an entry
    _entries: tuple[Entry, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def materials(self) -> tuple[str | None, ...]:
        """What was struck in each, as far as it is labelled."""
        return tuple(impact.material for impact in self.impacts)

    def waveform(self, index: int) -> NDArray[np.float32]:
        """Read one exemplar's window of sound from disk, float32 [shape=(WINDOW_SAMPLES,)].

        The impact stands at sample `models.sounds.sound.WINDOW_IMPACT`; the level is the recording's.
        """
        entry = int(np.searchsorted(self._starts, index, side="right")) - 1
        waveforms = self._entries[entry].open("waveforms")
        return np.array(waveforms[index - self._starts[entry]], np.float32)

    @property
    def jobs(self) -> list[tuple[Video, list[float]]]:
        """The videos that gave exemplars, each with the times of its own (s), in the bank's order."""
        starts = self._starts.tolist()
        times_s = [impact.time_s for impact in self.impacts]
        ends = [*starts[1:], len(times_s)]
        return [(v, times_s[a:b]) for v, a, b in zip(self._videos, starts, ends, strict=True)]

    @cached_property
    def waveforms(self) -> NDArray[np.float32]:
        """All windows of sound in memory, float32 [shape=(n, WINDOW_SAMPLES)]; 127 kB each."""
        return np.concatenate([entry.load("waveforms") for entry in self._entries])

    @cached_property
    def has_images(self) -> NDArray[np.bool_]:
        """Which exemplars have image features: not those whose pictures end within the clip."""
        return np.concatenate([entry.load("found") for entry in self._image_entries])

    @cached_property
    def image_features(self) -> NDArray[np.float32]:
        """Features of the middle frames in colour, float32 [shape=(n, n_features)]."""
        return np.concatenate([entry.load("colour") for entry in self._image_entries])

    @cached_property
    def spacetime_features(self) -> NDArray[np.float32]:
        """Features of the middle frames' spacetime images, float32 [shape=(n, n_features)]."""
        return np.concatenate([entry.load("spacetime") for entry in self._image_entries])

    def allowed(self, video_id: str, material: str | None = None) -> NDArray[np.bool_]:
        """Tell which exemplars a clip may have: none of its own video, and if given of one material.

        Returns
        -------
        ndarray of bool [shape=(n,)]
        """
        allowed: NDArray[np.bool_] = self._video_ids != video_id
        if material is not None:
            allowed &= self._materials == material
        return allowed

    def of_same_material(self, video_id: str, material: str | None) -> NDArray[np.bool_]:
        """Tell which exemplars a material oracle's clip may have: none if the clip has no label.

        Returns
        -------
        ndarray of bool [shape=(n,)]
        """
        if material is None:
            return np.zeros(len(self), bool)
        return self.allowed(video_id, material)

    @cached_property
    def sound_index(self) -> L1Index:
        """The search among the cochleagrams of whole clips, 45 steps by 42 channels (Section 5.2)."""
        return L1Index(self.cochleagrams.reshape(len(self), -1), device=self._context.device)

    @cached_property
    def _video_ids(self) -> NDArray[np.str_]:
        return np.array(self.video_ids)

    @cached_property
    def _materials(self) -> NDArray[np.str_]:
        return np.array([label or "" for label in self.materials])  # no label is an empty word

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        counts = [len(entry.facts["impacts"]) for entry in self._entries]
        return np.concatenate([[0], np.cumsum(counts)])[:-1].astype(np.int64)

    @cached_property
    def _image_entries(self) -> list[Entry]:
        return list(_image_entries(self._context, self.jobs))


def load_exemplars(context: Context) -> ExemplarBank:
    """Make the exemplars of a context's training videos, or find them in its cache.

    Parameters
    ----------
    context : Context
        With more than one worker, videos are decoded in processes of their own.

    Raises
    ------
    UnavailableError
        If no training video gives an exemplar.
    """
    videos, entries, skipped = [], [], {}
    find = partial(find_sounds, context.cache)
    for video, found in context.each(find, context.dataset.train, "reading training sounds"):
        if isinstance(found, str):
            skipped[video.id] = found
        else:
            videos.append(video)
            entries.append(found if isinstance(found, Entry) else _store_sounds(context, found))
    if not entries:
        reasons = "; ".join(f"{video_id}: {reason}" for video_id, reason in skipped.items())
        raise UnavailableError(
            f"no training video of {context.dataset.root} gives an exemplar"
            f" ({reasons or 'it has no training videos'})"
        )
    return _bank(context, tuple(videos), tuple(entries), skipped)


def _bank(
    context: Context, videos: tuple[Video, ...], entries: tuple[Entry, ...], skipped: dict[str, str]
) -> ExemplarBank:
    impacts = [[Impact(**fields) for fields in entry.facts["impacts"]] for entry in entries]
    pairs = [(v.id, impact) for v, of_video in zip(videos, impacts, strict=True) for impact in of_video]
    return ExemplarBank(
        ids=tuple(f"{video_id}@{impact.time_s:.4f}" for video_id, impact in pairs),
        video_ids=tuple(video_id for video_id, _ in pairs),
        impacts=tuple(impact for _, impact in pairs),
        cochleagrams=np.concatenate([entry.load("cochleagrams") for entry in entries]),
        skipped=skipped,
        digest=digest_of({v.id: entry.folder.name for v, entry in zip(videos, entries, strict=True)}),
        _context=context,
        _videos=videos,
        _entries=entries,
    )


def _store_sounds(context: Context, new: NewSounds) -> Entry:
    cochleagrams = clip_cochleagrams(new.sounds.waveforms, device=context.device)  # (n, 45, 42)
    arrays = {"waveforms": new.sounds.waveforms, "cochleagrams": cochleagrams.cpu().numpy()}
    facts = {"impacts": [asdict(impact) for impact in new.sounds.impacts]}
    return write_entry(context.cache / FOLDER, new.key, arrays, facts=facts)


def _image_entries(context: Context, jobs: Sequence[tuple[Video, list[float]]]) -> Iterator[Entry]:
    find = partial(find_images, context.cache, context.image_network.facts)
    for _, found in context.each(find, jobs, "reading training pictures"):
        yield found if isinstance(found, Entry) else _store_images(context, found)


def _store_images(context: Context, new: NewImages) -> Entry:
    n = len(new.images.found)
    images = np.concatenate([new.images.colour, new.images.spacetime])
    features = context.image_network.features(images)
    arrays = {"found": new.images.found, "colour": features[:n], "spacetime": features[n:]}
    return write_entry(context.cache / FOLDER, new.key, arrays, facts={"problem": new.problem})

"""The exemplars: the training set's centred clips, whose sounds the variants transfer.

Sounds and image features are cached per video, so that a changed, added or removed video costs its own
decoding and no other. Pictures are decoded when a variant first asks for image features.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from models.cache import Entry, digest_of, write_entry
from models.clips.search import L1Index
from models.errors import UnavailableError
from models.sounds.cochleagram import clip_cochleagrams
from models.videos.dataset import Impact, Video
from models.videos.decoding import FOLDER, NewImages, NewSounds, find_images, find_sounds
from models.workplace import Workplace


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
    jobs : tuple of (Video, list of float)
        The videos that gave exemplars, each with the times of its own (s), in the same order.
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
    jobs: tuple[tuple[Video, list[float]], ...]
    cochleagrams: NDArray[np.float32]
    skipped: Mapping[str, str]
    digest: str
    _workplace: Workplace
    _entries: tuple[Entry, ...]  # one a video

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
        entry, row = self._places[index]
        return np.array(entry.open("waveforms")[row], np.float32)

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

    @cached_property
    def sound_index(self) -> L1Index:
        """The search among the cochleagrams of whole clips, 45 steps by 42 channels (Section 5.2)."""
        return L1Index(self.cochleagrams.reshape(len(self), -1), device=self._workplace.device)

    @cached_property
    def _video_ids(self) -> NDArray[np.str_]:
        return np.array(self.video_ids)

    @cached_property
    def _materials(self) -> NDArray[np.str_]:
        return np.array([label or "" for label in self.materials])  # no label is an empty word

    @cached_property
    def _places(self) -> list[tuple[Entry, int]]:
        """Each exemplar's entry, and its row there."""
        pairs = zip(self._entries, self.jobs, strict=True)
        return [(entry, row) for entry, (_, times_s) in pairs for row in range(len(times_s))]

    @cached_property
    def _image_entries(self) -> list[Entry]:
        work = self._workplace
        find = partial(find_images, work.cache, work.image_network.facts)
        found = work.each(find, self.jobs, "reading training pictures")
        return [new if isinstance(new, Entry) else _store_images(work, new) for _, new in found]


def load_exemplars(workplace: Workplace, videos: Sequence[Video]) -> ExemplarBank:
    """Make the exemplars of videos, or find them in the cache.

    Parameters
    ----------
    workplace : Workplace
        With more than one worker, videos are decoded in processes of their own.
    videos : sequence of Video
        The training videos; or others, whose centred clips are wanted in the same form.

    Raises
    ------
    UnavailableError
        If no video gives an exemplar.
    """
    jobs, impacts, entries = [], [], []
    skipped: dict[str, str] = {}
    find = partial(find_sounds, workplace.cache)
    for video, found in workplace.each(find, videos, "reading training sounds"):
        if isinstance(found, str):
            skipped[video.id] = found
            continue
        entry = found if isinstance(found, Entry) else _store_sounds(workplace, found)
        own = [Impact(**fields) for fields in entry.facts["impacts"]]
        jobs.append((video, [impact.time_s for impact in own]))
        impacts += own
        entries.append(entry)
    if not entries:
        reasons = "; ".join(f"{video_id}: {reason}" for video_id, reason in skipped.items())
        raise UnavailableError(
            f"no training video of {workplace.dataset.root} gives an exemplar"
            f" ({reasons or 'it has no training videos'})"
        )
    return ExemplarBank(
        ids=tuple(f"{video.id}@{time_s:.4f}" for video, times_s in jobs for time_s in times_s),
        video_ids=tuple(video.id for video, times_s in jobs for _ in times_s),
        impacts=tuple(impacts),
        jobs=tuple(jobs),
        cochleagrams=np.concatenate([entry.load("cochleagrams") for entry in entries]),
        skipped=skipped,
        digest=digest_of({v.id: entry.folder.name for (v, _), entry in zip(jobs, entries, strict=True)}),
        _workplace=workplace,
        _entries=tuple(entries),
    )


def _store_sounds(workplace: Workplace, new: NewSounds) -> Entry:
    cochleagrams = clip_cochleagrams(new.sounds.waveforms, device=workplace.device)  # (n, 45, 42)
    arrays = {"waveforms": new.sounds.waveforms, "cochleagrams": cochleagrams.cpu().numpy()}
    facts = {"impacts": [asdict(impact) for impact in new.sounds.impacts]}
    return write_entry(workplace.cache / FOLDER, new.key, arrays, facts=facts)


def _store_images(workplace: Workplace, new: NewImages) -> Entry:
    n = len(new.images.found)
    images = np.concatenate([new.images.colour, new.images.spacetime])
    features = workplace.image_network.features(images)
    arrays = {"found": new.images.found, "colour": features[:n], "spacetime": features[n:]}
    return write_entry(workplace.cache / FOLDER, new.key, arrays, facts={"problem": new.problem})

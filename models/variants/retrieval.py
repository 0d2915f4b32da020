"""Variants that look: the nearest training clip by image features gives its sound (Section 6.1).

"We computed fc7 features from a CNN pretrained on ImageNet for the center frame of each sequence ... We
then searched the training set for the best match and transferred its corresponding sound." The paper
does not name the distance; we take the Euclidean one, as is usual for these features.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.backend import Clip, Privilege, Sound
from models.clips.exemplars import ExemplarBank
from models.clips.search import Index, L2Index
from models.context import Context
from models.errors import UnavailableError
from models.sounds.sound import SAMPLE_RATE, WINDOW_IMPACT


class Lending:
    """The base of variants that lend exemplars' sounds to clips, never one of the clip's own video.

    Those with the privilege ``material`` are oracles: they choose among exemplars of the clip's own
    material; a clip without a label, or of a material that no training clip has, gets no sound.
    """

    privileges: ClassVar[frozenset[Privilege]] = frozenset()
    _bank: ExemplarBank

    def __init__(self, context: Context) -> None:
        impacts = (impact for video in context.dataset.train for impact in video.impacts or ())
        if "material" in self.privileges and not any(impact.material for impact in impacts):
            raise UnavailableError(
                f"no training video of {context.dataset.root} has a material label; "
                "write them into <id>_times.txt as 'onset_s material action reaction'"
            )

    def _allowed(self, clip: Clip) -> NDArray[np.bool_]:
        """Tell which exemplars may be lent to a clip, [shape=(n_exemplars,)]."""
        if "material" not in self.privileges:
            return self._bank.allowed(clip.video_id)
        if clip.material is None:
            return np.zeros(len(self._bank), bool)
        return self._bank.allowed(clip.video_id, clip.material)

    def _nearest(
        self, index: Index, queries: NDArray[np.float32], clips: Sequence[Clip], **source: str
    ) -> list[Sound | None]:
        """Lend each clip the exemplar nearest to its query among those that it may have."""
        allowed = np.stack([self._allowed(clip) for clip in clips])
        indices, distances = index.nearest(queries, allowed=allowed)
        found = zip(indices[:, 0].tolist(), distances[:, 0].tolist(), strict=True)
        # six digits are what float32 features can tell
        return [
            self._lent(i, distance=float(f"{far:.6g}"), **source) if i >= 0 else None for i, far in found
        ]

    def _lent(self, index: int, **source: str | float) -> Sound:
        """Give an exemplar's sound as it was recorded, at its own level."""
        return Sound(
            waveform=self._bank.waveform(index),
            sample_rate=SAMPLE_RATE,
            impact_s=WINDOW_IMPACT / SAMPLE_RATE,
            source={"exemplar": self._bank.ids[index], **source},
        )


class ImageMatch(Lending):
    """The training clip whose middle frame in colour looks most alike."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._clip_features = context.clip_features  # first, since its weights may be missing
        self._bank = context.exemplars
        if not self._bank.has_images.any():
            raise UnavailableError(f"no training video of {context.dataset.root} has usable pictures")
        self._index = L2Index(self._exemplar_features(), device=context.device)

    def synthesize(self, clips: Sequence[Clip]) -> list[Sound | None]:
        """Transfer the sound of each clip's nearest exemplar, of another video than its own."""
        return self._nearest(self._index, self._query_features(clips), clips) if clips else []

    def _allowed(self, clip: Clip) -> NDArray[np.bool_]:
        return super()._allowed(clip) & self._bank.has_images

    def _exemplar_features(self) -> NDArray[np.float32]:
        return self._bank.image_features

    def _query_features(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        return self._clip_features.colour(clips)


class SpacetimeMatch(ImageMatch):
    """The training clip whose middle frame looks most alike with the frames before and after."""

    def _exemplar_features(self) -> NDArray[np.float32]:
        return self._bank.spacetime_features

    def _query_features(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        return self._clip_features.spacetime(clips)


class ImageSpacetimeMatch(ImageMatch):
    """The training clip nearest in the colour and the spacetime features, one after the other."""

    def _exemplar_features(self) -> NDArray[np.float32]:
        return np.concatenate([self._bank.image_features, self._bank.spacetime_features], axis=1)

    def _query_features(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        colour, spacetime = self._clip_features.colour(clips), self._clip_features.spacetime(clips)
        return np.concatenate([colour, spacetime], axis=1)


class MatchMaterial(ImageSpacetimeMatch):
    """The same among the exemplars of the clip's own material (an oracle, Fig. 6a)."""

    privileges: ClassVar[frozenset[Privilege]] = frozenset({"material"})

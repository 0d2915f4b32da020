"""Variants that see nothing: a random sound, and the oracles that say what an ideal choice reaches."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.backend import Clip, Privilege, Sound
from models.context import Context
from models.sounds.cochleagram import clip_cochleagrams
from models.variants.retrieval import Lending, transferred


class RandomImpact(Lending):
    """A training clip's sound, each as likely as any other (Fig. 5a, "Random impact sound")."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._bank = context.exemplars

    def synthesize(self, clips: Sequence[Clip]) -> list[Sound | None]:
        """Draw one exemplar a clip, of another video than its own, by the clip's seed."""
        return [self._drawn(clip) for clip in clips]

    def _drawn(self, clip: Clip) -> Sound | None:
        candidates = np.flatnonzero(self._allowed(clip))
        if candidates.size == 0:
            return None
        rng = np.random.default_rng(clip.seed)
        return transferred(self._bank, int(candidates[rng.integers(candidates.size)]))


class RandomMaterial(RandomImpact):
    """A random sound of the clip's own material (an oracle, Fig. 6a, "Random + mat")."""

    privileges: ClassVar[frozenset[Privilege]] = frozenset({"material"})


class RealMatch(Lending):
    """The training sound nearest to the clip's true sound (an oracle, Fig. 6a, "Real sound match").

    Nearest is meant as in example-based synthesis: by L1 between cochleagrams of the whole clip, 45
    steps by 42 channels (Section 5.2). A clip without sound gets none.
    """

    privileges: ClassVar[frozenset[Privilege]] = frozenset({"sound"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._device, self._bank = context.device, context.exemplars

    def synthesize(self, clips: Sequence[Clip]) -> list[Sound | None]:
        """Transfer the exemplar nearest to each clip's own sound, of another video than its own."""
        windows = {i: clip.waveform for i, clip in enumerate(clips) if clip.waveform is not None}
        sounds: list[Sound | None] = [None] * len(clips)
        if not windows:
            return sounds
        allowed = np.stack([self._allowed(clips[i]) for i in windows])
        queries = self._cochleagrams(np.stack(list(windows.values())))
        indices, distances = self._bank.sound_index.nearest(queries, allowed=allowed)
        for place, index, distance in zip(windows, indices[:, 0], distances[:, 0], strict=True):
            if index >= 0:
                sounds[place] = transferred(self._bank, int(index), float(distance))
        return sounds

    def _cochleagrams(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        flat = clip_cochleagrams(windows, device=self._device).flatten(start_dim=1)
        return np.asarray(flat.cpu().numpy(), np.float32)  # (n_clips, 45 * 42)

"""Variants that see nothing: a random sound, and the oracles that say what an ideal choice reaches."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from models.backend import Clip, Privilege, Sound
from models.context import Context
from models.sounds.cochleagram import clip_cochleagrams
from models.variants.retrieval import Lending


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
        return self._lent(int(candidates[rng.integers(candidates.size)]))


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
        sounds: list[Sound | None] = [None] * len(clips)
        windows = {place: clip.waveform for place, clip in enumerate(clips) if clip.waveform is not None}
        if windows:
            heard = clip_cochleagrams(np.stack(list(windows.values())), device=self._device)
            queries = np.asarray(heard.flatten(start_dim=1).cpu().numpy(), np.float32)  # (n, 45 * 42)
            found = self._nearest(self._bank.sound_index, queries, [clips[place] for place in windows])
            for place, sound in zip(windows, found, strict=True):
                sounds[place] = sound
        return sounds

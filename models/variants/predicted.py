"""Variants that predict: a trained network's sound features, made into a waveform (Section 5.2)."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.backend import Clip, Privilege, Sound
from models.context import Context
from models.sounds.inversion import ITERATIONS, impose_envelopes, white_noise
from models.sounds.sound import CLIP_STEPS, ENVELOPE_HOP, SAMPLE_RATE
from models.variants.retrieval import Lending

CLIP_SAMPLES = CLIP_STEPS * ENVELOPE_HOP  # 22,050
CLIP_IMPACT_S = (CLIP_STEPS // 2) * ENVELOPE_HOP / SAMPLE_RATE  # the impact is at step 22 of 45


class Predicted(Lending):
    """The base of all variants with a network; `network` names it."""

    network: ClassVar[str] = "full"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._predictors = context.predictors
        self.predictor = self._predictors[self.network]  # first, since it may not be trained
        self._bank = context.exemplars

    def synthesize(self, clips: Sequence[Clip]) -> list[Sound | None]:
        """Predict each clip's sound features, and make sounds of them."""
        if not clips:
            return []
        return self.sounds(self._predictors.cochleagrams(self.network, clips), clips)

    def sounds(self, predicted: NDArray[np.float32], clips: Sequence[Clip]) -> list[Sound | None]:
        """Make a sound of each prediction; of the clips only ids, labels and seeds are used.

        The training clip whose cochleagram is nearest by L1 over the whole clip gives its sound, at its
        own level ("the query using the sound features for the entire 15-frame sequence", Section 6.1).

        Parameters
        ----------
        predicted : ndarray of float32 [shape=(n_clips, 45, 42)]
            Compressed envelopes.
        clips : sequence of Clip
            The clips, in the same order.
        """
        queries = predicted.reshape(len(clips), -1)
        digest = self.predictor.checkpoint.digest
        return self._nearest(self._bank.sound_index, queries, clips, network=digest)


class Full(Predicted):
    """The full system: colour and spacetime images, pretrained, recurrent, example-based (Fig. 5a)."""


class Scratch(Predicted):
    """The same with an image network trained jointly from random weights."""

    network = "scratch"


class NoSpacetime(Predicted):
    """The same with colour images in place of spacetime images."""

    network = "no-spacetime"


class NoRnn(Predicted):
    """The same with the hidden state set to zero between timesteps."""

    network = "no-rnn"


class FullMaterial(Predicted):
    """The full system among the exemplars of the clip's own material (an oracle, Fig. 6a)."""

    privileges: ClassVar[frozenset[Privilege]] = frozenset({"material"})


class Parametric(Predicted):
    """The full system's predictions imposed on white noise, in one iteration (Section 5.2)."""

    n_iterations: ClassVar[int] = ITERATIONS

    def sounds(self, predicted: NDArray[np.float32], clips: Sequence[Clip]) -> list[Sound | None]:
        """Impose each prediction's subband envelopes on noise that the clip's seed draws."""
        noise = [white_noise(CLIP_SAMPLES, rng=np.random.default_rng(clip.seed)) for clip in clips]
        waveforms = impose_envelopes(
            predicted,
            noise=np.stack(noise),
            n_iterations=self.n_iterations,
            device=self._context.device,
        )
        source = {"iterations": self.n_iterations, "network": self.predictor.checkpoint.digest}
        return [
            Sound(waveform=row, sample_rate=SAMPLE_RATE, impact_s=CLIP_IMPACT_S, source=dict(source))
            for row in np.asarray(waveforms.cpu().numpy(), np.float32)
        ]

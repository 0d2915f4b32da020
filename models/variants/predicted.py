"""Variants that predict: a trained network's sound features, made into a waveform (Section 5.2)."""

import dataclasses
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from models.backend import Clip, Privilege, Sound
from models.clips.clipset import ClipSet
from models.context import Context
from models.errors import UnavailableError
from models.networks import backbones
from models.networks.backbones import Backbone
from models.networks.checkpoints import Checkpoint, ImageNetworkFacts, facts_of, read_checkpoint
from models.networks.convolutions import convolutions_of
from models.networks.network import SoundNetwork
from models.networks.streams import Streams, clip_frames, streams_of
from models.sounds.filterbank import N_CHANNELS
from models.sounds.inversion import ITERATIONS, impose_envelopes, white_noise
from models.sounds.sound import CLIP_STEPS, ENVELOPE_HOP, SAMPLE_RATE
from models.training.batches import pictures
from models.variants.retrieval import Lending, transferred

CLIP_SAMPLES = CLIP_STEPS * ENVELOPE_HOP  # 22,050
CLIP_IMPACT_S = (CLIP_STEPS // 2) * ENVELOPE_HOP / SAMPLE_RATE  # the impact is at step 22 of 45
# Clips at a time. Sums are rounded otherwise in matrices of other shapes, and a sound must depend on its
# clip alone to the last bit: so all blocks have one shape, a clip on a CPU, a filled batch on a GPU.
BATCH, BATCH_GPU = 1, 256
MEMORY = 1 << 28  # bytes of clips' arrays that are kept: 27,000 clips of efficientnet-lite0's


class Predictor:
    """A trained network, ready to be asked.

    Parameters
    ----------
    checkpoint : Checkpoint
        The network.
    streams : Streams
        What it is given of a clip.
    device : str
        Torch device.
    """

    def __init__(self, checkpoint: Checkpoint, streams: Streams, device: str) -> None:
        self.checkpoint, self.streams, self.device = checkpoint, streams, device
        self.network: SoundNetwork = checkpoint.network(device)

    def predict(self, frames: NDArray[Any], first: NDArray[Any]) -> NDArray[np.float32]:
        """Predict compressed envelopes.

        Parameters
        ----------
        frames, first : ndarray
            From `streams`, one row a clip.

        Returns
        -------
        ndarray of float32 [shape=(n_clips, 45, 42)]
        """
        size = BATCH_GPU if self.device.startswith("cuda") else BATCH
        blocks = range(0, len(frames), size)
        rows = [self._block(_filled(frames, i, size), _filled(first, i, size)) for i in blocks]
        empty = np.zeros((0, CLIP_STEPS, N_CHANNELS), np.float32)
        return np.concatenate(rows)[: len(frames)] if rows else empty

    def _block(self, frames: NDArray[Any], first: NDArray[Any]) -> NDArray[np.float32]:
        config = self.network.config
        with torch.inference_mode():
            seen = torch.from_numpy(frames).to(self.device)
            image = torch.from_numpy(first).to(self.device)
            if config.encoder == "scratch":
                seen, image = pictures(seen, image, side=config.n_inputs, rng=None)
            return np.asarray(self.network.cochleagrams(seen, image).cpu().numpy(), np.float32)


def _filled(rows: NDArray[Any], start: int, size: int) -> NDArray[Any]:
    """Take a block of rows, its first one again where they end."""
    block = rows[start : start + size]
    missing = size - len(block)
    return np.concatenate([block, np.repeat(block[:1], missing, axis=0)]) if missing else block


class Predictors:
    """The trained networks of a context, each read once, each image of a clip looked at once.

    Parameters
    ----------
    context : Context
        Its `checkpoints` holds a folder for each network, named like the variant that it was trained as.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._folder = context.checkpoint_folder
        self._predictors: dict[str, Predictor] = {}
        self._known: OrderedDict[tuple[bytes, str], NDArray[Any]] = OrderedDict()
        self._bytes = 0

    def __getitem__(self, network: str) -> Predictor:
        """Read a network by name; raises `UnavailableError` if it isn't trained or can't run here."""
        if network not in self._predictors:
            try:
                checkpoint = read_checkpoint(self._folder / network)
            except UnavailableError as error:
                raise UnavailableError(
                    f"no trained network {network!r} in {self._folder}; make it with "
                    f"'models train --variant {network} --out {self._folder}'"
                ) from error
            streams = self._streams(checkpoint)
            self._predictors[network] = Predictor(checkpoint, streams, self._context.device)
        return self._predictors[network]

    def cochleagrams(self, network: str, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Predict the sounds of clips, float32 [shape=(n_clips, 45, 42)], compressed envelopes."""
        predictor = self[network]
        seen = [self._seen(predictor.streams, clip) for clip in clips]
        frames, first = (np.stack(arrays) for arrays in zip(*seen, strict=True))
        return predictor.predict(frames, first)

    def _streams(self, checkpoint: Checkpoint) -> Streams:
        if checkpoint.images is None:
            return streams_of(checkpoint.config, None)
        backbone = self.backbone(checkpoint.images)
        return streams_of(checkpoint.config, convolutions_of(backbone))

    def backbone(self, wanted: ImageNetworkFacts) -> Backbone:
        """Find the image network that a checkpoint was trained on, the context's own if it is that."""
        spec = self._context.backbone
        spec = spec if spec.partition("=")[0] == wanted.name else wanted.name
        for other in self._predictors.values():
            if other.streams.convolutions and facts_of(other.streams.convolutions.backbone) == wanted:
                return other.streams.convolutions.backbone
        device = self._context.device
        backbone = backbones.load_backbone(spec, image_size=wanted.image_size, device=device)
        if facts_of(backbone) != wanted:
            raise UnavailableError(
                f"a network was trained on {wanted.name} with weights of SHA-256 {wanted.digest}, those "
                f"here have {backbone.digest}; give them as --backbone {wanted.name}=FILE or train again"
            )
        return backbone

    def _seen(self, streams: Streams, clip: Clip) -> tuple[NDArray[Any], NDArray[Any]]:
        frames = clip_frames(
            clip.frames, impact_frame=clip.impact_frame, frame_rate=clip.frame_rate, size=streams.size
        )
        digest = hashlib.blake2b(frames.tobytes(), digest_size=16).digest()
        arrays = {name: self._array(streams, name, digest, frames) for name in streams.names}
        seen, image = streams.join(arrays)
        return seen[0], image[0]

    def _array(
        self, streams: Streams, name: str, digest: bytes, frames: NDArray[np.uint8]
    ) -> NDArray[Any]:
        key = (digest, f"{streams.facts(name)}")
        if key not in self._known:
            self._known[key] = streams.compute(name, frames[None])
            self._bytes += self._known[key].nbytes
        found = self._known[key]
        while self._bytes > MEMORY and len(self._known) > 1:
            self._bytes -= self._known.popitem(last=False)[1].nbytes
        return found


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

    def predict(self, clips: ClipSet) -> NDArray[np.float32]:
        """Predict the sounds of a clip set made for this network, float32 [shape=(n, 45, 42)]."""
        return self.predictor.predict(clips.frames, clips.first)

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
        allowed = np.stack([self._allowed(clip) for clip in clips])
        queries = predicted.reshape(len(clips), -1)
        indices, distances = self._bank.sound_index.nearest(queries, allowed=allowed)
        found = zip(indices[:, 0].tolist(), distances[:, 0].tolist(), strict=True)
        return [self._with_network(i, far) if i >= 0 else None for i, far in found]

    def _with_network(self, index: int, distance: float) -> Sound:
        sound = transferred(self._bank, index, distance)
        return dataclasses.replace(sound, source={**sound.source, **self._source()})

    def _source(self) -> dict[str, Any]:
        return {"network": self.predictor.checkpoint.digest}


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
        source = {"iterations": self.n_iterations, **self._source()}
        return [
            Sound(waveform=row, sample_rate=SAMPLE_RATE, impact_s=CLIP_IMPACT_S, source=dict(source))
            for row in np.asarray(waveforms.cpu().numpy(), np.float32)
        ]

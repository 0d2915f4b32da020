"""What trained networks say of clips: each network read once, each image looked at once."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.backend import Clip
from models.errors import UnavailableError
from models.networks import backbones
from models.networks.backbones import Backbone
from models.networks.checkpoints import Checkpoint, ImageNetworkFacts, facts_of, read_checkpoint
from models.networks.convolutions import convolutions_of
from models.networks.network import SoundNetwork
from models.networks.streams import Streams, clip_frames, pictures, streams_of
from models.sounds.filterbank import N_CHANNELS
from models.sounds.sound import CLIP_STEPS
from models.workplace import Workplace

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
    """The trained networks of a workplace, each read once, each image of a clip looked at once.

    Parameters
    ----------
    workplace : Workplace
        Its `checkpoints` holds a folder for each network, named like the variant that it was trained as.
    """

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._predictors: dict[str, Predictor] = {}
        self._backbones: dict[ImageNetworkFacts, Backbone] = {}
        self._known: OrderedDict[tuple[bytes, str], NDArray[Any]] = OrderedDict()
        self._bytes = 0

    def __getitem__(self, network: str) -> Predictor:
        """Read a network by name; raises `UnavailableError` if it isn't trained or can't run here."""
        if network not in self._predictors:
            folder = self._workplace.checkpoint_folder
            try:
                checkpoint = read_checkpoint(folder / network)
            except UnavailableError as error:
                raise UnavailableError(
                    f"no trained network {network!r} in {folder}; make it with "
                    f"'models train --variant {network} --out {folder}'"
                ) from error
            images = checkpoint.images
            maps = convolutions_of(self.backbone(images)) if images else None
            streams = streams_of(checkpoint.config, maps)
            self._predictors[network] = Predictor(checkpoint, streams, self._workplace.device)
        return self._predictors[network]

    def cochleagrams(self, network: str, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Predict the sounds of clips, float32 [shape=(n_clips, 45, 42)], compressed envelopes."""
        predictor = self[network]
        seen = [self._seen(predictor.streams, clip) for clip in clips]
        frames, first = (np.stack(arrays) for arrays in zip(*seen, strict=True))
        return predictor.predict(frames, first)

    def backbone(self, wanted: ImageNetworkFacts) -> Backbone:
        """Find the image network that a checkpoint was trained on, the workplace's own if it is that."""
        if wanted not in self._backbones:
            own, device = self._workplace.backbone, self._workplace.device
            spec = own if own.partition("=")[0] == wanted.name else wanted.name
            backbone = backbones.load_backbone(spec, image_size=wanted.image_size, device=device)
            if facts_of(backbone) != wanted:
                raise UnavailableError(
                    f"a network was trained on {wanted.name} with weights of SHA-256 {wanted.digest}, "
                    f"those here have {backbone.digest}; give them as --backbone {wanted.name}=FILE or "
                    "train again"
                )
            self._backbones[wanted] = backbone
        return self._backbones[wanted]

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

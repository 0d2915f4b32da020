"""The trained detection network, ready to be asked about whole videos."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.context import Context
from models.detection.grid import Maps, map_blocks
from models.detection.joining import predict_long
from models.detection.recordings import NAMES, Recording
from models.errors import ModelsError
from models.networks.checkpoints import Checkpoint, read_checkpoint
from models.networks.convolutions import Convolutions, convolutions_of
from models.networks.network import SoundNetwork


class Detector:
    """A trained detection network.

    Parameters
    ----------
    checkpoint : Checkpoint
        The network.
    convolutions : Convolutions
        The frozen part of its image network.
    device : str
        Torch device.
    """

    def __init__(self, checkpoint: Checkpoint, convolutions: Convolutions, device: str) -> None:
        self.checkpoint, self.convolutions, self.device = checkpoint, convolutions, device
        self.network: SoundNetwork = checkpoint.network(device)
        self.names = NAMES[checkpoint.config.frames]

    @property
    def image_size(self) -> int:
        """Side of the pictures that it is shown (pixels)."""
        return self.convolutions.backbone.image_size

    def watch(self, images: Iterator[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Predict the sound of a video of any length.

        Parameters
        ----------
        images : iterator of ndarray of uint8 [shape=(image_size, image_size, 3)]
            30 a second, as from `models.detection.grid.pictures_on_grid`.

        Returns
        -------
        ndarray of float32 [shape=(3 * n_frames, n_components)]
            Coordinates of `targets`, 90 steps a second from the first picture.
        """
        return self._predict(map_blocks(images, self.convolutions, self.names))

    def predict_recording(self, recording: Recording) -> NDArray[np.float32]:
        """Predict the sound of a recording whose maps are at hand."""
        name, first = self.names
        return self._predict([{name: recording.frames, first: recording.first}])

    def cochleagram(self, coordinates: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn coordinates into compressed envelopes, (n_steps, 42)."""
        with torch.inference_mode():
            decoded = self.network.targets.decode(torch.from_numpy(coordinates).to(self.device))
        return np.asarray(decoded.cpu().numpy(), np.float32)

    def encode(self, cochleagrams: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn compressed envelopes (..., 42) into coordinates."""
        with torch.inference_mode():
            encoded = self.network.targets.encode(torch.from_numpy(cochleagrams).to(self.device))
        return np.asarray(encoded.cpu().numpy(), np.float32)

    def _predict(self, blocks: Iterable[Maps]) -> NDArray[np.float32]:
        lag = self.checkpoint.config.lag
        return predict_long(blocks, self._stretch, name=self.names[0], lag=lag)

    def _stretch(self, frames: NDArray[Any], first: NDArray[Any]) -> NDArray[np.float32]:
        with torch.inference_mode():
            seen = torch.from_numpy(frames[None]).to(self.device)
            image = torch.from_numpy(first[None]).to(self.device)
            return np.asarray(self.network(seen, image)[0].float().cpu().numpy(), np.float32)


def load_detector(context: Context, folder: Path) -> Detector:
    """Read a trained detection network.

    Parameters
    ----------
    context : Context
        Its device, and its backbone if it is the one that the network was trained on.
    folder : Path
        The network's own.

    Raises
    ------
    UnavailableError
        If it isn't trained, or its image network can't be had.
    ModelsError
        If it is damaged or no detection network.
    """
    checkpoint = read_checkpoint(folder)
    if checkpoint.images is None or checkpoint.config.lag == 0:
        raise ModelsError(f"{folder} holds {checkpoint.variant!r}, which is no detection network")
    backbone = context.predictors.backbone(checkpoint.images)
    return Detector(checkpoint, convolutions_of(backbone), context.device)

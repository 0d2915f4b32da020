"""Batches for the network: clips on the device, with crops and mirroring for ``scratch``."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.errors import ModelsError
from models.networks.network import DenseEncoder, NetworkConfig, SoundNetwork
from models.networks.streams import pictures


class Rows(Protocol):
    """Arrays [shape=(n, ...)] by row, all in memory or made when they are asked for."""

    def __getitem__(self, rows: Any, /) -> Any:
        """Give one row for a number, an array of rows for an array of numbers."""


class Examples(Protocol):
    """What a network is fitted to: a `ClipSet`, or sequences of whole recordings."""

    @property
    def video_ids(self) -> tuple[str, ...]:
        """The recording of each."""

    @property
    def cochleagrams(self) -> Rows:
        """What is heard, float32 [shape=(n, n_steps, 42)]."""

    @property
    def frames(self) -> Rows:
        """What is seen of each frame."""

    @property
    def first(self) -> Rows:
        """What is seen of the first colour image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What the network is given of some clips, and what it should say.

    Attributes
    ----------
    frames, first : Tensor
        As `models.networks.network.SoundNetwork.forward` takes them.
    cochleagrams : Tensor of float32 [shape=(n_clips, 45, 42)]
    """

    frames: Tensor
    first: Tensor
    cochleagrams: Tensor


def make_batch(
    clips: Examples,
    rows: NDArray[np.intp],
    config: NetworkConfig,
    *,
    device: str,
    rng: np.random.Generator | None = None,
) -> Batch:
    """Bring clips to the device.

    Parameters
    ----------
    clips : Examples
        All clips.
    rows : ndarray of int [shape=(n,)]
        Which of them.
    config : NetworkConfig
        The network that they are for.
    device : str
        Torch device.
    rng : Generator, optional
        Draws a crop and a mirroring for each clip, the same for all its frames, where the image network
        is trained from scratch; None crops in the middle.
    """
    frames = torch.from_numpy(clips.frames[rows]).to(device, non_blocking=True)
    first = torch.from_numpy(clips.first[rows]).to(device, non_blocking=True)
    if config.encoder == "scratch":
        frames, first = pictures(frames, first, side=config.n_inputs, rng=rng)
    cochleagrams = torch.from_numpy(clips.cochleagrams[rows]).to(device, non_blocking=True)
    return Batch(frames=frames, first=first, cochleagrams=cochleagrams)


def noisy(batch: Batch, network: SoundNetwork, amount: float, generator: torch.Generator) -> Batch:
    """Add noise in proportion to how much each number of a map varies.

    Parameters
    ----------
    batch : Batch
        Of maps.
    network : SoundNetwork
        Whose encoder knows how much they vary.
    amount : float
        In standard deviations.
    generator : torch.Generator
        On the batch's device.

    Raises
    ------
    ModelsError
        If the network does not see standardized maps.
    """
    encoder = network.encoder
    if not isinstance(encoder, DenseEncoder):
        raise ModelsError("input noise is for networks on standardized maps; use --input-noise 0")
    scale = amount * encoder.scale

    def noise(maps: Tensor) -> Tensor:
        drawn = torch.randn(maps.shape, generator=generator, device=maps.device)
        return maps.float() + scale * drawn

    return dataclasses.replace(batch, frames=noise(batch.frames), first=noise(batch.first))

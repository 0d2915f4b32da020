"""What is to be trained: the variants that have a network of their own, and how networks are fitted."""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.errors import ModelsError
from models.networks.checkpoints import ImageNetworkFacts
from models.networks.loss import EPSILON
from models.networks.network import NetworkConfig

FALL = 0.8  # share of the epochs in which epsilon falls

Align = Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]
"""Predicted and true coordinates, the true cochleagrams and epsilon to the predicted ones moved to where
they fit best, and the weight of each step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainOptions:
    """How a network is fitted.

    Attributes
    ----------
    optimizer : {"sgd", "adam"}
        ``sgd``, with momentum, is the paper's. ``adam`` (Kingma & Ba 2015) gets as far in a fraction of
        the steps, which is what small datasets and small budgets have.
    epsilon : float
        Of the loss in the first epoch. Above the paper's 1/625 it falls to that, by the same factor
        an epoch, over the first 80 % of the epochs: the loss begins nearly convex, in which large
        errors count, and ends as the paper's (graduated non-convexity, Blake & Zisserman 1987).
    epochs : int
        Passes through the training clips, at the most.
    batch : int
        Clips a step, over all processes together.
    learning_rate : float
        At the start; it falls to zero over `epochs` along half a cosine.
    momentum : float
        From 0 to below 1.
    clip_norm : float
        Longer gradients are scaled to this length.
    patience : int
        Epochs without a better validation score after which to stop, counted from the end of the
        fall of `epsilon`.
    validation_share : float
        Share of the training videos kept for that, from 0 (none: every epoch counts as better) to
        below 1. The split is by video, for clips of one video resemble each other.
    input_noise : float
        Normal noise on cached maps while training, in their standard deviations; ours, against
        learning a small training set by heart. The paper has none.
    seed : int
        Of weights, order, crops, mirroring and noise.
    """

    optimizer: Literal["sgd", "adam"] = "sgd"
    epsilon: float = EPSILON
    epochs: int = 60
    batch: int = 16
    learning_rate: float = 0.01
    momentum: float = 0.9
    clip_norm: float = 10.0
    patience: int = 15
    validation_share: float = 0.15
    input_noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 1 or self.learning_rate <= 0 or self.clip_norm <= 0:
            raise ModelsError(f"epochs, batch, rate and clip norm must be positive: {self}")
        if not (0 <= self.momentum < 1 and 0 <= self.validation_share < 1):
            raise ModelsError(f"momentum and validation share must be in [0, 1): {self}")
        if self.input_noise < 0:
            raise ModelsError(f"input noise must not be negative: {self}")
        if self.optimizer not in ("sgd", "adam") or self.epsilon < EPSILON:
            raise ModelsError(f"the optimizer is sgd or adam, epsilon at least {EPSILON}: {self}")

    def epsilon_at(self, epoch: int) -> float:
        """Give the loss's epsilon of an epoch, counted from 0."""
        share = min(1.0, epoch / (FALL * self.epochs))
        return float(self.epsilon ** (1 - share) * EPSILON**share)

    def learning_rate_at(self, epoch: int) -> float:
        """Give the learning rate of an epoch, counted from 0."""
        return self.learning_rate * (1 + math.cos(math.pi * epoch / self.epochs)) / 2

    @property
    def settled(self) -> int:
        """The first epoch whose loss is the paper's; networks of earlier ones are not chosen."""
        return math.ceil(FALL * self.epochs) if self.epsilon > EPSILON else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Epoch:
    """One pass through the training clips.

    Losses are means over clips, with the paper's epsilon; `validation_loss` is None without validation
    videos. `left_s` is the time that the rest takes if nothing stops it early (s).
    """

    number: int
    train_loss: float
    validation_loss: float | None
    seconds: float
    left_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to be trained, on what.

    Attributes
    ----------
    variant : str
        Its name.
    config : NetworkConfig
        Its shape.
    images : ImageNetworkFacts or None
        Its pretrained part.
    layers : dict of str to Tensor
        Pretrained weights of the encoder's layers, by name.
    data_digest : str
        Of the training clips.
    options : TrainOptions
        How.
    align : callable or None
        Moves what is predicted before it is compared, see `models.detection.shifts`.
    """

    variant: str
    config: NetworkConfig
    images: ImageNetworkFacts | None = None
    layers: Mapping[str, Tensor] = field(default_factory=dict)
    data_digest: str = ""
    options: TrainOptions = field(default_factory=TrainOptions)
    align: Align | None = None

    @property
    def described(self) -> dict[str, Any]:
        """All that two trainings must share for one to go on where the other stopped."""
        images = asdict(self.images) if self.images else None
        plan = {"variant": self.variant, "config": asdict(self.config), "images": images}
        return {**plan, "data": self.data_digest, "options": asdict(self.options)}


def validation_mask(video_ids: tuple[str, ...], *, share: float) -> NDArray[np.bool_]:
    """Choose the videos that training does not see, by digest of their ids.

    Parameters
    ----------
    video_ids : tuple of str
        Of each clip.
    share : float
        Of the videos; at least one if it is above zero, and never all.

    Returns
    -------
    ndarray of bool [shape=(n_clips,)]

    Raises
    ------
    ModelsError
        If a share is asked for of a single video.
    """
    videos = sorted(set(video_ids), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    if share > 0 and len(videos) < 2:
        raise ModelsError("one training video can't be split; use a validation share of 0")
    count = min(len(videos) - 1, max(1, round(share * len(videos)))) if share > 0 else 0
    return np.isin(np.array(video_ids), videos[:count])

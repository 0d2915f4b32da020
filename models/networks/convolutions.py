"""The frozen part of a pretrained image network, whose output is computed once and cached.

"When we used pretraining, we precomputed the features from the convolutional layers and fine-tuned only
the fully connected layers" (Section 5.1); "we precomputed the pool5 features and fine-tuned the model's
two fully-connected layers" (A1.3).
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from models.networks.backbones import DEFAULT, Backbone

FROZEN = {
    DEFAULT: ("_blocks.15", (320, 1, 1)),  # before the layer that widens them to 1,280
    "alexnet": ("avgpool", (256, 6, 6)),  # pool5
}
"""By image network: the layer whose output is taken, and its shape."""


@dataclass(frozen=True, kw_only=True)
class Convolutions:
    """The convolutional layers of an image network.

    Attributes
    ----------
    backbone : Backbone
        The network with its weights.
    layer : str or None
        The module whose output is taken; None takes the penultimate layer's pooled features.
    shape : tuple of int
        Channels, rows and columns of the map of one image.
    """

    backbone: Backbone
    layer: str | None
    shape: tuple[int, int, int]

    @property
    def n_values(self) -> int:
        """Numbers per image."""
        return prod(self.shape)

    @property
    def facts(self) -> dict[str, Any]:
        """All that its maps depend on beside the pictures, as plain JSON values."""
        return {**self.backbone.facts, "layer": self.layer, "shape": list(self.shape)}

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float16]:
        """Compute the maps of pictures.

        Parameters
        ----------
        images : ndarray of uint8 [shape=(n, height, width, 3)]
            RGB, or the three frames of spacetime images; resized to the backbone's size.

        Returns
        -------
        ndarray of float16 [shape=(n, n_values)]
            Half precision halves the cache; its rounding, 5e-4, is far below what the maps vary by.
        """
        if len(images) == 0:
            return np.zeros((0, self.n_values), np.float16)
        if self.layer is None:
            return self.backbone.features(images).astype(np.float16)
        outputs: list[Tensor] = []
        layer = self.backbone.network.get_submodule(self.layer)
        with layer.register_forward_hook(lambda *given: outputs.append(given[-1])):
            self.backbone.features(images)
        return np.concatenate([self._flat(output) for output in outputs])

    def _flat(self, output: Tensor) -> NDArray[np.float16]:
        pooled = functional.adaptive_avg_pool2d(output.float(), self.shape[1:])
        return np.asarray(pooled.flatten(start_dim=1).half().cpu().numpy(), np.float16)


def convolutions_of(backbone: Backbone) -> Convolutions:
    """Choose what of a backbone is frozen.

    AlexNet gives pool5, EfficientNet-Lite0 the mean of its last block over the picture (a grid of 3 x 3
    cells did no better on the demo dataset, see docs/training.md), any other network its penultimate
    features.
    """
    penultimate = (None, (backbone.n_features, 1, 1))
    layer, shape = FROZEN.get(backbone.name, penultimate)
    return Convolutions(backbone=backbone, layer=layer, shape=shape)


def pretrained_layers(backbone: Backbone) -> dict[str, Tensor]:
    """Give AlexNet's fc6 and fc7 as `models.networks.network` names them; nothing for other networks."""
    if backbone.name != "alexnet":
        return {}
    classifier = backbone.network.get_submodule("classifier")
    linear = [module for module in classifier.modules() if isinstance(module, nn.Linear)]
    named = zip(("fc6", "fc7"), linear, strict=True)
    return {
        f"{name}.{part}": torch.clone(getattr(layer, part).detach())
        for name, layer in named
        for part in ("weight", "bias")
    }

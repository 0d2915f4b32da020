"""Trained networks on disk: weights that know their configuration, and a digest that guards them.

A checkpoint is two files: ``NAME.json``, which says in readable form what it is and names the other with
its SHA-256, and ``NAME-<digest>.pt``, which holds the weights and, again, the configuration. The second
is written first, so that at every moment the first names a whole file.
"""

import json
import pickle
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.cache import file_digest
from models.errors import ModelsError, UnavailableError
from models.files import write_json
from models.networks.backbones import Backbone
from models.networks.network import NetworkConfig, SoundNetwork

FORMAT = 1
WEIGHTS = "checkpoint"  # the network of the lowest validation loss
STATE = "resume"  # all that a training needs to go on


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageNetworkFacts:
    """Which image network made the maps that a network was trained on.

    Attributes
    ----------
    name, digest : str
        Of its weights, see `models.networks.backbones.Backbone`.
    image_size : int
        Side of the pictures (pixels).
    """

    name: str
    digest: str
    image_size: int


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A trained network.

    Attributes
    ----------
    variant : str
        What it was trained as.
    config : NetworkConfig
        Its shape.
    images : ImageNetworkFacts or None
        Its pretrained part; None where there is none.
    state : dict of str to Tensor
        Its weights, with the principal components of the targets.
    training : dict
        How it was trained, as plain JSON values.
    digest : str
        SHA-256 of the file that it was read from; empty if it was not.
    """

    variant: str
    config: NetworkConfig
    images: ImageNetworkFacts | None
    state: Mapping[str, Tensor]
    training: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""

    def network(self, device: str = "cpu") -> SoundNetwork:
        """Build the network with its weights, ready to predict."""
        network = SoundNetwork(self.config)
        network.load_state_dict(dict(self.state))
        return network.eval().to(device)


def facts_of(backbone: Backbone) -> ImageNetworkFacts:
    """Say which image network this is."""
    return ImageNetworkFacts(name=backbone.name, digest=backbone.digest, image_size=backbone.image_size)


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> str:
    """Write a trained network into its folder in place of what was there; returns its SHA-256."""
    described = {
        "variant": checkpoint.variant,
        "config": asdict(checkpoint.config),
        "images": asdict(checkpoint.images) if checkpoint.images else None,
        "training": dict(checkpoint.training),
    }
    return save(folder, WEIGHTS, described, {"state": dict(checkpoint.state)})


def is_trained(folder: Path) -> bool:
    """Tell whether a folder holds a trained network."""
    return (folder / f"{WEIGHTS}.json").exists()


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read a trained network.

    Raises
    ------
    UnavailableError
        If the folder holds none.
    ModelsError
        If a byte of it has changed, or it is of another format.
    """
    content, digest = load(folder, WEIGHTS)
    try:
        images = content["images"]
        return Checkpoint(
            variant=content["variant"],
            config=NetworkConfig(**content["config"]),
            images=ImageNetworkFacts(**images) if images else None,
            state=content["state"],
            training=content["training"],
            digest=digest,
        )
    except (KeyError, TypeError) as error:
        raise ModelsError(f"the checkpoint in {folder} lacks or holds too much: {error}") from error


def save(folder: Path, name: str, described: Mapping[str, Any], tensors: Mapping[str, Any]) -> str:
    """Write what is described in plain JSON values, and tensors, as one guarded file.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    name : str
        `WEIGHTS` or `STATE`.
    described : dict
        Plain JSON values; they go into both files.
    tensors : dict
        Tensors, and lists or dicts of them.

    Returns
    -------
    str
        SHA-256 of the file of tensors.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="writing-", delete=False) as file:
        torch.save({"format": FORMAT, **described, **tensors}, file)
    digest = file_digest(Path(file.name))
    weights = folder / f"{name}-{digest[:16]}.pt"
    Path(file.name).replace(weights)
    facts = {"format": FORMAT, "file": weights.name, "sha256": digest, **described}
    write_json(folder / f"{name}.json", facts)
    for old in folder.glob(f"{name}-*.pt"):
        if old != weights:
            old.unlink()
    return digest


def load(folder: Path, name: str) -> tuple[dict[str, Any], str]:
    """Read what `save` wrote, and its SHA-256; raises as `read_checkpoint` does."""
    described = folder / f"{name}.json"
    try:
        facts = json.loads(described.read_text(encoding="utf-8"))
        path, expected, found = folder / facts["file"], facts["sha256"], facts["format"]
    except FileNotFoundError:
        raise UnavailableError(f"no {described}; train it with 'models train'") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ModelsError(f"{described} can't be read ({error}); train again") from error
    if found != FORMAT:
        raise ModelsError(f"{described} has format {found}, this program reads {FORMAT}; train again")
    if not path.is_file():
        raise ModelsError(f"{path} is missing, which {described.name} names; train again")
    if (digest := file_digest(path)) != expected:
        raise ModelsError(
            f"{path} has SHA-256 {digest}, expected {expected}: it was changed or damaged; train again"
        )
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ModelsError(f"{path} holds more than weights: {error}") from error
    return content, digest

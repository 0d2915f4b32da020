"""Training the networks that the variants need, each once, with caches in common."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from models.clips.clipset import load_clipset
from models.context import Context
from models.errors import ModelsError
from models.networks.checkpoints import STATE, Checkpoint, facts_of
from models.networks.convolutions import convolutions_of, pretrained_layers
from models.networks.network import FrameInput, NetworkConfig
from models.networks.streams import streams_of
from models.training.batches import Examples
from models.training.curves import draw_curves
from models.training.plans import Epoch, Plan, TrainOptions
from models.training.train import fit
from models.training.workers import Team

NETWORKS = ("full", "scratch", "no-spacetime", "no-rnn")
NETWORK_OF = {
    **{name: name for name in NETWORKS},
    "parametric": "full",
    "full-material": "full",
}
"""By variant: the network that it needs."""

ALEXNET_FEATURES = 4096  # fc7


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkOptions:
    """What of the networks' shapes can be chosen.

    Attributes
    ----------
    scratch_side : int
        Side of the pictures that ``scratch`` is trained on (pixels).
    scratch_width : float
        Its filters, as a share of AlexNet's.
    scratch_features : int
        Length of its phi.
    dense_features : int
        Length of phi where it is one new layer on cached maps.
    """

    scratch_side: int = 224
    scratch_width: float = 1.0
    scratch_features: int = 4096
    dense_features: int = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainRequest:
    """Everything that `train_variants` may be told beside the dataset.

    Attributes
    ----------
    fit : TrainOptions
        Of all networks that have pretrained parts.
    scratch : TrainOptions
        Of the network trained from scratch, which takes other rates and more epochs.
    shape : NetworkOptions
        Sizes.
    resume : bool
        Go on with trainings that were interrupted; what has not begun begins.
    """

    fit: TrainOptions = field(default_factory=TrainOptions)
    scratch: TrainOptions = field(default_factory=TrainOptions)
    shape: NetworkOptions = field(default_factory=NetworkOptions)
    resume: bool = False


def networks_of(variants: Iterable[str]) -> tuple[str, ...]:
    """Name the networks that variants need, each once, ``full`` first.

    Raises
    ------
    ModelsError
        If a variant has no network.
    """
    names = list(variants)
    unknown = sorted(set(names) - set(NETWORK_OF))
    if unknown:
        raise ModelsError(
            f"{', '.join(unknown)}: no network is trained for it; those that have one: "
            + ", ".join(NETWORK_OF)
        )
    needed = {NETWORK_OF[name] for name in names}
    return tuple(name for name in NETWORKS if name in needed)


def plan_of(network: str, context: Context, request: TrainRequest) -> Plan:
    """Say what a network is and how it is fitted on a context's dataset.

    Parameters
    ----------
    network : str
        One of `NETWORKS`.
    context : Context
        Its backbone and image size are those of the pretrained part.
    request : TrainRequest
        Sizes and options.
    """
    if network == "scratch":
        shape, digest = request.shape, context.exemplars.digest
        config = NetworkConfig(
            encoder="scratch",
            n_inputs=shape.scratch_side,
            n_features=shape.scratch_features,
            width=shape.scratch_width,
        )
        return Plan(variant=network, config=config, data_digest=digest, options=request.scratch)
    frames: FrameInput = "colour" if network == "no-spacetime" else "spacetime"
    return pretrained_plan(network, context, request, frames=frames, recurrent=network != "no-rnn")


def pretrained_plan(network: str, context: Context, request: TrainRequest, **shape: Any) -> Plan:
    """Plan a network whose image network is pretrained; `shape` are fields of its `NetworkConfig`."""
    backbone = context.image_network
    if backbone.name == "alexnet":
        shape |= {"encoder": "alexnet", "n_features": ALEXNET_FEATURES}
    else:
        shape |= {"n_features": request.shape.dense_features}
    return Plan(
        variant=network,
        config=NetworkConfig(n_inputs=convolutions_of(backbone).n_values, **shape),
        images=facts_of(backbone),
        layers=pretrained_layers(backbone),
        data_digest=context.exemplars.digest,
        options=request.fit,
    )


Report = Callable[[str, Epoch], None]
"""Told the network's name and what its epoch came to."""


def train_variants(
    context: Context,
    variants: Sequence[str],
    out: Path,
    *,
    team: Team,
    request: TrainRequest,
    report: Report | None = None,
) -> dict[str, Checkpoint | None]:
    """Train the networks that variants need; each image of the dataset is looked at once for all.

    Parameters
    ----------
    context : Context
        The dataset, its cache, the image network and the device.
    variants : sequence of str
        Names, see `NETWORK_OF`.
    out : Path
        Gets a folder for each network, with its checkpoint and learning curves.
    team : Team
        The processes that train together.
    request : TrainRequest
        How.
    report : callable, optional
        Told of each epoch.

    Returns
    -------
    dict of str to (Checkpoint or None)
        By network; None in processes that don't lead the team.
    """
    trained = {}
    for network in networks_of(variants):
        with team.in_turn():
            plan = plan_of(network, context, request)
            convolutions = None if network == "scratch" else convolutions_of(context.image_network)
            clips = load_clipset(context, context.exemplars, streams_of(plan.config, convolutions))
        trained[network] = fit_in_folder(plan, clips, out / network, team, request, report)
        team.wait()
    return trained


def fit_in_folder(
    plan: Plan,
    examples: Examples,
    folder: Path,
    team: Team,
    request: TrainRequest,
    report: Report | None,
) -> Checkpoint | None:
    """Train a network, or go on with it if so asked and begun, and draw its learning curves."""
    begun = request.resume and (folder / f"{STATE}.json").exists()
    tell = None if report is None else partial(report, plan.variant)
    checkpoint = fit(plan, examples, folder, team=team, resume=begun, report=tell)
    if checkpoint is not None:
        draw_curves(folder, plan.variant)
    return checkpoint

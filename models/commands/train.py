"""The command `models train`."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.commands import options
from models.commands.failures import failures_told
from models.progress import Report, bars

if TYPE_CHECKING:
    from models.training.plans import Epoch
    from models.training.trainings import TrainRequest
    from models.training.workers import Team

ABOVE_ZERO = click.FloatRange(min=0, min_open=True)
# Options that `TrainOptions` and `NetworkOptions` take as they are.
FIT = ("optimizer", "epsilon", "epochs", "batch", "patience", "validation_share", "input_noise", "seed")
SHAPE = ("scratch_side", "scratch_width", "scratch_features")


@click.command()
@click.option(
    "--variant",
    "variants",
    multiple=True,
    default=("all",),
    help="full, scratch, no-spacetime or no-rnn; variants that share one of these get it; all. Of whole "
    "videos: detection, detection-no-spacetime. Can be repeated.",
)
@click.option(
    "--out",
    type=options.FOLDER,
    help="Gets a folder for each network; by default checkpoints in the cache.",
)
@options.shared
@options.number("--epochs", options.COUNT, 60)
@options.number("--batch", options.COUNT, 16, "Clips a step.")
@click.option(
    "--optimizer",
    type=click.Choice(["sgd", "adam"]),
    default="sgd",
    help="sgd is the paper's; adam needs far fewer steps, for small datasets and budgets.",
)
@options.number("--learning-rate", ABOVE_ZERO, None, "0.01 for sgd, 0.001 for adam, by default.")
@click.option(
    "--epsilon",
    type=click.FloatRange(min=1 / 625),
    default=1 / 625,
    show_default="1/625",
    help="Of the loss at the start; a larger one falls to 1/625 over 80 % of the epochs.",
)
@options.number(
    "--patience", options.COUNT, 15, "Epochs without a better validation loss before training stops."
)
@options.number(
    "--validation-share", click.FloatRange(0, 1, max_open=True), 0.15, "Of the training videos."
)
@options.number(
    "--input-noise",
    click.FloatRange(min=0),
    0.0,
    "Noise on cached features while training, in their standard deviations.",
)
@options.number(
    "--scratch-side",
    click.IntRange(min=32),
    224,
    "Side of the pictures of the network trained from scratch (pixels).",
)
@options.number("--scratch-width", ABOVE_ZERO, 1.0, "Its filters as a share of AlexNet's.")
@options.number("--scratch-features", options.COUNT, 4096, "Length of its image features.")
@options.number("--scratch-epochs", options.COUNT, None, "Its epochs; --epochs by default.")
@click.option("--resume", is_flag=True, help="Go on with a training that was interrupted.")
def train(variants: tuple[str, ...], out: Path | None, **given: Any) -> None:
    """Train the networks that the variants need.

    Several GPUs or machines: start it with torchrun.
    """
    from models.detection.training import DETECTORS, train_detectors
    from models.training.trainings import NETWORKS, train_variants
    from models.training.workers import team

    detectors = [name for name in DETECTORS if name in variants]
    names = NETWORKS if "all" in variants else [name for name in variants if name not in DETECTORS]
    with failures_told(), team(given["device"]) as workers, _shown(workers) as report:
        context = options.context_of(given, device=workers.device, report=report)
        folder, request = out or context.checkpoint_folder, _request(given)
        trained = {
            **train_variants(context, names, folder, team=workers, request=request, report=_tell),
            **train_detectors(context, detectors, folder, team=workers, request=request, report=_tell),
        }
    for network, checkpoint in trained.items():
        if checkpoint is not None:
            loss = checkpoint.training["best_loss"]
            click.echo(f"{network:{options.NAME_WIDTH}s} loss {loss:.2f}   {folder / network}")


def _shown(workers: "Team") -> AbstractContextManager[Report | None]:
    """Show bars for the process that leads; the others are silent."""
    return bars() if workers.leads else nullcontext()


def _request(given: dict[str, Any]) -> "TrainRequest":
    from models.training.plans import TrainOptions
    from models.training.trainings import NetworkOptions, TrainRequest

    learning_rate, clip_norm = (0.001, 1000.0) if given["optimizer"] == "adam" else (0.01, 10.0)
    fit = TrainOptions(
        **{name: given[name] for name in FIT},
        learning_rate=given["learning_rate"] or learning_rate,
        clip_norm=clip_norm,
    )
    shape = NetworkOptions(**{name: given[name] for name in SHAPE})
    scratch = replace(fit, epochs=given["scratch_epochs"] or fit.epochs, input_noise=0.0)
    return TrainRequest(fit=fit, scratch=scratch, shape=shape, resume=given["resume"])


def _tell(network: str, epoch: "Epoch") -> None:
    checked = "" if epoch.validation_loss is None else f"  validation {epoch.validation_loss:8.2f}"
    click.echo(
        f"{network:{options.NAME_WIDTH}s} epoch {epoch.number + 1:3d}  "
        f"loss {epoch.train_loss:8.2f}{checked}  {epoch.seconds:6.1f} s, "
        f"at most {epoch.left_s / 60:.1f} min left",
        err=True,
    )

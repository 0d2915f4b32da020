"""The command `models train`, and the options that it shares with others."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from models.context import Context
    from models.training.plans import Epoch
    from models.training.trainings import TrainRequest

WIDTH = 23  # of the column of names


def shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that all work on a dataset has."""
    options = (
        click.option("--dataset", type=click.Path(path_type=Path), required=True, help="Its folder."),
        click.option("--cache", type=click.Path(path_type=Path), help="Where features are kept."),
        click.option(
            "--backbone", default="efficientnet-lite0", show_default=True,
            help="Pretrained image network: efficientnet-lite0, alexnet, or another of torchvision's; "
            "NAME=FILE for weights from a file.",
        ),
        click.option(
            "--image-size", type=click.IntRange(min=64),
            help="Side of its pictures (pixels); the network's own by default.",
        ),
        click.option(
            "--device", default="auto", show_default=True,
            help="auto takes a GPU if there is one; or cpu, cuda, cuda:1, ...",
        ),
        click.option(
            "--workers", type=click.IntRange(min=1), default=1, show_default=True,
            help="Processes that decode videos.",
        ),
        click.option(
            "--seed", type=click.IntRange(min=0), default=0, show_default=True,
            help="Source of all chance.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.option(
    "--variant",
    "variants",
    multiple=True,
    default=("all",),
    show_default=True,
    help="full, scratch, no-spacetime or no-rnn; variants that share one of these get it; all. Of whole "
    "videos: detection, detection-no-spacetime. Can be repeated.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Gets a folder for each network; by default checkpoints in the cache.",
)
@shared_options
@click.option("--epochs", type=click.IntRange(min=1), default=60, show_default=True)
@click.option("--batch", type=click.IntRange(min=1), default=16, show_default=True, help="Clips a step.")
@click.option(
    "--optimizer",
    type=click.Choice(["sgd", "adam"]),
    default="sgd",
    show_default=True,
    help="sgd is the paper's; adam needs far fewer steps, for small datasets and budgets.",
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    help="0.01 for sgd, 0.001 for adam, by default.",
)
@click.option(
    "--epsilon",
    type=click.FloatRange(min=1 / 625),
    default=1 / 625,
    show_default="1/625",
    help="Of the loss at the start; a larger one falls to 1/625 over 80 % of the epochs.",
)
@click.option(
    "--patience",
    type=click.IntRange(min=1),
    default=15,
    show_default=True,
    help="Epochs without a better validation loss before training stops.",
)
@click.option(
    "--validation-share",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.15,
    show_default=True,
    help="Of the training videos.",
)
@click.option(
    "--input-noise",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Noise on cached features while training, in their standard deviations.",
)
@click.option(
    "--scratch-side",
    type=click.IntRange(min=32),
    default=224,
    show_default=True,
    help="Side of the pictures of the network trained from scratch (pixels).",
)
@click.option(
    "--scratch-width",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Its filters as a share of AlexNet's.",
)
@click.option(
    "--scratch-features",
    type=click.IntRange(min=1),
    default=4096,
    show_default=True,
    help="Length of its image features.",
)
@click.option(
    "--scratch-epochs",
    type=click.IntRange(min=1),
    help="Its epochs; --epochs by default.",
)
@click.option("--resume", is_flag=True, help="Go on with a training that was interrupted.")
def train(variants: tuple[str, ...], out: Path | None, **options: Any) -> None:
    """Train the networks that the variants need.

    Several GPUs or machines: start it with torchrun.
    """
    from models.context import default_checkpoints
    from models.detection.training import DETECTORS, train_detectors
    from models.errors import ModelsError
    from models.training.trainings import NETWORKS, train_variants
    from models.training.workers import team

    detectors = [name for name in DETECTORS if name in variants]
    names = NETWORKS if "all" in variants else [name for name in variants if name not in DETECTORS]
    try:
        with team(options["device"]) as workers:
            context = context_of(options, device=workers.device, tells=workers.leads)
            folder = out or default_checkpoints(context.cache)
            request = _request(options)
            trained = {
                **train_variants(context, names, folder, team=workers, request=request, report=_tell),
                **train_detectors(
                    context, detectors, folder, team=workers, request=request, report=_tell
                ),
            }
    except ModelsError as error:
        raise click.ClickException(str(error)) from error
    for network, checkpoint in trained.items():
        if checkpoint is not None:
            loss = checkpoint.training["best_loss"]
            click.echo(f"{network:{WIDTH}s} loss {loss:.2f}   {folder / network}")


def context_of(
    options: dict[str, Any], *, device: str, tells: bool = True, checkpoints: Path | None = None
) -> "Context":
    """Build the context that a command's shared options ask for."""
    from models.context import Context, default_cache
    from models.videos.dataset import read_dataset

    return Context(
        dataset=read_dataset(options["dataset"]),
        cache=options["cache"] or default_cache(),
        backbone=options["backbone"],
        image_size=options["image_size"],
        device=device,
        workers=options["workers"],
        progress=_tell_steps if tells else None,
        checkpoints=checkpoints,
    )


def _request(options: dict[str, Any]) -> "TrainRequest":
    from dataclasses import replace

    from models.training.plans import TrainOptions
    from models.training.trainings import NetworkOptions, TrainRequest

    fit = TrainOptions(
        optimizer=options["optimizer"],
        epsilon=max(options["epsilon"], 1 / 625),
        epochs=options["epochs"],
        batch=options["batch"],
        learning_rate=options["learning_rate"] or (0.001 if options["optimizer"] == "adam" else 0.01),
        clip_norm=1000.0 if options["optimizer"] == "adam" else 10.0,
        patience=options["patience"],
        validation_share=options["validation_share"],
        input_noise=options["input_noise"],
        seed=options["seed"],
    )
    shape = NetworkOptions(
        scratch_side=options["scratch_side"],
        scratch_width=options["scratch_width"],
        scratch_features=options["scratch_features"],
    )
    scratch = replace(fit, epochs=options["scratch_epochs"] or fit.epochs, input_noise=0.0)
    return TrainRequest(fit=fit, scratch=scratch, shape=shape, resume=options["resume"])


def _tell(network: str, epoch: "Epoch") -> None:
    checked = "" if epoch.validation_loss is None else f"  validation {epoch.validation_loss:8.2f}"
    click.echo(
        f"{network:{WIDTH}s} epoch {epoch.number + 1:3d}  loss {epoch.train_loss:8.2f}{checked}"
        f"  {epoch.seconds:6.1f} s, at most {epoch.left_s / 60:.1f} min left",
        err=True,
    )


def _tell_steps(what: str, done: int, total: int) -> None:
    if done == total or done % max(1, total // 10) == 0:
        click.echo(f"{what}: {done} of {total} videos", err=True)

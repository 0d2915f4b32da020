"""The options that several verbs share, and the context that they ask for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from models.context import Context
    from models.progress import Report

Command = Callable[..., None]
Option = Callable[[Command], Command]

PATH = click.Path(path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
COUNT = click.IntRange(min=1)
NAME_WIDTH = 23  # columns of the names of variants in tables


def number(
    flag: str,
    kind: click.IntRange | click.FloatRange,
    default: float | None,
    help_text: str | None = None,
) -> Option:
    """Give a command the choice of a number."""
    return click.option(flag, type=kind, default=default, help=help_text)


def checkpoints(*, must_exist: bool = True) -> Option:
    """Give a command the choice of a folder of networks."""
    kind = click.Path(path_type=Path, exists=must_exist, file_okay=not must_exist)
    told = "What 'models train --out' wrote; by default checkpoints in the cache."
    return click.option("--checkpoints", type=kind, help=told)


variants: Option = click.option(
    "--variant", "variants", multiple=True, show_default="all", help="Can be repeated."
)
cache: Option = click.option("--cache", type=PATH, help="Where features are kept.")
seed = number("--seed", click.IntRange(min=0), 0, "Source of all chance.")
cluster: Option = click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Dask scheduler (tcp://host:8786) whose workers decode instead; they see the same files.",
)


def backbone(help_text: str) -> Option:
    """Give a command the choice of its image network."""
    return click.option("--backbone", default="efficientnet-lite0", help=help_text)


def device(help_text: str) -> Option:
    """Give a command the choice of where it computes."""
    return click.option("--device", default="auto", help=help_text)


def shared(command: Command) -> Command:
    """Give a command the options that all work on a dataset has."""
    options = (
        click.option("--dataset", type=PATH, required=True, help="Its folder."),
        cache,
        backbone(
            "Pretrained image network: efficientnet-lite0, alexnet, or another of torchvision's; "
            "NAME=FILE for weights from a file."
        ),
        number(
            "--image-size",
            click.IntRange(min=64),
            None,
            "Side of its pictures (pixels); the network's own by default.",
        ),
        device("auto takes a GPU if there is one; or cpu, cuda, cuda:1, ..."),
        number("--workers", COUNT, 1, "Processes that decode videos."),
        cluster,
        seed,
    )
    for option in reversed(options):
        command = option(command)
    return command


def context_of(
    options: dict[str, Any],
    *,
    device: str | None = None,
    checkpoints: Path | None = None,
    report: "Report | None" = None,
) -> "Context":
    """Build the context that the options of `shared`, all or some, ask for.

    Parameters
    ----------
    options : dict
        As click gives them.
    device : str, optional
        A torch device in place of ``options["device"]``.
    checkpoints : Path, optional
        Folder of trained networks.
    report : callable, optional
        Told how far long steps have come.
    """
    from models.context import Context
    from models.devices import resolve_device
    from models.videos.dataset import read_dataset
    from models.workplace import default_cache

    return Context(
        dataset=read_dataset(options["dataset"]),
        cache=options["cache"] or default_cache(),
        backbone=options["backbone"],
        image_size=options.get("image_size"),
        device=device or resolve_device(options["device"]),
        workers=options.get("workers", 1),
        cluster=options.get("cluster"),
        progress=report,
        checkpoints=checkpoints,
    )

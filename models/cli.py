"""The command `models`: datasets and video-to-sound models."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from models.demo.cli import demo_data
from models.dubbing.cli import dub
from models.evaluation.cli import evaluate
from models.processes import share_the_machine
from models.recognition.cli import recognition_data
from models.sounds.denoise_cli import denoise
from models.training.cli import train

if TYPE_CHECKING:
    from models.videos.inspection import Inventory

T = TypeVar("T")


@click.group()
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Datasets of impact videos, and the models that make sound for them."""
    share_the_machine()


for command in (demo_data, train, evaluate, recognition_data, denoise, dub):
    main.add_command(command)


@main.command("check-data")
@click.argument("dataset", type=click.Path(path_type=Path))
def check_data(dataset: Path) -> None:
    """Say what the folder DATASET holds, and name every missing, broken or odd file.

    Exits with 1 if anything is wrong, so that a script can stop there.
    """
    from models.errors import ModelsError
    from models.videos.inspection import inspect_dataset

    try:
        inventory = _with_bar("Reading videos", lambda tick: inspect_dataset(dataset, progress=tick))
    except ModelsError as error:
        raise click.ClickException(str(error)) from error
    click.echo(_describe(inventory))
    for problem in inventory.problems:
        click.echo(f"  {problem.file} {problem.message}", err=True)
    if inventory.problems:
        raise click.exceptions.Exit(1)


@main.command("list")
@click.option("--dataset", type=click.Path(path_type=Path), help="Say which can run on this dataset.")
@click.option("--cache", type=click.Path(path_type=Path), help="Where features are kept.")
def list_variants(dataset: Path | None, cache: Path | None) -> None:
    """List the variants by name and, given a dataset, whether each can run on it."""
    from models.variants.registry import variant_names

    if dataset is None:
        click.echo("\n".join(variant_names()))
        return
    from models.context import Context, default_cache
    from models.errors import ModelsError
    from models.variants.registry import available
    from models.videos.dataset import read_dataset

    try:
        context = Context(dataset=read_dataset(dataset), cache=cache or default_cache())
        for name, reason in available(context).items():
            click.echo(f"{name:22s} {reason or 'ready'}")
    except ModelsError as error:
        raise click.ClickException(str(error)) from error


def _with_bar(label: str, work: Callable[[Callable[[int, int], None]], T]) -> T:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        return work(lambda done, total: bar.update(task, completed=done, total=total))


def _describe(inventory: "Inventory") -> str:
    labelled = {
        kind: ", ".join(f"{label or 'unlabelled'} {count}" for label, count in counts.items())
        for kind, counts in inventory.labels.items()
    }
    lines = [
        f"videos       {inventory.n_videos} ({inventory.n_train} train, {inventory.n_test} test; "
        + ("split by train.txt and test.txt)" if inventory.split == "files" else "split drawn by id)"),
        f"length       {inventory.hours:.2f} h",
        f"pictures     {_counts(inventory.frame_rates, '{} Hz')}; "
        + _counts({f"{w} x {h}": n for (w, h), n in inventory.sizes.items()}, "{}"),
        f"sound        {_counts(inventory.sample_rates, '{} Hz')}",
        f"impacts      {inventory.n_impacts} annotated"
        + (f"; {inventory.n_unannotated} videos without annotation" if inventory.n_unannotated else ""),
        *(f"{kind:12s} {text}" for kind, text in labelled.items() if text),
        f"problems     {len(inventory.problems) or 'none'}",
    ]
    return "\n".join(lines)


def _counts(counts: "dict[int, int] | dict[float, int] | dict[str, int]", form: str) -> str:
    return ", ".join(f"{form.format(value)} ({count})" for value, count in counts.items()) or "none"

"""The command `models check-data`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.commands.failures import failures_told
from models.commands.options import PATH
from models.progress import bars

if TYPE_CHECKING:
    from models.videos.inspection import Inventory


@click.command("check-data")
@click.argument("dataset", type=PATH)
def check_data(dataset: Path) -> None:
    """Say what the folder DATASET holds, and name every missing, broken or odd file.

    Exits with 1 if anything is wrong, so that a script can stop there.
    """
    from models.videos.inspection import inspect_dataset

    with failures_told(), bars() as report:
        inventory = inspect_dataset(dataset, progress=partial(report, "reading videos"))
    click.echo(_describe(inventory))
    for problem in inventory.problems:
        click.echo(f"  {problem.file} {problem.message}", err=True)
    if inventory.problems:
        raise click.exceptions.Exit(1)


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

"""The command `models list`."""

from pathlib import Path

import click

from models.commands import options
from models.commands.failures import failures_told


@click.command("list")
@click.option("--dataset", type=options.PATH, help="Say which can run on this dataset.")
@options.cache
def list_variants(dataset: Path | None, cache: Path | None) -> None:
    """List the variants by name and, given a dataset, whether each can run on it."""
    from models.variants.registry import available, variant_names

    if dataset is None:
        click.echo("\n".join(variant_names()))
        return
    from models.context import Context
    from models.videos.dataset import read_dataset
    from models.workplace import default_cache

    with failures_told():
        context = Context(dataset=read_dataset(dataset), cache=cache or default_cache())
        for name, reason in available(context).items():
            click.echo(f"{name:22s} {reason or 'ready'}")

"""The command `analysis recognition`."""

from pathlib import Path
from typing import Any

import click

from analysis.console import FILE, errors


@click.command()
@click.option(
    "--data", "folder", required=True, type=FILE, help="The folder from `models recognition-data`."
)
@click.option("--out", required=True, type=FILE, help="Folder to write into.")
@click.option(
    "--start-class", metavar="MATERIAL",
    help="The first material in figures of confusions; the first by name if not given.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Where chance comes from.")
def recognition(folder: Path, out: Path, **asked: Any) -> None:
    """Recognise materials, actions and reactions from sounds and pictures, as the paper does.

    Writes one page, figures and tables.
    """
    from analysis.clock import Clock
    from analysis.recognition.folder import PAGE_NAME, format_table, make

    clock = Clock()
    with errors("the page"):
        found = make(folder, out, clock=clock, **asked)
    click.echo(format_table(found))
    click.echo(f"\n{clock.line()}\nPage: {out / PAGE_NAME}")

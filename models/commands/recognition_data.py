"""The command `models recognition-data`."""

from pathlib import Path
from typing import Any

import click

from models.commands import options
from models.commands.failures import failures_told
from models.progress import bars


@click.command("recognition-data")
@options.variants
@options.checkpoints()
@click.option(
    "--out",
    type=options.FOLDER,
    required=True,
    help="Folder to make, for 'analysis recognition --data'.",
)
@click.option(
    "--bands",
    "n_bands",
    type=click.IntRange(min=1),
    multiple=True,
    default=(2, 5, 10, 20, 80),
    help="Band-pass filters of the channels study, beside 40. Can be repeated.",
)
@options.shared
def recognition_data(
    variants: tuple[str, ...],
    checkpoints: Path | None,
    out: Path,
    n_bands: tuple[int, ...],
    **given: Any,
) -> None:
    """Write down what is heard and seen of all labelled clips, for 'analysis recognition'.

    That is the real sounds, every variant's sounds for the test clips, image features, small pictures.
    """
    from models.recognition.gather import Request, gather
    from models.variants.registry import variant_names

    names = variant_names() if not variants or "all" in variants else variants
    with failures_told(), bars() as report:
        context = options.context_of(given, checkpoints=checkpoints, report=report)
        request = Request(variants=tuple(names), n_bands=n_bands, seed=given["seed"])
        unavailable = gather(context, out, request)
    for name, reason in unavailable.items():
        click.echo(f"{name:{options.NAME_WIDTH}s} {reason}", err=True)
    click.echo(f"{out}: now analysis recognition --data {out} --out FOLDER")

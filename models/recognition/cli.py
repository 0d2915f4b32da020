"""The command `models recognition-data`."""

from pathlib import Path
from typing import Any

import click

from models.training.cli import WIDTH, shared_options


@click.command("recognition-data")
@click.option("--variant", "variants", multiple=True, show_default="all", help="Can be repeated.")
@click.option(
    "--checkpoints",
    type=click.Path(path_type=Path),
    help="What 'models train --out' wrote; by default checkpoints in the cache.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder to make, for 'analysis recognition --data'.",
)
@click.option(
    "--bands",
    "n_bands",
    type=click.IntRange(min=1),
    multiple=True,
    default=(2, 5, 10, 20, 80),
    show_default=True,
    help="Band-pass filters of the channels study, beside 40. Can be repeated.",
)
@shared_options
def recognition_data(
    variants: tuple[str, ...],
    checkpoints: Path | None,
    out: Path,
    n_bands: tuple[int, ...],
    **options: Any,
) -> None:
    """Write down what is heard and seen of all labelled clips, for 'analysis recognition'.

    That is the real sounds, every variant's sounds for the test clips, image features, small pictures.
    """
    from models.devices import resolve_device
    from models.errors import ModelsError
    from models.recognition.gather import Request, gather
    from models.training.cli import context_of
    from models.variants.registry import variant_names

    names = variant_names() if not variants or "all" in variants else variants
    try:
        device = resolve_device(options["device"])
        context = context_of(options, device=device, checkpoints=checkpoints)
        request = Request(variants=tuple(names), n_bands=n_bands, seed=options["seed"])
        unavailable = gather(context, out, request)
    except ModelsError as error:
        raise click.ClickException(str(error)) from error
    for name, reason in unavailable.items():
        click.echo(f"{name:{WIDTH}s} {reason}", err=True)
    click.echo(f"{out}: now analysis recognition --data {out} --out FOLDER")

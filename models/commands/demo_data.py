"""The command `models demo-data`."""

from functools import partial
from pathlib import Path

import click

from models.commands import options
from models.commands.failures import failures_told
from models.progress import bars


@click.command("demo-data")
@click.argument("out", type=options.FOLDER)
@options.seed
@click.option(
    "--materials",
    "n_materials",
    type=click.IntRange(1, 17),
    default=17,
    show_default=True,
    help="How many of the 17 materials to render.",
)
@click.option(
    "--videos-per-material",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="About three quarters of them are for training; from 2 on every material is in both parts.",
)
@click.option(
    "--impacts-per-video",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="Hits and scratches a video.",
)
@options.workers(2, "Processes.")
def demo_data(
    out: Path,
    seed: int,
    n_materials: int,
    videos_per_material: int,
    impacts_per_video: int,
    workers: int,
) -> None:
    """Render the demo dataset into the folder OUT, in the Greatest Hits layout.

    A drumstick hits and scratches 17 materials; pictures, sounds, times and labels are synthetic, so
    numbers measured on them are no results.
    """
    from models.demo.dataset import render_dataset  # here, for `--help` must answer at once

    with failures_told(), bars() as report:
        render_dataset(
            out,
            seed=seed,
            n_materials=n_materials,
            videos_per_material=videos_per_material,
            impacts_per_video=impacts_per_video,
            workers=workers,
            progress=partial(report, "rendering videos"),
        )
    click.echo(f"{n_materials * videos_per_material} videos in {out}")

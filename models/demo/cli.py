"""The command `models demo-data`."""

from pathlib import Path

import click

from models.errors import ModelsError


@click.command("demo-data")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Source of all chance."
)
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
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes.")
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
    from rich.progress import Progress  # here and below: `--help` must answer at once

    from models.demo.dataset import render_dataset

    with Progress(transient=True) as bar:
        task = bar.add_task("rendering videos", total=n_materials * videos_per_material)
        try:
            render_dataset(
                out,
                seed=seed,
                n_materials=n_materials,
                videos_per_material=videos_per_material,
                impacts_per_video=impacts_per_video,
                workers=workers,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except ModelsError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{n_materials * videos_per_material} videos in {out}")  # fmt: skip

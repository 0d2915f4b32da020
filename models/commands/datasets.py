"""The commands about datasets: `models check-data`, `demo-data`, `denoise`, `write-labels`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.commands import options
from models.commands.failures import failures_told
from models.progress import bars

if TYPE_CHECKING:
    from models.videos.inspection import Inventory


@click.command("check-data")
@click.argument("dataset", type=options.PATH)
def check_data(dataset: Path) -> None:
    """Say what the folder DATASET holds, and name every missing, broken or odd file.

    Exits with 1 if anything is wrong, so that a script can stop there.
    """
    from models.videos.inspection import inspect_dataset  # here, for `--help` must answer at once

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


@click.command("demo-data")
@click.argument("out", type=options.FOLDER)
@options.seed
@click.option(
    "--materials",
    "n_materials",
    type=click.IntRange(1, 17),
    default=17,
    help="How many of the 17 materials to render.",
)
@options.number(
    "--videos-per-material",
    options.COUNT,
    5,
    "About three quarters of them are for training; from 2 on every material is in both parts.",
)
@options.number("--impacts-per-video", options.COUNT, 12, "Hits and scratches a video.")
@options.number("--workers", options.COUNT, 2, "Processes.")
def demo_data(out: Path, **given: Any) -> None:
    """Render the demo dataset into the folder OUT, in the Greatest Hits layout.

    A drumstick hits and scratches 17 materials; pictures, sounds, times and labels are synthetic, so
    numbers measured on them are no results.
    """
    from models.demo.dataset import render_dataset

    with failures_told(), bars() as report:
        render_dataset(out, **given, progress=partial(report, "rendering videos"))
    click.echo(f"{given['n_materials'] * given['videos_per_material']} videos in {out}")


@click.command()
@click.argument("source", type=options.PATH)
@click.option(
    "-o",
    "--out",
    type=options.PATH,
    help="The WAV file to write; of a dataset, the folder for them, by default the dataset itself.",
)
@options.number(
    "--noise-share",
    click.FloatRange(0, 1, min_open=True),
    0.2,
    "Share of the track, its quietest part, that the noise is learned from.",
)
@click.option(
    "--floor",
    "floor_db",
    type=click.FloatRange(max=0),
    default=-18.0,
    help="Most that anything is turned down (dB).",
)
def denoise(source: Path, out: Path | None, **given: float) -> None:
    """Take steady noise out of SOURCE, a sound or video file or a dataset of raw microphone tracks.

    Of a dataset, each <id>_mic recording gets an <id>_denoised.wav, which from then on is the sound that
    is read; those that have one are left alone.
    """
    from models.sounds.denoising import DenoiseOptions
    from models.videos.denoised import denoise_dataset, denoise_file

    with failures_told():
        how = DenoiseOptions(**given)
        if source.is_dir():
            for path in denoise_dataset(source, out or source, options=how):
                click.echo(path)
            return
        if out is None:
            raise click.ClickException(f"where to? give the WAV file for {source.name} as -o FILE.wav")
        denoise_file(source, out, options=how)


@click.command("write-labels")
@click.argument("dataset", type=options.PATH)
@click.option(
    "--labels",
    type=options.PATH,
    required=True,
    help="The consensus.csv that `analysis annotation` wrote.",
)
@click.option("--replace", is_flag=True, help="Replace labels and places that are there already.")
def write_labels(dataset: Path, labels: Path, replace: bool) -> None:
    """Write labels on which annotators agreed into the folder DATASET.

    Every video that has one gets <id>_times.txt with all its impacts, None where there is no label, and
    <id>_positions.txt with the places. All files are written, or none.
    """
    from models.videos.labels import read_consensus
    from models.videos.labels import write_labels as write

    with failures_told():
        written = write(dataset, read_consensus(labels), replaces=replace)
    videos = f"{written.n_videos} video{'' if written.n_videos == 1 else 's'}"
    click.echo(
        f"{dataset}: {written.n_labelled} of {written.n_impacts} impacts of {videos} are labelled, "
        f"{written.n_placed} have a place" + ("" if written.n_files else "; all of it was there already")
    )

"""The command `models write-labels`."""

from pathlib import Path

import click

from models.commands.failures import failures_told
from models.commands.options import PATH


@click.command("write-labels")
@click.argument("dataset", type=PATH)
@click.option(
    "--labels", type=PATH, required=True, help="The consensus.csv that `analysis annotation` wrote."
)
@click.option("--replace", is_flag=True, help="Replace labels and places that are there already.")
def write_labels(dataset: Path, labels: Path, replace: bool) -> None:
    """Write labels on which annotators agreed into the folder DATASET.

    Every video that has one gets <id>_times.txt with all its impacts, None where there is no label, and
    <id>_positions.txt with the places. All files are written, or none.
    """
    from models.videos.consensus import read_consensus
    from models.videos.labels import write_labels as write

    with failures_told():
        written = write(dataset, read_consensus(labels), replaces=replace)
    videos = f"{written.n_videos} video{'' if written.n_videos == 1 else 's'}"
    click.echo(
        f"{dataset}: {written.n_labelled} of {written.n_impacts} impacts of {videos} are labelled, "
        f"{written.n_placed} have a place" + ("" if written.n_files else "; all of it was there already")
    )

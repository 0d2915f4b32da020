"""The command `models dub`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.commands import options
from models.commands.failures import failures_told
from models.progress import bars

if TYPE_CHECKING:
    from models.context import Context


@click.command()
@click.argument("video", type=options.PATH)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The dubbed video: .mp4, .m4v, .mov, .mkv or .webm.",
)
@click.option(
    "--variant",
    default="detection",
    help="How its sounds are made: detection, detection-parametric, or a variant of 'models list'.",
)
@click.option(
    "--dataset",
    type=options.PATH,
    help="Whose training videos lend their sounds; by default the one that detection was trained on.",
)
@options.cache
@options.checkpoints(must_exist=False)  # it says itself how to make one
@click.option(
    "--impacts",
    type=options.PATH,
    help="File with the times at which something is struck (s), a line each. By default the detection "
    "model finds them or, where it isn't trained, they are taken from the video's own sound.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(min=0),
    help="Least amplitude of a detected impact; a lower one gives more. By default as calibrated.",
)
@click.option(
    "--stems",
    type=options.FOLDER,
    help="Folder for the track, each sound and a list of them, as WAV and CSV files.",
)
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Picture of the sound's cochleagram with the impacts (.png, .pdf or .svg).",
)
@options.backbone("As for 'models train'.")
@options.device("auto, cpu, cuda, ...")
@options.seed
def dub(video: Path, out: Path, **given: Any) -> None:
    """Put sound on the silent video VIDEO, of any length; its pictures are copied as they are.

    Sound that it has of its own is left out.
    """
    from models.dubbing.dub import DubRequest
    from models.dubbing.dub import dub as run

    names = ("variant", "impacts", "threshold", "stems", "picture", "seed")
    request = DubRequest(video=video, out=out, **{name: given[name] for name in names})
    with failures_told(), bars() as report:
        context = _context(given)
        dubbed = run(request, context, tell=lambda what, *times_s: report(f"{what} (s)", *times_s))
    click.echo(
        f"{out}: {dubbed.duration_s:.1f} s, {dubbed.n_impacts} impacts by {request.variant}, "
        f"times from {dubbed.impacts_from}"
    )
    if dubbed.n_impacts == 0:
        click.echo(
            "It is silent: no impact was found. Try a lower --threshold, give times by --impacts, or "
            "train the detection model for longer.",
            err=True,
        )


def _context(given: dict[str, Any]) -> "Context":
    from models.detection.calibration import read_calibration
    from models.errors import UnavailableError
    from models.workplace import default_cache, default_checkpoints

    folder = given["checkpoints"] or default_checkpoints(given["cache"] or default_cache())
    dataset = given["dataset"]
    if dataset is None:
        try:
            dataset = Path(read_calibration(folder / "detection").dataset)
        except UnavailableError as error:
            raise UnavailableError(
                f"no detection model in {folder}: make one with 'models train --variant detection "
                f"--dataset DATA --out {folder}' ('models demo-data' renders videos to try it on), or "
                "give --dataset, and --variant of those that 'models list' says are ready"
            ) from error
    return options.context_of({**given, "dataset": dataset}, checkpoints=folder)

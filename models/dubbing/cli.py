"""The command `models dub`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.context import Context


@click.command()
@click.argument("video", type=click.Path(path_type=Path))
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
    show_default=True,
    help="How its sounds are made: detection, detection-parametric, or a variant of 'models list'.",
)
@click.option(
    "--dataset",
    type=click.Path(path_type=Path),
    help="Whose training videos lend their sounds; by default the one that detection was trained on.",
)
@click.option("--cache", type=click.Path(path_type=Path), help="Where features are kept.")
@click.option(
    "--checkpoints",
    type=click.Path(path_type=Path),
    help="What 'models train --out' wrote; by default checkpoints in the cache.",
)
@click.option(
    "--impacts",
    type=click.Path(path_type=Path),
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
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the track, each sound and a list of them, as WAV and CSV files.",
)
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Picture of the sound's cochleagram with the impacts (.png, .pdf or .svg).",
)
@click.option(
    "--backbone", default="efficientnet-lite0", show_default=True, help="As for 'models train'."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, ...")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Source of all chance.",
)
def dub(video: Path, out: Path, **options: Any) -> None:
    """Put sound on the silent video VIDEO, of any length; its pictures are copied as they are.

    Sound that it has of its own is left out.
    """
    from models.dubbing.dub import DubRequest
    from models.dubbing.dub import dub as run
    from models.errors import ModelsError

    names = ("variant", "impacts", "threshold", "stems", "picture", "seed")
    request = DubRequest(video=video, out=out, **{name: options[name] for name in names})
    try:
        context = _context(options)
        with _Bars(video) as bars:
            dubbed = run(request, context, tell=bars.tell)
    except ModelsError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{out}: {dubbed.duration_s:.1f} s, {dubbed.n_impacts} impacts by {request.variant}, "
        f"times from {dubbed.impacts_from}"
    )


def _context(options: dict[str, Any]) -> "Context":
    from models.context import Context, default_cache, default_checkpoints
    from models.detection.calibration import read_calibration
    from models.devices import resolve_device
    from models.errors import UnavailableError
    from models.videos.dataset import read_dataset

    cache = options["cache"] or default_cache()
    folder = options["checkpoints"] or default_checkpoints(cache)
    dataset = options["dataset"]
    if dataset is None:
        try:
            dataset = Path(read_calibration(folder / "detection").dataset)
        except UnavailableError as error:
            raise UnavailableError(
                f"no detection model in {folder}: make one with 'models train --variant detection "
                f"--dataset DATA --out {folder}' ('models demo-data' renders videos to try it on), or "
                "give --dataset, and --variant of those that 'models list' says are ready"
            ) from error
    return Context(
        dataset=read_dataset(dataset),
        cache=cache,
        backbone=options["backbone"],
        device=resolve_device(options["device"]),
        checkpoints=folder,
    )


class _Bars:
    """Progress bars on a terminal, one for each thing that is done; a context manager."""

    def __init__(self, video: Path) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._video = video
        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> "_Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @property
    def tell(self) -> "Callable[[str, float], None]":
        """Move the bar of what is being done to a time of the video (s)."""
        from models.videos.video import probe

        total: float | None = None

        def move(what: str, time_s: float) -> None:
            nonlocal total
            if total is None:
                total = probe(self._video).duration_s
            if what not in self._tasks:
                self._tasks[what] = self._progress.add_task(what, total=total)
            self._progress.update(self._tasks[what], completed=time_s)

        return move

"""The command `stimuli`: stimulus sets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.processes import share_the_machine

if TYPE_CHECKING:
    from stimuli.building.build import Built
    from stimuli.checking.check import Checked

VIDEOS_SKIPPED = 3  # exit code: the set was built, but not from all videos
INTERRUPTED = 130  # exit code, as shells have it
FOLDER = click.Path(path_type=Path)


@click.group()
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Stimulus sets: clips of silent video, each with its real sound and with synthesized ones."""
    share_the_machine()


@main.command()
@click.option("--dataset", type=FOLDER, required=True, help="Folder of videos, see `models check-data`.")
@click.option("--out", type=FOLDER, required=True, help="Folder to make.")
@click.option("--models", default="all", show_default=True, help="'all', or names with commas between.")
@click.option("--external", multiple=True, metavar="NAME=DIR", help="Ready-made sounds as a variant.")
@click.option("--clips-per-video", default=15, show_default=True, help="Most clips of a video.")
@click.option("--common-clips", is_flag=True, help="Only clips that all external variants cover.")
@click.option(
    "--catch/--no-catch",
    default=True,
    show_default=True,
    help="Catch sounds (silence, a tone) for one clip of each video.",
)
@click.option("--seed", default=0, show_default=True, help="What all sampling starts from.")
@click.option("--level", type=click.Choice(["keep", "match"]), default="keep", show_default=True)
@click.option("--bitrate", default=192_000, show_default=True, help="Of the coded sound (bit/s).")
@click.option("--backbone", default="efficientnet-lite0", show_default=True, help="Image network.")
@click.option("--image-size", type=int, help="Side of the pictures it is given (pixels).")
@click.option("--checkpoints", type=FOLDER, help="Folder that `models train` wrote.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda or auto.")
@click.option("--workers", type=int, help="Processes; as many as there are cores by default.")
@click.option("--cache", type=FOLDER, help="Folder for features and exemplars.")
@click.option(
    "--task",
    type=click.Choice(["prediction", "detection"]),
    default="prediction",
    show_default=True,
    help="Half-second clips centred on an impact, or longer ones for the detection model.",
)
@click.option(
    "--clip-seconds",
    type=click.FloatRange(1, 30),
    default=3.0,
    show_default=True,
    help="Length of the detection task's clips.",
)
def build(
    dataset: Path,
    out: Path,
    models: str,
    external: tuple[str, ...],
    clips_per_video: int,
    common_clips: bool,
    catch: bool,
    seed: int,
    level: str,
    bitrate: int,
    backbone: str,
    image_size: int | None,
    checkpoints: Path | None,
    device: str,
    workers: int | None,
    cache: Path | None,
    task: str,
    clip_seconds: float,
) -> None:
    """Build a stimulus set from the test videos of a dataset.

    An interrupted build goes on where it stopped when the same command is given again. Exits with 3 if
    the set was built but some videos had to be left out, each named with its reason.
    """
    import os

    with _failures_told(), _bars() as report:
        from stimuli.building.build import build as build_set
        from stimuli.building.options import Options

        options = Options(
            models=tuple(name.strip() for name in models.split(",") if name.strip()),
            externals=_externals(external),
            clips_per_video=clips_per_video,
            common_clips=common_clips,
            catch=catch,
            seed=seed,
            level=level,
            bitrate=bitrate,
            backbone=backbone,
            image_size=image_size,
            checkpoints=checkpoints,
            device=device,
            workers=workers or os.cpu_count() or 1,
            cache=cache,
            task=task,
            clip_s=clip_seconds,
        )
        built = build_set(dataset, out, options=options, report=report)
    _tell(built, out)
    if built.skipped_videos:
        raise click.exceptions.Exit(VIDEOS_SKIPPED)


@main.command()
@click.argument("folder", type=FOLDER)
def check(folder: Path) -> None:
    """Verify the stimulus set FOLDER: every hash, size, sync and level, and that nothing leaks.

    Exits with 1 if anything is wrong.
    """
    with _failures_told(), _bars() as report:
        from stimuli.checking.check import check as check_set

        checked = check_set(folder, report=report)
    _tell_checked(checked)
    if checked.findings:
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("folder", type=FOLDER)
@click.option("--out", type=FOLDER, default="preview.html", show_default=True, help="Page to write.")
@click.option("--clips", default=12, show_default=True, help="How many clips to show; 0 for all.")
@click.option("--embed/--link", default=None, help="Media in the page, or beside it in FOLDER.")
def preview(folder: Path, out: Path, clips: int, embed: bool | None) -> None:
    """Write one page to look at and listen to: frames, cochleagrams and players of FOLDER's clips.

    The page shows which sound is real: it is the experimenter's, not the participants'. A page written
    into FOLDER links to its media; any other one holds them, so that it can be moved and mailed.
    """
    with _failures_told(), _bars() as report:
        from stimuli.checking.preview import write_preview

        write_preview(folder, out, n_clips=clips or None, embed=embed, report=report)
    click.echo(f"{out} shows the answers: keep it from participants. Open it in a browser.")


def _externals(given: tuple[str, ...]) -> dict[str, Path]:
    from models.variants.external import external_option
    from stimuli.errors import StimuliError

    externals: dict[str, Path] = {}
    for option in given:
        name, folder = external_option(option)
        if name in externals:
            raise StimuliError(f"the external variant {name!r} is given twice; name it once")
        externals[name] = folder
    return externals


@contextmanager
def _failures_told() -> Iterator[None]:
    """Turn the errors of our packages into one sentence on the screen."""
    from models.errors import ModelsError
    from stimuli.errors import StimuliError

    try:
        yield
    except (StimuliError, ModelsError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(
            f"{where}{error.strerror or error}; give a path that can be read, or written"
        ) from error
    except KeyboardInterrupt:
        click.echo(
            "\nInterrupted. A build goes on where it stopped if you give the command again.", err=True
        )
        raise click.exceptions.Exit(INTERRUPTED) from None


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for every step that is reported."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description:24s}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=done, total=total)

        yield report


def _tell(built: "Built", out: Path) -> None:
    from stimuli.building.notes import told

    result = built.manifest
    if not built.made:
        click.echo(f"{out} was built already from the same dataset and options; nothing was done.")
    n_pairs = sum(len(clip.variants) for clip in result.clips)
    click.echo(
        f"{out}: {len(result.clips)} clips of {len(result.video_ids)} videos, {n_pairs} pairs, "
        f"{len(result.variants)} variants: {', '.join(result.variants)}"
    )
    if n_caught := sum(bool(clip.catches) for clip in result.clips):
        click.echo(f"  catch sounds (silence, a tone) for {n_caught} of the clips")
    for line in told(result.skipped):
        click.echo(f"  {line}", err=True)
    for note in built.notes:
        click.echo(f"  note: {note}", err=True)
    click.echo(f"  leak audit: nothing tells real from synthesized in {result.audit['n_pairs']} pairs")


def _tell_checked(checked: "Checked") -> None:
    click.echo(checked.summary())
    for finding in checked.findings:
        click.echo(f"  {finding}", err=True)

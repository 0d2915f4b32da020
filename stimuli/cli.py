"""The command `stimuli`: stimulus sets."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.commands import options as common
from models.commands.failures import failures_told
from models.processes import share_the_machine
from models.progress import bars
from stimuli.errors import StimuliError
from stimuli.manifest import is_annotation

if TYPE_CHECKING:
    from stimuli.building.sets import Built

VIDEOS_SKIPPED = 3  # exit code: the set was built, but not from all videos
INTERRUPTED = 130  # exit code, as shells have it
OF_ANNOTATION = frozenset(
    {"dataset", "out", "clips_per_video", "seed", "workers", "cluster", "task", "clip_s"}
)
FOLDER = click.Path(path_type=Path)
EXISTING = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group()
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Stimulus sets: clips of silent video, each with its real sound and with synthesized ones."""
    share_the_machine()


@main.command()
@click.option("--dataset", type=FOLDER, required=True, help="Folder of videos, see `models check-data`.")
@click.option("--out", type=FOLDER, required=True, help="Folder to make.")
@click.option("--models", default="all", show_default=True, help="'all', or names with commas between.")
@click.option(
    "--external",
    "externals",
    multiple=True,
    metavar="NAME=DIR",
    help="Ready-made sounds as a variant.",
)
@click.option(
    "--clips-per-video",
    default=15,
    show_default=True,
    help="Most clips of a video; 0 for all, in the annotation task.",
)
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
@common.backbone("Image network.")
@click.option("--image-size", type=int, help="Side of the pictures it is given (pixels).")
@click.option("--checkpoints", type=EXISTING, help="Folder that `models train` wrote.")
@common.device("cpu, cuda or auto.")
@click.option("--workers", type=int, help="Processes; as many as there are cores by default.")
@common.cluster
@click.option("--cache", type=FOLDER, help="Folder for features and exemplars.")
@click.option(
    "--task",
    type=click.Choice(["prediction", "detection", "annotation"]),
    default="prediction",
    show_default=True,
    help="Half-second clips centred on an impact, longer ones for the detection model, or silent ones "
    "that people label.",
)
@click.option(
    "--clip-seconds",
    "clip_s",
    type=click.FloatRange(0.5, 30),
    help="Length of clips: 3 by default in the detection task, 2 in the annotation task.",
)
def build(dataset: Path, out: Path, task: str, **given: Any) -> None:
    """Build a stimulus set from the test videos of a dataset, or silent clips from all its videos.

    An interrupted build goes on where it stopped when the same command is given again. Exits with 3 if
    the set was built but some videos had to be left out, each named with its reason.
    """
    if task == "annotation":
        _refuse_others(click.get_current_context())
    given = {name: value for name, value in given.items() if value is not None}
    given["workers"] = given.get("workers") or os.cpu_count() or 1
    with _failures_told(), bars() as report:
        from stimuli.building import build as builds
        from stimuli.building.options import Options, SilentOptions

        if task == "annotation":
            wanted = {name: value for name, value in given.items() if name in OF_ANNOTATION}
            built = builds.build_silent(dataset, out, options=SilentOptions(**wanted), report=report)
        else:
            names = (name.strip() for name in given["models"].split(","))
            given["models"] = tuple(name for name in names if name)
            given["externals"] = _externals(given["externals"])
            built = builds.build(dataset, out, options=Options(task=task, **given), report=report)
    _tell_built(built, out)
    if built.skipped_videos:
        raise click.exceptions.Exit(VIDEOS_SKIPPED)


@main.command()
@click.argument("folder", type=FOLDER)
def check(folder: Path) -> None:
    """Verify the stimulus set FOLDER: every hash, size, sync and level, and that nothing leaks.

    Exits with 1 if anything is wrong.
    """
    with _failures_told(), bars() as report:
        from stimuli.checking.check import check as check_set

        checked = check_set(folder, report=report)
    click.echo(checked.summary())
    for finding in checked.findings:
        click.echo(f"  {finding}", err=True)
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
    with _failures_told(), bars() as report:
        from stimuli.checking.preview import write_preview

        write_preview(folder, out, n_clips=clips or None, embed=embed, report=report)
    click.echo(f"{out} shows the answers: keep it from participants. Open it in a browser.")


def _refuse_others(context: click.Context) -> None:
    """Refuse options that have no meaning for silent clips, rather than leave them without effect."""
    default = click.core.ParameterSource.DEFAULT
    for parameter in context.command.params:
        name = parameter.name or ""
        if name not in OF_ANNOTATION and context.get_parameter_source(name) not in (default, None):
            raise click.UsageError(
                f"{parameter.opts[0]} has no meaning with --task annotation, whose clips are silent; "
                "leave it out"
            )


def _externals(given: tuple[str, ...]) -> dict[str, Path]:
    from models.variants.external import external_option

    externals: dict[str, Path] = {}
    for option in given:
        name, folder = external_option(option)
        if name in externals:
            raise StimuliError(f"the external variant {name!r} is given twice; name it once")
        externals[name] = folder
    return externals


def _tell_built(built: "Built", out: Path) -> None:
    from stimuli.building.notes import told

    result = built.manifest
    if not built.made:
        click.echo(f"{out} was built already from the same dataset and options; nothing was done.")
    is_silent = is_annotation(result)
    n_clips, of_videos = len(result.clips), f"clips of {len(result.video_ids)} videos"
    if is_silent:
        click.echo(f"{out}: {n_clips} silent {of_videos}")
    else:
        n_pairs = sum(len(clip.variants) for clip in result.clips)
        click.echo(
            f"{out}: {n_clips} {of_videos}, {n_pairs} pairs, "
            f"{len(result.variants)} variants: {', '.join(result.variants)}"
        )
        if n_caught := sum(bool(clip.catches) for clip in result.clips):
            click.echo(f"  catch sounds (silence, a tone) for {n_caught} of the clips")
    for line in told(result.skipped):
        click.echo(f"  {line}", err=True)
    for note in built.notes:
        click.echo(f"  note: {note}", err=True)
    if not is_silent:
        click.echo(
            f"  leak audit: nothing tells real from synthesized in {result.audit['n_pairs']} pairs"
        )


@contextmanager
def _failures_told() -> Iterator[None]:
    """Turn the errors of our packages into one sentence on the screen."""
    try:
        with failures_told(StimuliError):
            yield
    except KeyboardInterrupt:
        click.echo(
            "\nInterrupted. A build goes on where it stopped if you give the command again.", err=True
        )
        raise click.exceptions.Exit(INTERRUPTED) from None

"""The command ``experiment-server``: parses, calls one function, prints.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

STUDY = click.argument("study", type=click.Path(file_okay=False, path_type=Path))
SEED_BITS = 31  # of a drawn seed; short enough to be typed


@click.group()
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Serve a real-or-fake listening study: stimulus set in, responses out."""


@main.command()
@STUDY
@click.option("--stimuli", type=click.Path(path_type=Path), required=True, help="Stimulus set to show.")
@click.option("--name", help="Name in every exported row; the folder's name by default.")
@click.option("--variants", default="", help="Variants to compare, with commas; all by default.")
@click.option("--trials", type=int, help="Main trials per participant; by default what the set allows.")
@click.option("--practice", type=int, help="Practice trials; 5, or fewer where videos are few.")
@click.option(
    "--practice-videos",
    type=click.Choice(["apart", "reuse"]),
    default="apart",
    help="May practice show other clips of videos that come again? Default: apart (no).",
)
@click.option("--replays", type=int, default=0, help="Times a pair may be played again; 0 by default.")
@click.option("--seed", type=int, help="Seed of all draws; drawn by default and written down.")
def init(
    study: Path,
    stimuli: Path,
    name: str | None,
    variants: str,
    trials: int | None,
    practice: int | None,
    practice_videos: str,
    replays: int,
    seed: int | None,
) -> None:
    """Make the folder STUDY: a commented study.toml, a database and a secret key."""
    from experiment_server import folder
    from experiment_server.study import STUDY_NAME

    with _errors():
        opened = folder.create(
            study,
            folder.new_study(
                study,
                stimuli,
                name=name,
                variants=tuple(part.strip() for part in variants.split(",") if part.strip()),
                main=trials,
                practice=practice,
                practice_videos=practice_videos,
                replays=replays,
                seed=secrets.randbits(SEED_BITS) if seed is None else seed,
            ),
        )
    numbers = opened.study.trials
    click.echo(
        f"{study} is ready: {len(opened.videos)} videos, {numbers.practice} practice and "
        f"{numbers.main} main trials a participant.\n"
        f"Texts and rules: {study / STUDY_NAME}\nServe it: experiment-server run {study}"
    )


@main.command()
@STUDY
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on; 0 takes a free one.")
def run(study: Path, host: str, port: int) -> None:
    """Serve STUDY from this machine until Ctrl-C.

    A database of an older version is first brought up to date. This is for a lab; a study on the open
    net stands behind a web server that speaks HTTPS, with gunicorn: docs/server.md.
    """
    from experiment_server import app, folder, server
    from experiment_server import export as exporting

    with _errors():
        opened = folder.read(study)
        folder.upgrade(opened)
        _warn(exporting.served_warning(opened))
        serving = server.make(app.create_app({"STUDY": study}), host=host, port=port)
    click.echo(f"Participants' link: {server.address(serving)}/")
    if server.is_everywhere(serving):
        click.echo("Where this name is not known, put this machine's address in its place.")
    click.echo("Stop with Ctrl-C.")
    try:
        serving.serve_forever()
    finally:
        serving.server_close()


@main.command()
@STUDY
@click.option("--participants", default=40, show_default=True, type=click.IntRange(1), help="How many.")
@click.option("--seed", default=0, show_default=True, help="Where the robots' answers come from.")
@click.option(
    "--fool-rate",
    "fool_rates",
    multiple=True,
    metavar="VARIANT=RATE",
    help="Chance that a variant fools a robot, 0 to 1; the paper's by default. Can be repeated.",
)
@click.option("--url", help="Address of a running site; by default one is started for the robots.")
@click.option("--media/--no-media", default=True, help="Do robots download the clips? Default: yes.")
def simulate(
    study: Path,
    participants: int,
    seed: int,
    fool_rates: tuple[str, ...],
    url: str | None,
    media: bool,
) -> None:
    """Send robots with known fool rates through STUDY over HTTP; exports mark them simulated."""
    from experiment_server import simulate as simulation

    with _errors(), _progress("simulated trials") as on_trial:
        done = simulation.simulate(
            study,
            participants=participants,
            seed=seed,
            fool_rates=dict(_rate(text) for text in fool_rates),
            url=url,
            with_media=media,
            on_trial=on_trial,
        )
    click.echo(f"{done.participants} robots, {done.trials} trials in {done.duration_s:.1f} s.")
    click.echo(f"{'variant':24}{'set rate':>9}{'fooled':>8}{'trials':>8}")
    for variant, n in done.answered.items():
        share = done.fooled[variant] / n
        click.echo(f"{variant:24}{done.fool_rates[variant]:9.1%}{share:8.1%}{n:8}")


@main.command()
@STUDY
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write to.")
def export(study: Path, out: Path) -> None:
    """Write all responses of STUDY as responses.csv, with a data dictionary."""
    from experiment_server import export as exporting

    with _errors():
        data = exporting.read_study(study)
        rows = exporting.write(data, out)
    _warn(data.warning)
    click.echo(f"{rows} trials written to {out / exporting.RESPONSES_NAME}")


def _rate(text: str) -> tuple[str, float]:
    variant, _, rate = text.partition("=")
    try:
        return variant, float(rate)
    except ValueError:
        raise click.BadParameter(f"{text!r}; write it as VARIANT=RATE, such as random=0.2") from None


def _warn(sentence: str | None) -> None:
    if sentence:
        click.echo(f"Warning: {sentence}", err=True)


@contextmanager
def _errors() -> Iterator[None]:
    """Show what users can mend as a sentence: our own errors, and what disk or database refuses."""
    from sqlalchemy.exc import DBAPIError

    from experiment_server.records import RecordsError
    from experiment_server.study import StudyError
    from stimuli.manifest import ManifestError

    try:
        yield
    except (StudyError, ManifestError, RecordsError, OSError) as error:
        raise click.ClickException(str(error)) from error
    except DBAPIError as error:
        raise click.ClickException(
            f"the database can't be used: {error.orig}; look whether the disk has room, whether you may "
            "write there, and whether study.sqlite is the file that `init` made"
        ) from error


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda total: bar.update(task, total=total, advance=1)


if __name__ == "__main__":
    main()

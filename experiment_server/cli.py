"""The command ``experiment-server``: parses, calls one function, prints.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

from pathlib import Path
from typing import Any

import click

from experiment_server.commands import steering
from experiment_server.commands.console import STUDY, errors, progress, warn


@click.group()
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Serve a real-or-fake listening study, or one that labels impacts: stimulus set in, answers out."""


@main.command()
@STUDY
@click.option("--stimuli", type=click.Path(path_type=Path), required=True, help="Stimulus set to show.")
@click.option("--name", help="Name in every exported row; the folder's name by default.")
@click.option(
    "--task",
    type=click.Choice(["2afc", "annotation"]),
    default="2afc",
    show_default=True,
    help="Tell real sounds from synthesized ones, or label impacts in silent clips.",
)
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
@click.option("--catch", default=0, show_default=True, help="Catch trials among the main ones.")
@click.option(
    "--headphones",
    type=click.Choice(["none", "huggins", "antiphase", "both"]),
    default="none",
    show_default=True,
    help="Headphone test before the study.",
)
@click.option(
    "--door",
    "doors",
    type=click.Choice(["link", "panel", "prolific", "mturk"]),
    multiple=True,
    help="How people may arrive; link (anybody with the address) by default. Can be repeated.",
)
@click.option("--impacts", type=int, help="Annotation: impacts per participant; 20, or all if fewer.")
@click.option("--votes", default=3, show_default=True, help="Annotation: people who label each impact.")
@click.option("--seed", type=int, help="Seed of all draws; drawn by default and written down.")
def init(study: Path, task: str, **given: Any) -> None:
    """Make the folder STUDY: a commented study.toml, a database, a secret key, a password.

    The database is study.sqlite in the folder, or the one that EXPERIMENT_SERVER_DATABASE_URL names.
    """
    from experiment_server.commands import making
    from experiment_server.dashboard import accounts
    from experiment_server.folders import folder
    from experiment_server.studies.study import STUDY_NAME

    making.refuse_others(task)
    with errors():
        opened = folder.create(study, making.draft(study, task, **given))
        password = accounts.write_password(study)
    click.echo(
        f"{study} is ready: {making.contents(opened)}\n"
        f"Texts and rules: {study / STUDY_NAME}\nServe it: experiment-server run {study}\n"
        f"Password of its dashboard, shown only now: {password}"
    )


@main.command()
@STUDY
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on; 0 takes a free one.")
def run(study: Path, host: str, port: int) -> None:
    """Serve STUDY from this machine until Ctrl-C.

    A database of an older version is first brought up to date. This is for a lab; a study on the open
    net stands behind a web server that speaks HTTPS, with gunicorn: docs/production.md.
    """
    from experiment_server import app
    from experiment_server.exports import export as exporting
    from experiment_server.folders import folder
    from experiment_server.studies import study as study_file
    from experiment_server.web import server

    with errors():
        opened = folder.read(study)
        folder.upgrade(opened)
        warn(exporting.served_warning(opened))
        warn(study_file.warning(opened.study))
        serving = server.make(app.create_app({"STUDY": study}), host=host, port=port)
    click.echo(f"Participants' link: {server.address(serving)}/")
    doors = opened.study.recruiting.doors
    if "link" not in doors:
        click.echo(
            f'It needs the ids of {" or ".join(doors)}; to take part yourself, add "link" to doors.'
        )
    if server.is_everywhere(serving):
        click.echo("Where this name is not known, put this machine's address in its place.")
    click.echo(f"Dashboard: {server.address(serving)}/dashboard/")
    click.echo(f"Its password: as `init` showed it; for a new one: experiment-server password {study}")
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
@click.option(
    "--dropouts",
    default=0.0,
    show_default=True,
    help="Share of robots that leave before the end, 0 to 1; their places go to others.",
)
@click.option(
    "--error",
    "error_rates",
    multiple=True,
    metavar="KIND=RATE",
    help="Annotation: chance of a wrong material, action or reaction, 0 to 1; 0.12 by default. A RATE "
    "alone is for all three. Can be repeated.",
)
@click.option(
    "--noise",
    type=float,
    help="Annotation: standard deviation of clicks, as a share of the picture's width; 0.02 by default.",
)
@click.option("--url", help="Address of a running site; by default one is started for the robots.")
@click.option("--media/--no-media", default=True, help="Do robots download the clips? Default: yes.")
def simulate(
    study: Path,
    fool_rates: tuple[str, ...],
    error_rates: tuple[str, ...],
    noise: float | None,
    media: bool,
    **how: Any,
) -> None:
    """Send robots with known fool rates through STUDY over HTTP; exports mark them simulated.

    In an annotation study they have known errors instead. They know the labels that the dataset has;
    where it has none, all of them take the same made-up ones for true.
    """
    from experiment_server.commands import rehearsing

    is_annotation = rehearsing.is_annotation(study)
    if is_annotation and fool_rates:
        raise click.UsageError("--fool-rate means nothing in an annotation study; give --error")
    if not is_annotation and (error_rates or noise is not None):
        raise click.UsageError("--error and --noise mean nothing in a 2afc study; give --fool-rate")
    if is_annotation:
        rehearsing.send_annotators(study, error_rates, noise, with_media=media, **how)
    else:
        rehearsing.send_listeners(study, fool_rates, with_media=media, **how)


@main.command()
@STUDY
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write to.")
def export(study: Path, out: Path) -> None:
    """Write all responses, or labels, and participants of STUDY as CSV, with data dictionaries."""
    from experiment_server.exports import export as exporting
    from experiment_server.studies.sections import ANNOTATION

    with errors():
        data = exporting.read_study(study)
        rows = exporting.write(data, out)
    warn(data.warning)
    what = "impacts" if data.study.task == ANNOTATION else "trials"
    click.echo(f"{rows} {what} written to {out / data.answers_name}")


@main.command()
@STUDY
def upload(study: Path) -> None:
    """Copy the clips of STUDY to the bucket that its study.toml names under media.

    Clips that are there already stay; then all are checked. docs/production.md says which rights are
    needed.
    """
    from experiment_server.clips import opening
    from experiment_server.studies import study as study_file

    with errors(), progress("clips copied") as on_file:
        opened = study_file.read(study / study_file.STUDY_NAME)
        stimuli = study_file.stimuli_folder(opened, study)
        upload_to = opening.bucket_module().upload
        copied = upload_to(opened.media, stimuli, on_file=lambda done, total: on_file(total))
    click.echo(f"{copied} clips copied; all clips of the study are in its bucket.")


for command in steering.COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    main()

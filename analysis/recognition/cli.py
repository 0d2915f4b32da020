"""The command `analysis recognition`."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--data",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder from `models recognition-data`.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write into.")
@click.option(
    "--start-class",
    metavar="MATERIAL",
    help="The first material in figures of confusions; the first by name if not given.",
)
@click.option("--seed", default=0, show_default=True, help="Where chance comes from.")
def recognition(folder: Path, out: Path, start_class: str | None, seed: int) -> None:
    """Recognise materials, actions and reactions from sounds and pictures, as the paper does.

    Writes one page, figures and tables.
    """
    from analysis.clock import Clock
    from analysis.inputs.responses import AnalysisError
    from analysis.recognition.data import read
    from analysis.recognition.folder import PAGE_NAME, format_table, write
    from analysis.recognition.recognise import recognise

    clock = Clock()
    try:
        data = read(folder)
        found = recognise(data, seed=seed, start_class=start_class, clock=clock)
        write(found, data, out, clock=clock)
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the page can't be written: {error}") from error
    click.echo(format_table(found))
    click.echo(f"\n{clock.line()}\nPage: {out / PAGE_NAME}")

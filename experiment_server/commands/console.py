"""What the commands share: how they name a study, show errors, warnings and progress.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

STUDY = click.argument("study", type=click.Path(file_okay=False, path_type=Path))


def warn(sentence: str | None) -> None:
    """Show a warning, if there is one."""
    if sentence:
        click.echo(f"Warning: {sentence}", err=True)


@contextmanager
def errors() -> Iterator[None]:
    """Show what users can mend as a sentence: our own errors, and what disk or database refuses."""
    from sqlalchemy.exc import DBAPIError

    from experiment_server.errors import StudyError
    from experiment_server.exports.records import RecordsError
    from stimuli.manifest import ManifestError

    try:
        yield
    except (StudyError, ManifestError, RecordsError, OSError) as error:
        raise click.ClickException(str(error)) from error
    except DBAPIError as error:
        raise click.ClickException(
            f"the database can't be used: {error.orig}; look whether it runs, whether the disk has "
            "room, whether you may write there, and whether study.sqlite is the file that `init` made"
        ) from error


@contextmanager
def progress(what: str) -> Iterator[Callable[[int], None]]:
    """Show a bar; what is yielded moves it on by one and is told the total."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda total: bar.update(task, total=total, advance=1)

"""What the commands share: how they take files and lists, and show errors.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from analysis.errors import AnalysisError

FILE = click.Path(path_type=Path)  # or a folder


@contextmanager
def errors(what: str) -> Iterator[None]:
    """Show what users can mend as a sentence; `what` is being written."""
    try:
        yield
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{what} can't be written: {error}") from error


def names(context: click.Context, parameter: click.Parameter, value: str) -> list[str]:
    """Take names apart that commas separate."""
    return [name.strip() for name in value.split(",") if name.strip()]


def numbers(context: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    """Take whole numbers apart that commas separate."""
    try:
        return [int(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter(f"{value!r} is no list of whole numbers; give e.g. 100,200") from None

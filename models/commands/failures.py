"""What goes wrong for a user, in one sentence on the screen instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from models.errors import ModelsError


@contextmanager
def failures_told(*kinds: type[Exception]) -> Iterator[None]:
    """Turn our errors, further `kinds` and those of files and disks into a command's last sentence."""
    ours: tuple[type[Exception], ...] = (ModelsError, *kinds)
    try:
        yield
    except ours as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(
            f"{where}{error.strerror or error}; give a path that can be read, or written"
        ) from error

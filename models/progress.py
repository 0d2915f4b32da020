"""How far work has come: a bar for each step on a terminal, in a log now and then a line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import TaskID

SHARES = 10  # lines a step in a log

Report = Callable[[str, float, float], None]
"""Called with what is being done, how much is done, and how much there is."""


def silently(step: str, done: float, total: float) -> None:
    """Report to nobody."""


@contextmanager
def bars() -> Iterator[Report]:
    """Show every step that is reported, on standard error."""
    from rich.console import Console  # here, for `--help` must answer at once
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    columns = (
        TextColumn("{task.description:24s}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: float, total: float) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=done, total=total)

        yield report


def _lines() -> Report:
    """Give a report that writes a line for every tenth of a step."""
    told: dict[str, int] = {}

    def report(step: str, done: float, total: float) -> None:
        share = int(SHARES * done / total) if total else SHARES
        if share != told.get(step, 0):
            told[step] = share
            click.echo(f"{step}: {done:.0f} of {total:.0f}", err=True)

    return report

"""What the commands share: how they get a study's recruitment, have money confirmed, and show errors.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiment_server.commands.console import STUDY as STUDY

if TYPE_CHECKING:
    from mturk.campaign import Campaign

SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€"}
PRODUCTION = click.option(
    "--production", is_flag=True, help="Mean real people and real money; MTurk's sandbox by default."
)
DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Show the exact requests that would change something; ask for none."
)

Command = Callable[..., None]


def recruiting(*, dry: bool = True, spends: bool = False) -> Callable[[Command], Command]:
    """Give a command the recruitment of its argument `STUDY`, and the options that say how it is meant.

    Parameters
    ----------
    dry : bool
        Whether there is a --dry-run.
    spends : bool
        Whether it spends money, which is confirmed first where it is real.
    """

    def decorate(command: Command) -> Command:
        @PRODUCTION
        @wraps(command)
        def run(study: Path, production: bool, dry_run: bool = False, **options: Any) -> None:
            from mturk import opening

            with (
                errors(),
                opening.opened(study, show=click.echo, production=production, dry=dry_run) as campaign,
            ):
                if spends and not dry_run:
                    _confirm(campaign, production)
                command(campaign, **options)

        return DRY_RUN(run) if dry else run

    return decorate


def _confirm(campaign: "Campaign", production: bool) -> None:
    """Have real money confirmed by the study's name, typed."""
    market, name = campaign.recruiter.market, campaign.study.name
    if market == "prolific" and not production:
        raise click.UsageError(
            "Prolific has no sandbox: look with --dry-run, and spend with --production"
        )
    if production and click.prompt(f"This spends real money. Type the study's name, {name}") != name:
        raise click.ClickException("that is not the study's name; nothing was done")


@contextmanager
def errors() -> Iterator[None]:
    """Show what users can mend as a sentence."""
    from experiment_server.commands.console import errors as server_errors
    from mturk.errors import RecruitingError

    try:
        with server_errors():
            yield
    except RecruitingError as error:
        raise click.ClickException(str(error)) from error


def money(cents: int, currency: str = "USD") -> str:
    """Show an amount: "$1,234.50"."""
    return f"{SYMBOLS.get(currency, currency + ' ')}{cents / 100:,.2f}"

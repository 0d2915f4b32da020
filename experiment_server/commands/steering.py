"""The commands for a study that runs: pause, resume, close, status, forget, erase, and others.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiment_server.commands.console import STUDY, errors

if TYPE_CHECKING:
    from experiment_server.dashboard.numbers import Numbers


@click.command()
@STUDY
def pause(study: Path) -> None:
    """Let nobody new into STUDY for now; who is under way goes on."""
    _change(study, "paused")
    click.echo(f"Paused. Let people in again: experiment-server resume {study}")


@click.command()
@STUDY
def resume(study: Path) -> None:
    """Let people into STUDY again."""
    _change(study, "open")
    click.echo("Open: whoever comes is let in.")


@click.command()
@STUDY
def close(study: Path) -> None:
    """Let nobody new into STUDY any more; who is under way may finish."""
    _change(study, "closed")
    click.echo("Closed: nobody new is let in. Who is under way may finish.")


@click.command()
@STUDY
def status(study: Path) -> None:
    """Show how STUDY stands: participants, balance, fool rates with 95 % Wilson intervals; or votes."""
    from experiment_server.commands import control

    with errors():
        now = control.read_numbers(study, now=datetime.now(UTC))
    click.echo("\n".join(_lines(now)))


@click.command()
@STUDY
@click.option(
    "--participant",
    "participants",
    multiple=True,
    metavar="P",
    help="Pseudonym, or id at the panel, of one to forget, wherever their session is. Can be repeated.",
)
@click.option("--all", "everyone", is_flag=True, help="All whose session has ended or lapsed.")
@click.option(
    "--ended-before",
    type=click.DateTime(["%Y-%m-%d"]),
    help="All whose session ended, or lapsed, before this day began (UTC).",
)
def forget(
    study: Path, participants: tuple[str, ...], everyone: bool, ended_before: datetime | None
) -> None:
    """Delete for good who participants of STUDY are; their answers stay, under pseudonyms.

    Pay first: without their ids at the panel nobody can be paid. A hash made with the study's key
    stays, so that who comes again is recognized.
    """
    from experiment_server.commands import control

    now = datetime.now(UTC)
    if sum((bool(participants), everyone, ended_before is not None)) != 1:
        raise click.UsageError("say whom to forget: --participant, --all or --ended-before")
    with errors():
        done = control.forget(
            study,
            now=now,
            participants=participants,
            ended_before=ended_before.replace(tzinfo=UTC) if ended_before else now if everyone else None,
        )
    click.echo(f"{done.emptied} forgotten; {done.already} were already; {done.known} are known still.")


@click.command()
@STUDY
@click.argument("participant")
def erase(study: Path, participant: str) -> None:
    """Delete for good all that PARTICIPANT of STUDY did, and who they are; for one who asks for it.

    PARTICIPANT is a pseudonym, or the code that the last page showed. It stays known that somebody came,
    when and how far, so that pay and numbers stay right. Pay first; exports that you made before still
    hold the answers.
    """
    from experiment_server.commands import control

    with errors():
        n_answers = control.erase(study, participant, now=datetime.now(UTC))
    click.echo(f"Deleted, with {n_answers} answers.")


@click.command()
@STUDY
def password(study: Path) -> None:
    """Make a new password for the dashboard of STUDY and show it once; the old one is void."""
    from experiment_server.dashboard import accounts
    from experiment_server.folders import folder

    with errors():
        folder.read(study)
        made = accounts.write_password(study)
    click.echo(f"Password of the dashboard: {made}\nOnly its hash is kept, so note it down now.")


@click.command()
@STUDY
def upgrade(study: Path) -> None:
    """Bring the database of STUDY to the form that this version needs; all of it or nothing.

    `run` does this by itself. Where gunicorn serves, stop it, upgrade, and start it again.
    """
    from experiment_server.folders import folder

    with errors():
        folder.upgrade(folder.read(study))
    click.echo("The database is up to date.")


@click.command()
@STUDY
@click.option("--out", type=click.Path(path_type=Path), required=True, help="CSV file to write.")
def ledger(study: Path, out: Path) -> None:
    """Write who of STUDY is owed what: ids at the panel, outcome, code and pay of all who ended.

    It holds personal data: delete it once everybody is paid.
    """
    from experiment_server.doors import ledger as owed

    with errors():
        entries = owed.read(study)
        owed.write(entries, out)
    click.echo(f"{len(entries)} people written to {out}")


COMMANDS = (pause, resume, close, status, forget, erase, ledger, password, upgrade)


def _change(study: Path, state: str) -> None:
    from experiment_server.commands import control

    with errors():
        control.change_state(study, state, now=datetime.now(UTC))


def _lines(now: "Numbers") -> list[str]:
    wanted = f" of {now.wanted}" if now.wanted else ""
    kind = " (simulated)" if now.simulated else ""
    lines = [
        f"The study is {now.study_state}; {now.taken}{wanted} places are taken{kind}.",
        "",
        *(f"{state:16}{n:6}" for state, n in now.participants.items()),
        "",
    ]
    if now.votes is not None:
        lines += [f"{'votes':16}{'impacts':>8}", *(f"{n:<16}{k:8}" for n, k in now.votes.given.items())]
        return [
            *lines,
            "",
            f"{now.votes.complete} impacts have the {now.votes.wanted} votes they are to have.",
        ]
    lines.append(f"{'variant':24}{'answers':>8}{'fooled':>8}{'95 % interval':>18}")
    for variant, share in now.fool_rates.items():
        told = "" if share.rate is None else f"{share.rate:8.1%}{share.low:10.1%} to{share.high:7.1%}"
        lines.append(f"{variant:24}{share.n:8}{told}")
    if now.catch.n:
        lines += ["", f"Catch trials: {now.catch.hits} of {now.catch.n} right."]
    return [
        *lines,
        "",
        f"Complete sessions: variants differ by {now.variant_spread} trials at most, and a variant's "
        f"intervals by {now.interval_spread}.",
    ]

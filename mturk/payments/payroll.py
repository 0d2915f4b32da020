"""The commands about people who came: review, pay, write to them, reconcile, reject, block.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

from pathlib import Path

import click

from mturk.console import DRY_RUN, PRODUCTION, STUDY, money, opened

REASON = click.option("--reason", required=True, help="What the person is told.")


@click.command()
@STUDY
@PRODUCTION
def review(study: Path, production: bool) -> None:
    """List everybody with outcome, submission and what is due; changes nothing."""
    from mturk.payments import paying

    with opened(study, production) as campaign:
        currency = campaign.study.pay.currency
        for case in campaign.cases():
            person, submission = case.person, case.submission
            owed = paying.due_of(campaign, case, "approve", "bonus")
            due = [f"{operation.kind} {money(operation.cents, currency)}" for operation, _ in owed]
            click.echo(
                f"{person.participant if person else '(not ours)':14} "
                f"{person.state if person else '':13} "
                f"{submission.session if submission else '':32} "
                f"{submission.status if submission else 'no submission':14} "
                f"{case.hold or ', '.join(due)}"
            )


@click.command()
@STUDY
@DRY_RUN
@PRODUCTION
def approve(study: Path, dry_run: bool, production: bool) -> None:
    """Approve what our own record shows to be complete, or worth pay by the study's rules."""
    _pay(study, dry_run, production, "approve")


@click.command()
@STUDY
@DRY_RUN
@PRODUCTION
def pay(study: Path, dry_run: bool, production: bool) -> None:
    """Approve, and pay the bonuses that go with it: `approve` and `bonus` in one."""
    _pay(study, dry_run, production, "approve", "bonus")


@click.command()
@STUDY
@click.option("--participant", help="Pay this one, beside the rules; needs --cents and --reason.")
@click.option("--cents", type=click.IntRange(min=1), help="How much.")
@click.option("--reason", help="What the person is told.")
@DRY_RUN
@PRODUCTION
def bonus(
    study: Path,
    participant: str | None,
    cents: int | None,
    reason: str | None,
    dry_run: bool,
    production: bool,
) -> None:
    """Pay the bonuses that the study's rules say, or one beside them; each once."""
    if participant is None:
        _pay(study, dry_run, production, "bonus")
        return
    if cents is None or reason is None:
        raise click.UsageError("--participant needs --cents and --reason")
    from mturk.payments import paying

    with opened(study, production, dry_run, spends=True) as campaign:
        paying.extra(campaign, participant, cents=cents, reason=reason)
        click.echo(f"{participant}: {money(cents, campaign.study.pay.currency)}")


@click.command()
@STUDY
@click.option("--participant", required=True, help="Pseudonym of who can't be paid in the usual way.")
@DRY_RUN
@PRODUCTION
def compensate(study: Path, participant: str, dry_run: bool, production: bool) -> None:
    """Pay one whose outcome is worth pay but who has no submission: a HIT for that worker alone."""
    from mturk.payments import paying

    with opened(study, production, dry_run, spends=True) as campaign:
        ref = paying.compensate(campaign, participant)
    click.echo(f"{participant}: {ref}")


@click.command()
@STUDY
@click.option("--subject", required=True)
@click.option("--text", required=True)
@click.option(
    "--outcome", "outcomes", multiple=True, help="Only to people of this outcome. Can be repeated."
)
@DRY_RUN
@PRODUCTION
def notify(
    study: Path, subject: str, text: str, outcomes: tuple[str, ...], dry_run: bool, production: bool
) -> None:
    """Write the same message to all who submitted; nobody gets it twice."""
    from mturk.payments import people

    with opened(study, production, dry_run) as campaign:
        told = people.notify(campaign, subject=subject, text=text, outcomes=outcomes)
    click.echo(f"{told} people")


@click.command()
@STUDY
@DRY_RUN
@PRODUCTION
def reconcile(study: Path, dry_run: bool, production: bool) -> None:
    """Compare the books with the recruiter's lists, and keep out of later postings who took part.

    It needs no notices; run it every few minutes while people come. Exits with 1 where something waits
    for a person.
    """
    from mturk.payments import people
    from mturk.payments import reconcile as reconciling

    with opened(study, production, dry_run) as campaign:
        kept_out = people.keep_out(campaign)
        adopted = reconciling.adopt(campaign)
        found = reconciling.differences(campaign)
    click.echo(f"{kept_out} people are kept out of later postings.")
    if adopted:
        click.echo(f"{adopted} approvals that were made elsewhere are booked.")
    click.echo("\n".join(found) or "The books and the recruiter agree.")
    if found:
        raise SystemExit(1)


@click.command()
@STUDY
@click.argument("submission")
@REASON
@PRODUCTION
def reject(study: Path, submission: str, reason: str, production: bool) -> None:
    """Reject one SUBMISSION, so that it is not paid: a person's decision, never made by rule."""
    from mturk.payments import people

    click.confirm(f"Reject {submission}? The person is not paid, and their rating falls.", abort=True)
    with opened(study, production) as campaign:
        people.reject(campaign, submission, reason=reason)


@click.command()
@STUDY
@click.argument("person")
@REASON
@PRODUCTION
def block(study: Path, person: str, reason: str, production: bool) -> None:
    """Block one PERSON from all that you ever post: a person's decision, never made by rule.

    Blocks harm a worker's account. Nobody needs one to keep people from coming twice.
    """
    from mturk.payments import people

    click.confirm(f"Block {person}? Blocks can end a worker's account.", abort=True)
    with opened(study, production) as campaign:
        people.block(campaign, person, reason=reason)


COMMANDS = (review, approve, bonus, pay, compensate, notify, reconcile, reject, block)


def _pay(study: Path, dry_run: bool, production: bool, *kinds: str) -> None:
    from mturk.payments import paying

    with opened(study, production, dry_run, spends=True) as campaign:
        done, failed = paying.pay(campaign, *kinds)
        currency = campaign.study.pay.currency
    for kind in kinds:
        cents = [one.cents for one in done if one.kind == kind]
        click.echo(f"{kind}: {len(cents)} people, {money(sum(cents), currency)}")
    if failed:
        raise click.ClickException("\n".join(failed))

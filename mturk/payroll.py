"""The commands about people who came: review, pay, write to them, reconcile, reject, block.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

from typing import TYPE_CHECKING

import click

from mturk.console import STUDY, money, recruiting

if TYPE_CHECKING:
    from mturk.campaign import Campaign

REASON = click.option("--reason", required=True, help="What the person is told.")


@click.command()
@STUDY
@recruiting(dry=False)
def review(campaign: "Campaign") -> None:
    """List everybody with outcome, submission and what is due; changes nothing."""
    from mturk.payments import paying, settle

    currency = campaign.study.pay.currency
    for case in settle.cases(campaign):
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
@recruiting(spends=True)
def approve(campaign: "Campaign") -> None:
    """Approve what our own record shows to be complete, or worth pay by the study's rules."""
    _pay(campaign, "approve")


@click.command()
@STUDY
@recruiting(spends=True)
def pay(campaign: "Campaign") -> None:
    """Approve, and pay the bonuses that go with it: `approve` and `bonus` in one."""
    _pay(campaign, "approve", "bonus")


@click.command()
@STUDY
@click.option("--participant", help="Pay this one, beside the rules; needs --cents and --reason.")
@click.option("--cents", type=click.IntRange(min=1), help="How much.")
@click.option("--reason", help="What the person is told.")
@recruiting(spends=True)
def bonus(campaign: "Campaign", participant: str | None, cents: int | None, reason: str | None) -> None:
    """Pay the bonuses that the study's rules say, or one beside them; each once."""
    from mturk.payments import paying

    if participant is None:
        _pay(campaign, "bonus")
    elif cents is None or reason is None:
        raise click.UsageError("--participant needs --cents and --reason")
    else:
        paying.extra(campaign, participant, cents=cents, reason=reason)
        click.echo(f"{participant}: {money(cents, campaign.study.pay.currency)}")


@click.command()
@STUDY
@click.option("--participant", required=True, help="Pseudonym of who can't be paid in the usual way.")
@recruiting(spends=True)
def compensate(campaign: "Campaign", participant: str) -> None:
    """Pay one whose outcome is worth pay but who has no submission: a HIT for that worker alone."""
    from mturk.payments import paying

    click.echo(f"{participant}: {paying.compensate(campaign, participant)}")


@click.command()
@STUDY
@click.option("--subject", required=True)
@click.option("--text", required=True)
@click.option(
    "--outcome", "outcomes", multiple=True, help="Only to people of this outcome. Can be repeated."
)
@recruiting()
def notify(campaign: "Campaign", subject: str, text: str, outcomes: tuple[str, ...]) -> None:
    """Write the same message to all who submitted; nobody gets it twice."""
    from mturk.payments import people

    told = people.notify(campaign, subject=subject, text=text, outcomes=outcomes)
    click.echo(f"{told} people")


@click.command()
@STUDY
@recruiting()
def reconcile(campaign: "Campaign") -> None:
    """Compare the books with the recruiter's lists, and keep out of later postings who took part.

    It needs no notices; run it every few minutes while people come. Exits with 1 where something waits
    for a person.
    """
    from mturk.payments import people
    from mturk.payments import reconcile as reconciling

    click.echo(f"{people.keep_out(campaign)} people are kept out of later postings.")
    if adopted := reconciling.adopt(campaign):
        click.echo(f"{adopted} approvals that were made elsewhere are booked.")
    found = reconciling.differences(campaign)
    click.echo("\n".join(found) or "The books and the recruiter agree.")
    if found:
        raise SystemExit(1)


@click.command()
@STUDY
@click.argument("submission")
@REASON
@recruiting(dry=False)
def reject(campaign: "Campaign", submission: str, reason: str) -> None:
    """Reject one SUBMISSION, so that it is not paid: a person's decision, never made by rule."""
    from mturk.payments import people

    click.confirm(f"Reject {submission}? The person is not paid, and their rating falls.", abort=True)
    people.reject(campaign, submission, reason=reason)


@click.command()
@STUDY
@click.argument("person")
@REASON
@recruiting(dry=False)
def block(campaign: "Campaign", person: str, reason: str) -> None:
    """Block one PERSON from all that you ever post: a person's decision, never made by rule.

    Blocks harm a worker's account. Nobody needs one to keep people from coming twice.
    """
    from mturk.payments import people

    click.confirm(f"Block {person}? Blocks can end a worker's account.", abort=True)
    people.block(campaign, person, reason=reason)


COMMANDS = (review, approve, bonus, pay, compensate, notify, reconcile, reject, block)


def _pay(campaign: "Campaign", *kinds: str) -> None:
    from mturk.payments import paying

    done, failed = paying.pay(campaign, *kinds)
    for kind in kinds:
        cents = [one.cents for one in done if one.kind == kind]
        click.echo(f"{kind}: {len(cents)} people, {money(sum(cents), campaign.study.pay.currency)}")
    if failed:
        raise click.ClickException("\n".join(failed))

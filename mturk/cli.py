"""The command `mturk`: recruiting and paying participants.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mturk import cost as costs
from mturk import payroll
from mturk.console import STUDY, errors, money, recruiting
from mturk.cost import SMALL_HIT, Cost

if TYPE_CHECKING:
    from mturk.campaign import Campaign


@click.group()
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Recruit and pay participants: on MTurk as the paper did, on Prolific, or by a link.

    AWS's pages say that Mechanical Turk closed on 30 September 2026; for it nothing here was tried but
    against a local endpoint of its protocol.
    """


@main.command()
@STUDY
@click.option("--recruiter", type=click.Choice(["mturk", "prolific", "link"]), required=True)
@click.option("--address", required=True, help="Where participants reach the study: https://…")
@click.option(
    "--cap-cents", type=click.IntRange(min=0), required=True, help="The most it may ever cost."
)
def init(study: Path, recruiter: str, address: str, cap_cents: int) -> None:
    """Write recruiting.toml into STUDY: what people are offered, every key explained."""
    from mturk import offer as offers

    made = offers.Offer(
        recruiter=recruiter,
        address=address,
        title="Which sound is real? A listening study with short videos",
        description="Watch pairs of short clips and say which sound was recorded with the pictures. You "
        "need sound; headphones in a quiet room are best.",
        cap_cents=cap_cents,
    )
    path = study / offers.OFFER_NAME
    with errors():
        offers.check(made, path)
        offers.write(made, path)
    click.echo(f"{path} is ready. Edit it, then: mturk launch {study} --participants N --dry-run")


@main.command()
@click.argument("participants", type=click.IntRange(min=1))
@click.option("--reward-cents", type=click.IntRange(min=1), required=True, help="Reward each (cents).")
@click.option(
    "--per-hit",
    type=click.IntRange(min=1),
    default=SMALL_HIT,
    show_default=True,
    help="Assignments a HIT.",
)
@click.option("--prolific", is_flag=True, help="Price for Prolific, not for MTurk.")
@click.option("--academic", is_flag=True, help="Prolific's fee for universities.")
@click.option("--minutes", type=click.IntRange(min=1), help="How long it takes: checks the pay an hour.")
@click.option(
    "--hourly-cents",
    default=costs.PROLIFIC_HOURLY_CENTS,
    show_default=True,
    help="Least pay an hour on Prolific (USD; GBP: 600).",
)
def cost(
    participants: int,
    reward_cents: int,
    per_hit: int,
    prolific: bool,
    academic: bool,
    minutes: int | None,
    hourly_cents: int,
) -> None:
    """Say what PARTICIPANTS people cost, fees included; posts nothing."""
    if prolific:
        _check_hourly(reward_cents, minutes, least=hourly_cents)
        permille = costs.PROLIFIC_ACADEMIC_FEE_PERMILLE if academic else costs.PROLIFIC_FEE_PERMILLE
        each = costs.share_cents(reward_cents, permille=permille)
        price = costs.cost_of((participants,), reward_cents=reward_cents, fee_cents=lambda _: each)
        click.echo("Prolific, one study")
    else:
        hits = costs.split(participants, most=per_hit)
        fee = partial(costs.assignment_fee_cents, reward_cents)
        price = costs.cost_of(hits, reward_cents=reward_cents, fee_cents=fee)
        click.echo(f"HITs    {len(hits)} of at most {per_hit} assignments")
    _show_cost(price)


@main.command()
@STUDY
@click.option(
    "--participants",
    type=click.IntRange(min=1),
    help="People in all; the study's own number by default.",
)
@recruiting(spends=True)
def launch(campaign: "Campaign", participants: int | None) -> None:
    """Post places for STUDY, within the cap; run again it posts what is missing, and nothing twice."""
    from mturk import campaign as campaigns

    places = participants or campaign.study.recruiting.participants
    if not places:
        raise click.UsageError(
            "say how many: --participants, or [recruiting] participants in study.toml"
        )
    click.echo(f"{places} people at the most:")
    _show_cost(campaigns.price(campaign, places), campaign.study.pay.currency)
    for post in campaigns.launch(campaign, places):
        click.echo(f"posted: {post}")


@main.command()
@STUDY
@click.option(
    "--to", "places", type=click.IntRange(min=1), help="People in all, with those posted already."
)
@click.option(
    "--hours", type=click.IntRange(min=1), help="Let all postings be taken up for so long from now."
)
@recruiting(spends=True)
def extend(campaign: "Campaign", places: int | None, hours: int | None) -> None:
    """Have more places, or more time; to run it again changes nothing more."""
    from mturk import campaign as campaigns

    if places is None and hours is None:
        raise click.UsageError("say what to extend: --to, --hours, or both")
    for post in campaign.posts() if hours else ():
        campaign.recruiter.prolong(post, hours=hours or 0)
    posts = campaigns.launch(campaign, places) if places else campaign.posts()
    click.echo(f"{len(posts)} postings")


@main.command()
@STUDY
@recruiting()
def expire(campaign: "Campaign") -> None:
    """Let nobody new take up a posting of STUDY; who has begun may finish."""
    for post in campaign.posts():
        campaign.recruiter.expire(post)
        click.echo(f"expired: {post}")


@main.command()
@STUDY
@recruiting(dry=False)
def status(campaign: "Campaign") -> None:
    """Show what was posted, who came, and what was promised and paid."""
    from collections import Counter

    from mturk import campaign as campaigns
    from mturk.payments import settle

    cases, spent = settle.cases(campaign), campaigns.spent(campaign)
    places = sum(one.places for one in campaign.operations(campaigns.POST))
    click.echo(f"{len(campaign.posts())} postings, {places} places at {campaign.recruiter.market}")
    counted = Counter(case.submission.status if case.submission else "no submission" for case in cases)
    for word, n in sorted(counted.items()):
        click.echo(f"{word:16}{n:6}")
    click.echo(f"{'to be decided':16}{sum(bool(case.hold) for case in cases):6}")
    currency, cap = campaign.study.pay.currency, campaign.recruiter.offer.cap_cents
    promised, paid, most = (money(c, currency) for c in (spent.promised_cents, spent.paid_cents, cap))
    click.echo(f"promised {promised} of {most}, paid {paid}")


@main.command()
@STUDY
@recruiting(dry=False)
def balance(campaign: "Campaign") -> None:
    """Show what money the account of STUDY's recruiter can spend."""
    cents = campaign.recruiter.balance_cents()
    click.echo("no account" if cents is None else money(cents, campaign.study.pay.currency))


for command in payroll.COMMANDS:
    main.add_command(command)


def _check_hourly(reward_cents: int, minutes: int | None, *, least: int) -> None:
    if minutes is None:
        raise click.UsageError("Prolific has a least pay an hour: give --minutes")
    hourly = costs.hourly_cents(reward_cents, minutes=minutes)
    if hourly < least:
        raise click.ClickException(
            f"{money(reward_cents)} for {minutes} minutes is {money(hourly)} an hour; Prolific asks for "
            f"{money(least)}; pay {money(costs.least_reward_cents(least, minutes=minutes))} or more"
        )


def _show_cost(price: Cost, currency: str = "USD") -> None:
    for name in ("reward", "fee", "total"):
        click.echo(f"{name:7s} {money(getattr(price, name + '_cents'), currency)}")

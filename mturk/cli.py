"""The command `mturk`: recruiting and paying participants."""

import click

from mturk.cost import batch_cost


@click.group()
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Recruit and pay participants."""


@main.command()
@click.argument("participants", type=click.IntRange(min=1))
@click.option(
    "--reward-cents", type=click.IntRange(min=1), required=True, help="Reward each (US cents)."
)
@click.option(
    "--per-hit", type=click.IntRange(min=1), default=9, show_default=True, help="Assignments a HIT."
)
def cost(participants: int, reward_cents: int, per_hit: int) -> None:
    """Say what PARTICIPANTS people cost on Mechanical Turk, fees included; posts nothing."""
    price = batch_cost(participants, reward_cents=reward_cents, per_hit=per_hit)
    click.echo(f"HITs    {len(price.hits)} of at most {per_hit} assignments")
    for name in ("reward", "fee", "total"):
        click.echo(f"{name:7s} ${getattr(price, name + '_cents') / 100:,.2f}")

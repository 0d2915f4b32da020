"""What `experiment-server simulate` does: robots that listen, or robots that label, as the study asks.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from experiment_server.commands.console import errors, progress


def is_annotation(study: Path) -> bool:
    """Tell whether a study's participants label impacts."""
    from experiment_server.folders import folder
    from experiment_server.studies.sections import ANNOTATION

    with errors():
        return folder.read(study).study.task == ANNOTATION


def send_listeners(study: Path, fool_rates: tuple[str, ...], **how: Any) -> None:
    """Send listeners through a study, and print what came of it."""
    from experiment_server.simulation import listeners as simulation

    rates = dict(_fool_rate(text) for text in fool_rates)
    with errors(), progress("simulated trials") as on_trial:
        done = simulation.simulate(study, fool_rates=rates, on_trial=on_trial, **how)
    left = f" ({done.dropouts} left early)" if done.dropouts else ""
    click.echo(f"{done.participants} robots{left}, {done.answers} trials in {done.duration_s:.1f} s.")
    click.echo(f"{'variant':24}{'set rate':>9}{'fooled':>8}{'trials':>8}")
    for variant, n in done.answered.items():
        share = done.fooled[variant] / n
        click.echo(f"{variant:24}{done.fool_rates[variant]:9.1%}{share:8.1%}{n:8}")


def send_annotators(study: Path, error_rates: tuple[str, ...], noise: float | None, **how: Any) -> None:
    """Send annotators through a study, and print what came of it."""
    from experiment_server.simulation import annotators as simulation
    from experiment_server.studies.annotation import KINDS

    rates = _error_rates(error_rates, KINDS)
    deviation = simulation.NOISE if noise is None else noise
    with errors(), progress("simulated impacts") as on_impact:
        done = simulation.simulate(study, errors=rates, noise=deviation, on_impact=on_impact, **how)
    left = f" ({done.dropouts} left early)" if done.dropouts else ""
    least, most = done.votes
    click.echo(
        f"{done.participants} robots{left} labelled {done.answers} impacts in {done.duration_s:.1f} s; "
        f"each impact has {least} to {most} robots' votes."
    )
    click.echo(f"{'kind':12}{'set error':>10}{'wrong':>8}{'labels':>8}")
    for kind, wrong in done.wrong.items():
        share = f"{wrong / done.answers:8.1%}" if done.answers else f"{'-':>8}"
        click.echo(f"{kind:12}{done.errors[kind]:10.1%}{share}{done.answers:8}")


def _fool_rate(text: str) -> tuple[str, float]:
    variant, _, rate = text.partition("=")
    try:
        return variant, float(rate)
    except ValueError:
        raise click.BadParameter(f"{text!r}; write it as VARIANT=RATE, such as random=0.2") from None


def _error_rates(texts: tuple[str, ...], kinds: Iterable[str]) -> dict[str, float]:
    """Read error rates, each of a kind or, without one, of all."""
    rates: dict[str, float] = {}
    for text in texts:
        kind, _, rate = text.rpartition("=")
        try:
            rates |= {name: float(rate) for name in ([kind] if kind else kinds)}
        except ValueError:
            raise click.BadParameter(f"{text!r}; write it as KIND=RATE, such as material=0.12") from None
    return rates

"""Exclusions and checks of one study, taken together: answers in, one frozen `Quality` out."""

from dataclasses import dataclass

from analysis.findings import rates
from analysis.findings.rates import ContrastRow, VariantRow
from analysis.inference.detection import Lapses
from analysis.inputs.declared import Declared
from analysis.quality import checks
from analysis.quality.checks import Allocation, Drift, PayRow
from analysis.quality.counted import Counted
from analysis.quality.exclusions import Excluded, RuleRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """Declared exclusions and what they did, and checks of the study itself.

    Attributes
    ----------
    declared : bool
        Whether exclusions were declared.
    rules : tuple of RuleRow
        Every rule in force.
    log : tuple of Excluded
        Everyone and everything left out.
    variants, contrasts : tuple
        The main table and the tests without any exclusion; empty where nothing was left out.
    pay : tuple of PayRow
        Who is paid, beside whose answers count.
    currency : str
        Of the pay; empty if it is not known.
    allocations : tuple of Allocation
        Sample-ratio checks.
    drift : Drift
        The fool rate over the session.
    lapses : Lapses
        Blind answers, as catch trials show them.
    """

    declared: bool
    rules: tuple[RuleRow, ...]
    log: tuple[Excluded, ...]
    variants: tuple[VariantRow, ...]
    contrasts: tuple[ContrastRow, ...]
    pay: tuple[PayRow, ...]
    currency: str
    allocations: tuple[Allocation, ...]
    drift: Drift
    lapses: Lapses


def account_of(counted: Counted, declared: Declared) -> Quality:
    """Take exclusions and checks together.

    Parameters
    ----------
    counted : Counted
        The trials that the report is about.
    declared : Declared
        What the study file says.
    """
    outcome, plan = counted.outcome, declared.plan
    every = counted.trials.select(counted.trials.main)
    lost = bool((every.answered & ~outcome.kept[counted.trials.main]).any())
    contrasts = rates.contrast_rows(every.select(every.answered), plan=plan) if lost else ()
    return Quality(
        declared=outcome.declared,
        rules=outcome.rows,
        log=outcome.log,
        variants=rates.variant_rows(every, contrasts, plan=plan) if lost else (),
        contrasts=contrasts,
        pay=checks.pay_rows(counted.trials, counted.answers, declared.cents),
        currency=declared.currency,
        allocations=checks.allocations(every),
        drift=checks.drift(counted.answers),
        lapses=counted.lapses(),
    )

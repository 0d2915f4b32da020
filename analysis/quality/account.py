"""Exclusions and checks of one study, taken together: answers in, one frozen `Quality` out."""

from dataclasses import dataclass

from analysis.findings import rates
from analysis.findings.rates import ContrastRow, VariantRow
from analysis.inference.detection import Lapses
from analysis.inputs.declared import Declared
from analysis.inputs.responses import Mask, Responses
from analysis.quality import checks
from analysis.quality.checks import Allocation, Drift, PayRow
from analysis.quality.exclusions import Excluded, Outcome, RuleRow
from analysis.rendering.formats import p_equation


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


def account_of(counted: Responses, outcome: Outcome, declared: Declared, *, lapses: Lapses) -> Quality:
    """Take exclusions and checks together.

    Parameters
    ----------
    counted : Responses
        All trials of those the report is about.
    outcome : Outcome
        What the declared exclusions did to them.
    declared : Declared
        What the study file says.
    lapses : Lapses
        Blind answers of those who were kept.
    """
    main = counted.select(counted.main)
    kept: Mask = outcome.kept[counted.main]
    answers = main.select(main.answered & kept)
    lost = bool((main.answered & ~kept).any())
    every = rates.contrast_rows(main.select(main.answered), plan=declared.plan) if lost else ()
    return Quality(
        declared=outcome.declared,
        rules=outcome.rows,
        log=outcome.log,
        variants=rates.variant_rows(main, every, plan=declared.plan) if lost else (),
        contrasts=every,
        pay=checks.pay_rows(counted, answers, declared.cents),
        currency=declared.currency,
        allocations=checks.allocations(main),
        drift=checks.drift(answers),
        lapses=lapses,
    )


def doubts(quality: Quality) -> list[str]:
    """Say which checks a reader must know the outcome of before the numbers."""
    return [
        f"Variants were not {row.stage} equally often (chi-square test of even shares: "
        f"{p_equation(row.p)}): the study may have lost trials of some of them."
        for row in quality.allocations
        if row.is_suspicious
    ]

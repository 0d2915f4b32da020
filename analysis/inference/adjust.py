"""P values adjusted for how many of them there are; None stays None and does not count."""

from collections.abc import Sequence

from statsmodels.stats.multitest import multipletests


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Bound the chance of any false finding in a family (Holm 1979).

    Worked example: 0.001, 0.02, 0.03, 0.5 become 0.004, 0.06, 0.06, 0.5.
    """
    return _adjusted(p_values, method="holm")


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Bound the expected share of false findings among those called so (Benjamini, Hochberg 1995).

    Worked example: 0.001, 0.02, 0.03, 0.5 become 0.004, 0.04, 0.04, 0.5.
    """
    return _adjusted(p_values, method="fdr_bh")


def _adjusted(p_values: Sequence[float | None], *, method: str) -> list[float | None]:
    known = [p for p in p_values if p is not None]
    adjusted = iter(multipletests(known, method=method)[1] if known else ())
    return [None if p is None else float(next(adjusted)) for p in p_values]

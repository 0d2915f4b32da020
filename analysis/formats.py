"""Numbers as text, the same on the page, in the terminal and in figures."""

from typing import Protocol

from analysis.inference.pooled import Contrast, Estimate

EN_DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
NONE = EN_DASH  # stands where there is no number


class Ends(Protocol):
    """Whatever has an interval; an end is None where there is none."""

    @property
    def low(self) -> float | None:
        """The lower end."""

    @property
    def high(self) -> float | None:
        """The upper end."""


def percent(value: float | None, *, digits: int = 1) -> str:
    """Write a share as a percentage: 0.40006 is ``40.0%``."""
    return NONE if value is None else f"{100 * value:.{digits}f}%"


def plus_minus(estimate: Estimate) -> str:
    """Write a share as the paper does: ``40.01% ± 1.66``, without the ± where there is no interval."""
    half = estimate.half_width
    text = percent(estimate.value, digits=2)
    return text if half is None else f"{text} ± {100 * half:.2f}"


def interval(found: Ends) -> str:
    """Write the ends of an interval in percent: ``38.4 -- 41.7``."""
    if found.low is None or found.high is None:
        return NONE
    return f"{100 * found.low:.1f} {EN_DASH} {100 * found.high:.1f}"


def interval_short(found: Ends) -> str:
    """Write the ends of an interval in whole percent: ``38--42``."""
    if found.low is None or found.high is None:
        return NONE
    return f"{100 * found.low:.0f}{EN_DASH}{100 * found.high:.0f}"


def level(share: float) -> str:
    """Write the level of intervals: ``95%``."""
    return f"{100 * share:g}%"


def points(difference: float | None) -> str:
    """Write a difference of shares in percentage points, with its sign: ``+2.69``."""
    return NONE if difference is None else f"{100 * difference:+z.2f}".replace("-", MINUS)


def interval_of_points(found: Ends) -> str:
    """Write the ends of a difference's interval in percentage points: ``-1.20 to +3.45``."""
    if found.low is None or found.high is None:
        return NONE
    return f"{points(found.low)} to {points(found.high)}"


def points_and_ends(test: Contrast) -> str:
    """Write a difference with its interval: ``+2.69 (-1.20 to +3.45)``."""
    return f"{points(test.difference)} ({interval_of_points(test)})"


def decimal(value: float | None, *, digits: int = 2) -> str:
    """Write a number with a true minus sign."""
    return NONE if value is None else f"{value:z.{digits}f}".replace("-", MINUS)


def decimals(low: float | None, high: float | None) -> str:
    """Write the ends of an interval: ``0.12 to 0.34``."""
    return NONE if low is None or high is None else f"{decimal(low)} to {decimal(high)}"


def p_value(p: float | None) -> str:
    """Write a p value: ``< 0.001``, three decimals below 0.1, then two."""
    if p is None:
        return NONE
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def p_equation(p: float | None) -> str:
    """Write a p value for a sentence: ``p = 0.02``, ``p < 0.001``."""
    text = p_value(p)
    sign = "" if text.startswith("<") else "= "
    return f"p {sign}{text}".replace(" ", "\N{NO-BREAK SPACE}")


def count(n: int) -> str:
    """Write a whole number with thousands set apart."""
    return f"{n:,}".replace(",", "\N{THIN SPACE}")


def seconds(milliseconds: float | None) -> str:
    """Write a time in seconds: 1234.5 ms is ``1.23 s``."""
    return NONE if milliseconds is None else f"{milliseconds / 1000:.2f} s"


def plural(n: int, one: str, many: str = "") -> str:
    """Write a number with its noun: ``1 clip``, ``3 clips``."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def inside(label: str) -> str:
    """Write a label inside a sentence: its first letter small, unless it is a name as `RNN`."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label

"""How numbers are written on the dashboard: with their units, and a dash where there is none."""

from datetime import datetime, timedelta

NONE = "–"  # noqa: RUF001 - an en dash, as typographers set it


def percent(share: float | None) -> str:
    """Write a share (0 to 1) as percent: 0.123 as ``12 %``."""
    return NONE if share is None else f"{100 * share:.0f} %"


def minutes(value: float | None) -> str:
    """Write minutes: 6.5 as ``6.5 min``, 130 as ``2 h 10 min``."""
    if value is None:
        return NONE
    if value < 100:
        return f"{value:.1f} min"
    return f"{value // 60:.0f} h {value % 60:.0f} min"


def seconds(value: float | None) -> str:
    """Write seconds to a tenth: ``8.3 s``."""
    return NONE if value is None else f"{value:.1f} s"


def milliseconds(value: float | None) -> str:
    """Write whole milliseconds: ``640 ms``."""
    return NONE if value is None else f"{value:.0f} ms"


def money(cents: int, currency: str) -> str:
    """Write an amount: 123450 cents as ``1,234.50 USD``."""
    return f"{cents / 100:,.2f} {currency}"


def clock(time: datetime | None) -> str:
    """Write a time to the second, in UTC: ``2026-11-22 18:05:09``."""
    return NONE if time is None else f"{time:%Y-%m-%d %H:%M:%S}"


def duration(span: timedelta) -> str:
    """Write a span of time in its largest unit: ``12 s``, ``5 min``, ``3 h``, ``2 d``."""
    for unit, name in (
        (timedelta(days=1), "d"),
        (timedelta(hours=1), "h"),
        (timedelta(minutes=1), "min"),
    ):
        if span >= unit:
            return f"{span // unit} {name}"
    return f"{max(span, timedelta()).seconds} s"


def ago(time: datetime | None, now: datetime) -> str:
    """Write how long ago something was: ``5 min ago``."""
    return NONE if time is None else f"{duration(now - time)} ago"


def moment(time: datetime, step: timedelta) -> str:
    """Write a time of a chart's axis, as finely as its steps ask for: ``22 Nov 18:00`` or ``22 Nov``."""
    return f"{time:%-d %b}" if step >= timedelta(days=1) else f"{time:%-d %b %H:%M}"

"""How long steps say how far they have come."""

from collections.abc import Callable

Report = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are."""


def silently(step: str, done: int, total: int) -> None:
    """Report to nobody."""

"""How long each part of a piece of work took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Seconds by section, in the order in which they were first entered.

    Attributes
    ----------
    seconds : dict of str to float
        Time spent in each section (s).
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Count what runs inside towards a section."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began

    def line(self) -> str:
        """Say it in one line."""
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.seconds.items())
        return f"Time (s): {parts}; together {sum(self.seconds.values()):.1f}"

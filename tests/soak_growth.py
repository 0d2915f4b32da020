"""What processes hold, and whether it grows while they live."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import theilslopes

MEMORY, FILES, SOCKETS, THREADS = "memory (MiB)", "files", "sockets", "threads"

# The most that may come in an hour. A site is asked some ten thousand times in one, so a leak of a KiB a
# request is 10 MiB. The allocator alone takes about as much while it settles, which under eight threads
# can last longer than the first half. Of what is counted nothing may stay: one left by every round would
# be forty or more.
MEMORY_BOUND, COUNT_BOUND = 8.0, 2.0
FEWEST = 10  # rounds in the second half, below which a slope says nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """How one measure went.

    Attributes
    ----------
    what : str
        Whose measure it is, and its unit.
    first, last, most : float
        After the first round, after the last, and at the highest.
    per_hour : float or None
        Theil and Sen's slope over the second half (1/h); None for too few rounds.
    bound : float
        The steepest slope that is no growth (1/h).
    room : float
        As much as the settings allow, up to which it may fill at any pace; 0 where none is set.
    """

    what: str
    first: float
    last: float
    most: float
    per_hour: float | None
    bound: float
    room: float = 0.0

    @property
    def grows(self) -> bool:
        """Tell whether there is more and more of it."""
        return self.per_hour is not None and self.per_hour > self.bound and self.most > self.room


def held(pids: Iterable[int]) -> dict[str, float]:
    """Add up what processes hold: resident memory, open files and sockets, threads.

    Raises
    ------
    ProcessLookupError or FileNotFoundError
        If one of them is gone.
    """
    total = dict.fromkeys((MEMORY, FILES, SOCKETS, THREADS), 0.0)
    for pid in pids:
        place = Path(f"/proc/{pid}")
        pages = int((place / "statm").read_text().split()[1])
        total[MEMORY] += pages * os.sysconf("SC_PAGE_SIZE") / 2**20
        for name in _targets(place / "fd"):
            total[SOCKETS if name.startswith("socket:") else FILES] += 1
        total[THREADS] += sum(1 for _ in (place / "task").iterdir())
    return total


def _targets(folder: Path) -> list[str]:
    """List what open files are; one that is closed meanwhile was the folder's own."""
    found = []
    for number in list(folder.iterdir()):
        try:
            found.append(str(number.readlink()))
        except FileNotFoundError:
            continue
    return found


def processes_with(variable: str) -> int:
    """Count the processes that were started with a variable, "NAME=value", and still run."""
    n = 0
    for place in Path("/proc").glob("[0-9]*"):
        try:
            n += variable.encode() in (place / "environ").read_bytes().split(b"\0")
        except OSError:  # ended meanwhile, or somebody else's
            continue
    return n


def courses(
    hours: Sequence[float], measured: Sequence[Mapping[str, float]], rooms: Mapping[str, float]
) -> list[Course]:
    """Tell how each measure went, taken at these times (h); `rooms` by the names of measures."""
    return [
        course(what, hours, [one[what] for one in measured], room=rooms.get(what, 0.0))
        for what in measured[0]
    ]


def course(what: str, hours: Sequence[float], values: Sequence[float], *, room: float = 0.0) -> Course:
    """Tell how one measure went; see `Course`."""
    half = len(values) // 2
    is_enough = len(values) - half >= FEWEST
    return Course(
        what=what,
        first=values[0],
        last=values[-1],
        most=max(values),
        per_hour=float(theilslopes(values[half:], np.array(hours[half:]))[0]) if is_enough else None,
        bound=MEMORY_BOUND if what.endswith(MEMORY) else COUNT_BOUND,
        room=room,
    )


def as_table(rows: Iterable[Course]) -> str:
    """Write courses as a Markdown table."""
    lines = [
        "| | first | last | most | per hour | at most |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        slope = "-" if row.per_hour is None else f"{row.per_hour:+.1f}"
        allowed = f"{row.bound:+.0f}" + (f", or {row.room:.0f} in all" if row.room else "")
        lines.append(
            f"| {row.what} | {row.first:.0f} | {row.last:.0f} | {row.most:.0f} | {slope} | "
            f"{allowed}{' **grows**' if row.grows else ''} |"
        )
    return "\n".join(lines)

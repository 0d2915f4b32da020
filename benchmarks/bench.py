"""What the benchmarks share: processor time, tables for the docs, and the dataset that they run on."""

import math
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from models.demo.dataset import render_dataset

Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Return the processor time of some work (s), and its result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def best_s(
    work: Callable[[], object],
    *,
    times: int,
    budget_s: float = math.inf,
    clock: Callable[[], float] = time.process_time,
) -> float:
    """Take the least time of so many runs (s), or of fewer if their sum passes a budget."""
    spent: list[float] = []
    while len(spent) < times and sum(spent) < budget_s:
        started = clock()
        work()
        spent.append(clock() - started)
    return min(spent)


def head(*columns: str) -> None:
    """Print a table's head."""
    row(*columns)
    row(*["---"] * len(columns))


def row(*cells: object) -> None:
    """Print a row of a table."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


@contextmanager
def dataset_or_demo(root: Path | None) -> Iterator[tuple[Path, Path]]:
    """Yield a dataset's folder, by default that of a small demo rendered anew, and one for scratch."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        if root is None:
            root = scratch / "demo"
            render_dataset(root, n_materials=4, videos_per_material=2)
        yield root, scratch

"""Worker processes: a function over many items, in order, only a few ahead of the one asked for."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Self, TypeVar

from stimuli.errors import StimuliError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pool:
    """Some worker processes, or none: one worker is the process itself.

    Parameters
    ----------
    workers : int
        How many.
    """

    def __init__(self, workers: int) -> None:
        self._ahead = workers + 1
        # Forking a process in which torch runs threads may hang, so that each starts afresh.
        self._executor = (
            ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_to_parent)
            if workers > 1
            else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Apply a function to all items, in order; memory holds one more than there are workers.

        Raises
        ------
        StimuliError
            If a worker process dies.
        """
        if self._executor is None:
            yield from map(function, items)
            return
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(self._executor.submit(function, item))
                if len(waiting) >= self._ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise StimuliError(
                "a worker process died, perhaps for want of memory; run the same command again with "
                "fewer --workers: it goes on where it stopped"
            ) from error


def _leave_to_parent() -> None:
    """Let an interrupt of the terminal reach the parent alone, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

"""Work spread over processes: this machine's, or those of a Dask cluster, behind one interface."""

import importlib
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from typing import Any, TypeVar

from models.errors import ModelsError

PATIENCE_S = 30  # for a scheduler's first answer, and for its first worker

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pool(ExitStack):
    """Some worker processes, or none: one worker is the process itself; a context manager.

    Parameters
    ----------
    workers : int
        How many on this machine; not used with a cluster, which has as many as it has.
    cluster : str or None
        Address of a Dask scheduler (``tcp://host:8786``) whose workers are used instead. They need the
        same versions installed, and must see all files under the same paths.

    Raises
    ------
    ModelsError
        If there is no such scheduler, it has no worker, or Dask is not installed.
    """

    def __init__(self, workers: int, *, cluster: str | None = None) -> None:
        super().__init__()
        self._executor: Executor | None = None
        self._lost: tuple[type[BaseException], ...] = (BrokenExecutor, CancelledError)
        self._ahead = workers + 1
        self._send: Callable[[Any], Any] = lambda item: item
        if cluster is not None:
            self._join(cluster)
        elif workers > 1:
            # Forking a process in which torch runs threads may hang, so that each starts afresh.
            self._executor = local = ProcessPoolExecutor(
                workers, mp_context=get_context("spawn"), initializer=_leave_to_parent
            )
            self.callback(local.shutdown, cancel_futures=True)

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Apply a function to all items, in order; memory holds one more than there are workers.

        Raises
        ------
        ModelsError
            If a worker process dies.
        """
        if self._executor is None:
            yield from map(function, items)
            return
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(self._executor.submit(function, self._send(item)))
                if len(waiting) >= self._ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except self._lost as error:
            raise ModelsError(
                "a worker process died, perhaps for want of memory; give the same command again with "
                "fewer --workers: builds and features go on where they stopped"
            ) from error

    def _join(self, address: str) -> None:
        """Connect to a Dask scheduler; its client gives out an executor like the local pool."""
        try:
            dask: Any = importlib.import_module("distributed")  # an optional extra
        except ImportError as error:
            raise ModelsError(
                "--cluster needs Dask; pip install 'visually-indicated-sounds[cluster]'"
            ) from error
        try:
            client = dask.Client(address, timeout=PATIENCE_S)
        except (OSError, ValueError) as error:
            raise ModelsError(
                f"no Dask scheduler answers at {address!r}; start 'dask scheduler' and give its "
                "address, as tcp://host:8786"
            ) from error
        self.callback(client.close)
        try:
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError as error:
            self.close()
            raise ModelsError(
                f"the cluster at {address} has no worker; start 'dask worker {address}'"
            ) from error
        self._ahead = sum(client.nthreads().values()) + 1
        self._lost = (*self._lost, dask.KilledWorker)
        self._executor = executor = client.get_executor(pure=False)
        self.callback(executor.shutdown, wait=False)
        # A video's pictures are megabytes, which Dask wants sent ahead of their task.
        self._send = lambda item: client.scatter([item], hash=False)[0]


def _leave_to_parent() -> None:
    """Let an interrupt of the terminal reach the parent alone, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

"""Exact nearest-neighbour search: the L1 search among sounds (Section 5.2), and L2 among image features.

Both filter and refine. A lower bound of every distance is computed fast in float32, on the CPU, on a GPU
or by faiss; the rows with the lowest bounds are measured in float64; if the best of them is nearer than
the lowest bound left out, no other row can win. Else more rows are measured. So the answer is the one
that float64 over all rows gives, the lowest index among equals, whatever computed the bounds.
"""

import importlib
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from models.errors import ModelsError

FIRST = 32  # rows measured at first, for each query
MORE = 8  # times as many, for the queries that this does not settle
BLOCK = 2**25  # bounds held at a time: 128 MiB in float32
ROWS = 256  # rows worked on at a time, so that they stay in the processor's cache
HALF_ULP = 2.0**-24  # relative error of rounding to float32

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Doubles = NDArray[np.float64]
Lowest = Callable[[Floats, int], tuple[Indices, Doubles]]
"""Queries and a count to the rows with the lowest bounds [shape=(n_queries, count)], and the bounds."""


def nearest_l1(
    queries: Floats,
    database: Floats,
    *,
    k: int = 1,
    allowed: NDArray[np.bool_] | None = None,
    device: str = "cpu",
) -> tuple[Indices, Doubles]:
    """Find the k rows of a database nearest to each query by L1 distance.

    Parameters
    ----------
    queries : ndarray of float32 [shape=(n_queries, d)]
        Finite.
    database : ndarray of float32 [shape=(n, d)]
        Finite. To search the same one again, keep an `L1Index`.
    k : int
        How many, at least 1.
    allowed : ndarray of bool [shape=(n,) or (n_queries, n)], optional
        Which rows may be found, for all queries alike or for each.
    device : str
        Torch device for the bounds. On the CPU faiss computes them where it is installed.

    Returns
    -------
    indices : ndarray of int64 [shape=(n_queries, k)]
        Nearest first, the lowest index first among equals; -1 where fewer than k are allowed.
    distances : ndarray of float64 [shape=(n_queries, k)]
        Sums of absolute differences; infinite where the index is -1.
    """
    return L1Index(database, device=device).nearest(queries, k=k, allowed=allowed)


class Index(ABC):
    """A database to search more than once.

    Parameters
    ----------
    database : ndarray of float32 [shape=(n, d)]
        Finite; kept, not copied.
    device : str
        Torch device for the bounds.
    """

    def __init__(self, database: Floats, *, device: str = "cpu") -> None:
        if database.ndim != 2 or not np.isfinite(database).all():
            raise ModelsError(f"a database of shape {database.shape} is no table, or not finite")
        self._database, self._device = database, device

    def nearest(
        self, queries: Floats, *, k: int = 1, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Indices, Doubles]:
        """Find the k nearest rows; parameters and returns are those of `nearest_l1`."""
        if queries.ndim != 2 or queries.shape[1] != self._database.shape[1]:
            raise ModelsError(
                f"queries have shape {queries.shape}, the database {self._database.shape}; expected two "
                "tables with as many columns"
            )
        if k < 1 or not np.isfinite(queries).all():
            raise ModelsError(f"k is {k}, expected at least 1; or a query is not finite")
        indices = np.full((len(queries), k), -1, np.int64)
        distances = np.full((len(queries), k), np.inf)
        for members, rows in _groups(len(queries), len(self._database), allowed):
            if rows.size and members.size:
                found, far = self._search(queries[members], rows, min(k, rows.size))
                indices[members, : found.shape[1]] = found
                distances[members, : found.shape[1]] = far
        return indices, distances

    def _search(self, queries: Floats, rows: Indices, k: int) -> tuple[Indices, Doubles]:
        lowest = self._bounds(rows)
        indices, distances = np.empty((len(queries), k), np.int64), np.empty((len(queries), k))
        waiting, count = np.arange(len(queries)), max(FIRST, 2 * k)
        while waiting.size:
            count, unsettled = min(count, rows.size), []
            for block in np.array_split(waiting, -(-waiting.size * rows.size // BLOCK)):
                places, bounds = lowest(queries[block], count)
                for query, candidates, bound in zip(block, rows[places], bounds, strict=True):
                    exact = queries[query].astype(np.float64)
                    far = self._measured(exact, candidates, bound, k)
                    best = np.lexsort((candidates[: far.size], far))[:k]
                    indices[query], distances[query] = candidates[best], far[best]
                    if count < rows.size and far[best[-1]] >= bound[-1]:
                        unsettled.append(query)
            waiting, count = np.array(unsettled, np.int64), count * MORE
        return indices, distances

    def _measured(self, query: Doubles, candidates: Indices, bounds: Doubles, k: int) -> Doubles:
        """Measure candidates, lowest bound first, until no further one can be among the k nearest."""
        far = np.empty(0)
        for start in range(0, candidates.size, ROWS):
            if far.size >= k and np.partition(far, k - 1)[k - 1] < bounds[start]:
                break
            rows = self._database[candidates[start : start + ROWS]].astype(np.float64)
            far = np.concatenate([far, self._distances(query, rows)])
        return far

    @abstractmethod
    def _distances(self, query: Doubles, rows: Doubles) -> Doubles:
        """Measure the distances of a query [shape=(d,)] to rows [shape=(n_rows, d)]."""

    @abstractmethod
    def _bounds(self, rows: Indices) -> Lowest:
        """Prepare lower bounds of the distances to some rows."""


class L1Index(Index):
    """A database to search by L1 distance more than once.

    The bound is the distance in float32, by faiss where it is installed and no GPU is asked for, less
    what rounding may have added: a unit for each difference and each sum. Twice that is taken off.
    """

    def __init__(self, database: Floats, *, device: str = "cpu") -> None:
        super().__init__(database, device=device)
        self._with_faiss = device == "cpu" and importlib.util.find_spec("faiss") is not None
        self._everything = self._prepared(database)

    def _distances(self, query: Doubles, rows: Doubles) -> Doubles:
        far: Doubles = np.abs(np.subtract(rows, query, out=rows), out=rows).sum(axis=1)
        return far

    def _bounds(self, rows: Indices) -> Lowest:
        n, d = self._database.shape
        sums = self._everything if rows.size == n else self._prepared(self._database[rows])

        def lowest(queries: Floats, count: int) -> tuple[Indices, Doubles]:
            places, values = sums(queries, count)
            return places, values * (1 - 2 * (d + 1) * HALF_ULP)

        return lowest

    def _prepared(self, database: Floats) -> Lowest:
        return _faiss_sums(database) if self._with_faiss else _torch_sums(database, self._device)


class L2Index(Index):
    """A database to search by Euclidean distance more than once.

    The bound is the distance itself from one float32 matrix product, less what rounding may have added:
    a unit for each term of each of the three inner products.
    """

    def __init__(self, database: Floats, *, device: str = "cpu") -> None:
        super().__init__(database, device=device)
        self._table = torch.from_numpy(np.ascontiguousarray(database)).to(device)
        self._squares = (self._table * self._table).sum(dim=1)  # (n,)

    def _distances(self, query: Doubles, rows: Doubles) -> Doubles:
        far: Doubles = np.sqrt(np.square(np.subtract(rows, query, out=rows), out=rows).sum(axis=1))
        return far

    def _bounds(self, rows: Indices) -> Lowest:
        table, squares = self._table, self._squares
        if rows.size < len(table):
            chosen = torch.from_numpy(rows).to(self._device)
            table, squares = table[chosen], squares[chosen]
        slack = 2 * (table.shape[1] + 4) * HALF_ULP

        def lowest(queries: Floats, count: int) -> tuple[Indices, Doubles]:
            asked = torch.from_numpy(np.ascontiguousarray(queries)).to(self._device)
            total = (asked * asked).sum(dim=1, keepdim=True) + squares  # (n_queries, n_rows)
            bounds = (total - 2 * asked @ table.T - slack * total).clamp(min=0)
            values, places = bounds.topk(count, largest=False)
            return places.cpu().numpy(), np.sqrt(values.cpu().double().numpy())

        return lowest


def _torch_sums(database: Floats, device: str) -> Lowest:
    table = torch.from_numpy(np.ascontiguousarray(database)).to(device)

    def lowest(queries: Floats, count: int) -> tuple[Indices, Doubles]:
        asked = torch.from_numpy(np.ascontiguousarray(queries)).to(device)
        values, places = torch.cdist(asked, table, p=1.0).topk(count, largest=False)
        return places.cpu().numpy(), values.cpu().double().numpy()

    return lowest


def _faiss_sums(database: Floats) -> Lowest:
    faiss = importlib.import_module("faiss")  # an optional extra
    index = faiss.IndexFlat(database.shape[1], faiss.METRIC_L1)
    index.add(np.ascontiguousarray(database))

    def lowest(queries: Floats, count: int) -> tuple[Indices, Doubles]:
        values, places = index.search(np.ascontiguousarray(queries), count)
        return places, values.astype(np.float64)

    return lowest


def _groups(
    n_queries: int, n: int, allowed: NDArray[np.bool_] | None
) -> Iterator[tuple[Indices, Indices]]:
    """Yield the queries that may find the same rows, and those rows."""
    if allowed is None or allowed.ndim == 1:
        yield np.arange(n_queries), np.arange(n) if allowed is None else np.flatnonzero(allowed)
        return
    packed = np.packbits(allowed, axis=1)
    _, first, group = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    for number, example in enumerate(first):
        yield np.flatnonzero(group.reshape(-1) == number), np.flatnonzero(allowed[example])

"""L1 search: 35,000 exemplars of 45 x 42 features, one thread, beside scipy, scikit-learn and faiss.

    python benchmarks/search.py [--exemplars 35000] [--queries 16]

The database is made of decaying spectra with noise, as impact sounds are; queries are further draws. All
answers must agree. The floor of an exhaustive search counts one subtraction, one absolute value and one
addition for each feature of each exemplar, at the rate of vector operations that a large matrix product
reaches here, and reading the database once for all queries, see `floors`.
"""

import argparse
import importlib.util
import os
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")

import faiss
import numpy as np
import torch
from bench import timed
from floors import Cost, measured
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from models.clips.search import L1Index

STEPS, CHANNELS = 45, 42
NOISE = 0.1  # of the envelopes' logarithm
FIND_SPEC = importlib.util.find_spec
Search = Callable[[NDArray[np.float32]], NDArray[np.int64]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exemplars", type=int, default=35_000)
    parser.add_argument("--queries", type=int, default=16)
    options = parser.parse_args()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(0)
    database = draw(options.exemplars, rng)
    queries = draw(options.queries, rng)
    print(f"{len(database):,} x {database.shape[1]:,} float32, {len(queries)} queries, one thread")
    heads = ("setup CPU s", "CPU ms/query", "queries/CPU-s", "wall ms/query")
    print(f"{'search':34}" + "".join(f"{head:>15}" for head in heads))
    answers = {}
    for name, prepare in SEARCHES.items():
        answers[name] = report(name, prepare, database, queries)
    cost = Cost(6.0 * database.size, database.nbytes / len(queries))
    floor_ms = 1e3 * sum(measured("cpu").floors_s(cost))
    print(f"{'floor of an exhaustive search':34}{'':15}{floor_ms:15.2f}{1e3 / floor_ms:15.0f}")
    expected = answers.pop("scipy cdist, float64")
    for name, answer in answers.items():
        if not np.array_equal(answer, expected):
            raise SystemExit(f"{name} gives other answers than scipy")
    print("all answers agree")


def draw(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw cochleagram-like rows, float32 [shape=(n, 45 * 42)], between 0 and 1."""
    rates = rng.uniform(0.02, 0.3, (n, 1, CHANNELS))
    spectrum = np.cumsum(rng.standard_normal((n, 1, CHANNELS)), axis=2)
    spectrum = np.exp(spectrum / 6 - 1)
    after = np.arange(STEPS)[None, :, None] - STEPS // 2
    rows = np.where(after >= 0, spectrum * np.exp(-rates * after), 0) + 1e-3
    rows = (rows * np.exp(NOISE * rng.standard_normal(rows.shape))) ** 0.3
    return rows.reshape(n, -1).astype(np.float32)


def report(
    name: str,
    prepare: Callable[[NDArray[np.float32]], Search],
    database: NDArray[np.float32],
    queries: NDArray[np.float32],
) -> NDArray[np.int64]:
    """Run one search, print its line, return its answers."""
    setup_s, search = timed(lambda: prepare(database))
    wall = time.perf_counter()
    cpu_s, answer = timed(lambda: search(queries))
    wall_ms = (time.perf_counter() - wall) / len(queries) * 1e3
    cpu_ms = cpu_s / len(queries) * 1e3
    print(f"{name:34}{setup_s:15.2f}{cpu_ms:15.2f}{1e3 / cpu_ms:15.0f}{wall_ms:15.2f}", flush=True)
    return answer


def ours(database: NDArray[np.float32], *, with_faiss: bool) -> Search:
    """Search as the variants do, with or without faiss for the bounds."""
    importlib.util.find_spec = FIND_SPEC if with_faiss else lambda name: None
    index = L1Index(database)
    importlib.util.find_spec = FIND_SPEC
    return lambda queries: index.nearest(queries)[0][:, 0]


def exhaustive_torch(database: NDArray[np.float32]) -> Search:
    """Measure all pairs in float32 with torch."""
    table = torch.from_numpy(database)
    return lambda queries: torch.cdist(torch.from_numpy(queries), table, p=1.0).argmin(dim=1).numpy()


def exhaustive_scipy(database: NDArray[np.float32]) -> Search:
    """Measure all pairs in float64 with scipy."""
    table = database.astype(np.float64)
    return lambda queries: cdist(queries.astype(np.float64), table, "cityblock").argmin(axis=1)


def exhaustive_sklearn(database: NDArray[np.float32]) -> Search:
    """Search by scikit-learn's brute force."""
    index = NearestNeighbors(n_neighbors=1, algorithm="brute", metric="manhattan", n_jobs=1)
    index.fit(database)
    return lambda queries: index.kneighbors(queries, return_distance=False)[:, 0]


def exhaustive_faiss(database: NDArray[np.float32]) -> Search:
    """Search by faiss's flat index."""
    index = faiss.IndexFlat(database.shape[1], faiss.METRIC_L1)
    index.add(database)
    return lambda queries: index.search(queries, 1)[1][:, 0]


SEARCHES: dict[str, Callable[[NDArray[np.float32]], Search]] = {
    "L1Index": lambda database: ours(database, with_faiss=False),
    "L1Index with faiss": lambda database: ours(database, with_faiss=True),
    "torch cdist, float32": exhaustive_torch,
    "faiss IndexFlat, float32": exhaustive_faiss,
    "scikit-learn brute, float32": exhaustive_sklearn,
    "scipy cdist, float64": exhaustive_scipy,
}

if __name__ == "__main__":
    main()

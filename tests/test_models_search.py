import importlib.util

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from models.clips.search import L2Index, nearest_l1
from models.errors import ModelsError


def nearest_l2(queries, database, *, device="cpu", **asked):
    return L2Index(database, device=device).nearest(queries, **asked)


SEARCHES = [(nearest_l1, "cityblock"), (nearest_l2, "euclidean")]


@pytest.fixture(params=["with faiss where installed", "without faiss"])
def faiss_or_not(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without faiss":
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def _tables(n: int, d: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    database = np.abs(rng.standard_normal((n, d))).astype(np.float32)
    return np.abs(rng.standard_normal((7, d))).astype(np.float32), database


def _by_scipy(
    queries: NDArray[np.float32], database: NDArray[np.float32], metric: str
) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = cdist(queries.astype(float), database.astype(float), metric)
    return distances


@pytest.mark.usefixtures("faiss_or_not")
@pytest.mark.parametrize(("nearest", "metric"), SEARCHES)
@pytest.mark.parametrize(("n", "d", "k"), [(1, 3, 1), (300, 1890, 1), (700, 37, 5), (40, 7, 40)])
def test_search_equals_scipy_on_random_data(nearest, metric, n, d, k):
    queries, database = _tables(n, d)
    indices, distances = nearest(queries, database, k=k)
    expected = _by_scipy(queries, database, metric)
    order = np.argsort(expected, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_allclose(distances, np.take_along_axis(expected, order, 1), rtol=1e-12)


@pytest.mark.usefixtures("faiss_or_not")
@pytest.mark.parametrize(("nearest", "metric"), SEARCHES)
def test_the_lowest_index_wins_among_equals(nearest, metric):
    queries, database = _tables(50, 30)
    twice = np.concatenate([database, database, database])
    indices, _ = nearest(queries, twice, k=3)
    assert (np.diff(indices, axis=1) == 50).all()
    assert (indices[:, 0] < 50).all()


@pytest.mark.parametrize("nearest", [nearest_l1, nearest_l2])
def test_all_rows_equal_gives_the_first_rows(nearest):
    database = np.ones((2000, 20), np.float32)
    indices, distances = nearest(np.zeros((2, 20), np.float32), database, k=3)
    np.testing.assert_array_equal(indices, [[0, 1, 2], [0, 1, 2]])
    assert (distances == distances[0, 0]).all()


@pytest.mark.usefixtures("faiss_or_not")
@pytest.mark.parametrize(("nearest", "metric"), SEARCHES)
def test_differences_that_float32_sums_hide_are_told_apart(nearest, metric):
    rng = np.random.default_rng(1)
    query = rng.uniform(1, 2, (1, 1000)).astype(np.float32)
    database = np.repeat(query + np.float32(1), 400, axis=0)
    database[np.arange(400), rng.integers(0, 1000, 400)] -= np.float32(2e-7) * rng.integers(1, 9, 400)
    expected = _by_scipy(query, database, metric)
    indices, _ = nearest(query, database, k=10)
    np.testing.assert_array_equal(indices, np.argsort(expected, axis=1, kind="stable")[:, :10])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.integers(1, 25))
def test_permuting_the_database_changes_no_answer(seed: int, n: int, d: int):
    queries, database = _tables(n, d, seed)
    order = np.random.default_rng(seed).permutation(n)
    indices, distances = nearest_l1(queries, database)
    permuted, same_distances = nearest_l1(queries, database[order])
    np.testing.assert_array_equal(order[permuted], indices)
    np.testing.assert_array_equal(same_distances, distances)


@pytest.mark.usefixtures("faiss_or_not")
@pytest.mark.parametrize(("nearest", "metric"), SEARCHES)
def test_only_allowed_rows_are_found(nearest, metric):
    queries, database = _tables(300, 40)
    allowed = np.random.default_rng(3).random((len(queries), 300)) < 0.02
    allowed[2] = False
    allowed[4] = allowed[1]
    indices, distances = nearest(queries, database, k=2, allowed=allowed)
    expected = np.where(allowed, _by_scipy(queries, database, metric), np.inf)
    order = np.argsort(expected, axis=1, kind="stable")[:, :2]
    found = np.isfinite(np.take_along_axis(expected, order, 1))
    np.testing.assert_array_equal(indices, np.where(found, order, -1))
    np.testing.assert_array_equal(np.isinf(distances), ~found)
    assert (indices[2] == -1).all()


def test_one_mask_serves_all_queries():
    queries, database = _tables(100, 12)
    allowed = np.arange(100) % 7 == 3
    each = np.tile(allowed, (len(queries), 1))
    for one, other in zip(
        nearest_l1(queries, database, allowed=allowed),
        nearest_l1(queries, database, allowed=each),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_an_answer_does_not_depend_on_the_other_queries():
    queries, database = _tables(500, 60)
    together = nearest_l2(queries, database, k=3)
    for i, query in enumerate(queries):
        alone = nearest_l2(query[None], database, k=3)
        np.testing.assert_array_equal(alone[0][0], together[0][i])
        np.testing.assert_array_equal(alone[1][0], together[1][i])


def test_no_queries_find_nothing():
    indices, distances = nearest_l1(np.zeros((0, 5), np.float32), np.zeros((3, 5), np.float32))
    assert indices.shape == distances.shape == (0, 1)


@pytest.mark.parametrize(
    ("queries", "database", "k", "message"),
    [
        (np.zeros((1, 3), np.float32), np.zeros((2, 4), np.float32), 1, "as many columns"),
        (np.zeros((1, 3), np.float32), np.zeros((2, 3), np.float32), 0, "k is 0"),
        (np.full((1, 3), np.nan, np.float32), np.zeros((2, 3), np.float32), 1, "is not finite"),
    ],
)
def test_unusable_arguments_are_named(queries, database, k, message):
    with pytest.raises(ModelsError, match=message):
        nearest_l1(queries, database, k=k)

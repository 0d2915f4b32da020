import numpy as np
import pytest

from models.detection.colouring import coloured, moments


def correlated(n: int, scale: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 10)) @ rng.normal(size=(10, 10)) * scale + rng.normal(size=10)


def test_coloured_predictions_have_the_mean_and_covariance_of_real_ones() -> None:
    predicted, real = correlated(300, 0.1, seed=0), correlated(500, 1.0, seed=1)
    wanted = moments(real)
    found = moments(coloured(predicted, predicted=moments(predicted), real=wanted))
    np.testing.assert_allclose(found.mean, wanted.mean, atol=1e-6)
    np.testing.assert_allclose(found.covariance, wanted.covariance, atol=1e-6)


def test_features_that_are_right_already_stay() -> None:
    features = correlated(100, 1.0, seed=2)
    own = moments(features)
    np.testing.assert_allclose(coloured(features[:5], predicted=own, real=own), features[:5], atol=1e-8)


def test_directions_without_variation_are_left_without() -> None:
    predicted = correlated(50, 1.0, seed=3)
    predicted[:, 4:] = 0.25
    real = moments(correlated(80, 1.0, seed=4))
    found = coloured(predicted, predicted=moments(predicted), real=real)
    assert np.isfinite(found).all()
    assert np.linalg.matrix_rank(found - found.mean(axis=0), tol=1e-6) == 4


def test_one_observation_has_no_covariance() -> None:
    single = moments(np.ones((1, 3)))
    assert single.n == 1
    assert single.covariance == pytest.approx(np.zeros((3, 3)))

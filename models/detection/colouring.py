"""Bringing predicted sound features to the mean and covariance of real ones before a search (A1.1).

"We found the amplitude of peaks in the predicted waveforms to be smaller than those of real sounds. We
correct for these differences [...] by applying a coloring transformation before the nearest-neighbor
search."
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Mean and covariance of features.

    Attributes
    ----------
    mean : ndarray of float64 [shape=(n_dims,)]
    covariance : ndarray of float64 [shape=(n_dims, n_dims)]
    n : int
        Observations that they were estimated from.
    """

    mean: Doubles
    covariance: Doubles
    n: int


def moments(features: NDArray[np.floating]) -> Moments:
    """Estimate mean and covariance of observations [shape=(n, n_dims)]; n - 1 in the denominator."""
    values = np.asarray(features, np.float64)
    covariance = np.atleast_2d(np.cov(values, rowvar=False)) if len(values) > 1 else 0.0
    n_dims = values.shape[1]
    return Moments(
        mean=values.mean(axis=0), covariance=np.broadcast_to(covariance, (n_dims, n_dims)), n=len(values)
    )


def coloured(features: NDArray[np.floating], *, predicted: Moments, real: Moments) -> Doubles:
    """Bring predicted features to the mean and covariance of real ones.

    Of all linear maps between the two covariances it is the one that moves features least (Olkin &
    Pukelsheim 1982); the paper does not say which rotation it used. Directions in which predictions
    don't vary are left without variation.

    Parameters
    ----------
    features : ndarray of float [shape=(..., n_dims)]
        Predicted.
    predicted, real : Moments
        What is to be changed, and into what.

    Returns
    -------
    ndarray of float64 [shape=(..., n_dims)]
    """
    root, inverse = _roots(predicted.covariance)
    middle, _ = _roots(root @ real.covariance @ root)
    matrix = inverse @ middle @ inverse
    return np.asarray((features - predicted.mean) @ matrix + real.mean, np.float64)


def _roots(covariance: Doubles) -> tuple[Doubles, Doubles]:
    """Give the symmetric square root of a covariance and the inverse of it, as far as there is one."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    kept = values > values.max(initial=0) * 1e-10
    root = np.where(kept, np.sqrt(np.maximum(values, 0)), 0)
    inverse = np.divide(1, root, out=np.zeros_like(root), where=root > 0)
    return vectors * root @ vectors.T, vectors * inverse @ vectors.T

"""What the network predicts: the square root of the cochleagram in ten principal components.

"We also increase robustness of the loss by predicting the square root of the subband envelopes [...]
we use PCA to project the 42-dimensional feature vector at each timestep down to a 10-dimensional space
[...] When we evaluate the network, we invert the PCA transformation" (Section 5.1).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.errors import ModelsError
from models.sounds.filterbank import N_CHANNELS

N_COMPONENTS = 10  # Section 5.1


class Targets(nn.Module):
    """The map from a cochleagram to what is predicted, and back; its two arrays are its state.

    Parameters
    ----------
    n_components : int
        Principal components kept, at most the 42 channels.
    """

    mean: Tensor  # (42,)
    basis: Tensor  # (n_components, 42), orthonormal rows

    def __init__(self, *, n_components: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(N_CHANNELS))
        self.register_buffer("basis", torch.eye(n_components, N_CHANNELS))

    def encode(self, cochleagrams: Tensor) -> Tensor:
        """Map compressed envelopes (..., 42) to coordinates (..., n_components)."""
        return (cochleagrams.clamp(min=0).sqrt() - self.mean) @ self.basis.T

    def decode(self, coordinates: Tensor) -> Tensor:
        """Map coordinates (..., n_components) to compressed envelopes (..., 42).

        A square root that is predicted below zero is silence.
        """
        return (coordinates.float() @ self.basis + self.mean).clamp(min=0).square()


def fit_targets(cochleagrams: NDArray[np.float32], *, n_components: int = N_COMPONENTS) -> Targets:
    """Fit the principal components to training data; the coordinates keep the data's scale.

    Parameters
    ----------
    cochleagrams : ndarray of float32 [shape=(n_clips, n_steps, 42)]
        Compressed envelopes of training clips alone; every timestep is one observation.
    n_components : int
        From 1 to 42.

    Raises
    ------
    ModelsError
        If there are more components than channels.
    """
    if not 1 <= n_components <= N_CHANNELS:
        raise ModelsError(
            f"{n_components} components of {N_CHANNELS} channels; ask for 1 to {N_CHANNELS}"
        )
    observations = np.sqrt(np.maximum(cochleagrams.reshape(-1, N_CHANNELS), 0).astype(np.float64))
    mean = observations.mean(axis=0)
    covariance = np.cov(observations, rowvar=False, bias=True)
    _, vectors = np.linalg.eigh(covariance)  # columns by ascending variance
    basis = vectors[:, ::-1][:, :n_components].T
    largest = np.abs(basis).argmax(axis=1)
    basis *= np.sign(basis[np.arange(n_components), largest])[:, None]  # else signs are arbitrary
    targets = Targets(n_components=n_components)
    targets.mean.copy_(torch.from_numpy(mean))
    targets.basis.copy_(torch.from_numpy(np.ascontiguousarray(basis)))
    return targets

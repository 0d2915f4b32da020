import numpy as np
import pytest
import torch

from models.errors import ModelsError
from models.networks.targets import fit_targets


def cochleagrams(rank: int, *, seed: int = 0) -> np.ndarray:
    """Compressed envelopes whose square roots lie in an affine space of `rank` dimensions."""
    rng = np.random.default_rng(seed)
    roots = 2 + rng.uniform(-1, 1, (20, 45, rank)) @ rng.uniform(-1, 1, (rank, 42)) / rank
    return np.square(roots).astype(np.float32)


def test_envelopes_of_ten_dimensions_come_back_from_ten_components() -> None:
    envelopes = cochleagrams(10)
    targets = fit_targets(envelopes)
    back = targets.decode(targets.encode(torch.from_numpy(envelopes))).numpy()
    np.testing.assert_allclose(back, envelopes, rtol=1e-4)


def test_all_components_give_anything_back() -> None:
    envelopes = np.random.default_rng(0).uniform(0, 1, (4, 45, 42)).astype(np.float32)
    targets = fit_targets(envelopes, n_components=42)
    back = targets.decode(targets.encode(torch.from_numpy(envelopes))).numpy()
    np.testing.assert_allclose(back, envelopes, atol=1e-5)


def test_the_error_of_ten_components_is_the_variance_of_the_others() -> None:
    envelopes = np.random.default_rng(1).uniform(0, 1, (30, 45, 42)).astype(np.float32)
    roots = np.sqrt(envelopes.reshape(-1, 42).astype(np.float64))
    variances = np.sort(np.linalg.eigvalsh(np.cov(roots, rowvar=False, bias=True)))
    targets = fit_targets(envelopes)
    coordinates = targets.encode(torch.from_numpy(envelopes)).reshape(-1, 10).numpy()
    lost = (
        np.square(roots - coordinates @ targets.basis.numpy() - targets.mean.numpy()).sum(axis=1).mean()
    )
    assert lost == pytest.approx(variances[:-10].sum(), rel=1e-4)


def test_components_are_orthonormal_and_in_order_of_variance() -> None:
    envelopes = cochleagrams(15)
    targets = fit_targets(envelopes)
    np.testing.assert_allclose((targets.basis @ targets.basis.T).numpy(), np.eye(10), atol=1e-5)
    variances = targets.encode(torch.from_numpy(envelopes)).reshape(-1, 10).var(dim=0)
    assert (variances.diff() <= 1e-6).all()


def test_clips_in_another_order_give_the_same_components() -> None:
    envelopes = cochleagrams(12)
    shuffled = fit_targets(envelopes[::-1])
    np.testing.assert_allclose(shuffled.basis.numpy(), fit_targets(envelopes).basis.numpy(), atol=1e-4)


def test_a_square_root_below_zero_is_silence() -> None:
    targets = fit_targets(cochleagrams(10))
    loud_minus = targets.encode(torch.zeros(1, 42)) * 10
    assert (targets.decode(loud_minus) >= 0).all()
    assert (targets.decode(loud_minus) == 0).any()


def test_more_components_than_channels_are_refused() -> None:
    with pytest.raises(ModelsError, match="43 components of 42 channels"):
        fit_targets(cochleagrams(10), n_components=43)

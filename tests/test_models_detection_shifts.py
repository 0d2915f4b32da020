import itertools

import numpy as np
import pytest
import torch

from models.detection.shifts import (
    ALPHA,
    MAX_SHIFT,
    TAU,
    align,
    infer_shifts,
    shift_costs,
    shifted,
    smoothness,
    step_amplitudes,
    step_weights,
)
from models.networks.loss import EPSILON


def energy(costs: np.ndarray, changes: np.ndarray, labels: tuple[int, ...]) -> float:
    unary = sum(costs[step, label] for step, label in enumerate(labels))
    pairs = zip(labels[:-1], labels[1:], changes, strict=True)
    return unary + sum(change for a, b, change in pairs if a != b)


@pytest.mark.parametrize("seed", range(20))
def test_shifts_are_those_of_least_energy_among_all_labellings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_steps, n_shifts = 6, 5
    costs = rng.normal(size=(1, n_steps, n_shifts))
    changes = rng.uniform(0, 1.5, (1, n_steps - 1))
    found = infer_shifts(torch.from_numpy(costs), torch.from_numpy(changes))[0] + n_shifts // 2
    labellings = itertools.product(range(n_shifts), repeat=n_steps)
    least = min(labellings, key=lambda labels: energy(costs[0], changes[0], labels))
    assert tuple(found.tolist()) == least


def spikes(places: tuple[int, ...], n_steps: int = 60) -> torch.Tensor:
    sound = torch.full((1, n_steps, 42), 0.02)
    for place in places:
        decay = torch.exp(-torch.arange(n_steps - place) / 4)
        sound[0, place:] += decay[:, None] * torch.linspace(0.2, 0.6, 42)
    return sound


@pytest.mark.parametrize("shift", [-8, -3, 0, 5, 8])
def test_a_known_shift_is_found_where_something_sounds(shift: int) -> None:
    true, late = spikes((20,)), spikes((20 + shift,))
    amplitudes = step_amplitudes(true)
    costs = shift_costs(late.sqrt(), true.sqrt(), amplitudes)
    shifts = infer_shifts(costs, smoothness(amplitudes))
    assert shifts[0, 19:34].tolist() == [shift] * 15
    moved = shifted(late.sqrt(), shifts)
    torch.testing.assert_close(moved[:, 15:40], true.sqrt()[:, 15:40], atol=2e-2, rtol=0)


def test_two_impacts_may_be_off_by_different_shifts() -> None:
    true, predicted = spikes((15, 42)), spikes((12, 47))
    moved, _ = align(predicted.sqrt(), true.sqrt(), true)
    before = (predicted.sqrt() - true.sqrt()).square().sum()
    assert (moved - true.sqrt()).square().sum() < 0.01 * before


def test_gradients_go_to_the_step_that_was_moved() -> None:
    true, late = spikes((20,)), spikes((25,))
    predicted = late.sqrt().requires_grad_()
    moved, _ = align(predicted, true.sqrt(), true)
    moved[0, 20].sum().backward()
    assert predicted.grad is not None
    assert predicted.grad[0].abs().sum(dim=1).nonzero().flatten().tolist() == [25]


def test_steps_from_tau_on_weigh_four_times_as_much() -> None:
    weights = step_weights(torch.tensor([[0.0, TAU - 0.01, TAU, 5.0]]))
    assert weights.tolist() == [[1, 1, 1 + ALPHA, 1 + ALPHA]]


def test_a_cost_is_the_robust_loss_of_the_shifted_step() -> None:
    generator = torch.Generator().manual_seed(0)
    predicted, true = torch.randn(2, 1, 12, 3, generator=generator)
    costs = shift_costs(predicted, true, torch.zeros(1, 12))
    distance = (predicted[0, 6] - true[0, 5]).square().sum()
    torch.testing.assert_close(costs[0, 5, MAX_SHIFT + 1], torch.log(EPSILON + distance))
    assert costs.shape == (1, 12, 17)

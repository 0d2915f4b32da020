import math

import pytest
import torch

from models.networks.loss import EPSILON, robust_loss


def test_a_perfect_prediction_costs_log_epsilon_a_step() -> None:
    true = torch.randn(3, 45, 10)
    assert robust_loss(true, true).item() == pytest.approx(45 * math.log(EPSILON), rel=1e-6)


def test_the_loss_is_the_papers_formula_for_one_wrong_step() -> None:
    true = torch.zeros(1, 2, 10, dtype=torch.float64)
    predicted = true.clone()
    predicted[0, 1, :2] = torch.tensor([3.0, 4.0])
    expected = math.log(EPSILON) + math.log(EPSILON + 25)
    assert robust_loss(predicted, true).item() == pytest.approx(expected, rel=1e-12)


def test_gradients_agree_with_finite_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    true = torch.randn(2, 5, 10, dtype=torch.float64, generator=generator)
    predicted = torch.randn(2, 5, 10, dtype=torch.float64, generator=generator, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: robust_loss(p, true), (predicted,))


def test_no_error_of_a_step_has_a_gradient_above_the_bound() -> None:
    errors = torch.linspace(-2, 2, 4001, dtype=torch.float64).reshape(-1, 1, 1).requires_grad_()
    loss = robust_loss(errors, torch.zeros_like(errors)) * len(errors)
    (gradient,) = torch.autograd.grad(loss, errors)
    assert gradient.abs().max().item() == pytest.approx(1 / math.sqrt(EPSILON), rel=1e-3)
    assert gradient[-1].item() < 1.01  # a far outlier pulls less than a near miss


def test_half_precision_inputs_are_compared_in_single_precision() -> None:
    true = torch.full((1, 1, 10), 0.001, dtype=torch.bfloat16)
    assert robust_loss(torch.zeros_like(true), true).dtype == torch.float32

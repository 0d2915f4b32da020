"""Small shifts of what is predicted, found exactly, before it is compared with the truth (A1.1).

"Since it can be difficult to discern the precise timing of an impact, we allow the predicted features to
undergo small shifts before they are compared to the ground truth" (Section 6.1). The shifts are the
labelling of a chain that has the least energy (Equation 5); with a Potts model between neighbours one
step of the dynamic programme costs as much as there are shifts, not the square of that.
"""

import torch
from torch import Tensor

from models.networks.loss import EPSILON

MAX_SHIFT = 8  # steps, "approximately 0.09 seconds"
ALPHA, TAU = 3.0, 2.2  # "we use alpha = 3 and tau = 2.2"


def align(
    predicted: Tensor, true: Tensor, cochleagrams: Tensor, epsilon: float = EPSILON
) -> tuple[Tensor, Tensor]:
    """Move predictions to where they fit the truth best; gradients go to the moved ones.

    Parameters
    ----------
    predicted, true : Tensor of float [shape=(n, n_steps, n_dims)]
        In the coordinates of `models.networks.targets`.
    cochleagrams : Tensor of float [shape=(n, n_steps, 42)]
        The true sound, whose amplitudes count.
    epsilon : float
        Of the loss.

    Returns
    -------
    moved : Tensor [shape=(n, n_steps, n_dims)]
        ``moved[t] = predicted[t + L_t]``.
    weights : Tensor [shape=(n, n_steps)]
        From `step_weights`.
    """
    amplitudes = step_amplitudes(cochleagrams)
    with torch.no_grad():
        costs = shift_costs(predicted.detach().float(), true, amplitudes, epsilon=epsilon)
        shifts = infer_shifts(costs, smoothness(amplitudes))
    return shifted(predicted, shifts), step_weights(amplitudes)


def step_amplitudes(cochleagrams: Tensor) -> Tensor:
    """Measure norms of the true features, roots of envelopes, (n, n_steps, 42) to (n, n_steps).

    The paper's tau of 2.2 is of this order, for 42 square roots of about 0.34.
    """
    return cochleagrams.clamp(min=0).sum(dim=-1).sqrt()


def step_weights(amplitudes: Tensor) -> Tensor:
    """Weigh timesteps "to decrease the importance of silent portions": 1, and 4 from tau upward."""
    return 1 + ALPHA * (amplitudes >= TAU).to(amplitudes.dtype)


def smoothness(amplitudes: Tensor) -> Tensor:
    """Price a change of shift by the mean of both amplitudes, (n, n_steps) to (n, n_steps - 1)."""
    return (amplitudes[:, :-1] + amplitudes[:, 1:]) / 2


def shift_costs(
    predicted: Tensor, true: Tensor, amplitudes: Tensor, *, epsilon: float = EPSILON
) -> Tensor:
    """Compute ``w_t rho(||s_{t+L} - s~_t||)`` of every shift, (n, n_steps, 2 * MAX_SHIFT + 1).

    Beyond its ends a sequence goes on as it ends.
    """
    n_steps = predicted.shape[1]
    steps = torch.arange(n_steps, device=predicted.device)
    shifts = torch.arange(-MAX_SHIFT, MAX_SHIFT + 1, device=predicted.device)
    sources = (steps[:, None] + shifts).clamp(0, n_steps - 1)  # (n_steps, n_shifts)
    differences = predicted[:, sources] - true[:, :, None]  # (n, n_steps, n_shifts, n_dims)
    losses = torch.log(epsilon + differences.square().sum(dim=-1))
    return losses * step_weights(amplitudes)[..., None]


def infer_shifts(costs: Tensor, changes: Tensor) -> Tensor:
    """Find the labelling of least energy (Equation 5), exactly.

    Parameters
    ----------
    costs : Tensor of float [shape=(n, n_steps, n_shifts)]
        Of each step and shift.
    changes : Tensor of float [shape=(n, n_steps - 1)]
        What it costs that a step's shift differs from that of the step before; not below zero.

    Returns
    -------
    Tensor of int64 [shape=(n, n_steps)]
        From ``-(n_shifts // 2)``; of equals the one that keeps the shift, else the lowest.
    """
    n, n_steps, n_shifts = costs.shape
    own = torch.arange(n_shifts, device=costs.device).expand(n, n_shifts)
    best, origins = costs[:, 0], []
    for step in range(1, n_steps):
        least, where = best.min(dim=1, keepdim=True)
        least = least + changes[:, step - 1, None]
        stays = best <= least
        origins.append(torch.where(stays, own, where))
        best = torch.where(stays, best, least) + costs[:, step]
    labels = [best.argmin(dim=1, keepdim=True)]
    for origin in reversed(origins):
        labels.append(origin.gather(1, labels[-1]))
    return torch.cat(labels[::-1], dim=1) - n_shifts // 2


def shifted(sequences: Tensor, shifts: Tensor) -> Tensor:
    """Resample sequences, (n, n_steps, n_dims), so that step t is what step ``t + shifts[t]`` was."""
    n_steps = sequences.shape[1]
    steps = torch.arange(n_steps, device=sequences.device)
    sources = (steps + shifts).clamp(0, n_steps - 1)
    return sequences.gather(1, sources[..., None].expand_as(sequences))

"""The robust loss of Equation 4, which bounds what a single badly predicted timestep can cost."""

import torch

EPSILON = 1 / 25**2  # "we use eps = 1/25^2" (Section 5.1)


def robust_loss(
    predicted: torch.Tensor,
    true: torch.Tensor,
    *,
    epsilon: float = EPSILON,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Sum ``log(epsilon + r^2)`` over timesteps, and take the mean over clips (Equation 4).

    Parameters
    ----------
    predicted, true : Tensor of float [shape=(n_clips, n_steps, n_dims)]
        Sound features; ours are the PCA coordinates of `models.networks.targets`, since "we predict this
        lower-dimensional vector".
    epsilon : float
        Above zero. The loss of a perfect timestep is ``log(epsilon)``, -6.44 by default.
    weights : Tensor of float [shape=(n_clips, n_steps)], optional
        What each timestep counts; all alike by default.

    Returns
    -------
    Tensor of float [shape=()]
        Computed in at least float32. Its gradient with respect to r is at most
        ``1 / sqrt(epsilon)``, 25 by default, which is why large gradients are clipped.
    """
    difference = predicted - true
    difference = difference if difference.dtype == torch.float64 else difference.float()
    squared = difference.square().sum(dim=-1)  # (n_clips, n_steps)
    losses = torch.log(epsilon + squared)
    return (losses if weights is None else losses * weights).sum(dim=1).mean()

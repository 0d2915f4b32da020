"""From a cochleagram back to a waveform: noise with its subband envelopes imposed (Section 5.2)."""

import numpy as np
import torch
from numpy.typing import NDArray

from models.sounds.bandwise import count_steps
from models.sounds.cochleagram import decompress
from models.sounds.filterbank import N_CHANNELS, erb_filters
from models.sounds.sound import ENVELOPE_RATE, SAMPLE_RATE

ITERATIONS = 1  # "we used just one iteration" (Section 5.2)
SILENCE = 1e-12  # keeps a subband that is exactly zero from being divided by zero
# Waveforms at a time: on a CPU one by one they stay in the cache, and no row sees another; a GPU wants
# more to do, 0.3 GB of each of the arrays that a block of clips needs.
ROWS, ROWS_GPU = 1, 64


def white_noise(n_samples: int, *, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw Gaussian noise, one waveform's worth; its level does not matter to `impose_envelopes`."""
    return rng.standard_normal(n_samples, dtype=np.float32)


@torch.no_grad()
def impose_envelopes(
    cochleagrams: NDArray[np.float32] | torch.Tensor,
    *,
    noise: NDArray[np.float32] | torch.Tensor,
    sample_rate: int = SAMPLE_RATE,
    n_iterations: int = ITERATIONS,
    device: str | torch.device = "cpu",
) -> torch.Tensor:
    """Make waveforms whose cochleagrams are near given ones (McDermott & Simoncelli 2011).

    In each iteration the sound so far is split into subbands, each subband's envelope is replaced by
    the wanted one, and the subbands are filtered again and summed. The envelopes are brought to full
    rate by straight lines between the steps of the *cochleagram*: of the ways tried on real impacts
    the one that comes back nearest, without a pre-echo.

    Parameters
    ----------
    cochleagrams : array or Tensor of float [shape=(batch, n_steps, 42)]
        Compressed envelopes, as `models.sounds.cochleagram.cochleagrams` makes them.
    noise : array or Tensor of float [shape=(batch, n_samples)]
        What to start from, one `white_noise` a row; as long as the waveforms should be, which is what
        `n_steps` steps last.
    sample_rate : int
        Samples a second (Hz).
    n_iterations : int
        At least 1; more come nearer.
    device : str or torch.device
        Where to compute; the result stays there.

    Returns
    -------
    Tensor of float32 [shape=(batch, n_samples)]
        Not limited to full scale. A row does not depend on the others.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or `n_iterations` is below 1.
    """
    wanted = torch.as_tensor(cochleagrams).to(device, torch.float32)
    sounds = torch.as_tensor(noise).to(device, torch.float32)
    _check(wanted, sounds, sample_rate, n_iterations)
    gains = erb_filters(sounds.shape[1], sample_rate=sample_rate)
    filters = torch.tensor(gains, dtype=torch.float32, device=sounds.device)
    result = sounds.clone()
    rows = ROWS_GPU if sounds.is_cuda else ROWS
    for first in range(0, len(sounds), rows):
        block = slice(first, first + rows)
        linear = decompress(_at_full_rate(wanted[block].mT, sounds.shape[1], sample_rate))
        for _ in range(n_iterations):
            result[block] = _imposed(result[block], linear, filters)
    return result


def _imposed(sounds: torch.Tensor, wanted: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """Replace all subbands' envelopes by those wanted, (rows, channels, n_samples), and sum them.

    The channels go through each transform together: one alone costs several times as much.
    """
    n_samples = sounds.shape[-1]
    spectrum = torch.fft.rfft(sounds)[:, None]  # (rows, 1, bins)
    analytic = torch.fft.ifft(spectrum * filters, n=n_samples)  # without the factor 2: it cancels out
    parts = torch.view_as_real(analytic)
    power = parts.square()
    magnitude = (power[..., 0] + power[..., 1]).sqrt_().clamp_(min=SILENCE)
    subbands = parts[..., 0] * (wanted / magnitude)  # (rows, channels, n_samples)
    total = (torch.fft.rfft(subbands) * filters).sum(dim=1)
    waveforms: torch.Tensor = torch.fft.irfft(total, n=n_samples)
    return waveforms


def _at_full_rate(steps: torch.Tensor, n_samples: int, sample_rate: int) -> torch.Tensor:
    """Draw straight lines between steps, (rows, channels, n_steps) to (rows, channels, n_samples)."""
    samples = torch.arange(n_samples, device=steps.device, dtype=torch.float64)
    position = samples * ENVELOPE_RATE / sample_rate  # in steps; float32 would not tell all apart
    before = position.long()
    after = (before + 1).clamp(max=steps.shape[-1] - 1)
    start, end = (steps.index_select(-1, index) for index in (before, after))
    return torch.lerp(start, end, (position - before).to(steps.dtype))


def _check(wanted: torch.Tensor, sounds: torch.Tensor, sample_rate: int, n_iterations: int) -> None:
    if n_iterations < 1:
        raise ValueError(f"n_iterations is {n_iterations}; it must be at least 1")
    n_steps = count_steps(sounds.shape[-1], sample_rate=sample_rate)
    expected = (*sounds.shape[:1], n_steps, N_CHANNELS)
    if sounds.ndim != 2 or tuple(wanted.shape) != expected:
        raise ValueError(
            f"cochleagrams of shape {tuple(wanted.shape)} for noise of shape {tuple(sounds.shape)}; "
            f"expected cochleagrams of shape {expected}"
        )

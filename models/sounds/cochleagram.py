"""The sound representation of Section 4: subband envelopes at 90 Hz, compressed by the power 0.3.

Two computations of one definition. `reference_cochleagram` spells it out at full rate in float64;
`cochleagrams`, which everything else calls, is the fast one of `sounds.bandwise`. docs/sound.md says
how far apart they are. Waveforms are filled up with silence to a whole number of steps and filtered
as one period of that length, so keep a margin of `MARGIN_STEPS` where an edge would be heard.
"""

from fractions import Fraction

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import resample_poly

from models.sounds.bandwise import count_steps, envelopes_by_band, period_steps, plan_bands
from models.sounds.filterbank import DEFAULT_BANK, Bank, bin_erbs, channel_gains
from models.sounds.sound import CLIP_STEPS, ENVELOPE_RATE, MARGIN_STEPS, SAMPLE_RATE, WINDOW_SAMPLES

EXPONENT = 0.3  # "the compression constant c = 0.3" (Section 4)
CHUNK_SAMPLES = 1 << 19  # waveform samples transformed at once on a CPU, whose cache they stay in
CHUNK_SAMPLES_GPU = 1 << 25  # some gigabytes of a GPU's memory

Waveforms = NDArray[np.float32] | NDArray[np.float64] | torch.Tensor


def compress(linear: torch.Tensor) -> torch.Tensor:
    """Turn linear envelopes into a cochleagram (power 0.3).

    The power is taken in float64: float32's last bit depends on where in the batch a value stands.
    """
    return (linear.double() ** EXPONENT).to(linear.dtype)


def decompress(cochleagram: torch.Tensor) -> torch.Tensor:
    """Turn a cochleagram into linear envelopes; what a network predicts below zero is silence."""
    return cochleagram.clamp(min=0) ** (1 / EXPONENT)


def cochleagrams(
    waveforms: Waveforms,
    *,
    sample_rate: int = SAMPLE_RATE,
    device: str | torch.device = "cpu",
    bank: Bank = DEFAULT_BANK,
) -> torch.Tensor:
    """Compute the cochleagrams of a batch of waveforms (Section 4, equation 1).

    Parameters
    ----------
    waveforms : array or Tensor of float [shape=(batch, n_samples)]
        Full scale at 1.
    sample_rate : int
        Samples a second (Hz); 90 need not divide it.
    device : str or torch.device
        Where to compute; the result stays there.
    bank : Bank
        The filters.

    Returns
    -------
    Tensor of float32 [shape=(batch, n_steps, bank.n_channels)]
        Compressed envelopes, not below zero. Step k stands at k / 90 s; channels ascend in frequency,
        low-pass first, high-pass last. A row does not depend on the others.

    Raises
    ------
    ValueError
        If `waveforms` is not a batch, or the bank does not fit below half the sample rate.
    """
    return compress(envelopes(waveforms, sample_rate=sample_rate, device=device, bank=bank))


@torch.no_grad()
def envelopes(
    waveforms: Waveforms,
    *,
    sample_rate: int = SAMPLE_RATE,
    device: str | torch.device = "cpu",
    bank: Bank = DEFAULT_BANK,
) -> torch.Tensor:
    """Compute the linear subband envelopes: `cochleagrams` before the power 0.3."""
    batch = torch.as_tensor(waveforms).to(device, torch.float32)
    if batch.ndim != 2 or batch.shape[1] == 0:
        raise ValueError(f"waveforms of shape {tuple(batch.shape)}; expected (batch, n_samples)")
    n_samples = batch.shape[1]
    plan = plan_bands(n_samples, sample_rate=sample_rate, bank=bank, device=str(batch.device))
    n_steps = count_steps(n_samples, sample_rate=sample_rate)
    result = batch.new_empty(batch.shape[0], n_steps, bank.n_channels)
    rows = max(1, (CHUNK_SAMPLES_GPU if batch.is_cuda else CHUNK_SAMPLES) // plan.n_samples)
    for first in range(0, batch.shape[0], rows):
        chunk = batch[first : first + rows]
        if len(chunk) == 1 and rows > 1:
            # A single transform is computed otherwise than two: the last bits of a row would differ.
            chunk = chunk.repeat(2, 1)
        steps = envelopes_by_band(chunk, plan)[..., :n_steps]  # (rows, channels, steps)
        result[first : first + rows] = steps.transpose(1, 2)[: batch.shape[0] - first]
    return result


def clip_cochleagrams(windows: Waveforms, *, device: str | torch.device = "cpu") -> torch.Tensor:
    """Compute the cochleagrams of clips from waveforms that reach a margin beyond them.

    Parameters
    ----------
    windows : array or Tensor of float [shape=(batch, WINDOW_SAMPLES)]
        At `SAMPLE_RATE`, the impact at sample `WINDOW_IMPACT`.
    device : str or torch.device
        Where to compute.

    Returns
    -------
    Tensor of float32 [shape=(batch, CLIP_STEPS, 42)]
        The impact is at step ``CLIP_STEPS // 2``.

    Raises
    ------
    ValueError
        If `windows` has another shape.
    """
    if windows.ndim != 2 or windows.shape[1] != WINDOW_SAMPLES:
        shape = tuple(windows.shape)
        raise ValueError(f"windows of shape {shape}; expected (batch, {WINDOW_SAMPLES})")
    whole = cochleagrams(windows, device=device)
    return whole[:, MARGIN_STEPS : MARGIN_STEPS + CLIP_STEPS].contiguous()


def reference_cochleagram(waveform: NDArray[np.floating], *, sample_rate: int) -> NDArray[np.float64]:
    """Compute one cochleagram by the definition: at full rate, in float64, slowly.

    Parameters
    ----------
    waveform : ndarray of float [shape=(n_samples,)]
        Full scale at 1.
    sample_rate : int
        Samples a second (Hz).

    Returns
    -------
    ndarray of float64 [shape=(n_steps, 42)]
        As one row of `cochleagrams`.
    """
    return reference_envelopes(waveform, sample_rate=sample_rate) ** EXPONENT


def reference_envelopes(
    waveform: NDArray[np.floating], *, sample_rate: int, bank: Bank = DEFAULT_BANK
) -> NDArray[np.float64]:
    """Compute the linear subband envelopes: `reference_cochleagram` before the power 0.3."""
    hop = Fraction(sample_rate, ENVELOPE_RATE)  # 3200/3 samples at 96 kHz
    period = int(hop * period_steps(waveform.size, sample_rate=sample_rate))
    erb = bin_erbs(period, sample_rate=sample_rate, bank=bank)
    spectrum = np.fft.rfft(np.asarray(waveform, dtype=np.float64), n=period)
    spectrum[1 : (period + 1) // 2] *= 2  # the analytic signal has no negative frequencies
    channels = []
    for channel in range(bank.n_channels):
        subband = spectrum * channel_gains(erb, channel, bank=bank)
        full_rate = np.abs(np.fft.ifft(subband, n=period))  # ifft fills the rest with zeros
        channels.append(resample_poly(full_rate, hop.denominator, hop.numerator))
    n_steps = count_steps(waveform.size, sample_rate=sample_rate)
    return np.stack(channels, axis=1)[:n_steps].clip(min=0)

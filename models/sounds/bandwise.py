"""Envelopes of all subbands, each computed at the rate that its bandwidth asks for.

A band of the spectrum W bins wide holds only W complex samples' worth of signal, however long the
waveform. Its bins alone are brought back to time: the shift to low frequency that this implies turns
the phase of the analytic signal and leaves the magnitude, the Hilbert envelope, as it was. The
envelopes are then decimated with the kernel of the full-rate definition, sampled at the band's rate.
The kernel matters: cutting the envelope's spectrum off at 45 Hz instead would ring below zero.
"""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import firwin

from models.sounds.filterbank import Bank, bin_erbs, channel_gains, hz_to_erb, passband
from models.sounds.sound import ENVELOPE_RATE

KERNEL_STEPS = 10  # the kernel reaches 10 steps to either side, as in scipy.signal.resample_poly
KERNEL_WINDOW = ("kaiser", 5.0)  # likewise

OVERSAMPLING = 1.5  # envelope samples per bin of a band: a magnitude is wider than what it is taken of
OVERSAMPLING_HIGH_PASS = 1.25  # so many samples a step that their aliases average out
# Envelope samples a step; few different ones, so that many bands share a transform, and quick to
# transform. The least lets all pass that the kernel passes.
RATIOS = sorted(
    [2**k for k in range(2, 14)] + [3 * 2**k for k in range(4, 12)] + [5 * 2**k for k in range(6, 12)]
)
STEP_PRIMES = (2, 3, 5, 7, 11, 13)  # lengths that Fourier transforms are quick at


@dataclass(frozen=True, kw_only=True, slots=True)
class _Band:
    """A channel's bins in the interleaved (re, im, re, im ...) spectrum, and its gains there."""

    start: int
    stop: int
    gains: torch.Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Channels that share a rate: `ratio` envelope samples a step."""

    ratio: int
    channels: torch.Tensor
    bands: tuple[_Band, ...]
    kernel: torch.Tensor  # (ratio, 2 * KERNEL_STEPS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """All that `envelopes_by_band` needs for waveforms of one length; make it with `plan_bands`.

    Attributes
    ----------
    n_samples : int
        Length to which waveforms are filled up with silence: a whole number of steps.
    n_steps : int
        Envelope steps in that length.
    n_channels : int
        Filters of the bank.
    groups : tuple
        Channels by rate.
    """

    n_samples: int
    n_steps: int
    n_channels: int
    groups: tuple[_Group, ...]


def count_steps(n_samples: int, *, sample_rate: int) -> int:
    """Count the envelope steps of a waveform: step k stands at k / 90 s, the last before its end."""
    return -(-n_samples * ENVELOPE_RATE // sample_rate)


def period_steps(n_samples: int, *, sample_rate: int) -> int:
    """Count the steps of the period that a waveform, filled up with silence, is taken for.

    It is the waveform's own length where that is a whole number of steps and quick to transform.
    """
    steps = count_steps(n_samples, sample_rate=sample_rate)
    while Fraction(sample_rate, ENVELOPE_RATE) * steps % 1 or not _is_smooth(steps):
        steps += 1
    return steps


@lru_cache(maxsize=16)
def plan_bands(n_samples: int, *, sample_rate: int, bank: Bank, device: str) -> Plan:
    """Prepare filters and kernels for waveforms of `n_samples` at `sample_rate` (Hz).

    Raises
    ------
    ValueError
        If the bank does not fit below half the sample rate.
    """
    n_steps = period_steps(n_samples, sample_rate=sample_rate)
    period = int(Fraction(sample_rate, ENVELOPE_RATE) * n_steps)
    erb = bin_erbs(period, sample_rate=sample_rate, bank=bank)
    groups = tuple(
        _Group(
            ratio=ratio,
            channels=torch.tensor([channel for channel, _, _ in members], device=device),
            bands=tuple(
                _band(erb, *member, points=ratio * n_steps, period=period, bank=bank, device=device)
                for member in members
            ),
            kernel=_kernel(ratio, device),
        )
        for ratio, members in sorted(_by_ratio(erb, n_steps, bank).items())
    )
    return Plan(n_samples=period, n_steps=n_steps, n_channels=bank.n_channels, groups=groups)


def envelopes_by_band(waveforms: torch.Tensor, plan: Plan) -> torch.Tensor:
    """Compute the decimated Hilbert envelopes of all subbands.

    Parameters
    ----------
    waveforms : Tensor of float32 [shape=(batch, n_samples)]
        At most `plan.n_samples` long, on the plan's device.
    plan : Plan
        From `plan_bands`.

    Returns
    -------
    Tensor of float32 [shape=(batch, plan.n_channels, plan.n_steps)]
        Not below zero. The kernel sees silence before the first and after the last sample.
    """
    spectrum = torch.view_as_real(torch.fft.rfft(waveforms, n=plan.n_samples)).flatten(1)
    envelopes = waveforms.new_empty(waveforms.shape[0], plan.n_channels, plan.n_steps)
    for group in plan.groups:
        magnitudes = _magnitudes(spectrum, group, group.ratio * plan.n_steps)
        envelopes[:, group.channels] = _decimated(magnitudes, group, plan.n_steps)
    return envelopes.clamp_(min=0)


def _magnitudes(spectrum: torch.Tensor, group: _Group, points: int) -> torch.Tensor:
    """Bring each band's bins back to time, `points` samples; (batch, bands, points)."""
    narrowest = min(band.gains.numel() for band in group.bands)
    bins = spectrum.new_empty(spectrum.shape[0], len(group.bands), 2 * points)
    bins[..., narrowest:] = 0
    for row, band in enumerate(group.bands):
        here = bins[:, row, : band.gains.numel()]
        torch.mul(spectrum[:, band.start : band.stop], band.gains, out=here)
    pairs = bins.view(*bins.shape[:2], points, 2)
    analytic = torch.fft.ifft(torch.view_as_complex(pairs))
    squares = torch.view_as_real(analytic).square()
    return (squares[..., 0] + squares[..., 1]).sqrt_()


def _decimated(magnitudes: torch.Tensor, group: _Group, n_steps: int) -> torch.Tensor:
    """Weigh each step's samples for all steps that its kernel reaches, then add along diagonals.

    The kernel is cut off at the waveform's ends. There a sum over few samples is off by half the
    first sample's weight, so both ends get half a sample, as in the trapezoid rule; the sample at
    the end is that at the start, since the waveform is one period.
    """
    batch, bands, _ = magnitudes.shape
    reach = 2 * KERNEL_STEPS
    magnitudes[..., 0] *= 0.5
    parts = magnitudes.new_zeros(batch, bands, n_steps + reach, reach)
    weighed = magnitudes.reshape(-1, group.ratio) @ group.kernel  # (batch * bands * steps, reach)
    parts[:, :, KERNEL_STEPS:-KERNEL_STEPS] = weighed.view(batch, bands, n_steps, reach)
    parts[:, :, n_steps + KERNEL_STEPS] = magnitudes[..., :1] * group.kernel[0]
    row, column = parts.stride()[:2], parts.stride(2)
    diagonals = parts.as_strided((batch, bands, n_steps, reach), (*row, column, column + 1))
    return diagonals.sum(-1)


def _by_ratio(
    erb: NDArray[np.float64], n_steps: int, bank: Bank
) -> dict[int, list[tuple[int, int, int]]]:
    """Find each channel's first bin and the bin after its last, and the rate that so many need."""
    members = defaultdict(list)
    for channel in range(bank.n_channels):
        start, stop = np.searchsorted(erb, hz_to_erb(passband(channel, bank=bank)))
        stop = max(stop, start + 1)  # a band that falls between two bins keeps one, of gain 0
        crowding = OVERSAMPLING if channel < bank.n_channels - 1 else OVERSAMPLING_HIGH_PASS
        ratio = next(r for r in RATIOS if r >= crowding * (stop - start) / n_steps)
        members[ratio].append((channel, int(start), int(stop)))
    return members


def _band(
    erb: NDArray[np.float64],
    channel: int,
    start: int,
    stop: int,
    *,
    points: int,
    period: int,
    bank: Bank,
    device: str,
) -> _Band:
    """Fold into the gains the analytic signal's factor 2 and the inverse transform's lengths."""
    gains = channel_gains(erb[start:stop], channel, bank=bank) * (2 * points / period)
    bins = np.arange(start, stop)
    gains[(bins == 0) | (2 * bins == period)] /= 2  # these have no negative frequency to stand for
    interleaved = torch.tensor(np.repeat(gains, 2), dtype=torch.float32, device=device)
    return _Band(start=2 * start, stop=2 * stop, gains=interleaved)


def _kernel(ratio: int, device: str) -> torch.Tensor:
    """Sample the decimation kernel at `ratio` a step; column c weighs for c - KERNEL_STEPS steps on."""
    taps = firwin(2 * KERNEL_STEPS * ratio + 1, 1 / ratio, window=KERNEL_WINDOW)
    columns = taps[:-1].reshape(2 * KERNEL_STEPS, ratio)  # the last tap is zero, as is the first
    return torch.tensor(columns.T.copy(), dtype=torch.float32, device=device)


def _is_smooth(number: int) -> bool:
    for prime in STEP_PRIMES:
        while number > 1 and number % prime == 0:
            number //= prime
    return number == 1

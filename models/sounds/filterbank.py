"""The 42 filters of the cochleagram: half-cosines, evenly spaced on the ear's scale of frequency."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_BANDS = 40  # "a bank of 40 band-pass filters [...] plus a low- and high-pass filter" (Section 4)
N_CHANNELS = N_BANDS + 2
LOW_HZ = 20.0  # where hearing begins; the paper does not give its band limits
HIGH_HZ = 10_000.0  # below the Nyquist frequency of every rate from 22,050 Hz on

# Glasberg & Moore (1990): an auditory filter at f Hz is MIN_WIDTH_HZ + f / EAR_Q wide
EAR_Q = 9.265
MIN_WIDTH_HZ = 24.7


@dataclass(frozen=True, kw_only=True, slots=True)
class Bank:
    """Which filters: how many band-pass filters (at least 1) between which limits (Hz).

    The outermost reach zero at the limits.
    """

    n_bands: int = N_BANDS
    low_hz: float = LOW_HZ
    high_hz: float = HIGH_HZ

    @property
    def n_channels(self) -> int:
        """Count the filters, low- and high-pass included."""
        return self.n_bands + 2


DEFAULT_BANK = Bank()


def hz_to_erb(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """Convert frequency (Hz) to the number of equivalent rectangular bandwidths (Glasberg & Moore)."""
    hertz = np.asarray(frequency_hz, dtype=np.float64)
    return np.asarray(EAR_Q * np.log1p(hertz / (MIN_WIDTH_HZ * EAR_Q)))


def erb_to_hz(erb: ArrayLike) -> NDArray[np.float64]:
    """Convert a number of equivalent rectangular bandwidths to frequency (Hz)."""
    number = np.asarray(erb, dtype=np.float64)
    return np.asarray(MIN_WIDTH_HZ * EAR_Q * np.expm1(number / EAR_Q))


def centre_frequencies() -> NDArray[np.float64]:
    """List the centres of the band-pass filters (Hz) of `DEFAULT_BANK`.

    Returns
    -------
    ndarray of float64 [shape=(N_BANDS,)]
        Ascending, evenly spaced in ERB, strictly between `LOW_HZ` and `HIGH_HZ`.
    """
    return erb_to_hz(_edges(DEFAULT_BANK)[1:-1])


def passband(channel: int, *, bank: Bank = DEFAULT_BANK) -> tuple[float, float]:
    """Say between which frequencies (Hz) a channel's gain is above zero; infinity for the high-pass."""
    edges = _edges(bank)
    low = edges[channel - 1] if channel > 0 else -np.inf
    high = edges[channel + 1] if channel <= bank.n_bands else np.inf
    return float(erb_to_hz(max(low, 0.0))), float(erb_to_hz(high))


def channel_gains(
    erb: NDArray[np.float64], channel: int, *, bank: Bank = DEFAULT_BANK
) -> NDArray[np.float64]:
    """Take one filter's gain at given frequencies (McDermott & Simoncelli 2011).

    A band-pass filter is half a period of a cosine in ERB that falls to zero at its neighbours'
    centres; the low- and high-pass filters close the bank at its ends. The squares sum to one at
    every frequency, so filtering twice and summing gives the waveform back.

    Parameters
    ----------
    erb : ndarray of float64
        Frequencies (ERB numbers), any shape.
    channel : int
        0 for the low-pass filter, 1 to `bank.n_bands` for the band-pass filters by ascending
        frequency, `bank.n_bands` + 1 for the high-pass filter.
    bank : Bank
        The filters' number and limits.

    Returns
    -------
    ndarray of float64
        Gains from 0 to 1, of the shape of `erb`.
    """
    edges = _edges(bank)
    spacing = edges[1] - edges[0]
    if channel == 0:
        gains = np.sin(np.clip((edges[1] - erb) / spacing, 0, 1) * np.pi / 2)
    elif channel == bank.n_bands + 1:
        gains = np.sin(np.clip((erb - edges[-2]) / spacing, 0, 1) * np.pi / 2)
    else:
        gains = np.cos(np.clip((erb - edges[channel]) / spacing, -1, 1) * np.pi / 2)
    return np.asarray(gains)


def erb_filters(n_samples: int, *, sample_rate: int, bank: Bank = DEFAULT_BANK) -> NDArray[np.float64]:
    """Make all filters' frequency responses on the bins of ``rfft``; see `channel_gains`.

    Parameters
    ----------
    n_samples : int
        Length of the waveforms to be filtered.
    sample_rate : int
        Samples a second (Hz).
    bank : Bank
        The filters' number and limits.

    Returns
    -------
    ndarray of float64 [shape=(bank.n_channels, n_samples // 2 + 1)]
        Real gains from 0 to 1: low-pass, band-pass by ascending frequency, high-pass.

    Raises
    ------
    ValueError
        If the limits are not ``0 <= low_hz < high_hz <= sample_rate / 2``.
    """
    erb = bin_erbs(n_samples, sample_rate=sample_rate, bank=bank)
    return np.stack([channel_gains(erb, c, bank=bank) for c in range(bank.n_channels)])


def bin_erbs(n_samples: int, *, sample_rate: int, bank: Bank = DEFAULT_BANK) -> NDArray[np.float64]:
    """List the frequencies (ERB numbers) of the bins of ``rfft``, once `bank` is known to fit there.

    Raises
    ------
    ValueError
        As `erb_filters`.
    """
    if not 0 <= bank.low_hz < bank.high_hz <= sample_rate / 2:
        raise ValueError(
            f"band limits {bank.low_hz:g} to {bank.high_hz:g} Hz at {sample_rate} Hz; "
            f"they must ascend and stay below {sample_rate / 2:g} Hz"
        )
    return hz_to_erb(np.fft.rfftfreq(n_samples, 1 / sample_rate))


def _edges(bank: Bank) -> NDArray[np.float64]:
    return np.linspace(hz_to_erb(bank.low_hz), hz_to_erb(bank.high_hz), bank.n_bands + 2)

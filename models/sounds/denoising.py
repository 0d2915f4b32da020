"""Denoising of microphone tracks after Hu and Loizou 2004, the paper's reference [20].

"We applied a denoising algorithm [20] to each recording" (Section 3). The spectrum of each frame is
estimated with several tapers, its logarithm smoothed by shrinking wavelet coefficients, and each
frequency weighed by how far it stands above the noise. Ours, where their choices are of speech or not
known to us: Haar wavelets without decimation, and the noise's spectrum, which is that of the quietest
frames, since a recording of impacts is mostly noise between them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

from models.errors import ModelsError

Doubles = NDArray[np.float64]

FRAME_S = 0.020  # s, rounded to a power of two in samples; frames overlap by half
N_TAPERS = 5
LEVELS = 5  # of the wavelet decomposition


@dataclass(frozen=True, kw_only=True, slots=True)
class DenoiseOptions:
    """What the recordings may need otherwise.

    Attributes
    ----------
    noise_share : float
        Share of the frames, the quietest ones, that the noise is estimated from; in (0, 1].
    floor_db : float
        Least gain (dB); what is left of the noise masks what the method does to it.
    """

    noise_share: float = 0.2
    floor_db: float = -18.0

    def __post_init__(self) -> None:
        if not 0 < self.noise_share <= 1 or self.floor_db > 0:
            raise ModelsError(f"noise share must be in (0, 1], floor at most 0 dB: {self}")


DEFAULTS = DenoiseOptions()


def denoise(
    waveform: NDArray[np.float32], *, sample_rate: int, options: DenoiseOptions = DEFAULTS
) -> NDArray[np.float32]:
    """Reduce steady noise in a recording (Hu & Loizou 2004).

    Parameters
    ----------
    waveform : ndarray of float32 [shape=(n_samples,)]
        Full scale at 1.
    sample_rate : int
        Samples a second (Hz).
    options : DenoiseOptions
        The defaults suit recordings of impacts.

    Returns
    -------
    ndarray of float32 [shape=(n_samples,)]
        In step with the input, sample by sample.
    """
    length = 2 ** round(np.log2(FRAME_S * sample_rate))  # wavelets want a power of two
    hop = length // 2
    n_frames = max(1, -(-len(waveform) // hop)) + 1
    padded = np.zeros((n_frames + 1) * hop)
    padded[hop : hop + len(waveform)] = waveform
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]  # (n_frames, length)
    power = np.exp(smoothed_log_spectra(frames))
    noise = _noise_spectrum(power, options.noise_share)
    gains = _gains(power, noise, floor=10 ** (options.floor_db / 20))
    window = np.sin(np.pi * (np.arange(length) + 0.5) / length)  # its square sums to one at half overlap
    cleaned = np.fft.irfft(np.fft.rfft(frames * window) * gains, n=length) * window
    result = np.zeros_like(padded)
    for index, frame in enumerate(cleaned):
        result[index * hop : index * hop + length] += frame
    return result[hop : hop + len(waveform)].astype(np.float32)


def smoothed_log_spectra(frames: NDArray[np.floating]) -> Doubles:
    """Estimate log power spectra by sine tapers, smoothed by wavelet thresholding (Hu & Loizou 2004).

    Parameters
    ----------
    frames : ndarray of float [shape=(n_frames, length)]
        `length` a power of two.

    Returns
    -------
    ndarray of float64 [shape=(n_frames, length // 2 + 1)]
        Natural logarithms, free of the bias that averaging few tapers brings.
    """
    length = frames.shape[1]
    spectra = np.zeros((len(frames), length // 2 + 1))
    for taper in sine_tapers(length):
        spectra += np.abs(np.fft.rfft(frames * taper)) ** 2
    bias = digamma(N_TAPERS) - np.log(N_TAPERS)
    logs = np.log(spectra / N_TAPERS + 1e-20) - bias
    spread = np.sqrt(float(polygamma(1, N_TAPERS)))  # of the log of a multitaper spectrum
    smooth = _shrunk(logs[:, :-1], spread)
    return np.concatenate([smooth, smooth[:, -1:]], axis=1)


def sine_tapers(length: int) -> Doubles:
    """Give the orthonormal sine tapers of Riedel & Sidorenko 1995, (N_TAPERS, length)."""
    orders = np.arange(1, N_TAPERS + 1)[:, None]
    phases = np.pi * orders * np.arange(1, length + 1) / (length + 1)
    return np.asarray(np.sqrt(2 / (length + 1)) * np.sin(phases))


def _shrunk(signals: Doubles, spread: float) -> Doubles:
    """Soft-threshold Haar coefficients, undecimated (mean over all shifts at once), at each scale.

    The universal threshold ``spread * sqrt(2 log n)``; neighbouring bins share tapers, so that fine
    scales have less noise than that and none is left.
    """
    coarse, details = signals, []
    for level in range(LEVELS):  # from fine to coarse
        later = np.roll(coarse, -(2**level), axis=1)
        details.append((coarse - later) / 2)
        coarse = (coarse + later) / 2
    limit = spread * np.sqrt(2 * np.log(signals.shape[1]))
    for level in reversed(range(LEVELS)):
        threshold = limit * 0.5 ** ((level + 1) / 2)
        detail = np.sign(details[level]) * np.maximum(np.abs(details[level]) - threshold, 0)
        here, before = coarse + detail, coarse - detail
        coarse = (here + np.roll(before, 2**level, axis=1)) / 2
    return np.asarray(coarse)


def _noise_spectrum(power: Doubles, share: float) -> Doubles:
    """Take the noise's spectrum from the quietest frames, (n_bins,)."""
    loudness = power.sum(axis=1)
    sounding = np.flatnonzero(loudness > 1e-12)  # digital silence tells nothing of the noise
    if not sounding.size:
        return np.full(power.shape[1], 1e-20)
    n_quiet = max(1, round(share * len(sounding)))
    quietest = sounding[np.argsort(loudness[sounding])[:n_quiet]]
    return np.asarray(np.median(power[quietest], axis=0))


def _gains(power: Doubles, noise: Doubles, *, floor: float) -> Doubles:
    """Weigh spectra as Hu & Loizou: ``snr / (snr + mu)``, mu falling with the frame's own SNR.

    mu is ``4.2 - snr_db / 6.25`` between -5 and 20 dB, 1 above and 5 below.
    """
    snr = np.maximum(power / noise - 1, 0)  # a priori, of each bin
    frame_db = 10 * np.log10(np.maximum(snr.mean(axis=1, keepdims=True), 1e-10))
    mu = np.clip(4.2 - frame_db / 6.25, 1.0, 5.0)
    return np.asarray(np.maximum(snr / (snr + mu), floor))

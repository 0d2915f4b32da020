"""The sounds of the headphone tests and of the sound-level page, made of numbers alone.

A trial has three intervals, one of which, the target, is to be named. Everything else in it is drawn
anew for every trial, so that no list of sounds and answers can exist; what is drawn changes neither
the length nor the level of the whole, whichever interval is the target.
"""

from functools import cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile

SAMPLE_RATE = 44_100  # Hz, Milne et al. 2021
LEVEL_DBFS = -23.0  # RMS of noise and tones; nearly 10 dB of room above a 1 s noise's highest peaks
INTERVALS = 3
INTERVAL_S = 1.0
RAMP_S = {"huggins": 0.01, "antiphase": 0.1}
GAP_S = {"huggins": 1.0, "antiphase": 0.5}

PITCH_HZ = 600.0  # centre of the inverted band, Milne et al. 2021
BAND = 0.06  # half its width, as a share of the centre
TONE_HZ = 200.0  # Woods et al. 2017: cancels widely before loudspeakers, less so above
QUIETER_DB = 6.0  # Woods et al. 2017

LEVEL_S = 4.0  # one turn of the sound-level page's loop
LEVEL_BAND_HZ = (50.0, 16_000.0)
LEVEL_SEED = 1  # any; everybody hears the same noise

Stereo = NDArray[np.float64]


def huggins(*, target: int, rng: np.random.Generator) -> Stereo:
    """Make three noises, in one of which two ears together hear a faint pitch, and one ear none.

    Both ears get the same Gaussian noise; in the target the right ear's is inverted within 6 % of
    600 Hz. Each ear's own signal is plain noise in all three intervals, of the same level.

    Parameters
    ----------
    target : int
        The interval with the pitch: 1, 2 or 3.
    rng : numpy.random.Generator
        Where the noises come from.

    Returns
    -------
    ndarray of shape (220500, 2)
        Left and right ear, 5 s at `SAMPLE_RATE`, full scale 1.

    References
    ----------
    Milne et al. (2021), An online headphone screening test based on dichotic pitch, Behavior Research
    Methods 53; Cramer & Huggins (1958), JASA 30. The ramps of 10 ms are ours.
    """
    bursts = []
    for interval in range(1, INTERVALS + 1):
        left = _at_level(rng.standard_normal(_samples(INTERVAL_S)))
        right = _inverted(left) if interval == target else left
        bursts.append(np.column_stack([left, right]))
    return _sequence(bursts, ramp_s=RAMP_S["huggins"], gap_s=GAP_S["huggins"])


def antiphase(*, target: int, rng: np.random.Generator) -> Stereo:
    """Make three tones of 200 Hz: one is quieter, and one of the others in antiphase between the ears.

    Over headphones the target is the quietest. Before loudspeakers the tone in antiphase cancels in
    the air, and seems to be.

    Parameters
    ----------
    target : int
        The interval that is 6 dB quieter: 1, 2 or 3.
    rng : numpy.random.Generator
        Where the place of the antiphase tone and each tone's starting phase come from.

    Returns
    -------
    ndarray of shape (176400, 2)
        Left and right ear, 4 s at `SAMPLE_RATE`, full scale 1.

    References
    ----------
    Woods et al. (2017), Headphone screening to facilitate web-based auditory experiments, Attention,
    Perception & Psychophysics 79. The random starting phases are ours.
    """
    opposite = int(rng.choice([i for i in range(1, INTERVALS + 1) if i != target]))
    times_s = np.arange(_samples(INTERVAL_S)) / SAMPLE_RATE
    bursts = []
    for interval in range(1, INTERVALS + 1):
        phase = rng.uniform(0, 2 * np.pi)
        left = _at_level(np.sin(2 * np.pi * TONE_HZ * times_s + phase))
        left = left * _gain(-QUIETER_DB) if interval == target else left
        right = -left if interval == opposite else left
        bursts.append(np.column_stack([left, right]))
    return _sequence(bursts, ramp_s=RAMP_S["antiphase"], gap_s=GAP_S["antiphase"])


MAKERS = {"huggins": huggins, "antiphase": antiphase}


def trial_wav(kind: str, *, seed: int, target: int) -> bytes:
    """Make a trial's sound as a WAV file; the same seed and target give the same bytes.

    Parameters
    ----------
    kind : str
        One of `MAKERS`.
    seed : int
        Where all that is drawn in it comes from, 0 or more.
    target : int
        The interval to be named: 1, 2 or 3.
    """
    return encode_wav(MAKERS[kind](target=target, rng=np.random.default_rng(seed)))


def level_noise() -> Stereo:
    """Make the noise by which people set their volume: pink, and without a seam where it loops.

    Its RMS is `LEVEL_DBFS`, like that of the headphone tests. Pink noise (power as 1/f) is nearer to
    the spectra of struck things than white noise is, and less sharp to listen to.

    Returns
    -------
    ndarray of shape (176400, 2)
        The same in both ears, 4 s at `SAMPLE_RATE`, full scale 1.
    """
    n = _samples(LEVEL_S)
    frequencies_hz = np.fft.rfftfreq(n, 1 / SAMPLE_RATE)
    low, high = LEVEL_BAND_HZ
    heard = (frequencies_hz >= low) & (frequencies_hz <= high)
    magnitudes = np.where(heard, 1 / np.sqrt(np.maximum(frequencies_hz, low)), 0.0)
    rng = np.random.default_rng(LEVEL_SEED)
    phases = np.exp(2j * np.pi * rng.uniform(size=frequencies_hz.size))
    noise = _at_level(np.fft.irfft(magnitudes * phases, n))  # periodic, as all inverse transforms are
    return np.column_stack([noise, noise])


@cache
def level_wav() -> bytes:
    """Make the sound-level page's noise as a WAV file."""
    return encode_wav(level_noise())


def encode_wav(waveform: Stereo) -> bytes:
    """Encode a waveform, full scale 1, as a WAV file of 16 bits: lossless, and of a size of its length.

    Lossy codecs code what two channels have in common together and can take the difference away,
    which is what these tests are made of.
    """
    file = BytesIO()
    wavfile.write(file, SAMPLE_RATE, np.round(waveform * np.iinfo(np.int16).max).astype(np.int16))
    return file.getvalue()


def _inverted(noise: NDArray[np.float64]) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(noise)
    frequencies_hz = np.fft.rfftfreq(noise.size, 1 / SAMPLE_RATE)
    in_band = np.abs(frequencies_hz - PITCH_HZ) <= BAND * PITCH_HZ
    inverted: NDArray[np.float64] = np.fft.irfft(np.where(in_band, -spectrum, spectrum), noise.size)
    return inverted


def _sequence(bursts: list[Stereo], *, ramp_s: float, gap_s: float) -> Stereo:
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(_samples(ramp_s)) / _samples(ramp_s))
    envelope = np.ones(_samples(INTERVAL_S))
    envelope[: ramp.size], envelope[-ramp.size :] = ramp, ramp[::-1]
    gap = np.zeros((_samples(gap_s), 2))
    parts = [part for burst in bursts for part in (burst * envelope[:, None], gap)]
    return np.concatenate(parts[:-1])


def _at_level(waveform: NDArray[np.float64]) -> NDArray[np.float64]:
    return waveform * (_gain(LEVEL_DBFS) / float(np.sqrt(np.mean(np.square(waveform)))))


def _gain(level_db: float) -> float:
    return float(10 ** (level_db / 20))


def _samples(duration_s: float) -> int:
    return round(duration_s * SAMPLE_RATE)

"""Building blocks of sounds: bands of noise, thumps, grains and bubbles, and the room around them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.demo.materials import Voice
from models.sounds.sound import SAMPLE_RATE

Wave = NDArray[np.float64]

TOP_HZ = 17_000.0  # nothing above: the AAC encoder drops it anyway
SIXTY_DB = 6.91  # ln(1000): what 60 dB are in the exponent of an amplitude


def burst(
    band: tuple[float, float], decay_s: float, *, shift: float, force: float, rng: np.random.Generator
) -> Wave:
    """Make a dying burst of noise; a harder blow reaches higher."""
    n_samples = round((8 * decay_s + 0.01) * SAMPLE_RATE)
    time_s = np.arange(n_samples) / SAMPLE_RATE
    noise = banded(rng.normal(0, 1, n_samples), (band[0], band[1] * (0.5 + 0.5 * force)), shift)
    shape = np.exp(-time_s / decay_s) * np.minimum(1, time_s / 0.0005)
    return np.asarray(noise * shape / 2, np.float64)


def thud(frequency: float, decay_s: float) -> Wave:
    """Make the thump of something soft: a low tone that dies and sinks by a quarter."""
    time_s = np.arange(round(7 * decay_s * SAMPLE_RATE)) / SAMPLE_RATE
    falling = frequency * time_s + 0.25 * frequency * 0.012 * (1 - np.exp(-time_s / 0.012))
    return np.asarray(np.sin(2 * np.pi * falling) * np.exp(-time_s / decay_s), np.float64)


def grains(voice: Voice, *, force: float, shift: float, rng: np.random.Generator) -> Wave:
    """Scatter clicks after a blow: stones, crumbs, leaves, creases."""
    n_grains = rng.poisson(voice.grains * force)
    n_samples = round((voice.grain_s * 2.5 + 0.02) * SAMPLE_RATE)
    sound = np.zeros(n_samples)
    low, high = np.log(np.asarray(voice.grain_band) * shift)
    for _ in range(n_grains):
        frequency, decay_s = np.exp(rng.uniform(low, high)), rng.uniform(0.0008, 0.004)
        t = np.arange(round(6 * decay_s * SAMPLE_RATE)) / SAMPLE_RATE
        delay_s = min(0.003 + rng.exponential(0.45 * voice.grain_s), 2.4 * voice.grain_s)
        start = int(delay_s * SAMPLE_RATE)
        gain = rng.lognormal(-0.6, 0.5) * np.exp(-0.6 * delay_s / voice.grain_s)
        grain = gain * np.sin(2 * np.pi * frequency * t + rng.uniform(0, 6.3)) * np.exp(-t / decay_s)
        stop = min(start + grain.size, n_samples)
        sound[start:stop] += grain[: stop - start]
    return np.asarray(voice.grain_level * np.tanh(sound), np.float64)


def bubbles(n_bubbles: int, *, force: float, rng: np.random.Generator) -> Wave:
    """Sum rising, dying tones: bubbles that shrink as they close (van den Doel 2005)."""
    sound = np.zeros(round(0.5 * SAMPLE_RATE))
    for _ in range(rng.poisson(n_bubbles * force)):
        frequency, decay_s = rng.uniform(450, 2400), rng.uniform(0.008, 0.03)
        t = np.arange(round(5 * decay_s * SAMPLE_RATE)) / SAMPLE_RATE
        start = int(rng.uniform(0.03, 0.3) * SAMPLE_RATE)
        rising = frequency * t * (1 + rng.uniform(0.5, 4) * t)
        sound[start : start + t.size] += 0.045 * np.sin(2 * np.pi * rising) * np.exp(-t / decay_s)
    return sound


def in_room(dry: Wave, *, outdoor: bool, rng: np.random.Generator) -> Wave:
    """Add the echoes of a small room, or outdoors a trace of them."""
    t60_s, level = (0.08, 0.03) if outdoor else (rng.uniform(0.18, 0.4), rng.uniform(0.06, 0.14))
    time_s = np.arange(round(t60_s * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.normal(0, 1, time_s.size) * np.exp(-SIXTY_DB * time_s / t60_s)
    tail = banded(tail, (120.0, 5000.0), 1.0)
    tail[: round(0.004 * SAMPLE_RATE)] = 0
    tail *= level / np.sqrt((tail**2).sum())
    tail[0] += 1.0
    return convolved(dry, tail)[: dry.size]


def room_tone(n_samples: int, *, rng: np.random.Generator) -> Wave:
    """Make the noise of room and microphone: pink, at -60 to -54 dB of full scale."""
    size = 1 << (n_samples - 1).bit_length()
    spectrum = np.fft.rfft(rng.normal(0, 1, size))
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    tone = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequencies, 60.0)), size)[:n_samples]
    return np.asarray(tone / tone.std() * 10 ** (rng.uniform(-60, -54) / 20), np.float64)


def banded(noise: Wave, band: tuple[float, float], shift: float) -> Wave:
    """Keep a band, with gentle flanks of 12 dB an octave below and 24 dB above; unit variance."""
    low, high = band[0] * shift, min(band[1] * shift, TOP_HZ)
    size = 1 << (noise.size - 1).bit_length()
    frequencies = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 1.0)
    gain = 1 / np.sqrt(1 + (low / frequencies) ** 4) / np.sqrt(1 + (frequencies / high) ** 8)
    kept = np.fft.irfft(np.fft.rfft(noise, size) * gain, size)[: noise.size]
    return np.asarray(kept / (kept.std() + 1e-12), np.float64)


def convolved(signal: Wave, response: Wave) -> Wave:
    """Convolve, in full length, by way of the spectrum."""
    n_samples = signal.size + response.size - 1
    size = 1 << (n_samples - 1).bit_length()
    product = np.fft.rfft(signal, size) * np.fft.rfft(response, size)
    return np.asarray(np.fft.irfft(product, size)[:n_samples], np.float64)


def mixed(parts: Sequence[Wave]) -> Wave:
    """Add sounds that begin together."""
    mix = np.zeros(max(part.size for part in parts))
    for part in parts:
        mix[: part.size] += part
    return mix

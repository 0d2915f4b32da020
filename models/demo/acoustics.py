"""Sounds of strikes: resonances (modal synthesis) with the noises of `models.demo.granular`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.demo import granular
from models.demo.granular import SIXTY_DB, TOP_HZ, Wave
from models.demo.materials import HIT, RIGID, SCATTER, STATIC, Material, Voice
from models.demo.motion import Strike, scratch_progress
from models.sounds.sound import SAMPLE_RATE

N_MODES = 22
STICK_HZ = (1150.0, 2900.0, 5300.0)  # the hickory stick itself
STICK_T60_S = 0.035
PEAK = 0.89  # full scale at 1; -1 dBFS
LEVEL_DB = 15.0  # between the lightest and the hardest blow


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """One video's object: the material's voice with sizes and stiffnesses drawn.

    Attributes
    ----------
    voice : Voice
        The material's.
    frequencies : ndarray [shape=(n_modes,)]
        Resonances (Hz).
    t60_s : ndarray [shape=(n_modes,)]
        Their decay times (s).
    orders : ndarray [shape=(n_modes,)]
        Half waves of each resonance across the object: what the place of a blow picks out.
    shift : float
        Factor on all noise bands and thuds; below 1 for something bigger.
    """

    voice: Voice
    frequencies: Wave
    t60_s: Wave
    orders: Wave
    shift: float


def make_instrument(material: Material, *, size: float, rng: np.random.Generator) -> Instrument:
    """Draw the object of a video.

    Parameters
    ----------
    material : Material
        What it is made of.
    size : float
        0 (small, high) to 1 (big, low): the same that the picture shows.
    rng : Generator
        The only source of chance.
    """
    voice = material.voice
    low, high = voice.pitch
    base = high * (low / high) ** np.clip(size + rng.normal(0, 0.1), 0, 1)
    frequencies = base * _ratios(voice.modes, rng) * np.exp(rng.normal(0, 0.012, N_MODES))
    frequencies = np.sort(frequencies[frequencies < TOP_HZ])
    t60_s = voice.t60_s * (frequencies[0] / frequencies) ** voice.tilt
    t60_s = t60_s * np.exp(rng.normal(0, 0.2, frequencies.size))
    return Instrument(
        voice=voice, frequencies=frequencies, t60_s=t60_s,
        orders=rng.integers(1, 7, frequencies.size).astype(float),
        shift=float(1.22 ** (0.5 - size) * np.exp(rng.normal(0, 0.05))),
    )  # fmt: skip


def sound_of(instrument: Instrument, strike: Strike, *, rng: np.random.Generator) -> Wave:
    """Synthesize one strike; the touch is at sample 0.

    Returns
    -------
    ndarray [shape=(n_samples,)]
        At `SAMPLE_RATE`, full scale at 1, loudest within 10 ms of the touch.
    """
    level = 10 ** (LEVEL_DB * (strike.force - 1) / 20)
    make = _hit if strike.action == HIT else _scratch
    return np.asarray(level * make(instrument, strike, rng), np.float64)


def soundtrack(
    material: Material,
    strikes: Sequence[Strike],
    *,
    duration_s: float,
    size: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Put a video's strikes into a room, with the noise of the room and of the microphone.

    Returns
    -------
    ndarray of float32 [shape=(round(duration_s * SAMPLE_RATE),)]
        Full scale at 1, never above `PEAK`.
    """
    instrument = make_instrument(material, size=size, rng=rng)
    dry = np.zeros(round(duration_s * SAMPLE_RATE))
    for strike in strikes:
        start = round(strike.time_s * SAMPLE_RATE)
        sound = sound_of(instrument, strike, rng=rng)[: dry.size - start]
        dry[start : start + sound.size] += sound
    wet = granular.in_room(dry, outdoor=material.outdoor, rng=rng) * 10 ** (rng.uniform(-3, 3) / 20)
    wet += granular.room_tone(wet.size, rng=rng)
    return (wet * min(1.0, PEAK / float(np.abs(wet).max()))).astype(np.float32)


def _ratios(family: str, rng: np.random.Generator) -> Wave:
    """Give resonances relative to the lowest (Fletcher & Rossing 1998, chapters 2, 3 and 21)."""
    order = np.arange(1, N_MODES + 1)
    if family == "bar":  # free bar: 1, 2.76, 5.40 ..., and its torsion in between
        bending = ((2 * order + 1) / 3.011) ** 2
        return np.sort(np.concatenate([bending, 1.9 * order + 0.35]))[:N_MODES]
    if family == "shell":  # rim of a cup or bell: pairs, split by its small asymmetries
        rim = ((order + 1) ** 2 - 1) / 3 * np.sqrt(1 + 1 / (order + 1) ** 2) / 1.118
        return np.sort(np.concatenate([rim, rim * (1 + rng.uniform(0.004, 0.02, rim.size))]))[:N_MODES]
    across, along = np.meshgrid(np.arange(1, 7), np.arange(1, 7))
    aspect = rng.uniform(0.55, 0.95)
    grid = across**2 + (aspect * along) ** 2
    if family == "plate":
        return np.asarray(np.sort(grid.ravel())[:N_MODES] / grid.min(), np.float64)
    cavity = np.sqrt(np.sort(grid.ravel())[:N_MODES] / grid.min())  # air in a box
    return np.asarray(cavity, np.float64)


def _hit(instrument: Instrument, strike: Strike, rng: np.random.Generator) -> Wave:
    voice, force = instrument.voice, strike.force
    loose = 1.0 if strike.reaction == SCATTER else 0.6
    parts = [
        _modes(instrument, strike),
        voice.burst
        * granular.burst(voice.burst_band, voice.burst_s, shift=instrument.shift, force=force, rng=rng),
        voice.thud * granular.thud(voice.thud_hz * instrument.shift, voice.thud_s),
        (0.02 + 0.1 * voice.tonal) * _stick(force),
        granular.grains(voice, force=force * loose, shift=instrument.shift, rng=rng),
        granular.bubbles(voice.bubbles, force=force, rng=rng),
    ]
    if strike.reaction == RIGID:
        parts.append(_rattle(instrument, strike, rng))
    return granular.mixed(parts)


def _scratch(instrument: Instrument, strike: Strike, rng: np.random.Generator) -> Wave:
    """Rub: bumps and hiss as loud as the tip is fast, over a firm first touch."""
    voice, shift = instrument.voice, instrument.shift
    n_samples = round(strike.duration_s * SAMPLE_RATE)
    share = np.arange(n_samples) / n_samples
    speed = np.gradient(scratch_progress(share)) * n_samples / 1.7
    rate = voice.roughness * shift * (0.6 + 0.8 * strike.force)
    bumps = rng.poisson(rate * speed / SAMPLE_RATE) * rng.normal(0, 1, n_samples)
    rough = granular.banded(bumps, voice.friction_band, shift)
    hiss = granular.banded(rng.normal(0, 1, n_samples), voice.friction_band, shift)
    rubbed = (
        np.tanh(0.5 * rough + 0.25 * hiss) * speed * np.minimum(1, share * strike.duration_s / 0.002)
    )
    rubbed *= np.minimum(1, (1 - share) * strike.duration_s / 0.03)
    first = granular.burst(voice.friction_band, 0.006, shift=shift, force=1.0, rng=rng)
    first *= 1.5 / np.abs(first).max()
    touch = 0.3 * _hit(instrument, _softer(strike), rng)
    return granular.mixed(
        [voice.friction * rubbed, voice.friction * first, touch, _ring(instrument, rubbed)]
    )


def _softer(strike: Strike) -> Strike:
    """Give a hit of half the force at the same place, to which nothing reacts."""
    return replace(strike, force=0.5 * strike.force, action=HIT, reaction=STATIC)


def _ring(instrument: Instrument, drive: Wave) -> Wave:
    """Let friction excite the resonances, as a scratched pan does."""
    voice = instrument.voice
    if voice.tonal == 0:
        return np.zeros(1)
    length = round(min(0.5, 1.2 * float(instrument.t60_s.max())) * SAMPLE_RATE)
    time_s = np.arange(length)[:, None] / SAMPLE_RATE
    shape = np.exp(-SIXTY_DB * time_s / instrument.t60_s)
    response = (np.sin(2 * np.pi * instrument.frequencies * time_s) * shape).sum(axis=1)
    ringing = granular.convolved(drive, response)
    level = 0.06 * voice.tonal * float(np.sqrt(np.mean(drive**2)))
    return np.asarray(level * ringing / (ringing.std() + 1e-12), np.float64)


def _modes(instrument: Instrument, strike: Strike) -> Wave:
    voice = instrument.voice
    if voice.tonal == 0:
        return np.zeros(1)
    contact_s = voice.contact_s * (1.6 - 0.6 * strike.force)  # harder is shorter (Hertz)
    frequencies = instrument.frequencies
    bright = 1 / (1 + (2 * np.pi * frequencies * contact_s / 2) ** 2)
    place = 0.25 + 0.75 * np.abs(np.sin(instrument.orders * (0.9 + 9 * strike.x + 5 * strike.y)))
    gains = bright * place
    length = round(min(2.0, 1.15 * float(instrument.t60_s.max())) * SAMPLE_RATE)
    time_s = np.arange(length) / SAMPLE_RATE
    sound = np.zeros(length)
    for frequency, t60_s, gain in zip(frequencies, instrument.t60_s, gains, strict=True):
        n_samples = min(length, round(1.15 * t60_s * SAMPLE_RATE))
        t = time_s[:n_samples]
        sound[:n_samples] += gain * np.exp(-SIXTY_DB * t / t60_s) * np.sin(2 * np.pi * frequency * t)
    return np.asarray(voice.tonal * sound / (np.abs(sound).max() + 1e-12), np.float64)


def _stick(force: float) -> Wave:
    time_s = np.arange(round(1.2 * STICK_T60_S * SAMPLE_RATE)) / SAMPLE_RATE
    gains = (1.0, 0.7 * force, 0.4 * force**2)
    tones = [g * np.sin(2 * np.pi * f * time_s) for f, g in zip(STICK_HZ, gains, strict=True)]
    return np.asarray(np.sum(tones, axis=0) * np.exp(-SIXTY_DB * time_s / STICK_T60_S), np.float64)


def _rattle(instrument: Instrument, strike: Strike, rng: np.random.Generator) -> Wave:
    """Let a jolted object come to rest: a few weaker knocks, ever closer together."""
    knock = _modes(instrument, _softer(strike))
    sound = np.zeros(round(0.4 * SAMPLE_RATE) + knock.size)
    delay_s, gain = rng.uniform(0.07, 0.11), 0.16
    time_s = 0.0
    for _ in range(4):
        time_s += delay_s
        start = round(time_s * SAMPLE_RATE)
        sound[start : start + knock.size] += gain * knock[: sound.size - start]
        delay_s, gain = 0.62 * delay_s, 0.65 * gain
    return sound

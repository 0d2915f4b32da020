"""What the manufactured materials look like, as functions of the place on their surface."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.demo.fields import Noise, Plane

Colour = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A material at each place of a picture.

    Attributes
    ----------
    colour : ndarray [shape=(height, width, 3)]
        RGB, 0..1, under white light.
    relief_m : ndarray [shape=(height, width)]
        Height of the fine relief (m).
    gloss : float
        How much of the surroundings is mirrored, 0..1.
    polish : float
        How sharp the mirrored image is: 0 a broad sheen to 1 a mirror.
    clear : float
        How much of what lies behind shines through, 0..1.
    """

    colour: NDArray[np.float32]
    relief_m: Plane
    gloss: float = 0.0
    polish: float = 0.3
    clear: float = 0.0


def tinted(tone: Plane, dark: Colour, light: Colour) -> NDArray[np.float32]:
    """Blend between two colours; `tone` 0 is dark, 1 light."""
    share = np.clip(tone, 0, 1)[..., None].astype(np.float32)
    return (1 - share) * np.asarray(dark, np.float32) + share * np.asarray(light, np.float32)


def choose(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    """Draw one colour and vary it a little."""
    colour = np.asarray(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.92, 1.06)
    red, green, blue = np.clip(colour + rng.normal(0, 0.012, 3), 0, 1)
    return float(red), float(green), float(blue)


def scaled(colour: Colour, factor: float) -> Colour:
    """Make a colour darker (below 1) or lighter."""
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def wood(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Planks with growth rings cut lengthwise, pores and joints."""
    noise = Noise(rng)
    width = 0.07 + 0.08 * size
    plank = np.floor(v / width)
    start = np.sin(plank * 12.9) * 4.0
    rings = v * 90 + 2.2 * noise(u * 0.16 + start, v, size_m=0.06) + 7 * np.sin(plank * 7.7)
    tone = 0.5 + 0.28 * np.sin(rings * 2.1) + 0.15 * noise(u * 0.05, v, size_m=0.003)
    tone += 0.16 * np.sin(plank * 5.1) + 0.1 * noise(u, v, size_m=0.2)
    light = choose(rng, ((0.80, 0.60, 0.38), (0.66, 0.42, 0.22), (0.88, 0.72, 0.50), (0.47, 0.28, 0.16)))
    joint = np.abs(v / width - plank - 0.5) > 0.5 - 0.0009 / width
    colour = tinted(tone, scaled(light, 0.62), light) * np.where(joint, 0.4, 1)[..., None]
    relief = 0.00006 * noise(u * 0.06, v, size_m=0.004) - 0.0006 * joint
    return Look(colour=colour, relief_m=relief.astype(np.float32), gloss=0.16, polish=0.35)


def metal(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Brushed sheet with faint dents; the shine makes it."""
    noise = Noise(rng)
    brush = noise(u * 0.02, v, size_m=0.0016) + 0.7 * noise(u * 0.05, v, size_m=0.005)
    base = choose(rng, ((0.50, 0.51, 0.53), (0.58, 0.59, 0.60), (0.46, 0.49, 0.54), (0.40, 0.42, 0.45)))
    tone = 0.5 + 0.17 * brush + 0.12 * noise(u, v, size_m=0.12)
    relief = 0.0012 * (0.5 + size) * noise(u, v, size_m=0.09) + 0.00003 * brush
    rivet = np.hypot((u / 0.06 - np.round(u / 0.06)) * 0.06, np.abs(v) - 0.105)
    relief += 0.0025 * np.sqrt(np.maximum(1 - (rivet / 0.006) ** 2, 0)) - 0.001 * (
        np.abs(v - 0.128) < 0.001
    )
    return Look(
        colour=tinted(tone, scaled(base, 0.7), scaled(base, 1.2)),
        relief_m=relief.astype(np.float32),
        gloss=0.75,
        polish=0.55,
    )


def glass(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Clear, hardly tinted, mirror-like."""
    base = choose(rng, ((0.78, 0.88, 0.86), (0.84, 0.87, 0.90), (0.62, 0.80, 0.66), (0.80, 0.66, 0.45)))
    tone = 0.5 + 0.5 * np.cos(v * (50 + 40 * size))
    relief = (0.0002 * np.cos(u * 170)).astype(np.float32)
    return Look(
        colour=tinted(tone, scaled(base, 0.92), base),
        relief_m=relief,
        gloss=0.9,
        polish=0.95,
        clear=0.6,
    )


def ceramic(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Glazed stoneware: one colour, bands, speckles."""
    noise = Noise(rng)
    base = choose(rng, ((0.90, 0.89, 0.85), (0.32, 0.45, 0.62), (0.72, 0.56, 0.42), (0.55, 0.66, 0.60)))
    band = choose(rng, ((0.25, 0.33, 0.52), (0.55, 0.22, 0.18), (0.85, 0.80, 0.68), (0.30, 0.24, 0.20)))
    tone = 0.85 + 0.08 * noise(u, v, size_m=0.03) - 0.6 * (noise(u, v, size_m=0.0022) > 2.4)
    colour = tinted(tone, scaled(base, 0.6), base)
    stripe = (np.abs(v - 0.02 - 0.02 * size) < 0.005) | (np.abs(v - 0.034 - 0.02 * size) < 0.0016)
    colour = np.where(stripe[..., None], np.asarray(band, np.float32), colour)
    return Look(colour=colour, relief_m=0.0002 * noise(u, v, size_m=0.03), gloss=0.55, polish=0.9)


def plastic(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Moulded, strongly coloured or (like the ceramic) white, with ribs and a soft sheen."""
    noise = Noise(rng)
    base = choose(
        rng,
        (
            (0.80, 0.14, 0.13),
            (0.13, 0.36, 0.74),
            (0.93, 0.74, 0.12),
            (0.18, 0.56, 0.32),
            (0.88, 0.87, 0.83),
        ),
    )
    ribs = np.sin(v * (260 - 120 * size))
    relief = 0.00018 * np.clip(ribs, -0.6, 0.6) + 0.0001 * noise(u, v, size_m=0.02)
    tone = 0.85 + 0.04 * noise(u, v, size_m=0.05)
    colour = tinted(tone, scaled(base, 0.6), base)
    return Look(colour=colour, relief_m=relief.astype(np.float32), gloss=0.3, polish=0.55)


def tile(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Glazed square tiles and sunken grout."""
    noise = Noise(rng)
    side = 0.05 + 0.07 * size
    column, row = np.floor(u / side), np.floor(v / side)
    from_edge = (
        np.minimum(0.5 - np.abs(u / side - column - 0.5), 0.5 - np.abs(v / side - row - 0.5)) * side
    )
    base = choose(rng, ((0.86, 0.86, 0.83), (0.55, 0.68, 0.72), (0.78, 0.66, 0.52), (0.36, 0.42, 0.46)))
    own = np.sin(column * 12.99 + row * 78.2) * 43758.5
    tone = 0.62 + 0.3 * (own - np.floor(own)) + 0.08 * noise.fractal(u, v, size_m=0.05)
    grout = from_edge < 0.0019
    colour = np.where(grout[..., None], np.float32(0.42), tinted(tone, scaled(base, 0.74), base))
    relief = 0.0012 * np.clip(from_edge / 0.003, 0, 1) + 0.00012 * noise(u, v, size_m=0.03)
    return Look(
        colour=colour.astype(np.float32), relief_m=relief.astype(np.float32), gloss=0.42, polish=0.85
    )


def drywall(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Painted wall with the fine peel of a roller."""
    noise = Noise(rng)
    base = choose(rng, ((0.88, 0.86, 0.80), (0.80, 0.83, 0.85), (0.85, 0.78, 0.68), (0.76, 0.80, 0.72)))
    peel = noise.fractal(u, v, size_m=0.004 + 0.003 * size, octaves=2)
    tone = 0.8 + 0.03 * peel + 0.05 * noise(u, v, size_m=0.15)
    scuffs = noise(u, v * 0.4, size_m=0.02) * noise(u, v, size_m=0.006) > 3.4
    colour = tinted(tone - 0.25 * scuffs, scaled(base, 0.7), base)
    x, y = rng.uniform(0.09, 0.14) * rng.choice([-1, 1]), rng.uniform(0.0, 0.1)
    from_edge = np.minimum(0.036 - np.abs(u - x), 0.058 - np.abs(v - y))  # a socket's cover
    cover = np.clip(from_edge / 0.002, 0, 1)
    slots = (np.abs(np.abs(u - x) - 0.006) < 0.0012) & (np.abs(np.abs(v - y) - 0.021) < 0.005)
    plate = np.float32(0.9) - np.float32(0.7) * slots
    colour = colour + (cover * (from_edge > 0))[..., None] * (plate[..., None] - colour)
    relief = 0.00022 * peel * (1 - cover) + 0.002 * cover
    colour, relief = colour.astype(np.float32), relief.astype(np.float32)
    return Look(colour=colour, relief_m=relief, gloss=0.04, polish=0.1)


def paper(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Cardboard with its flutes, or printed sheets."""
    noise = Noise(rng)
    fibre = noise.fractal(u, v, size_m=0.006, octaves=3)
    if rng.uniform() < 0.55:
        base = choose(rng, ((0.72, 0.56, 0.38), (0.66, 0.50, 0.34)))
        tone = 0.8 + 0.05 * fibre + 0.05 * np.sin(v * 1100) + 0.04 * noise(u, v, size_m=0.08)
        tape = np.abs(v - 0.004) < 0.018
        colour = tinted(tone, scaled(base, 0.6), base) * np.where(tape, 0.86, 1)[..., None]
        return Look(colour=colour, relief_m=(0.00005 * fibre).astype(np.float32), gloss=0.05, polish=0.1)
    base = choose(rng, ((0.93, 0.92, 0.88), (0.90, 0.87, 0.76)))
    line = np.floor(v / 0.008)
    ink = (np.abs(v / 0.008 - line - 0.5) < 0.17) & (noise(u, line * 0.9, size_m=0.009) > -0.5)
    ink &= (np.abs(u) < 0.11 + 0.03 * size) & (np.sin(line * 3.3) > -0.8)
    colour = tinted(0.9 + 0.02 * fibre - 0.5 * ink, scaled(base, 0.35), base)
    relief = 0.0025 * noise(u, v, size_m=0.09) + 0.00004 * fibre
    return Look(colour=colour, relief_m=relief.astype(np.float32), gloss=0.05, polish=0.1)


def cloth(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Woven threads, stripes or checks, soft folds."""
    noise = Noise(rng)
    thread = 0.0022 + 0.0016 * size
    warp, weft = np.sin(u * np.pi / thread), np.sin(v * np.pi / thread)
    weave = np.where(np.sign(warp) == np.sign(weft), np.abs(warp), np.abs(weft))
    one = choose(rng, ((0.30, 0.38, 0.58), (0.62, 0.25, 0.24), (0.78, 0.74, 0.66), (0.25, 0.42, 0.36)))
    two = choose(rng, ((0.82, 0.80, 0.74), (0.55, 0.60, 0.70), (0.86, 0.66, 0.40), (0.20, 0.22, 0.30)))
    period = 0.03 + 0.05 * size
    check = 0.5 * (np.sin(u * 6.28 / period) > 0.25)
    check += 0.5 * (np.sin(v * 6.28 / period) > 0.25) * (rng.uniform() < 0.5)
    colour = tinted(check, one, two) * (0.78 + 0.26 * weave)[..., None]
    folds = noise(u + 0.3 * v, 0.35 * v, size_m=0.10) + 0.4 * noise(u, v, size_m=0.05)
    relief = 0.0045 * folds + 0.0003 * weave
    return Look(colour=colour.astype(np.float32), relief_m=relief.astype(np.float32))


def carpet(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Loops of pile, mottled, sometimes with a border of another colour."""
    noise = Noise(rng)
    loop = noise(u, v, size_m=0.0028 + 0.002 * size)
    fine = noise(u, v, size_m=0.0016)
    base = choose(rng, ((0.42, 0.39, 0.47), (0.62, 0.53, 0.42), (0.44, 0.20, 0.19), (0.28, 0.36, 0.34)))
    other = choose(rng, ((0.72, 0.66, 0.52), (0.24, 0.22, 0.26), (0.58, 0.46, 0.30)))
    tone = 0.55 + 0.17 * loop + 0.11 * fine + 0.1 * noise(u, v, size_m=0.07)
    colour = tinted(tone, scaled(base, 0.42), scaled(base, 1.15))
    if rng.uniform() < 0.5:
        star = np.cos(u * 6.28 / 0.16) + np.cos(v * 6.28 / 0.16) > 0.9
        figure = tinted(tone, scaled(other, 0.42), scaled(other, 1.15))
        colour = np.where(star[..., None], figure, colour)
    return Look(colour=colour, relief_m=(0.0008 * loop + 0.0003 * fine).astype(np.float32))


def plastic_bag(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Thin, whitish, shining film, crumpled into sharp creases."""
    noise = Noise(rng)
    creases = np.zeros_like(u)
    for width_m, squeeze in ((0.07, 0.6), (0.04, 1.1), (0.022, 0.6), (0.013, 1.1)):
        creases += width_m * (1 - np.abs(noise(u * squeeze, v, size_m=width_m)))
    base = choose(rng, ((0.88, 0.89, 0.90), (0.84, 0.80, 0.70), (0.66, 0.76, 0.84), (0.80, 0.84, 0.74)))
    tone = 0.8 + 1.6 * (creases - creases.mean(dtype=np.float32))
    print_ = (np.sin(u * 55 + 1.4) > 0.2) & (np.abs(v) < 0.02 + 0.01 * size)
    ink = choose(rng, ((0.75, 0.16, 0.14), (0.15, 0.40, 0.25), (0.15, 0.25, 0.60)))
    colour = tinted(tone, scaled(base, 0.55), base)
    colour = np.where(print_[..., None], 0.45 * colour + 0.55 * np.asarray(ink, np.float32), colour)
    relief = (0.2 * creases).astype(np.float32)
    return Look(colour=colour.astype(np.float32), relief_m=relief, gloss=0.6, polish=0.75, clear=0.12)

"""What the natural materials look like, as functions of the place on their surface."""

import numpy as np

from models.demo.fields import Noise, Plane, pieces
from models.demo.looks import Look, choose, scaled, tinted


def dirt(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Crumbs and clods of earth."""
    noise = Noise(rng)
    base = choose(rng, ((0.56, 0.41, 0.28), (0.66, 0.52, 0.38), (0.47, 0.37, 0.30)))
    clods = pieces(u, v, rng, length_m=0.012 + 0.01 * size, width_m=0.012, n_layers=1, taper=0.5)
    dome = np.sqrt(np.maximum(1 - clods.along**2 - clods.across**2 * (1 - clods.along**2), 0))
    dome = np.asarray(dome * clods.inside * (clods.tone > 0.55), np.float32)
    crumbs = noise.fractal(u, v, size_m=0.02, octaves=5, gain=0.62)
    tone = np.asarray(0.42 + 0.16 * crumbs + 0.15 * dome, np.float32)
    relief = np.asarray(0.0013 * crumbs + 0.003 * dome, np.float32)
    return Look(colour=tinted(tone, scaled(base, 0.35), scaled(base, 1.3)), relief_m=relief)


def gravel(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Lay rounded stones, grey to reddish, three layers deep."""
    noise = Noise(rng)
    side = 0.014 + 0.014 * size
    stones = pieces(u, v, rng, length_m=1.25 * side, width_m=side, n_layers=3, taper=0.5)
    radius = stones.along**2 + stones.across**2 * (1 - stones.along**2)
    dome = np.sqrt(np.maximum(1 - radius, 0)) * stones.inside
    base = choose(rng, ((0.60, 0.58, 0.55), (0.64, 0.55, 0.46), (0.50, 0.52, 0.55)))
    grain = noise.fractal(u, v, size_m=0.004, octaves=2)
    tone = 0.12 + (0.25 + 0.6 * stones.tone) * (0.55 + 0.45 * dome) + 0.05 * grain
    warm = np.float32(1) + (stones.tint[..., None] - 0.5) * np.asarray([0.22, 0.02, -0.2], np.float32)
    colour = tinted(tone * stones.inside, scaled(base, 0.2), scaled(base, 1.3)) * warm
    relief = (0.45 * side * dome + side * stones.depth + 0.0002 * grain).astype(np.float32)
    return Look(colour=colour, relief_m=relief)


def leaf(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Fallen leaves, or ivy, over dark ground."""
    long = 0.05 + 0.03 * size
    leaves = pieces(u, v, rng, length_m=long, width_m=0.5 * long, n_layers=4, taper=0.75, bend=0.5)
    autumn = ((0.62, 0.38, 0.14), (0.72, 0.56, 0.20), (0.46, 0.27, 0.14))
    green = ((0.22, 0.40, 0.13), (0.33, 0.50, 0.18), (0.16, 0.31, 0.14))
    palette = np.asarray(green if rng.uniform() < 0.34 else autumn, np.float32)
    drawn = palette[np.minimum((leaves.tint * 3).astype(int), 2)]
    rib = np.exp(-((leaves.across / 0.09) ** 2)) + 0.35 * (
        np.abs(np.sin(9 * leaves.along + 4 * np.abs(leaves.across))) > 0.93
    )
    tone = 0.5 + 0.5 * leaves.depth + 0.35 * (leaves.tone - 0.5) + 0.16 * rib
    ground = np.asarray([0.11, 0.08, 0.05], np.float32)
    colour = np.where(leaves.inside[..., None], drawn * tone[..., None], ground)
    curl = leaves.across**2 * 0.004 + 0.012 * leaves.depth
    return Look(colour=colour, relief_m=(curl * leaves.inside).astype(np.float32), gloss=0.1, polish=0.2)


def grass(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Blades in all directions, bright at their tips."""
    long = 0.07 + 0.04 * size
    blades = pieces(u, v, rng, length_m=long, width_m=0.008, n_layers=6, spread=1.4, taper=0.6, bend=1.6)
    base = choose(rng, ((0.42, 0.54, 0.24), (0.34, 0.46, 0.22), (0.56, 0.58, 0.32)))
    straw = np.asarray([0.70, 0.62, 0.34], np.float32)
    tone = 0.15 + 0.6 * blades.depth + 0.2 * blades.along + 0.3 * (blades.tone - 0.5)
    colour = tinted(tone * blades.inside, scaled(base, 0.12), scaled(base, 1.25))
    dry = (blades.tint > 0.9)[..., None] * blades.inside[..., None]
    colour = np.where(dry, straw * (0.4 + 0.6 * tone[..., None]), colour)
    relief = 0.006 * blades.depth + 0.0008 * (1 - blades.across**2)
    return Look(
        colour=colour.astype(np.float32), relief_m=relief * blades.inside, gloss=0.05, polish=0.1
    )


def rock(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Weathered stone: cracks, grains, lichen."""
    noise = Noise(rng)
    rough = noise.fractal(u, v, size_m=0.06 + 0.04 * size, octaves=6, gain=0.6)
    cracks = np.exp(-((noise.fractal(u, v, size_m=0.12, octaves=3) / 0.03) ** 2))
    base = choose(rng, ((0.64, 0.62, 0.58), (0.56, 0.54, 0.54), (0.70, 0.62, 0.53)))
    tone = 0.55 + 0.11 * rough - 0.35 * cracks + 0.07 * noise(u, v, size_m=0.002)
    colour = tinted(tone, scaled(base, 0.4), scaled(base, 1.25))
    lichen = np.clip(noise.fractal(u, v, size_m=0.05, octaves=4) - 1.3, 0, 0.6)[..., None]
    colour = colour * (1 - lichen) + lichen * np.asarray([0.60, 0.62, 0.42], np.float32)
    relief = 0.0022 * rough - 0.002 * cracks
    return Look(colour=colour.astype(np.float32), relief_m=relief.astype(np.float32))


def water(u: Plane, v: Plane, size: float, rng: np.random.Generator) -> Look:
    """Look down on a shallow bed of pebbles or sand; `models.demo.reactions` adds the waves."""
    bed = gravel(u, v, 1.0, rng) if rng.uniform() < 0.5 else dirt(u, v, size, rng)
    tint = choose(rng, ((0.24, 0.40, 0.42), (0.20, 0.33, 0.44), (0.30, 0.40, 0.32)))
    deep = 0.55 * bed.colour + 0.45 * np.asarray(tint, np.float32)
    noise = Noise(rng)
    waves = noise(u, v * 1.5, size_m=0.05 + 0.05 * size) + 0.3 * noise(u, v, size_m=0.025)
    relief = (0.0008 * waves).astype(np.float32)
    return Look(colour=deep, relief_m=relief, gloss=0.3, polish=0.9)

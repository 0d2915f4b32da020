"""The 17 materials: what each looks and sounds like, how it reacts, and where it is met."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.demo import landscapes, looks
from models.demo.fields import Plane
from models.demo.looks import Look

HIT, SCRATCH = "hit", "scratch"
STATIC, RIGID, DEFORM, SCATTER, SPLASH = "static", "rigid-motion", "deform", "scatter", "splash"


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """How a material sounds when a drumstick meets it.

    Levels are amplitudes relative to full scale at full force; frequencies and bands are in Hz,
    durations in seconds. Ranges are drawn from once a video, so that each video is another object.

    Attributes
    ----------
    modes : str
        Family of resonances: ``bar``, ``plate``, ``shell`` or ``cavity`` (`models.demo.acoustics`).
    pitch : tuple of float
        Range of the lowest resonance.
    t60_s : float
        Time in which the lowest resonance falls by 60 dB.
    tilt : float
        How much sooner high resonances die: t60 goes with frequency to the power of ``-tilt``.
    tonal : float
        Level of the resonances.
    contact_s : float
        How long the stick stays in touch at full force; sets the brightness.
    burst, burst_band, burst_s : float, tuple, float
        Level, band and decay time of the noise of the contact.
    thud, thud_hz, thud_s : float
        Level, pitch and decay time of the low thump of something soft.
    grains, grain_level, grain_band, grain_s : int, float, tuple, float
        Small clicks or crackles that follow a blow: how many, how loud, where, for how long.
    bubbles : int
        Bubbles that follow a blow (water).
    friction, friction_band, roughness : float, tuple, float
        Scratches: level, band, and bumps a second under the moving tip.
    """

    modes: str = "plate"
    pitch: tuple[float, float] = (300.0, 500.0)
    t60_s: float = 0.1
    tilt: float = 0.5
    tonal: float = 0.0
    contact_s: float = 0.001
    burst: float = 0.1
    burst_band: tuple[float, float] = (500.0, 8000.0)
    burst_s: float = 0.006
    thud: float = 0.0
    thud_hz: float = 100.0
    thud_s: float = 0.03
    grains: int = 0
    grain_level: float = 0.0
    grain_band: tuple[float, float] = (2000.0, 9000.0)
    grain_s: float = 0.15
    bubbles: int = 0
    friction: float = 0.1
    friction_band: tuple[float, float] = (1000.0, 8000.0)
    roughness: float = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """One material of the dataset.

    Attributes
    ----------
    name : str
        Its label, as published.
    look : callable
        Its surface: from places on it (m), its size from 0 (fine) to 1 (coarse) and chance.
    voice : Voice
        Its sound.
    shapes : tuple of str
        Objects it comes as: ``surface`` (fills the picture), ``wall``, ``box``, ``cup``, ``plate``,
        ``can``, ``stone``, ``heap``. A video takes the next one in turn.
    reaction : str
        What a firm hit does; a light one may leave the thing static.
    threshold : float
        Force in 0..1 above which the reaction shows.
    scratch_share : float
        Share of scratches among the strikes.
    bounce : float
        How much of a blow the stick gets back, 0..1.
    outdoor : bool
        Sunlight and open air instead of a room.
    """

    name: str
    look: Callable[[Plane, Plane, float, np.random.Generator], Look]
    voice: Voice
    shapes: tuple[str, ...] = ("surface",)
    reaction: str = STATIC
    threshold: float = 0.0
    scratch_share: float = 0.3
    bounce: float = 0.5
    outdoor: bool = False


MATERIALS = (
    Material(
        name="carpet", look=looks.carpet, reaction=DEFORM, bounce=0.2,
        voice=Voice(thud=0.30, thud_hz=85, thud_s=0.028, burst=0.05, burst_band=(150, 1200),
                    burst_s=0.012, friction=0.1, friction_band=(200, 1600), roughness=500),
    ),
    Material(
        name="ceramic", look=looks.ceramic, reaction=RIGID, threshold=0.5,
        shapes=("cup", "plate", "cup"), bounce=0.6, scratch_share=0.25,
        voice=Voice(modes="shell", pitch=(1100, 2100), t60_s=0.42, tilt=0.8, tonal=0.5,
                    contact_s=0.0004, burst=0.12, burst_band=(1500, 9000), burst_s=0.003,
                    friction=0.1, friction_band=(3000, 8000), roughness=220),
    ),
    Material(
        name="cloth", look=looks.cloth, reaction=DEFORM, bounce=0.1,
        voice=Voice(thud=0.34, thud_hz=62, thud_s=0.045, burst=0.025, burst_band=(100, 700),
                    burst_s=0.02, friction=0.09, friction_band=(400, 3000), roughness=900),
    ),
    Material(
        name="dirt", look=landscapes.dirt, reaction=SCATTER, threshold=0.35, bounce=0.15, outdoor=True,
        voice=Voice(thud=0.26, thud_hz=120, thud_s=0.02, burst=0.13, burst_band=(250, 2200),
                    burst_s=0.018, grains=14, grain_level=0.05, grain_band=(700, 3500), grain_s=0.12,
                    friction=0.12, friction_band=(350, 3000), roughness=260),
    ),
    Material(
        name="drywall", look=looks.drywall, shapes=("wall",), bounce=0.5,
        voice=Voice(modes="cavity", pitch=(120, 190), t60_s=0.16, tilt=0.9, tonal=0.5,
                    contact_s=0.0022, burst=0.08, burst_band=(300, 2000), burst_s=0.006,
                    friction=0.1, friction_band=(1400, 4500), roughness=1200),
    ),
    Material(
        name="glass", look=looks.glass, reaction=RIGID, threshold=0.55, shapes=("cup", "can", "cup"),
        bounce=0.6, scratch_share=0.2,
        voice=Voice(modes="shell", pitch=(2000, 3600), t60_s=0.9, tilt=0.45, tonal=0.5,
                    contact_s=0.0003, burst=0.08, burst_band=(4000, 14000), burst_s=0.002,
                    friction=0.06, friction_band=(5000, 12000), roughness=150),
    ),
    Material(
        name="grass", look=landscapes.grass, reaction=DEFORM, bounce=0.05, outdoor=True,
        scratch_share=0.45,
        voice=Voice(thud=0.07, thud_hz=110, thud_s=0.02, burst=0.14, burst_band=(1500, 7000),
                    burst_s=0.035, grains=22, grain_level=0.03, grain_band=(2500, 8000), grain_s=0.2,
                    friction=0.12, friction_band=(2200, 9000), roughness=140),
    ),
    Material(
        name="gravel", look=landscapes.gravel, reaction=SCATTER, threshold=0.25, bounce=0.3,
        outdoor=True,
        voice=Voice(modes="plate", pitch=(1500, 2600), t60_s=0.03, tilt=0.4, tonal=0.16,
                    contact_s=0.0006, burst=0.2, burst_band=(900, 7000), burst_s=0.01, grains=45,
                    grain_level=0.11, grain_band=(1500, 8000), grain_s=0.16, friction=0.22,
                    friction_band=(1000, 6500), roughness=160),
    ),
    Material(
        name="leaf", look=landscapes.leaf, reaction=SCATTER, threshold=0.3, bounce=0.05, outdoor=True,
        scratch_share=0.4,
        voice=Voice(thud=0.03, thud_hz=140, burst=0.2, burst_band=(2500, 12000), burst_s=0.022,
                    grains=60, grain_level=0.09, grain_band=(3000, 13000), grain_s=0.25,
                    friction=0.2, friction_band=(3000, 12000), roughness=180),
    ),
    Material(
        name="metal", look=looks.metal, reaction=RIGID, threshold=0.6,
        shapes=("can", "surface", "plate"), bounce=0.65,
        voice=Voice(modes="plate", pitch=(280, 620), t60_s=1.5, tilt=0.35, tonal=0.55,
                    contact_s=0.0004, burst=0.22, burst_band=(2000, 12000), burst_s=0.003,
                    friction=0.1, friction_band=(2500, 10000), roughness=500),
    ),
    Material(
        name="paper", look=looks.paper, reaction=DEFORM, threshold=0.4,
        shapes=("box", "heap", "surface"), bounce=0.3,
        voice=Voice(modes="cavity", pitch=(190, 330), t60_s=0.055, tilt=0.6, tonal=0.3,
                    contact_s=0.0018, burst=0.14, burst_band=(600, 5000), burst_s=0.012, grains=5,
                    grain_level=0.04, grain_band=(1500, 6000), grain_s=0.08, friction=0.11,
                    friction_band=(1200, 5500), roughness=1500),
    ),
    Material(
        name="plastic", look=looks.plastic, reaction=RIGID, threshold=0.4,
        shapes=("cup", "box", "cup"), bounce=0.5,
        voice=Voice(modes="cavity", pitch=(420, 900), t60_s=0.11, tilt=0.35, tonal=0.5,
                    contact_s=0.0009, burst=0.1, burst_band=(800, 5000), burst_s=0.004,
                    friction=0.1, friction_band=(700, 3800), roughness=420),
    ),
    Material(
        name="plastic-bag", look=looks.plastic_bag, reaction=DEFORM, shapes=("heap",), bounce=0.05,
        scratch_share=0.4,
        voice=Voice(thud=0.04, thud_hz=150, burst=0.13, burst_band=(2000, 15000), burst_s=0.014,
                    grains=90, grain_level=0.11, grain_band=(3500, 16000), grain_s=0.22,
                    friction=0.14, friction_band=(4500, 15000), roughness=90),
    ),
    Material(
        name="rock", look=landscapes.rock, shapes=("stone", "surface", "stone"), bounce=0.7,
        outdoor=True,
        voice=Voice(modes="plate", pitch=(1000, 2300), t60_s=0.05, tilt=0.2, tonal=0.5,
                    contact_s=0.0005, burst=0.26, burst_band=(1200, 9000), burst_s=0.003,
                    friction=0.14, friction_band=(900, 5500), roughness=350),
    ),
    Material(
        name="tile", look=looks.tile, bounce=0.65, scratch_share=0.35,
        voice=Voice(modes="plate", pitch=(700, 1300), t60_s=0.13, tilt=0.6, tonal=0.5,
                    contact_s=0.0004, burst=0.16, burst_band=(2000, 9000), burst_s=0.003,
                    friction=0.1, friction_band=(1800, 6000), roughness=160),
    ),
    Material(
        name="water", look=landscapes.water, reaction=SPLASH, bounce=0.1, scratch_share=0.45,
        outdoor=True,
        voice=Voice(thud=0.12, thud_hz=210, thud_s=0.03, burst=0.22, burst_band=(500, 7000),
                    burst_s=0.06, grains=10, grain_level=0.03, grain_band=(2000, 8000), grain_s=0.25,
                    bubbles=16, friction=0.11, friction_band=(300, 2500), roughness=120),
    ),
    Material(
        name="wood", look=looks.wood, reaction=RIGID, threshold=0.7,
        shapes=("surface", "box", "surface"), bounce=0.55,
        voice=Voice(modes="bar", pitch=(240, 480), t60_s=0.14, tilt=0.55, tonal=0.55,
                    contact_s=0.0009, burst=0.12, burst_band=(700, 4000), burst_s=0.004,
                    friction=0.12, friction_band=(450, 2800), roughness=700),
    ),
)  # fmt: skip

"""Light: where it comes from, what it does to a surface, and what a shiny surface mirrors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.demo.camera import OVERSAMPLING, Camera
from models.demo.fields import Noise, Plane
from models.demo.looks import Look
from models.demo.shapes import FAR, Hit, Vectors


@dataclass(frozen=True, kw_only=True, slots=True)
class Light:
    """The light of a video.

    Attributes
    ----------
    direction : ndarray [shape=(3,)]
        Unit vector towards it.
    colour : ndarray [shape=(3,)]
        Its RGB, about 1.
    direct, ambient : float
        How much comes from it, and from all around.
    softness_px : float
        Width of the edges of shadows (pixels).
    sky, floor : ndarray [shape=(3,)]
        What mirrors show above and below.
    lamps : ndarray [shape=(n_lamps, 3)]
        Directions of bright windows or of the sun.
    lamp_size : float
        Their half width (rad).
    dapple : Noise or None
        Shadow of foliage outdoors.
    """

    direction: NDArray[np.float64]
    colour: NDArray[np.float64]
    direct: float
    ambient: float
    softness_px: float
    sky: NDArray[np.float64]
    floor: NDArray[np.float64]
    lamps: NDArray[np.float64]
    lamp_size: float
    dapple: Noise | None


def draw_light(outdoor: bool, *, wall: bool, rng: np.random.Generator) -> Light:
    """Draw a video's light: sun through leaves or from an open sky outdoors, window and lamp indoors."""
    around = rng.uniform(0.25, np.pi - 0.25) if not wall else rng.uniform(0.4, 2.7)
    above = rng.uniform(0.6, 1.0) if outdoor else rng.uniform(0.7, 1.15)
    direction = _direction(around, above)
    warm = rng.normal(0.02 if outdoor else 0.05, 0.045)
    lamps = [_direction(around + d, above + e) for d, e in ((0, 0), (0.0, -0.35), (1.9, -0.15))]
    sunny = outdoor and rng.uniform() < 0.6
    return Light(
        direction=direction,
        colour=np.asarray([1 + warm, 1.0, 1 - 1.3 * warm]) * rng.uniform(0.9, 1.1),
        direct=0.95 if sunny else 0.72,
        ambient=0.42 if sunny else 0.52,
        softness_px=1.2 if sunny else float(rng.uniform(2.5, 5)),
        sky=np.asarray([0.62, 0.74, 0.92] if outdoor else [0.50, 0.48, 0.46]),
        floor=np.asarray([0.25, 0.26, 0.18] if outdoor else [0.20, 0.17, 0.15]),
        lamps=np.asarray(lamps[:1] if outdoor else lamps),
        lamp_size=0.14 if outdoor else 0.2,
        dapple=Noise(rng) if sunny and rng.uniform() < 0.6 else None,
    )


def shade(
    look: Look, hit: Hit, camera: Camera, light: Light, *, lit: Plane | None
) -> NDArray[np.float32]:
    """Light a surface.

    Parameters
    ----------
    look : Look
        What it is like at each pixel.
    hit : Hit
        Where each of the camera's rays meets it.
    camera, light
        Where it is seen and lit from.
    lit : ndarray [shape=(rows, columns)], optional
        Share of the direct light that arrives; 1 where nothing casts a shadow.

    Returns
    -------
    ndarray of float32 [shape=(rows, columns, 3)]
        RGB, 0 upwards.
    """
    normal = _bumped(look.relief_m, hit, camera)
    direct = np.maximum(normal @ light.direction.astype(np.float32), 0) * np.float32(light.direct)
    if lit is not None:
        direct *= lit
    if light.dapple is not None:
        patches = light.dapple(np.where(hit.reach < FAR, hit.u, 0), hit.v, size_m=0.09)
        direct *= np.clip(0.65 + 0.9 * patches, 0.3, 1.1)
    tint = light.colour.astype(np.float32)
    colour = look.colour * (np.float32(light.ambient) + direct)[..., None] * tint
    if look.gloss == 0:
        return colour.astype(np.float32)
    mirrored, fresnel = _mirrored(normal, camera.rays(), light, look.polish)
    share = np.float32(look.gloss) * (0.18 + 0.82 * fresnel)[..., None]
    if lit is not None:
        share = share * (0.45 + 0.55 * lit[..., None])
    return np.asarray(colour * (1 - 0.6 * share) + share * mirrored * tint, np.float32)


def _direction(around: float, above: float) -> NDArray[np.float64]:
    return np.asarray(
        [np.cos(around) * np.cos(above), np.sin(around) * np.cos(above), np.sin(above)], np.float64
    )


def _bumped(relief_m: Plane, hit: Hit, camera: Camera) -> Vectors:
    """Tilt the normals by the relief, whose slopes are taken across the picture."""
    metres_per_px = np.minimum(hit.reach, 2.0) / np.float32(camera.focal_px * OVERSAMPLING)
    slope_y, slope_x = np.gradient(relief_m)
    slope_x, slope_y = (np.clip(s / metres_per_px, -1.6, 1.6) for s in (slope_x, slope_y))
    right, down = camera.axes[:2].astype(np.float32)
    normal = hit.normal - slope_x[..., None] * right - slope_y[..., None] * down
    normal /= np.sqrt((normal**2).sum(axis=-1, keepdims=True)) + 1e-6
    return np.asarray(normal, np.float32)


def _mirrored(normal: Vectors, rays: Vectors, light: Light, polish: float) -> tuple[Vectors, Plane]:
    """Look up what a mirror with these normals shows: sky, floor, and bright lamps."""
    unit = rays / np.sqrt((rays**2).sum(axis=-1, keepdims=True))
    facing = -(unit * normal).sum(axis=-1)
    bounced = unit + 2 * facing[..., None] * normal
    upward = np.clip(0.5 + 1.6 * bounced[..., 2], 0, 1)[..., None]
    view = upward * light.sky.astype(np.float32) + (1 - upward) * light.floor.astype(np.float32)
    soft = 0.03 + 0.5 * (1 - polish)
    for lamp in light.lamps.astype(np.float32):
        angle = np.sqrt(np.maximum(2 - 2 * bounced @ lamp, 0))
        glow = 1 / (1 + np.exp(np.clip((angle - light.lamp_size) / (0.25 * soft), -30, 30)))
        view = view + (2.4 * (0.35 + 0.65 * polish) * glow)[..., None]
    fresnel = np.clip(1 - np.abs(facing), 0, 1) ** 3
    return view, fresnel.astype(np.float32)

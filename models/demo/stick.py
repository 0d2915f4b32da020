"""The drumstick, the hand that holds it, and the shadow they cast."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.demo.camera import Camera
from models.demo.light import Light
from models.demo.looks import Colour, scaled
from models.demo.scene import Image

Ends = NDArray[np.float64]  # shape (n_instants, 2, 3): both ends of a stroke at each instant (m)

HICKORY = (0.80, 0.60, 0.38)
SKINS = ((0.88, 0.67, 0.54), (0.72, 0.50, 0.37), (0.47, 0.31, 0.22))
SLEEVES = (
    (0.20, 0.30, 0.52),
    (0.12, 0.12, 0.14),
    (0.62, 0.64, 0.66),
    (0.50, 0.16, 0.16),
    (0.26, 0.52, 0.66),
)
GRIP_M = 0.25  # from the tip to the middle of the hand
BUTT_M = 0.31  # from the tip to the thick end
BEAD_M = 0.0052  # radius of the tip's bead
STEP_PX = 2.5  # between the instants of which a motion-blurred picture is made

_ZERO, _ONE = np.float32(0), np.float32(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grip:
    """How a video's hand holds the stick.

    Attributes
    ----------
    azimuth : float
        Direction from the tip to the hand, seen from above (rad).
    lift_m : float
        Height of the hand over what is struck, while the tip touches.
    skin, sleeve : tuple of float
        RGB.
    """

    azimuth: float
    lift_m: float
    skin: Colour
    sleeve: Colour


@dataclass(frozen=True, kw_only=True, slots=True)
class Stroke:
    """A rounded, tapering piece of the hand or stick.

    Attributes
    ----------
    ends : ndarray [shape=(n_instants, 2, 3)]
        Both ends during the exposure (m).
    radii_m : tuple of float
        At the two ends.
    colour : tuple of float
        RGB.
    """

    ends: Ends
    radii_m: tuple[float, float]
    colour: Colour


def draw_grip(rng: np.random.Generator) -> Grip:
    """Draw who holds the stick, and from which side."""
    azimuth = rng.uniform(-1.25, -0.35)
    if rng.uniform() < 0.3:
        azimuth = -np.pi - azimuth
    skin, sleeve = SKINS[int(rng.integers(len(SKINS)))], SLEEVES[int(rng.integers(len(SLEEVES)))]
    return Grip(azimuth=float(azimuth), lift_m=float(rng.uniform(0.06, 0.10)), skin=skin, sleeve=sleeve)


def strokes_of(tips: NDArray[np.float64], grip: Grip) -> list[Stroke]:
    """Build stick and hand round a tip.

    Parameters
    ----------
    tips : ndarray [shape=(n_instants, 3)]
        Lowest point of the tip during the exposure (m above what is struck).
    grip : Grip
        How it is held.

    Returns
    -------
    list of Stroke
        In the order in which they are painted.
    """
    height = grip.lift_m + 0.35 * tips[:, 2] - tips[:, 2]  # the wrist turns: the hand moves less
    sine = np.clip(height / GRIP_M, -0.6, 0.8)
    cosine = np.sqrt(1 - sine**2)
    way = np.column_stack([cosine * np.cos(grip.azimuth), cosine * np.sin(grip.azimuth), sine])
    tip = tips + np.asarray([0, 0, BEAD_M])
    side = np.cross(way, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    over = np.cross(side, way)

    def stroke(
        a: NDArray[np.float64], b: NDArray[np.float64], radii_m: tuple[float, float], colour: Colour
    ) -> Stroke:
        return Stroke(ends=np.stack([a, b], axis=1), radii_m=radii_m, colour=colour)

    def at(distance_m: float) -> NDArray[np.float64]:
        return np.asarray(tip + distance_m * way, np.float64)

    elbow = at(GRIP_M + 0.04) + 0.25 * (0.75 * way + np.asarray([0.0, -0.5, 0.12]))
    wrist = at(GRIP_M + 0.02) - 0.012 * over
    cuff = wrist + 0.25 * (elbow - wrist)
    hand = [
        stroke(wrist, cuff, (0.026, 0.030), grip.skin),
        stroke(cuff, elbow, (0.036, 0.046), grip.sleeve),
        stroke(at(GRIP_M - 0.03) - 0.014 * over, wrist, (0.021, 0.027), grip.skin),
    ]
    stick = [
        stroke(at(0.05), at(BUTT_M), (0.0048, 0.0074), HICKORY),
        stroke(at(0.010), at(0.05), (0.0032, 0.0048), HICKORY),
        stroke(at(0.0), at(0.009), (BEAD_M, 0.0046), HICKORY),
    ]
    fingers = [
        stroke(knuckle + 0.017 * side + 0.005 * over, knuckle - 0.019 * side - 0.004 * over,
               (0.0088, 0.0082), scaled(grip.skin, 1.06 - 0.05 * number))
        for number, knuckle in enumerate(at(GRIP_M + d) for d in (0.024, 0.007, -0.010, -0.027))
    ]  # fmt: skip
    return [*hand, *stick, *fingers]


def paint_strokes(
    image: Image, strokes: list[Stroke], camera: Camera, light: Light, *, base_m: float, pan: Ends
) -> None:
    """Paint stick and hand over a picture, blurred by their motion during the exposure.

    Parameters
    ----------
    image : ndarray of float32 [shape=(3, height, width)]
        Changed in place.
    strokes : list of Stroke
        What to paint.
    camera, light
        Where it is seen and lit from.
    base_m : float
        Height of what is struck (m).
    pan : ndarray [shape=(2,)]
        Shift of the picture by the hand that holds the camera (pixels).
    """
    side = float(np.sign(light.direction[0]) or 1.0)
    strength = light.ambient + 0.9 * light.direct
    ends = np.stack([stroke.ends for stroke in strokes])
    pixels, scale = camera.project(ends + np.asarray([0, 0, base_m]))
    for stroke, places, scales in zip(strokes, pixels + pan, scale, strict=True):
        radii = scales.mean(axis=0) * stroke.radii_m
        covered = _cover(image.shape[1:], _needed(places), radii, edge_px=1.0, side=side)
        if covered is None:
            continue
        rows, columns, alpha, shade = covered
        colour = np.asarray(stroke.colour) * light.colour * strength
        rest = 1 - alpha
        for plane, level in zip(image[:, rows, columns], colour, strict=True):
            plane *= rest
            plane += shade * np.float32(level)


def shadow_of(
    shape: tuple[int, int],
    strokes: list[Stroke],
    camera: Camera,
    light: Light,
    *,
    plane_m: float,
    base_m: float,
    pan: Ends,
) -> Image:
    """Cast the strokes' shadow on a level plane.

    Returns
    -------
    ndarray of float32 [shape=shape]
        The share of light that is left, 0..1.
    """
    left = np.ones(shape, np.float32)
    strength = np.float32(0.85 * light.direct / (light.direct + light.ambient))
    ends = np.stack([stroke.ends[::2] for stroke in strokes]) + np.asarray([0, 0, base_m])
    heights = np.maximum(ends[..., 2:] - plane_m, 0)
    pixels, scale = camera.project(ends - light.direction * heights / light.direction[2])
    for stroke, places, scales, height in zip(strokes, pixels + pan, scale, heights, strict=True):
        blur = 1 + light.softness_px * (0.3 + 6 * float(height.min()))
        radii = scales.mean(axis=0) * stroke.radii_m
        covered = _cover(shape, _needed(places)[:2], radii, edge_px=2 * blur, side=1.0)
        if covered is not None:
            rows, columns, alpha, _ = covered
            left[rows, columns] = np.minimum(left[rows, columns], 1 - strength * alpha)
    return left


def _needed(pixels: Ends) -> Ends:
    """Keep as many instants as the motion asks for."""
    moved = float(np.abs(pixels[-1] - pixels[0]).max())
    have = pixels.shape[0]
    step = max(1, int(have * STEP_PX / max(moved, 0.01)))
    return pixels[have // 2 : have // 2 + 1] if step >= have else pixels[(have - 1) % step // 2 :: step]


def _cover(
    shape: tuple[int, ...], pixels: Ends, radii: NDArray[np.float64], *, edge_px: float, side: float
) -> tuple[slice, slice, Image, Image] | None:
    """Find the mean coverage, and coverage times shading, of a moving stroke within its bounds."""
    reach = float(radii.max()) + edge_px + 1
    low = np.floor(pixels.min(axis=(0, 1)) - reach).astype(int)
    high = np.ceil(pixels.max(axis=(0, 1)) + reach).astype(int)
    left, top = max(low[0], 0), max(low[1], 0)
    right, bottom = min(high[0], shape[1]), min(high[1], shape[0])
    if left >= right or top >= bottom:
        return None
    x = np.arange(left, right, dtype=np.float32)[None, :] + np.float32(0.5)
    y = np.arange(top, bottom, dtype=np.float32)[:, None] + np.float32(0.5)
    alpha = np.zeros((bottom - top, right - left), np.float32)
    shade = np.zeros_like(alpha)
    for (ax, ay), (bx, by) in pixels.astype(np.float32):
        length = max(float(np.hypot(bx - ax, by - ay)), 1e-3)
        ux, uy = np.float32((bx - ax) / length), np.float32((by - ay) / length)
        along = (x - ax) * ux + (y - ay) * uy
        cross = (x - ax) * uy - (y - ay) * ux
        inside = np.minimum(np.maximum(along, _ZERO), np.float32(length))
        along -= inside  # how far it is beyond an end
        away = np.sqrt(cross * cross + along * along)
        inside *= np.float32((radii[1] - radii[0]) / length)
        inside += np.float32(radii[0])  # the radius there
        cover = (inside - away) * np.float32(1 / edge_px)
        cover += np.float32(0.5)
        cover = np.minimum(np.maximum(cover, _ZERO), _ONE)
        alpha += cover
        cross *= np.float32(0.38 * (uy * side + 0.6 * ux)) / inside
        cross += np.float32(0.74)
        shade += cover * cross
    count = np.float32(1 / pixels.shape[0])
    return slice(top, bottom), slice(left, right), alpha * count, shade * count

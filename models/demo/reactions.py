"""What a blow does to what is struck: dents, flying pieces, waves and drops, jolts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.demo.camera import MARGIN, Camera
from models.demo.materials import DEFORM, HIT, RIGID, SCATTER, SPLASH
from models.demo.motion import Strike
from models.demo.scene import Image

GRAVITY = 9.81  # m/s²
SPRINGS = {  # material: (rate of decay 1/s, swings a second) of a dent
    "carpet": (9.0, 0.0), "cloth": (5.0, 2.2), "grass": (5.5, 3.0), "paper": (10.0, 5.0),
    "plastic-bag": (3.5, 2.6),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Debris:
    """How pieces that fly look.

    Attributes
    ----------
    count : int
        Pieces at full force.
    size_m : tuple of float
        Range of their radius.
    slim : float
        Width as a share of length.
    speed : float
        At full force (m/s).
    """

    count: int
    size_m: tuple[float, float]
    slim: float
    speed: float


DEBRIS = {
    "dirt": Debris(count=46, size_m=(0.0012, 0.0036), slim=0.8, speed=1.2),
    "gravel": Debris(count=22, size_m=(0.004, 0.008), slim=0.8, speed=1.0),
    "leaf": Debris(count=12, size_m=(0.014, 0.024), slim=0.5, speed=1.1),
    "water": Debris(count=44, size_m=(0.0012, 0.0034), slim=0.8, speed=1.5),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Flight:
    """The flying pieces of one strike.

    Attributes
    ----------
    start_s : float
        When they leave.
    places, speeds : ndarray [shape=(n_pieces, 3)]
        Where they start (m) and how fast they leave (m/s).
    sizes_m, spins : ndarray [shape=(n_pieces,)]
        Radius (m) and turning speed (rad/s).
    colours : ndarray of float32 [shape=(n_pieces, 3)]
        RGB.
    slim : float
        Width as a share of length.
    """

    start_s: float
    places: NDArray[np.float64]
    speeds: NDArray[np.float64]
    sizes_m: NDArray[np.float64]
    spins: NDArray[np.float64]
    colours: NDArray[np.float32]
    slim: float

    @property
    def landing_s(self) -> float:
        """When the last one comes to rest."""
        return self.start_s + float(2 * self.speeds[:, 2].max() / GRAVITY)


def draw_flights(
    material: str, strikes: Sequence[Strike], palette: Image, rng: np.random.Generator
) -> list[Flight]:
    """Draw the pieces or drops that every strike throws up.

    Parameters
    ----------
    material : str
        Name of what is struck.
    strikes : sequence of Strike
        The video's.
    palette : ndarray [shape=(n_colours, 3)]
        Colours seen in the scene, for the pieces.
    rng : Generator
        The only source of chance.
    """
    flights = []
    for strike in strikes:
        if strike.reaction not in (SCATTER, SPLASH) or material not in DEBRIS:
            continue
        kind, waves = DEBRIS[material], 1 if strike.action == HIT else 3
        for wave in range(waves):  # a scratch ploughs, and throws up less at a time
            share = wave / waves
            flights.append(_flight(kind, strike, share, 1.0 if waves == 1 else 0.4, palette, rng))
    return flights


def paint_flight(
    image: Image, flight: Flight, camera: Camera, pan: NDArray[np.float64], time_s: float
) -> None:
    """Paint the pieces of a flight as they are at a time; changes the image in place."""
    age = time_s - flight.start_s
    rest = np.minimum(age, 2 * flight.speeds[:, 2] / GRAVITY)  # each stops where it lands
    places = flight.places + flight.speeds * rest[:, None]
    places[:, 2] -= 0.5 * GRAVITY * rest**2
    places[:, 2] = np.maximum(places[:, 2], 0)
    pixels, scale = camera.project(places)
    for (x, y), size, spin, turned, colour in zip(
        pixels + pan, scale * flight.sizes_m, flight.spins, rest, flight.colours, strict=True
    ):
        stamp(image, float(x), float(y), float(size), flight.slim, float(spin * (1 + turned)), colour)


def stamp(
    image: Image, x: float, y: float, size: float, slim: float, turn: float, colour: NDArray[np.float32]
) -> None:
    """Paint one small lit ellipse; changes the image in place."""
    reach = size + 2
    left, right = max(int(x - reach), 0), min(int(x + reach) + 1, image.shape[2])
    top, bottom = max(int(y - reach), 0), min(int(y + reach) + 1, image.shape[1])
    if left >= right or top >= bottom:
        return
    dx = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
    dy = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
    cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    a, b = (dx * cosine + dy * sine) / size, (dy * cosine - dx * sine) / (size * slim)
    away = np.sqrt(a * a + b * b)
    alpha = np.clip((1 - away) * np.float32(size * slim) + 0.5, 0, 1)
    patch = image[:, top:bottom, left:right]
    lit = np.clip(1.05 - 0.3 * dy / size, 0.6, 1.4)
    patch *= 1 - alpha
    patch += alpha * lit * colour[:, None, None]


def dents_at(
    material: str, strikes: Sequence[Strike], time_s: float
) -> list[tuple[float, float, float]]:
    """List the dents of a moment as x, y (m) and depth (about -1..1; below 0 it springs out)."""
    rate, swings = SPRINGS.get(material, (8.0, 0.0))
    dents = []
    for strike in strikes:
        age = time_s - strike.time_s
        if strike.reaction != DEFORM or not -0.004 <= age < strike.duration_s + 4 / rate:
            continue
        x, y = strike.place(np.asarray(age / strike.duration_s))
        after = max(age - strike.duration_s, 0.0)
        swing = np.exp(-rate * after) * np.cos(2 * np.pi * swings * after)
        depth = (0.35 + 0.65 * strike.force) * float(swing)
        dents.append((float(x), float(y), depth))
    return dents


def dent(
    image: Image, x: float, y: float, radius: float, depth: float, light: NDArray[np.float64]
) -> None:
    """Pull a round part of the picture towards its middle and shade it; changes the image in place.

    Parameters
    ----------
    image : ndarray [shape=(3, height, width)]
        The picture.
    x, y, radius : float
        Where (pixels).
    depth : float
        -1..1; above 0 it goes in.
    light : ndarray [shape=(2,)]
        Direction towards the light in the picture.
    """
    left, right = max(int(x - radius), 1), min(int(x + radius), image.shape[2] - 1)
    top, bottom = max(int(y - 0.7 * radius), 1), min(int(y + 0.7 * radius), image.shape[1] - 1)
    if right - left < 4 or bottom - top < 4:
        return
    dx = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
    dy = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
    bowl = np.clip(1 - (dx**2 + (dy / 0.7) ** 2) / radius**2, 0, 1)
    pull = np.float32(0.42 * depth) * bowl**2
    where = np.stack([dy * (1 + pull) + np.float32(y), dx * (1 + pull) + np.float32(x)])
    shade = 1 - depth * bowl * ((dx * light[0] + dy * light[1]) / radius * -1.1 + 0.28 * bowl)
    moved = [
        ndimage.map_coordinates(plane, where, order=1, mode="nearest", prefilter=False)
        for plane in image
    ]
    image[:, top:bottom, left:right] = np.stack(moved) * shade


def jolt_at(strikes: Sequence[Strike], time_s: float) -> tuple[float, float, float]:
    """Give how a loose object is displaced at a time: x, y (pixels at its middle) and turn (rad)."""
    x = y = turn = 0.0
    for number, strike in enumerate(strikes):
        age = time_s - strike.time_s
        if strike.reaction != RIGID or age < 0:
            continue
        sign = 1.0 if strike.x < 0 else -1.0
        ring = np.exp(-age / 0.09) * np.sin(2 * np.pi * 8.5 * age)
        stay = 1 - np.exp(-age / 0.05)
        turn += strike.force * sign * (0.11 * ring + 0.012 * stay * (-1) ** number)
        x += strike.force * (5.5 * sign * ring + 2.0 * stay * (-1) ** number)
        y -= strike.force * 6.0 * float(np.exp(-age / 0.07) * abs(np.sin(2 * np.pi * 7 * age)))
    return float(x), float(y), float(turn)


def lay_over(
    ground: Image, thing: Image, jolt: tuple[float, float, float], middle: tuple[float, float]
) -> tuple[Image, Image]:
    """Lay the object, moved and turned about its middle, over the ground.

    Parameters
    ----------
    ground : ndarray [shape=(3, rows, columns)]
        The canvas.
    thing : ndarray [shape=(4, rows, columns)]
        The object: RGB times alpha, and alpha.
    jolt : tuple of float
        From `jolt_at`.
    middle : tuple of float
        Its middle on the canvas, x and y (pixels).

    Returns
    -------
    canvas : ndarray [shape=(3, rows, columns)]
    alpha : ndarray [shape=(rows, columns)]
    """
    seen = thing[3] > 0
    columns, rows = np.nonzero(seen.any(axis=0))[0], np.nonzero(seen.any(axis=1))[0]
    top, bottom = max(rows[0] - 14, 0), min(rows[-1] + 15, seen.shape[0])
    left, right = max(columns[0] - 14, 0), min(columns[-1] + 15, seen.shape[1])
    x, y, turn = jolt
    back = np.asarray([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = np.asarray([middle[1] - top, middle[0] - left])
    offset = centre - back @ (centre + np.asarray([y, x]))
    moved = [
        ndimage.affine_transform(plane, back, offset, order=1, prefilter=False)
        for plane in thing[:, top:bottom, left:right]
    ]
    canvas, alpha = ground.copy(), np.zeros(seen.shape, np.float32)
    alpha[top:bottom, left:right] = moved[3]
    for plane, colour in zip(canvas[:, top:bottom, left:right], moved, strict=False):
        plane *= 1 - moved[3]
        plane += colour
    return canvas, alpha


def canvas_point(camera: Camera, x: float, y: float, z: float) -> tuple[float, float]:
    """Project a place (m) to the canvas (pixels)."""
    pixels, _ = camera.project(np.asarray([x, y, z]))
    return float(pixels[0]) + MARGIN, float(pixels[1]) + MARGIN


def _flight(
    kind: Debris, strike: Strike, share: float, amount: float, palette: Image, rng: np.random.Generator
) -> Flight:
    count = max(3, round(kind.count * amount * (0.25 + 0.75 * strike.force)))
    x, y = strike.place(np.asarray(share))
    around = rng.uniform(0, 2 * np.pi, count)
    speed = kind.speed * (0.35 + 0.65 * strike.force) * rng.uniform(0.35, 1.0, count)
    above = rng.uniform(0.6, 1.35, count)
    flat = speed * np.cos(above)
    touch = np.column_stack([x + 0.008 * np.cos(around), y + 0.008 * np.sin(around), np.zeros(count)])
    return Flight(
        start_s=strike.time_s + share * strike.duration_s,
        places=touch,
        speeds=np.column_stack([flat * np.cos(around), flat * np.sin(around), speed * np.sin(above)]),
        sizes_m=rng.uniform(*kind.size_m, count), spins=rng.uniform(-14, 14, count),
        colours=palette[rng.integers(len(palette), size=count)], slim=kind.slim,
    )  # fmt: skip

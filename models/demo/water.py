"""A moving water surface: drifting waves, rings round every touch, and the light on them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.demo.camera import Camera
from models.demo.light import Light
from models.demo.motion import Strike
from models.demo.scene import Image

RING_SPEED = 0.28  # m/s
RING_WAVES = 2 * np.pi / 0.022  # rad/m
RING_LIFE_S = 0.55
DRIFT = ((3.0, 1.3), (-1.7, 2.6))  # pixels a picture
BEND_PX = 5.0  # shift of the bed per unit of slope


class Water:
    """The waves of one video.

    Attributes
    ----------
    waves : tuple of ndarray
        Two stored wave fields, as slopes [shape=(2, side, side)], which drift across each other.
    """

    def __init__(self, camera: Camera, light: Light, rng: np.random.Generator) -> None:
        self.camera, self.light = camera, light
        side = 512
        self.waves = tuple(_slopes(rng.normal(size=(side, side)), width_px) for width_px in (7.0, 4.0))
        self._x, self._y = np.meshgrid(
            np.arange(camera.width, dtype=np.float32), np.arange(camera.height, dtype=np.float32)
        )

    def surface(
        self,
        still: Image,
        strikes: Sequence[Strike],
        pan: NDArray[np.float64],
        time_s: float,
        frame: int,
    ) -> Image:
        """Show the bed through the water.

        Parameters
        ----------
        still : ndarray of float32 [shape=(3, height, width)]
            The picture without waves.
        strikes : sequence of Strike
            What makes rings.
        pan : ndarray [shape=(2,)]
            Shift of the picture (pixels).
        time_s, frame
            The moment, and the number of the picture.
        """
        slope = self._drifting(frame, pan) + self._rings(strikes, pan, time_s)
        where = np.stack([self._y + BEND_PX * slope[1], self._x + BEND_PX * slope[0]])
        seen = np.stack([
            ndimage.map_coordinates(plane, where, order=1, mode="nearest", prefilter=False)
            for plane in still
        ])  # fmt: skip
        toward = self.light.direction.astype(np.float32)
        tilt = slope[0] * toward[0] - slope[1] * toward[1]
        seen *= 1 + 0.22 * np.clip(tilt, -1.5, 1.5)
        glint = np.clip(tilt + 0.3 * slope[1] - 0.95, 0, 0.6)
        return np.asarray(seen + glint * self.light.colour.astype(np.float32)[:, None, None], np.float32)

    def _drifting(self, frame: int, pan: NDArray[np.float64]) -> NDArray[np.float32]:
        total = np.zeros((2, self.camera.height, self.camera.width), np.float32)
        for field, (vx, vy) in zip(self.waves, DRIFT, strict=True):
            x, y = round(vx * frame - pan[0]), round(vy * frame - pan[1])
            rows = np.arange(y, y + self.camera.height) % field.shape[1]
            columns = np.arange(x, x + self.camera.width) % field.shape[2]
            total += np.float32(0.27) * field[:, rows[:, None], columns[None, :]]
        return total

    def _rings(
        self, strikes: Sequence[Strike], pan: NDArray[np.float64], time_s: float
    ) -> NDArray[np.float32]:
        total = np.zeros((2, self.camera.height, self.camera.width), np.float32)
        for strike in strikes:
            for share in (0.0,) if strike.dx == 0 and strike.dy == 0 else (0.0, 0.3, 0.65, 0.95):
                age = time_s - strike.time_s - share * strike.duration_s
                if 0 <= age < 2.2 * RING_LIFE_S:
                    place = np.asarray([*strike.place(np.asarray(share)), 0.0])
                    total += self._ring(place, pan, age, strike.force * (1.0 if share == 0 else 0.6))
        return total

    def _ring(
        self, place: NDArray[np.float64], pan: NDArray[np.float64], age: float, force: float
    ) -> NDArray[np.float32]:
        pixels, scale = self.camera.project(place)
        squash = np.float32(-self.camera.axes[2, 2])  # a level circle seen from the side
        dx = (self._x - np.float32(pixels[0] + pan[0])) / np.float32(scale)
        dy = (self._y - np.float32(pixels[1] + pan[1])) / np.float32(scale * squash)
        radius = np.sqrt(dx * dx + dy * dy) + np.float32(1e-4)
        front = np.float32(RING_SPEED * age)
        behind = np.clip((front - radius) / 0.012, 0, 1) * np.exp(-np.abs(front - radius) / 0.05)
        height = np.float32((1.0 + 3.4 * force) * np.exp(-age / RING_LIFE_S))
        wave = height * behind * np.cos(np.float32(RING_WAVES) * (radius - front))
        return np.stack([wave * dx / radius, wave * dy / radius])


def _slopes(white: NDArray[np.float64], width_px: float) -> NDArray[np.float32]:
    smooth = ndimage.gaussian_filter(white, (0.8 * width_px, 1.5 * width_px), mode="wrap")
    rows, columns = np.gradient(smooth)
    return np.stack([columns / columns.std(), rows / rows.std()]).astype(np.float32)

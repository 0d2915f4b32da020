"""The pictures of one video, one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.demo import reactions
from models.demo.camera import MARGIN
from models.demo.materials import SCATTER, Material
from models.demo.motion import FRAME_RATE, Strike, tip_path
from models.demo.reactions import Flight
from models.demo.scene import Image, Scene
from models.demo.stick import draw_grip, paint_strokes, shadow_of, strokes_of
from models.demo.water import Water
from models.videos.annotations import Position

EXPOSURE_S = 1 / 60  # as a camera at 29.97 Hz with its shutter half open
N_INSTANTS = 9  # within an exposure
NOISE = 0.013  # standard deviation of the sensor's noise, full scale at 1
DENT_M = 0.075  # radius


class Renderer:
    """Paints the pictures of one video.

    Parameters
    ----------
    scene : Scene
        The still scene.
    material : Material
        What is struck.
    strikes : sequence of Strike
        What happens.
    n_frames : int
        How many pictures.
    rng : Generator
        The only source of chance.
    """

    def __init__(
        self,
        scene: Scene,
        material: Material,
        strikes: Sequence[Strike],
        *,
        n_frames: int,
        rng: np.random.Generator,
    ) -> None:
        self.scene, self.material, self.strikes, self.n_frames = scene, material, strikes, n_frames
        self.strokes = strokes_of(self._tips(), draw_grip(rng))  # at every instant of the video
        self.pans = draw_pans(n_frames, scene.camera.width, rng)
        self.gains = draw_gains(n_frames, material.outdoor, rng)
        self.ground = scene.ground.copy()
        self.water = Water(scene.camera, scene.light, rng) if material.name == "water" else None
        self.middle = reactions.canvas_point(scene.camera, 0, 0, 0.5 * scene.top_m)
        self.noise = _sensor_noise(scene, rng)
        self.noise_at = rng.integers(0, 64, (n_frames, 2))
        self.vignette = _vignette(scene)
        self.toward = scene.light.direction[:2] * [1, -1]  # the light, in the picture
        palette = _palette(scene.ground, material.name, rng)
        self.flights: list[Flight] = reactions.draw_flights(material.name, strikes, palette, rng)
        self._laid = (np.nan, 0.0, 0.0), self.ground, self.ground[0]
        self._unsettled = [s for s in strikes if s.reaction == SCATTER]

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Paint all pictures in order.

        Yields
        ------
        ndarray of uint8 [shape=(height, width, 3)]
            RGB.
        """
        for frame in range(self.n_frames):
            image = self._expose(frame, frame / FRAME_RATE)
            row, column = self.noise_at[frame]
            image *= self.vignette * np.float32(255 * self.gains[frame])
            image += self.noise[:, row : row + image.shape[1], column : column + image.shape[2]]
            np.clip(image, 0, 255, out=image)
            yield np.ascontiguousarray(np.moveaxis(image.astype(np.uint8), 0, -1))

    def positions(self) -> list[Position]:
        """Say where in the picture each strike first touches, in the picture next to that time."""
        camera = self.scene.camera
        places = []
        for strike in self.strikes:
            frame = min(round(strike.time_s * FRAME_RATE), self.n_frames - 1)
            pixels, _ = camera.project(np.asarray([strike.x, strike.y, self.scene.top_m]))
            x, y = np.clip((pixels + self.pans[frame]) / [camera.width, camera.height], 0, 1)
            places.append(Position(time_s=strike.time_s, x=float(x), y=float(y)))
        return places

    def _tips(self) -> NDArray[np.float64]:
        """Follow the tip through every exposure: shape (n_frames * N_INSTANTS, 3)."""
        within = np.linspace(-0.5, 0.5, N_INSTANTS) * EXPOSURE_S
        times = np.arange(self.n_frames)[:, None] / FRAME_RATE + within
        return tip_path(self.strikes, times.ravel(), bounce=self.material.bounce)

    def _expose(self, frame: int, time_s: float) -> Image:
        scene, camera, light, pan = self.scene, self.scene.camera, self.scene.light, self.pans[frame]
        self._settle(time_s)
        canvas, alpha = self._canvas(time_s)
        image = _shifted(canvas, pan)
        if self.water:
            image = self.water.surface(image, self.strikes, pan, time_s, frame)
        self._press(image, pan, time_s)
        instants = slice(frame * N_INSTANTS, (frame + 1) * N_INSTANTS)
        strokes = [replace(stroke, ends=stroke.ends[instants]) for stroke in self.strokes]
        shape, casting = image.shape[1:], strokes[:5]  # fingers and bead add nothing to the shadow
        shadow = shadow_of(shape, casting, camera, light, plane_m=0, base_m=scene.top_m, pan=pan)
        if alpha is not None:
            above = shadow_of(
                shape, casting, camera, light, plane_m=scene.top_m, base_m=scene.top_m, pan=pan
            )
            over = _shifted(alpha[None], pan.round())[0]
            shadow += over * (above - shadow)
        image *= shadow
        for flight in self.flights:
            if flight.start_s <= time_s < flight.landing_s:
                reactions.paint_flight(image, flight, camera, pan, time_s)
        paint_strokes(image, strokes, camera, light, base_m=scene.top_m, pan=pan)
        return image

    def _canvas(self, time_s: float) -> tuple[Image, Image | None]:
        """Lay the struck object, as it lies now, over the ground."""
        if self.scene.thing is None:
            return self.ground, None
        x, y, turn = reactions.jolt_at(self.strikes, time_s)
        jolt = round(x, 1), round(y, 1), round(turn, 3)
        if jolt != self._laid[0]:
            self._laid = jolt, *reactions.lay_over(self.ground, self.scene.thing, jolt, self.middle)
        return self._laid[1], self._laid[2]

    def _press(self, image: Image, pan: NDArray[np.float64], time_s: float) -> None:
        for x, y, depth in reactions.dents_at(self.material.name, self.strikes, time_s):
            pixels, scale = self.scene.camera.project(np.asarray([x, y, self.scene.top_m]))
            px, py = pixels + pan
            reactions.dent(image, float(px), float(py), DENT_M * float(scale), depth, self.toward)

    def _settle(self, time_s: float) -> None:
        """Leave for good what scattering has changed: a hollow, and pieces where they came to lie."""
        camera = self.scene.camera
        while self._unsettled and self._unsettled[0].time_s <= time_s:
            strike = self._unsettled.pop(0)
            x, y = reactions.canvas_point(
                camera, strike.x + 0.5 * strike.dx, strike.y + 0.5 * strike.dy, 0
            )
            reactions.dent(
                self.ground, x, y, 0.04 * camera.focal_px * 2, -0.5 * strike.force, self.toward
            )
        for flight in self.flights:
            if flight.landing_s <= time_s and not self.water:
                reactions.paint_flight(self.ground, flight, camera, np.full(2, float(MARGIN)), time_s)
        self.flights = [f for f in self.flights if f.landing_s > time_s]


def draw_pans(n_frames: int, width: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw how the picture moves because a hand holds the camera (pixels) [shape=(n_frames, 2)]."""
    pans = np.zeros((n_frames, 2))
    for pace, amount in ((3.0, 0.0022), (9.0, 0.0057), (50.0, 0.022)):
        white = rng.normal(size=(n_frames + 400, 2))
        smooth = ndimage.gaussian_filter1d(white, pace, axis=0)[200 : 200 + n_frames]
        pans += amount * width * smooth * np.sqrt(2 * np.sqrt(np.pi) * pace)
    return np.asarray(np.clip(pans, 3 - MARGIN, MARGIN - 3), np.float64)


def draw_gains(n_frames: int, outdoor: bool, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw how bright each picture is: clouds or a dimming lamp, and flicker [shape=(n_frames,)]."""
    white = rng.normal(size=n_frames + 400)
    slow = ndimage.gaussian_filter1d(white, 40.0)[200 : 200 + n_frames] * np.sqrt(
        2 * np.sqrt(np.pi) * 40
    )
    beat = 0.0 if outdoor else 0.012 * np.sin(2 * np.pi * 5.994 * np.arange(n_frames) / FRAME_RATE)
    return np.asarray(1 + (0.07 if outdoor else 0.03) * np.clip(slow, -2, 2) + beat, np.float64)


def _shifted(canvas: Image, pan: NDArray[np.float64]) -> Image:
    """Cut the picture out of the canvas, between pixels where the shake asks for it."""
    x, y = MARGIN - pan[0], MARGIN - pan[1]
    column, row = int(np.floor(x)), int(np.floor(y))
    fx, fy = np.float32(x - column), np.float32(y - row)
    height, width = canvas.shape[1] - 2 * MARGIN, canvas.shape[2] - 2 * MARGIN
    part = canvas[:, row : row + height + 1, column : column + width + 1]
    if fx == 0 and fy == 0:
        return part[:, :-1, :-1].copy()
    rows = (1 - fy) * part[:, :-1]
    rows += fy * part[:, 1:]
    image = (1 - fx) * rows[:, :, :-1]
    image += fx * rows[:, :, 1:]
    return np.asarray(image, np.float32)


def _palette(ground: Image, material: str, rng: np.random.Generator) -> Image:
    if material == "water":
        return np.asarray([[0.86, 0.92, 0.96], [0.70, 0.80, 0.86], [0.95, 0.97, 1.0]], np.float32)
    flat = ground.reshape(3, -1).T
    low, high = np.quantile(flat.sum(axis=1), [0.55, 0.85])
    lit = flat[(flat.sum(axis=1) >= low) & (flat.sum(axis=1) <= high)]
    return np.asarray(1.05 * lit[rng.integers(len(lit), size=64)], np.float32)


def _sensor_noise(scene: Scene, rng: np.random.Generator) -> Image:
    shape = (scene.camera.height + 64, scene.camera.width + 64)
    grey, colour = rng.normal(size=shape), rng.normal(size=(3, *shape))
    return (255 * NOISE * (0.85 * grey + 0.5 * colour)).astype(np.float32)


def _vignette(scene: Scene) -> Image:
    width, height = scene.camera.width, scene.camera.height
    x = (np.arange(width) + 0.5) / width - 0.5
    y = (np.arange(height) + 0.5) / height - 0.5
    away = (x[None, :] ** 2 + y[:, None] ** 2) * 2
    return (1.02 - 0.34 * away).astype(np.float32)

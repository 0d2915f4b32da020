"""One video's still scene: what lies there, how it is lit, and the painted canvas."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.demo.camera import OVERSAMPLING, Camera, place_camera
from models.demo.light import Light, draw_light, shade
from models.demo.materials import MATERIALS, Material
from models.demo.shapes import FAR, Hit, Solid, meet, meet_plane

Image = NDArray[np.float32]  # planes first, which is what numpy is fast at: (3, height, width)

INDOOR_GROUND = ("wood", "cloth", "tile", "carpet", "wood", "paper")
OUTDOOR_GROUND = ("dirt", "grass", "gravel", "leaf")
LOOKS = {material.name: material.look for material in MATERIALS}
PITCH = (0.62, 1.05)  # rad above the surface


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What a video shows before anybody touches it.

    Attributes
    ----------
    camera : Camera
        Where it is seen from.
    light : Light
        What lights it.
    ground : ndarray of float32 [shape=(3, rows, columns)]
        RGB, 0..1, with `models.demo.camera.MARGIN` pixels more than the picture at each edge.
    thing : ndarray of float32 [shape=(4, rows, columns)] or None
        The object that is struck, as RGB times alpha and alpha; None if it is the ground itself.
    solid : Solid or None
        Its shape.
    size : float
        0 (small, fine) to 1 (big, coarse); the sound follows it.
    """

    camera: Camera
    light: Light
    ground: Image
    thing: Image | None
    solid: Solid | None
    size: float

    @property
    def top_m(self) -> float:
        """Height at which strikes land (m)."""
        return self.solid.height if self.solid else 0.0

    @property
    def reach_m(self) -> float:
        """Radius within which strikes land (m)."""
        return self.solid.reach_m if self.solid else 0.085


def build_scene(
    material: Material, *, variant: int, picture: tuple[int, int], rng: np.random.Generator
) -> Scene:
    """Draw and paint the scene of a video.

    Parameters
    ----------
    material : Material
        What is to be struck.
    variant : int
        Which video of the material this is; picks the shape, so that they take turns.
    picture : (int, int)
        Width and height (pixels).
    rng : Generator
        The only source of chance.
    """
    size = float(rng.uniform())
    shape = material.shapes[variant % len(material.shapes)]
    light = draw_light(material.outdoor, wall=shape == "wall", rng=rng)
    solid = _draw_solid(shape, size, rng)
    camera = _draw_camera(shape, solid, picture, rng)
    ground = _paint_ground(material, solid, light, camera, size, rng)
    thing = _paint_thing(material, solid, light, camera, size, rng) if solid else None
    return Scene(camera=camera, light=light, ground=ground, thing=thing, solid=solid, size=size)


def _draw_camera(
    shape: str, solid: Solid | None, picture: tuple[int, int], rng: np.random.Generator
) -> Camera:
    pitch = rng.uniform(1.2, 1.45) if shape == "wall" else rng.uniform(*PITCH)
    height = 0.55 * solid.height if solid else 0.0
    aside = rng.uniform(-0.025, 0.025, 2)
    return place_camera(
        distance_m=float(rng.uniform(0.46, 0.62)), pitch=float(pitch), roll=float(rng.normal(0, 0.05)),
        target=np.asarray([aside[0], aside[1], height]), size=picture,
    )  # fmt: skip


def _draw_solid(shape: str, size: float, rng: np.random.Generator) -> Solid | None:
    big, yaw = 0.8 + 0.45 * size, float(rng.uniform(-0.7, 0.7))
    if shape in ("surface", "wall"):
        return None
    if shape == "box":
        x, y, z = rng.uniform(0.08, 0.12), rng.uniform(0.06, 0.1), rng.uniform(0.05, 0.09)
        return Solid(kind="box", yaw=yaw, half_x=big * x, half_y=big * y, height=big * z)
    if shape in ("stone", "heap"):
        wide, high = (0.105, 0.075) if shape == "stone" else (0.15, 0.07)
        return Solid(kind="dome", yaw=yaw, half_x=big * wide, half_y=0.8 * big * wide, height=big * high)
    radius, height, taper = {
        "cup": (0.062, 0.095, 0.72), "can": (0.058, 0.085, 1.0), "plate": (0.125, 0.026, 0.72),
    }[shape]  # fmt: skip
    radius, height = big * radius, big * height * rng.uniform(0.85, 1.15)
    return Solid(kind="cone", yaw=yaw, half_x=radius, half_y=radius, height=height, taper=taper)


def _paint_ground(
    material: Material,
    solid: Solid | None,
    light: Light,
    camera: Camera,
    size: float,
    rng: np.random.Generator,
) -> Image:
    hit, name = meet_plane(camera.position.astype(np.float32), camera.rays()), material.name
    if solid:
        others = [n for n in (OUTDOOR_GROUND if material.outdoor else INDOOR_GROUND) if n != name]
        name, size = str(rng.choice(others)), float(rng.uniform())
    turn = rng.uniform(-0.6, 0.6)
    u = hit.u * np.float32(np.cos(turn)) - hit.v * np.float32(np.sin(turn))
    v = hit.u * np.float32(np.sin(turn)) + hit.v * np.float32(np.cos(turn))
    look = LOOKS[name](u, v, size, rng)
    lit = _shadow(solid, light, hit) if solid else None
    return _reduced(shade(look, hit, camera, light, lit=lit))


def _shadow(solid: Solid, light: Light, hit: Hit) -> NDArray[np.float32]:
    """Give the share of the light's diffuse part that reaches each place on the ground."""
    points = np.stack([hit.u, hit.v, np.full_like(hit.u, 1e-4)], axis=-1)
    toward = np.broadcast_to(light.direction.astype(np.float32), points.shape)
    dark = (meet(solid, points, toward).reach < FAR).astype(np.float32)
    soft = ndimage.gaussian_filter(dark, light.softness_px * OVERSAMPLING)
    around = ndimage.gaussian_filter(dark, 12.0 * OVERSAMPLING)
    return np.asarray(1 - np.maximum(soft, 0.35 * around), np.float32)


def _paint_thing(
    material: Material, solid: Solid, light: Light, camera: Camera, size: float, rng: np.random.Generator
) -> Image:
    rays = camera.rays()
    hit = meet(solid, camera.position.astype(np.float32), rays)
    there = hit.reach < FAR
    u, v = np.where(there, hit.u, 0), np.where(there, hit.v, 0)
    look = material.look(u.astype(np.float32), v.astype(np.float32), size, rng)
    colour = shade(look, hit, camera, light, lit=None)
    facing = np.abs((hit.normal * rays).sum(-1)) / np.linalg.norm(rays, axis=-1)
    alpha = there * (1 - look.clear * np.clip(facing * 1.5 - 0.15, 0, 1))
    bright = there * np.clip(colour.max(axis=-1) - 0.75, 0, 1) * 2  # highlights hide what is behind
    alpha = np.clip(np.maximum(alpha, np.minimum(bright, 1) * there), 0, 1)
    layer = np.concatenate([colour * alpha[..., None], alpha[..., None]], axis=-1)
    thing = _reduced(layer.astype(np.float32))
    return _uneven(thing, rng) if solid.kind == "dome" else thing


def _uneven(layer: Image, rng: np.random.Generator) -> Image:
    """Bend the outline of a stone or heap, which no ellipsoid has."""
    rows, columns = np.indices(layer.shape[1:], np.float32)
    bend = np.zeros((2, *layer.shape[1:]), np.float32)
    for width, amount in ((0.08, 0.018), (0.03, 0.006)):
        smooth = ndimage.gaussian_filter(
            rng.normal(size=bend.shape), (0, width * bend.shape[2], width * bend.shape[2])
        )
        bend += (amount * bend.shape[2] / smooth.std() * smooth).astype(np.float32)
    where = np.stack([rows + bend[0], columns + bend[1]])
    return np.stack([
        ndimage.map_coordinates(plane, where, order=1, prefilter=False) for plane in layer
    ])  # fmt: skip


def _reduced(image: NDArray[np.float32]) -> Image:
    rows, columns = image.shape[0] // OVERSAMPLING, image.shape[1] // OVERSAMPLING
    blocks = image.reshape(rows, OVERSAMPLING, columns, OVERSAMPLING, -1)
    return np.ascontiguousarray(np.moveaxis(blocks.mean(axis=(1, 3)), -1, 0))

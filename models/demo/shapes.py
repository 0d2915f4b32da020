"""Where rays meet a plane and simple solids that stand on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.demo.fields import Plane

Vectors = NDArray[np.float32]

FAR = np.float32(1e6)  # metres; no hit


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """Where each ray first meets a thing.

    Attributes
    ----------
    reach : ndarray [shape=(rows, columns)]
        Multiples of the ray's direction up to the hit; `FAR` where there is none.
    normal : ndarray [shape=(rows, columns, 3)]
        Outward unit normal.
    u, v : ndarray [shape=(rows, columns)]
        Place on the surface (m).
    """

    reach: Plane
    normal: Vectors
    u: Plane
    v: Plane


@dataclass(frozen=True, kw_only=True, slots=True)
class Solid:
    """Something that stands on the plane z = 0, its middle where x and y are 0.

    Attributes
    ----------
    kind : str
        ``box``, ``cone`` (cups, cans and plates, closed on top) or ``dome`` (stones and heaps).
    yaw : float
        Turn about the vertical (rad).
    half_x, half_y : float
        Half sizes at the bottom (m); a cone uses half_x alone.
    height : float
        (m)
    taper : float
        Radius at the top of a cone, as a share of the one at its bottom.
    """

    kind: str
    yaw: float
    half_x: float
    half_y: float
    height: float
    taper: float = 1.0

    @property
    def reach_m(self) -> float:
        """Radius within which its top can be struck (m)."""
        if self.kind == "cone":
            return 0.75 * self.half_x * self.taper
        return 0.62 * min(self.half_x, self.half_y) * (0.55 if self.kind == "dome" else 1.0)


def meet_plane(origin: Vectors, rays: Vectors) -> Hit:
    """Meet the plane z = 0."""
    down = np.minimum(rays[..., 2], np.float32(-1e-4))
    reach = np.asarray(-origin[..., 2] / down, np.float32)
    u = np.asarray(origin[..., 0] + reach * rays[..., 0], np.float32)
    v = np.asarray(origin[..., 1] + reach * rays[..., 1], np.float32)
    normal = np.broadcast_to(np.asarray([0, 0, 1], np.float32), rays.shape)
    return Hit(reach=reach, normal=normal, u=u, v=v)


def meet(solid: Solid, origin: Vectors, rays: Vectors) -> Hit:
    """Meet a solid; rays may start anywhere outside it."""
    cosine, sine = np.float32(np.cos(solid.yaw)), np.float32(np.sin(solid.yaw))
    turn = np.asarray([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], np.float32)
    meet_kind = {"box": _meet_box, "cone": _meet_cone, "dome": _meet_dome}[solid.kind]
    hit = meet_kind(solid, origin @ turn, rays @ turn)
    return Hit(reach=hit.reach, normal=hit.normal @ turn.T, u=hit.u, v=hit.v)


def _meet_box(solid: Solid, origin: Vectors, rays: Vectors) -> Hit:
    safe = np.where(np.abs(rays) < 1e-6, np.float32(1e-6), rays)
    low = np.asarray([-solid.half_x, -solid.half_y, 0], np.float32)
    high = np.asarray([solid.half_x, solid.half_y, solid.height], np.float32)
    one, two = (low - origin) / safe, (high - origin) / safe
    near, far = np.minimum(one, two), np.maximum(one, two)
    reach, leave = near.max(axis=-1), far.min(axis=-1)
    axis = near.argmax(axis=-1)
    point = origin + reach[..., None] * rays
    normal = -np.sign(safe) * (np.arange(3) == axis[..., None])
    u = np.where(axis == 0, point[..., 1], point[..., 0])
    v = np.where(axis == 2, point[..., 1], point[..., 2] + solid.half_y)
    missed = (reach > leave) | (reach <= 0)
    return Hit(reach=np.where(missed, FAR, reach), normal=normal.astype(np.float32), u=u, v=v)


def _meet_cone(solid: Solid, origin: Vectors, rays: Vectors) -> Hit:
    """Side: |xy| = r(z) with r falling linearly; then the flat top."""
    slope = np.float32(solid.half_x * (solid.taper - 1) / solid.height)
    radius = solid.half_x + slope * origin[..., 2]
    grow = slope * rays[..., 2]
    a = rays[..., 0] ** 2 + rays[..., 1] ** 2 - grow**2
    b = rays[..., 0] * origin[..., 0] + rays[..., 1] * origin[..., 1] - radius * grow
    c = origin[..., 0] ** 2 + origin[..., 1] ** 2 - radius**2
    root = b * b - a * c
    reach = (-b - np.sqrt(np.maximum(root, 0))) / np.where(np.abs(a) < 1e-9, 1e-9, a)
    z = origin[..., 2] + reach * rays[..., 2]
    side = (root > 0) & (reach > 0) & (z >= 0) & (z <= solid.height)
    safe = np.where(np.abs(rays[..., 2]) < 1e-6, 1e-6, rays[..., 2])
    cap = (solid.height - origin[..., 2]) / safe
    point = np.asarray(origin + np.where(side, reach, cap)[..., None] * rays, np.float32)
    top = (cap > 0) & (point[..., 0] ** 2 + point[..., 1] ** 2 < (solid.half_x * solid.taper) ** 2)
    top &= ~side | (cap < reach)
    met = np.where(top, cap, np.where(side, reach, FAR)).astype(np.float32)
    return _cone_hit(solid, met, point, top, float(slope))


def _cone_hit(solid: Solid, reach: Plane, point: Vectors, top: NDArray[np.bool_], slope: float) -> Hit:
    x, y = point[..., 0], point[..., 1]
    round_ = np.hypot(x, y) + 1e-9
    normal = np.stack([x / round_, y / round_, np.full(x.shape, -slope)], axis=-1) / np.hypot(1, slope)
    # a rounded edge catches the light as real rims do
    edge = np.clip((round_ / (solid.half_x * solid.taper) - 0.86) / 0.14, 0, 1)[..., None]
    flat = np.concatenate([0.6 * edge * normal[..., :2], np.ones_like(edge)], axis=-1)
    flat /= np.linalg.norm(flat, axis=-1, keepdims=True)
    around = np.arctan2(y, x) * solid.half_x
    return Hit(
        reach=reach,
        normal=np.where(top[..., None], flat, normal).astype(np.float32),
        u=np.where(top, x, around).astype(np.float32),
        v=np.where(top, round_ + solid.height, point[..., 2]).astype(np.float32),
    )


def _meet_dome(solid: Solid, origin: Vectors, rays: Vectors) -> Hit:
    """Meet an ellipsoid whose lower third is in the ground."""
    axes = np.asarray([solid.half_x, solid.half_y, 0.66 * solid.height], np.float32)
    middle = np.asarray([0, 0, 0.34 * solid.height], np.float32)
    start, way = (origin - middle) / axes, rays / axes
    a, b = (way**2).sum(axis=-1), (start * way).sum(axis=-1)
    root = b * b - a * ((start**2).sum(axis=-1) - 1)
    reach = (-b - np.sqrt(np.maximum(root, 0))) / a
    point = origin + reach[..., None] * rays
    normal = (point - middle) / axes**2
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-9
    missed = (root <= 0) | (reach <= 0) | (point[..., 2] < 0)
    return Hit(
        reach=np.where(missed, FAR, reach),
        normal=normal.astype(np.float32),
        u=point[..., 0],
        v=point[..., 1] + 0.7 * point[..., 2],
    )

"""Random fields over a surface: smooth noise, fractal noise, and scattered overlapping pieces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Plane = NDArray[np.float32]

TILE = 256  # side of the stored noise (cells of CELL samples), wraps round
CELL = 4
TABLE = 64  # side of the table of random numbers behind `pieces`, wraps round
ROWS = 16  # rows of a picture that `pieces` works on at a time

Layer = tuple[float, NDArray[np.float64], NDArray[np.float32]]  # angle, offset, numbers a cell


class Noise:
    """Smooth noise over a plane, different at every call.

    Attributes
    ----------
    tile : ndarray [shape=(TILE, TILE)]
        Unit variance, zero mean, features about one cell wide.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        white = rng.normal(size=(TILE, TILE))
        smooth = ndimage.gaussian_filter(white, 0.5 * CELL, mode="wrap")
        self.tile = (smooth / smooth.std()).astype(np.float32)
        self._rng = rng

    def __call__(self, u: Plane, v: Plane, *, size_m: float) -> Plane:
        """Sample it with features about `size_m` wide at the places `u`, `v` (m)."""
        offset = self._rng.uniform(0, TILE, 2)
        where = np.stack([u * (CELL / size_m) + offset[0], v * (CELL / size_m) + offset[1]])
        sampled = ndimage.map_coordinates(
            self.tile, where.astype(np.float32), order=1, mode="grid-wrap", prefilter=False
        )
        return np.asarray(sampled, np.float32)

    def fractal(
        self, u: Plane, v: Plane, *, size_m: float, octaves: int = 4, gain: float = 0.5
    ) -> Plane:
        """Sum octaves from `size_m` downwards, each `gain` times the one before."""
        total = np.zeros_like(u)
        for octave in range(octaves):
            total += gain**octave * self(u, v, size_m=size_m / 2**octave)
        return total


@dataclass(frozen=True, kw_only=True, slots=True)
class Pieces:
    """What lies on top at each place of a plane strewn with pieces.

    Attributes
    ----------
    inside : ndarray of bool [shape=(height, width)]
        Whether any piece lies there.
    along, across : ndarray [shape=(height, width)]
        Place within the piece, -1..1 along its length and across its width.
    tone, tint : ndarray [shape=(height, width)]
        Two numbers in 0..1 drawn once a piece.
    depth : ndarray [shape=(height, width)]
        0 for the lowest layer to 1 for the highest.
    """

    inside: NDArray[np.bool_]
    along: Plane
    across: Plane
    tone: Plane
    tint: Plane
    depth: Plane


def pieces(
    u: Plane,
    v: Plane,
    rng: np.random.Generator,
    *,
    length_m: float,
    width_m: float,
    n_layers: int,
    spread: float = np.pi,
    taper: float = 1.0,
    bend: float = 0.0,
) -> Pieces:
    """Strew a plane with overlapping pieces: stones, leaves, blades.

    Parameters
    ----------
    u, v : ndarray [shape=(height, width)]
        Places (m).
    rng : Generator
        The only source of chance.
    length_m, width_m : float
        Of a typical piece.
    n_layers : int
        How many layers lie on one another.
    spread : float
        Directions vary by this much to either side (rad).
    taper : float
        Shape: width goes with ``(1 - along**2) ** taper``; 0.5 an ellipse, 1 a pointed leaf.
    bend : float
        How crooked they are, in widths.
    """
    layers = [
        (
            rng.uniform(-spread, spread),
            rng.uniform(0, TABLE, 2),
            rng.random((TABLE * TABLE, 6), np.float32),
        )
        for _ in range(n_layers)
    ]
    shape = (spread, taper, bend, length_m, width_m)
    strewn = np.empty((5, *u.shape), np.float32)
    for top in range(0, u.shape[0], ROWS):  # a few rows at a time stay in the processor's cache
        rows = slice(top, top + ROWS)
        strewn[:, rows] = _strewn(u[rows], v[rows], layers, shape)
    along, across, tone, tint, order = strewn
    return Pieces(
        inside=order >= 0, along=along, across=across, tone=tone, tint=tint,
        depth=np.maximum(order, 0) / n_layers,
    )  # fmt: skip


def _strewn(
    u: Plane, v: Plane, layers: list[Layer], shape: tuple[float, float, float, float, float]
) -> NDArray[np.float32]:
    """Find along, across, tone, tint and order of the topmost piece; order is -1 where none is."""
    spread, taper, bend, length_m, width_m = shape
    best = np.zeros((5, *u.shape), np.float32)
    best[4] = -1
    for layer, (angle, offset, table) in enumerate(layers):
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        a = (u * cosine + v * sine) / np.float32(length_m) + np.float32(offset[0])
        b = (v * cosine - u * sine) / np.float32(width_m) + np.float32(offset[1])
        row, column = np.floor(a).astype(np.int32), np.floor(b).astype(np.int32)
        a -= row
        b -= column
        for i, j in np.ndindex(3, 3):
            cell = ((row + (i - 1)) & (TABLE - 1)) * TABLE + ((column + (j - 1)) & (TABLE - 1))
            drawn = np.moveaxis(table[cell], -1, 0)
            piece = _piece(a - (i - 1), b - (j - 1), drawn, (spread, taper, bend, width_m / length_m))
            piece[4] += layer
            np.copyto(best, piece, where=piece[4] > best[4])
    return best


def _piece(
    a: Plane, b: Plane, drawn: NDArray[np.float32], shape: tuple[float, float, float, float]
) -> NDArray[np.float32]:
    """Describe each place relative to the one piece of a cell; order is -99 outside it."""
    spread, taper, bend, aspect = shape
    turn = (drawn[2] - np.float32(0.5)) * np.float32(min(spread, 0.8))
    a0 = a - np.float32(0.2) - np.float32(0.6) * drawn[0]
    b0 = b - np.float32(0.2) - np.float32(0.6) * drawn[1]
    shrink = 1 / (np.float32(0.62) + np.float32(0.3) * drawn[3])
    along = (a0 + turn * b0 * np.float32(aspect)) * shrink
    square = along * along
    bent = np.float32(bend) * (drawn[5] - np.float32(0.5)) * square
    across = (b0 - turn * a0 * np.float32(1 / max(aspect, 0.35)) + bent) * shrink
    room = np.maximum(1 - square, np.float32(1e-9))
    width = room if taper == 1.0 else np.sqrt(room) if taper == 0.5 else room ** np.float32(taper)
    order = np.where(np.abs(across) < width, np.float32(0.95) * drawn[4], np.float32(-99))
    return np.stack([along, across / (width + np.float32(1e-6)), drawn[4], drawn[5], order])

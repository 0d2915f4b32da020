"""The camera: from places in the scene (metres) to places in the picture (pixels), and back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

MARGIN = 30  # pixels beyond each edge that are painted too, for the hand to shake into
FOCAL = 1.25  # focal length in picture widths
OVERSAMPLING = 2  # rays a pixel, along and across


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """A pinhole camera that looks at the middle of what is struck.

    x runs to the right, y away from the viewer, z up (out of a wall), all in metres.

    Attributes
    ----------
    position : ndarray [shape=(3,)]
        Where it is (m).
    axes : ndarray [shape=(3, 3)]
        Its right, down and forward directions, one a row.
    width, height : int
        Of the picture, without its margin (pixels).
    """

    position: Points
    axes: Points
    width: int
    height: int

    @property
    def focal_px(self) -> float:
        """Focal length (pixels)."""
        return FOCAL * self.width

    def project(self, points: Points) -> tuple[Points, Points]:
        """Project points [shape=(..., 3)] (m) to pixels [shape=(..., 2)] and scale (pixels a metre)."""
        seen = (points - self.position) @ self.axes.T
        depth = np.maximum(seen[..., 2], 0.05)
        scale = self.focal_px / depth
        middle = np.asarray([self.width / 2, self.height / 2])
        return seen[..., :2] * scale[..., None] + middle, scale

    def rays(self) -> NDArray[np.float32]:
        """Give the directions in which the canvas (picture plus margin) is seen, not normalized.

        Returns
        -------
        ndarray of float32 [shape=(rows, columns, 3)]
            `OVERSAMPLING` rows and columns for one of the canvas.
        """
        columns = (self.width + 2 * MARGIN) * OVERSAMPLING
        rows = (self.height + 2 * MARGIN) * OVERSAMPLING
        x = (np.arange(columns) + 0.5) / OVERSAMPLING - MARGIN - self.width / 2
        y = (np.arange(rows) + 0.5) / OVERSAMPLING - MARGIN - self.height / 2
        right, down = self.axes[:2] / self.focal_px
        ray = x[None, :, None] * right + y[:, None, None] * down + self.axes[2]
        return np.asarray(ray, np.float32)


def place_camera(
    *, distance_m: float, pitch: float, roll: float, target: Points, size: tuple[int, int]
) -> Camera:
    """Put a camera so that it looks at a target.

    Parameters
    ----------
    distance_m : float
        From the target.
    pitch : float
        Angle above the surface (rad): small is along it, pi/2 straight down on it.
    roll : float
        Turn of the picture (rad).
    target : ndarray [shape=(3,)]
        What it looks at (m).
    size : (int, int)
        Width and height of the picture (pixels).
    """
    forward = np.asarray([0, np.cos(pitch), -np.sin(pitch)])
    right = np.asarray([np.cos(roll), 0, 0]) + np.sin(roll) * np.cross(forward, [1.0, 0, 0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    return Camera(
        position=target - distance_m * forward,
        axes=np.stack([right, down, forward]),
        width=size[0],
        height=size[1],
    )

"""When, where and how hard the drumstick strikes, and the path that its tip takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.demo.materials import HIT, RIGID, SCRATCH, STATIC, Material

FRAME_RATE = 30_000 / 1001  # Hz
TOUCH_S = 0.014  # how long the tip rests on the surface in a hit
EARLY_S = 0.010  # contact lies at most this long before a picture, so that one picture shows the touch
FIRST_S = 0.60  # room for a whole clip, and a swing, before the first strike
LAST_S = 0.60  # the same after the last one
MIN_GAP_S = 0.46  # between a hit and the next strike
REBOUND_S = 0.11


@dataclass(frozen=True, kw_only=True, slots=True)
class Strike:
    """One hit or scratch.

    Attributes
    ----------
    time_s : float
        First touch.
    x, y : float
        Where, in metres from the middle of what is struck.
    force : float
        0..1: drives the height of the swing, the reaction and the sound.
    action, reaction : str
        Labels, as published.
    duration_s : float
        How long the tip stays on the surface.
    dx, dy : float
        How far a scratch goes (m).
    """

    time_s: float
    x: float
    y: float
    force: float
    action: str
    reaction: str
    duration_s: float = TOUCH_S
    dx: float = 0.0
    dy: float = 0.0

    @property
    def height_m(self) -> float:
        """Height from which the tip comes down: the force that a viewer sees."""
        reach = 0.11 if self.action == HIT else 0.03
        return 0.03 + reach * self.force

    @property
    def swing_s(self) -> float:
        """Duration of the downward stroke; hard blows are also quick."""
        return 0.18 - 0.05 * self.force

    @property
    def end_s(self) -> float:
        """Time at which the tip leaves the surface."""
        return self.time_s + self.duration_s

    def place(self, share: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give where the tip is (m) after a share of the time that it touches: x and y."""
        gone = scratch_progress(share)
        return self.x + gone * self.dx, self.y + gone * self.dy


def plan_strikes(
    material: Material, *, n_strikes: int, reach_m: float, loose: bool, rng: np.random.Generator
) -> tuple[Strike, ...]:
    """Draw a video's strikes: irregular in time, in place, force and kind.

    Parameters
    ----------
    material : Material
        What is struck; decides reactions and the share of scratches.
    n_strikes : int
        How many.
    reach_m : float
        Radius within which strikes fall (m).
    loose : bool
        Whether the thing can move as a whole.
    rng : Generator
        The only source of chance.
    """
    strikes: list[Strike] = []
    time_s = FIRST_S
    n_scratches = round(material.scratch_share * n_strikes + rng.uniform(-0.5, 0.5))
    actions = rng.permutation([SCRATCH] * n_scratches + [HIT] * (n_strikes - n_scratches))
    for action in actions:
        picture_s = np.ceil((time_s + rng.gamma(2.0, 0.055)) * FRAME_RATE) / FRAME_RATE
        time_s = float(picture_s - rng.uniform(0.0005, EARLY_S))
        strike = _draw_strike(material, time_s, str(action), reach_m, loose, rng)
        strikes.append(strike)
        time_s = strike.end_s + MIN_GAP_S - TOUCH_S
    return tuple(strikes)


def video_length_s(strikes: Sequence[Strike]) -> float:
    """Length of a video that holds these strikes and the clips round them (s)."""
    return max(strike.end_s for strike in strikes) + LAST_S


def tip_path(
    strikes: Sequence[Strike], times_s: NDArray[np.float64], *, bounce: float
) -> NDArray[np.float64]:
    """Follow the tip of the stick.

    Parameters
    ----------
    strikes : sequence of Strike
        In order of time.
    times_s : ndarray [shape=(n_times,)]
        When to look (s).
    bounce : float
        Share of a blow's height that the stick gets back, 0..1.

    Returns
    -------
    ndarray [shape=(n_times, 3)]
        Metres: x to the right, y away from the viewer, z above what is struck. z is 0 exactly while
        a strike touches.
    """
    knots, heights = [-9.0], [0.06]
    for strike in strikes:
        lift = 0.018 + bounce * 0.55 * strike.height_m
        begin = strike.time_s - strike.swing_s
        knots += [begin, strike.time_s, strike.end_s, strike.end_s + REBOUND_S]
        heights += [strike.height_m, 0.0, 0.0, lift]
    knots.append(knots[-1] + 1.0)
    heights.append(0.06)
    index = np.clip(np.searchsorted(knots, times_s, side="right") - 1, 0, len(knots) - 2)
    begin_s, end_s = np.asarray(knots)[index], np.asarray(knots)[index + 1]
    low, high = np.asarray(heights)[index], np.asarray(heights)[index + 1]
    share = np.clip(
        (times_s - np.maximum(begin_s, end_s - 1.2)) / np.minimum(end_s - begin_s, 1.2), 0, 1
    )
    z = low + (high - low) * _eased(share, index)
    return np.column_stack([*_ground_path(strikes, times_s), z])


def scratch_progress(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give how much of its way a scratch has gone after a share of its time: quick first, then slow."""
    left = 1 - np.clip(share, 0, 1)
    return 1 - left**1.7


def _eased(share: NDArray[np.float64], index: NDArray[np.int64]) -> NDArray[np.float64]:
    """Phases in turn: raise (smooth), swing (speeds up), touch (flat), rebound (slows down)."""
    smooth = share * share * (3 - 2 * share)
    phase = index % 4
    return np.select([phase == 1, phase == 3], [share**2, 1 - (1 - share) ** 2], smooth)


def _ground_path(
    strikes: Sequence[Strike], times_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.full_like(times_s, strikes[0].x), np.full_like(times_s, strikes[0].y)
    for number, strike in enumerate(strikes):
        here_x, here_y = strike.place((times_s - strike.time_s) / strike.duration_s)
        begun = times_s >= strike.time_s
        x, y = np.where(begun, here_x, x), np.where(begun, here_y, y)
        if number + 1 < len(strikes):
            after = strikes[number + 1]
            leave_s, arrive_s = strike.end_s + 0.03, after.time_s - 0.5 * after.swing_s
            share = np.clip((times_s - leave_s) / (arrive_s - leave_s), 0, 1)
            smooth = share**3 * (10 - 15 * share + 6 * share**2)  # minimum jerk (Flash & Hogan 1985)
            x += smooth * (after.x - strike.x - strike.dx)
            y += smooth * (after.y - strike.y - strike.dy)
    return x, y


def _draw_strike(
    material: Material,
    time_s: float,
    action: str,
    reach_m: float,
    loose: bool,
    rng: np.random.Generator,
) -> Strike:
    radius, angle = reach_m * np.sqrt(rng.uniform(0, 1)), rng.uniform(0, 2 * np.pi)
    force = float(rng.uniform(0.2, 1.0))
    x, y = float(radius * np.cos(angle)), float(radius * np.sin(angle))
    if action == HIT:
        reaction = _reaction(material, force, loose)
        return Strike(time_s=time_s, x=x, y=y, force=force, action=action, reaction=reaction)
    reach = min(reach_m * rng.uniform(0.8, 1.3), 0.12) * (0.5 + 0.5 * force)
    turn = rng.uniform(-0.9, 0.9) + np.arctan2(-y, -x)  # across the middle, so that it stays on
    return Strike(
        time_s=time_s, x=x, y=y, force=force, action=action,
        reaction=_reaction(material, 0.7 * force, False),
        duration_s=float(rng.uniform(0.25, 0.45)),
        dx=float(reach * np.cos(turn)), dy=float(reach * np.sin(turn)),
    )  # fmt: skip


def _reaction(material: Material, force: float, loose: bool) -> str:
    is_held = material.reaction == RIGID and not loose
    return STATIC if is_held or force < material.threshold else material.reaction

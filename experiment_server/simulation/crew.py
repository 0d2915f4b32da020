"""The experimenter's side of a simulation, which knows the right answers, and answers for the robots."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from sqlalchemy import Engine

from experiment_server.database import db, queries
from experiment_server.errors import StudyError
from experiment_server.participation import tokens
from experiment_server.simulation.robots import Robot

R = TypeVar("R")  # a robot
K = TypeVar("K")  # what is known of it

WORKERS = 4  # robots at a time: enough to make transactions wait for each other
WAVE = 20  # robots that begin before the first of them goes on; who of them leaves makes room for others


def check_dropouts(share: float) -> None:
    """Make sure that a share of robots that leave is one.

    Raises
    ------
    StudyError
        If it is not from 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise StudyError(f"dropouts {share} is no share; give a number from 0 to 1")


def end_lease(engine: Engine, name: str) -> None:
    """End the lease of a robot that left, as if the minutes had passed."""
    with db.writing(engine) as session:
        participant = session.scalars(queries.participant_named(name)).one()
        participant.lease_utc = participant.consented_utc


def draw_leave(rng: np.random.Generator, dropouts: float, n_trials: int) -> int | None:
    """Draw after how many trials a robot leaves; None if it stays."""
    return int(rng.integers(n_trials)) if dropouts and rng.random() < dropouts else None


def send_in_waves(
    robots: Sequence[R],
    leaves: Sequence[int | None],
    *,
    begin: Callable[[R], K],
    run: Callable[[R, K, int | None], None],
) -> None:
    """Let robots begin in order, so that a seed gives the same plans, then run, a wave at a time.

    `run` gets what `begin` returned of a robot, and after how many trials it goes away, or None.
    """
    for start in range(0, len(robots), WAVE):
        wave = robots[start : start + WAVE]
        keys = [begin(robot) for robot in wave]
        with ThreadPoolExecutor(WORKERS) as pool:
            each = zip(wave, keys, leaves[start : start + WAVE], strict=True)
            for done in [pool.submit(run, *one) for one in each]:
                done.result()


@dataclass(frozen=True, kw_only=True, slots=True)
class Crew:
    """The experimenter's side: sends robots, knows the right answers, and ends leases.

    Attributes
    ----------
    engine : Engine
        The study's database.
    key : str
        The study's secret, which signs for robots.
    fool_rates : mapping of str to float
        Chance (0 to 1) that a variant, or a catch sound, fools a robot.
    on_trial : callable
        Called after each trial that was answered.
    """

    engine: Engine
    key: str
    fool_rates: Mapping[str, float]
    on_trial: Callable[[], None]

    def send(self, robots: Sequence[Robot], leaves: Sequence[int | None]) -> None:
        """Send robots wave by wave; `leaves` says after how many trials each goes away, or None."""
        send_in_waves(robots, leaves, begin=self._begin, run=self._run)

    def name_of(self, robot: Robot) -> str:
        """Name the participant that a robot is."""
        return tokens.participant_of(self.key, robot.token) or ""

    def _begin(self, robot: Robot) -> "Key":
        robot.enrol(tokens.robot_token(self.key))
        name = self.name_of(robot)
        with db.reading(self.engine) as session:
            if session.scalar(queries.participant_named(name)) is None:
                raise StudyError(f"{robot.url} is not the site of this study; give the right --url")
        key = Key(engine=self.engine, name=name)
        robot.begin(key)
        return key

    def _run(self, robot: Robot, key: "Key", leave: int | None) -> None:
        robot.take_part(key, self.fool_rates, most=leave, on_trial=self.on_trial)
        robot.close()
        if leave is not None:
            end_lease(self.engine, key.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """The right answers of one robot, from the database."""

    engine: Engine
    name: str
    _pairs: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def headphones(self, sound: str) -> int:
        """Name the odd interval of a headphone trial."""
        with db.reading(self.engine) as session:
            return session.scalars(queries.headphone_trial(sound)).one().target_interval

    def pair(self, clip: str) -> tuple[str, bool]:
        """Tell a trial's variant, and whether its first clip is the real one."""
        if not self._pairs:  # drawn once, and never changed
            with db.reading(self.engine) as session:
                participant = session.scalars(queries.participant_named(self.name)).one()
                for trial in participant.trials:
                    self._pairs[f"media/{trial.media_1}"] = (trial.variant, trial.real_interval == 1)
        return self._pairs[clip]

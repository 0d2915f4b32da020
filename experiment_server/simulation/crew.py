"""The experimenter's side of a simulation: has a site, sends robots, and knows the right answers."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from experiment_server import tokens
from experiment_server.database import db, queries
from experiment_server.errors import StudyError
from experiment_server.operations.logs import LEVEL_VARIABLE
from experiment_server.simulation.robots import Robot

WORKERS = 4  # robots at a time: enough to make transactions wait for each other
WAVE = 20  # robots that begin before the first of them goes on; who of them leaves makes room for others


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What became of robots.

    Attributes
    ----------
    names : frozenset of str
        The participants that they were.
    participants, dropouts, answers : int
        How many robots, how many of them left before the end, and how many trials (practice, main and
        catch) or impacts they answered.
    duration_s : float
        How long it took (s).
    """

    names: frozenset[str]
    participants: int
    dropouts: int
    answers: int
    duration_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Crew:
    """Who sends robots.

    Attributes
    ----------
    study_folder : Path
        The study, whose secret signs for robots.
    engine : Engine
        Its database.
    make_robot : callable
        Makes a robot of the site's address and its source of chance.
    make_key : callable
        Makes what a robot is told of the right answers, of the name of the participant that it is.
    """

    study_folder: Path
    engine: Engine
    make_robot: Callable[[str, np.random.Generator], Robot]
    make_key: Callable[[str], Any]

    def send(
        self,
        n_robots: int,
        n_each: int,
        *,
        seed: int,
        url: str | None,
        dropouts: float,
        on_answer: Callable[[int], None],
    ) -> Sent:
        """Let robots begin in order, so that a seed gives the same plans, then run, a wave at a time.

        Each has `n_each` answers to give; a share of `dropouts` goes away before that, and its lease is
        ended, as if the minutes had passed. `on_answer` is told of all answers' number after each.

        Raises
        ------
        StudyError
            If the share is not from 0 to 1, or the site is not the study's.
        """
        if not 0.0 <= dropouts <= 1.0:
            raise StudyError(f"dropouts {dropouts} is no share; give a number from 0 to 1")
        began = time.perf_counter()
        with _site(self.study_folder, url) as address:
            rngs = [np.random.default_rng([seed, index]) for index in range(n_robots)]
            robots = [self.make_robot(address, rng) for rng in rngs]
            leaves = [_draw_leave(rng, dropouts, n_each) for rng in rngs]
            names: list[str] = []
            for start in range(0, n_robots, WAVE):
                wave = slice(start, start + WAVE)
                names += map(self._begin, robots[wave])
                with ThreadPoolExecutor(WORKERS) as pool:
                    each = zip(robots[wave], names[wave], leaves[wave], strict=True)
                    runs = [
                        pool.submit(self._run, *one, lambda: on_answer(n_robots * n_each))
                        for one in each
                    ]
                    for run in runs:
                        run.result()
        return Sent(
            names=frozenset(names),
            participants=n_robots,
            dropouts=sum(leave is not None for leave in leaves),
            answers=sum(robot.answered for robot in robots),
            duration_s=time.perf_counter() - began,
        )

    def _begin(self, robot: Robot) -> str:
        secret = tokens.read_key(self.study_folder)
        robot.enrol(tokens.robot_token(secret))
        name = tokens.participant_of(secret, robot.token) or ""
        with db.reading(self.engine) as session:
            if session.scalar(queries.participant_named(name)) is None:
                raise StudyError(f"{robot.url} is not the site of this study; give the right --url")
        robot.begin(self.make_key(name))
        return name

    def _run(self, robot: Robot, name: str, leave: int | None, on_answer: Callable[[], None]) -> None:
        robot.take_part(self.make_key(name), most=leave, on_answer=on_answer)
        robot.close()
        if leave is not None:
            with db.writing(self.engine) as session:
                participant = session.scalars(queries.participant_named(name)).one()
                participant.lease_utc = participant.consented_utc


def _draw_leave(rng: np.random.Generator, dropouts: float, n_answers: int) -> int | None:
    """Draw after how many answers a robot leaves; None if it stays."""
    return int(rng.integers(n_answers)) if dropouts and rng.random() < dropouts else None


@contextmanager
def _site(study_folder: Path, url: str | None) -> Iterator[str]:
    """Yield the address of a study's site: the one given, or one that is started for the robots."""
    if url is not None:
        yield url.rstrip("/")
        return
    # A process of its own: in one process robots and site would wait for each other's interpreter.
    command = [sys.executable, "-m", "experiment_server.cli", "run", str(study_folder), "--port", "0"]
    quiet = {**os.environ, LEVEL_VARIABLE: "WARNING"}  # robots' requests are nothing to read
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet) as site:
        try:
            yield _address(site)
        finally:
            site.terminate()


def _address(site: "subprocess.Popen[str]") -> str:
    found = re.search(r"http://\S+", site.stdout.readline() if site.stdout else "")
    if found is None:
        raise StudyError("the site for the robots did not start; try `experiment-server run` to see why")
    return found[0].rstrip("/")

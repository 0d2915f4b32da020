"""Simulated participants with known fool rates, through the real site over real HTTP.

The robots do not know which sound is real, nor which interval of a headphone test is the odd one; the
experimenter's side reads it from the database and answers for them.
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from experiment_server.database import db, queries
from experiment_server.errors import StudyError
from experiment_server.operations.logs import LEVEL_VARIABLE
from experiment_server.participation import tokens
from experiment_server.simulation.robots import Robot
from experiment_server.studies import folder
from experiment_server.studies.sections import MAIN
from stimuli.manifest import CATCH

WORKERS = 4  # robots at a time: enough to make transactions wait for each other
WAVE = 20  # robots that begin before the first of them goes on; who of them leaves makes room for others
OTHER_FOOL_RATE = 0.35
CATCH_FOOL_RATE = 0.02  # a lapse of attention: catch trials are answered right with a chance of 0.98

# "Labeled real" in Fig. 5(a), and the oracles' in Fig. 6(a): a simulated study has the paper's truth.
PAPER_FOOL_RATES = {
    "full": 0.4001,
    "scratch": 0.3646,
    "no-spacetime": 0.3788,
    "parametric": 0.3466,
    "no-rnn": 0.2996,
    "image-match": 0.3298,
    "spacetime-match": 0.3192,
    "image-spacetime-match": 0.3377,
    "random": 0.1977,
    "full-material": 0.4182,
    "match-material": 0.3820,
    "random-material": 0.3536,
    "real-match": 0.4690,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation:
    """What a simulation did.

    Attributes
    ----------
    participants, dropouts, trials : int
        How many robots, how many of them left before the end, and how many trials (practice, main and
        catch) they answered.
    fool_rates : dict of str to float
        The chance with which each variant fooled a robot.
    answered, fooled : dict of str to int
        Main trials of each variant that these robots answered, and those that fooled them.
    duration_s : float
        How long it took (s).
    """

    participants: int
    dropouts: int
    trials: int
    fool_rates: Mapping[str, float]
    answered: Mapping[str, int]
    fooled: Mapping[str, int]
    duration_s: float


def simulate(
    study_folder: Path,
    *,
    participants: int,
    seed: int,
    fool_rates: Mapping[str, float] | None = None,
    url: str | None = None,
    with_media: bool = True,
    dropouts: float = 0.0,
    on_trial: Callable[[int], None] = lambda total: None,
) -> Simulation:
    """Send robots through a study.

    Parameters
    ----------
    study_folder : Path
        The study; its database is read for the right answers, its key signs for the robots.
    participants : int
        How many robots, 1 or more.
    seed : int
        Where their answers come from; the same seed on an equal study gives the same answers.
    fool_rates : mapping of str to float, optional
        Chance (0 to 1) that a variant fools a robot, in place of `default_fool_rates`.
    url : str, optional
        Address of the running site; by default one is started on a free port of this machine.
    with_media : bool
        Whether robots download the sounds and clips.
    dropouts : float
        Share of robots (0 to 1) that leave after some of their trials, without a word. Their leases are
        ended in the database, as if the minutes had passed, so that their places go to later robots.
    on_trial : callable
        Told the number of all planned trials after each one that was answered.

    Raises
    ------
    StudyError
        If the study can't be served, a rate is not possible, or the site does not answer as it should.
    """
    opened = folder.read(study_folder)
    rates = _rates(opened.variants, fool_rates or {})
    if not 0.0 <= dropouts <= 1.0:
        raise StudyError(f"dropouts {dropouts} is no share; give a number from 0 to 1")
    key = tokens.read_key(study_folder)
    trials = opened.study.trials
    per_robot = trials.practice + trials.main + trials.catch
    began = time.perf_counter()
    with db.opened(opened.database_url) as engine, _site(study_folder, url) as address:
        crew = _Crew(
            engine=engine,
            key=key,
            fool_rates={**dict.fromkeys(CATCH, CATCH_FOOL_RATE), **rates},
            on_trial=lambda: on_trial(participants * per_robot),
        )
        robots = [
            Robot(url=address, rng=np.random.default_rng([seed, index]), with_media=with_media)
            for index in range(participants)
        ]
        leaves = [_draw_leave(robot.rng, dropouts, per_robot) for robot in robots]
        for start in range(0, participants, WAVE):
            crew.send(robots[start : start + WAVE], leaves[start : start + WAVE])
        answered, fooled = _count(engine, {crew.name_of(robot) for robot in robots})
    return Simulation(
        participants=participants,
        dropouts=sum(leave is not None for leave in leaves),
        trials=sum(robot.answered for robot in robots),
        fool_rates=rates,
        answered=answered,
        fooled=fooled,
        duration_s=time.perf_counter() - began,
    )


def default_fool_rates(variants: Sequence[str]) -> dict[str, float]:
    """Look up the paper's rates; a variant it does not have gets 0.35."""
    return {variant: PAPER_FOOL_RATES.get(variant, OTHER_FOOL_RATE) for variant in variants}


def _rates(variants: Sequence[str], wanted: Mapping[str, float]) -> dict[str, float]:
    for variant, rate in wanted.items():
        if variant not in variants:
            raise StudyError(f"no variant named {variant!r} in this study; it has {', '.join(variants)}")
        if not 0.0 <= rate <= 1.0:
            raise StudyError(f"fool rate {variant}={rate} is no chance; give a number from 0 to 1")
    return {**default_fool_rates(variants), **wanted}


@contextmanager
def _site(study_folder: Path, url: str | None) -> Iterator[str]:
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


def _draw_leave(rng: np.random.Generator, dropouts: float, n_trials: int) -> int | None:
    """Draw after how many trials a robot leaves; None if it stays."""
    return int(rng.integers(n_trials)) if dropouts and rng.random() < dropouts else None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Crew:
    """The experimenter's side: sends robots, knows the right answers, and ends leases."""

    engine: Engine
    key: str
    fool_rates: Mapping[str, float]
    on_trial: Callable[[], None]

    def send(self, robots: Sequence[Robot], leaves: Sequence[int | None]) -> None:
        """Let robots begin in order, so that a seed gives the same plans; then run together."""
        keys = [self._begin(robot) for robot in robots]
        with ThreadPoolExecutor(WORKERS) as pool:
            for done in [
                pool.submit(self._run, *each) for each in zip(robots, keys, leaves, strict=True)
            ]:
                done.result()

    def name_of(self, robot: Robot) -> str:
        """Name the participant that a robot is."""
        return tokens.participant_of(self.key, robot.token) or ""

    def _begin(self, robot: Robot) -> "_Key":
        robot.enrol(tokens.robot_token(self.key))
        name = self.name_of(robot)
        with db.reading(self.engine) as session:
            if session.scalar(queries.participant_named(name)) is None:
                raise StudyError(f"{robot.url} is not the site of this study; give the right --url")
        key = _Key(engine=self.engine, name=name)
        robot.begin(key)
        return key

    def _run(self, robot: Robot, key: "_Key", leave: int | None) -> None:
        robot.take_part(key, self.fool_rates, most=leave, on_trial=self.on_trial)
        robot.close()
        if leave is not None:
            self._end_lease(key.name)

    def _end_lease(self, name: str) -> None:
        with db.writing(self.engine) as session:
            participant = session.scalars(queries.participant_named(name)).one()
            participant.lease_utc = participant.consented_utc


@dataclass(frozen=True, kw_only=True, slots=True)
class _Key:
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


def _count(engine: Engine, names: set[str]) -> tuple[dict[str, int], dict[str, int]]:
    answered: Counter[str] = Counter()
    fooled: Counter[str] = Counter()
    with db.reading(engine) as session:
        for trial in session.scalars(queries.all_trials()):
            is_scored = trial.phase == MAIN and not trial.is_catch
            if trial.participant.name in names and is_scored and trial.response:
                answered[trial.variant] += 1
                fooled[trial.variant] += trial.response.chosen_interval != trial.real_interval
    return dict(sorted(answered.items())), dict(sorted(fooled.items()))

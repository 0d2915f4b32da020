"""Simulated participants with known fool rates, through the real site over real HTTP.

The robots do not know which sound is real; the experimenter's side reads it from the database and
answers for them.
"""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from experiment_server import db, folder, queries, tokens
from experiment_server.robots import Key, Robot
from experiment_server.study import MAIN, StudyError

WORKERS = 4  # robots at a time: enough to make transactions wait for each other
OTHER_FOOL_RATE = 0.35

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
    participants, trials : int
        How many robots, and how many trials (practice and main) they answered.
    fool_rates : dict of str to float
        The chance with which each variant fooled a robot.
    answered, fooled : dict of str to int
        Main trials of each variant that these robots answered, and those that fooled them.
    duration_s : float
        How long it took (s).
    """

    participants: int
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
        Whether robots download the clips.
    on_trial : callable
        Told the number of all planned trials after each one that was answered.

    Raises
    ------
    StudyError
        If the study can't be served, a rate is not possible, or the site does not answer as it should.
    """
    opened = folder.read(study_folder)
    variants = sorted(
        {name for video in opened.videos for clip in video.clips.values() for name in clip}
    )
    rates = _rates(variants, fool_rates or {})
    key = tokens.read_key(study_folder)
    total = participants * (opened.study.trials.main + opened.study.trials.practice)
    began = time.perf_counter()
    with db.opened(opened.database_url) as engine, _site(study_folder, url) as address:
        robots = [
            Robot(url=address, rng=np.random.default_rng([seed, index]), with_media=with_media)
            for index in range(participants)
        ]
        _send(robots, engine, key, rates, on_trial=lambda: on_trial(total))
        names = [tokens.participant_of(key, robot.token) for robot in robots]
        answered, fooled = _count(engine, {name for name in names if name})
    return Simulation(
        participants=participants,
        trials=total,
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
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as site:
        try:
            yield _address(site)
        finally:
            site.terminate()


def _address(site: "subprocess.Popen[str]") -> str:
    found = re.search(r"http://\S+", site.stdout.readline() if site.stdout else "")
    if found is None:
        raise StudyError("the site for the robots did not start; try `experiment-server run` to see why")
    return found[0].rstrip("/")


def _send(
    robots: Sequence[Robot],
    engine: Engine,
    key: str,
    rates: Mapping[str, float],
    *,
    on_trial: Callable[[], None],
) -> None:
    """Enrol the robots in order, so that a seed gives the same plans; then let them run together."""

    def run(robot: Robot) -> None:
        robot.take_part(_answer_key(engine, key, robot), rates, on_trial=on_trial)
        robot.close()

    for robot in robots:
        robot.enrol(tokens.robot_token(key))
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(run, robot) for robot in robots]:
            done.result()


def _answer_key(engine: Engine, key: str, robot: Robot) -> Key:
    name = tokens.participant_of(key, robot.token)
    with db.reading(engine) as session:
        participant = session.scalar(queries.participant_named(name or ""))
        if participant is None:
            raise StudyError(f"{robot.url} is not the site of this study; give the right --url")
        return {
            f"media/{trial.media_1}": (trial.variant, trial.real_interval == 1)
            for trial in participant.trials
        }


def _count(engine: Engine, names: set[str]) -> tuple[dict[str, int], dict[str, int]]:
    answered: Counter[str] = Counter()
    fooled: Counter[str] = Counter()
    with db.reading(engine) as session:
        for trial in session.scalars(queries.all_trials()):
            if trial.participant.name in names and trial.phase == MAIN and trial.response:
                answered[trial.variant] += 1
                fooled[trial.variant] += trial.response.chosen_interval != trial.real_interval
    return dict(sorted(answered.items())), dict(sorted(fooled.items()))

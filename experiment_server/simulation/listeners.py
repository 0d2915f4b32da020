"""Listeners: robots with known fool rates that tell real sounds, through the real site over HTTP.

The robots do not know which sound is real, nor which interval of a headphone test is the odd one; the
experimenter's side reads it from the database and answers for them.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from experiment_server.database import db, queries
from experiment_server.errors import StudyError
from experiment_server.folders import folder
from experiment_server.simulation.crew import Crew, Sent
from experiment_server.simulation.robots import Robot
from experiment_server.studies.sections import MAIN
from stimuli.manifest import CATCH

RT_MEDIAN_MS = 900.0  # people take about a second for an easy forced choice
RT_LOG_SD = 0.4
CLIP_MS = 500.0  # the paper's clips; the robot's clock goes on by so much, it does not wait
CUE_MS = 800.0

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


@dataclass(kw_only=True)
class Listener(Robot):
    """A robot that tells real sounds from synthesized ones, and is fooled at known rates.

    Attributes
    ----------
    fool_rates : mapping of str to float
        Chance (0 to 1) that a variant, or a catch sound, fools it.
    clock_ms : float
        The time of its page's clock (ms), which the answers move on.
    """

    TASK_PAGE = "trial"

    fool_rates: Mapping[str, float]
    clock_ms: float = 0.0

    def _go_on(self, due: Mapping[str, Any], key: Key) -> str:
        if due["page"] == "sound":
            self._fetch("sounds/level.wav")
            reply = self._post("api/sound-checked", {})
        elif due["page"] == "headphones":
            self._fetch(due["test"]["sound"])
            name = due["test"]["sound"].rpartition("/")[2]
            reply = self._post("api/headphones", {"sound": name, "interval": key.headphones(name)})
        else:
            return super()._go_on(due, key)
        return str(reply["page"])

    def _answer(self, due: Mapping[str, Any], key: Key) -> None:
        trial = due["trial"]
        for path in trial["clips"]:
            self._fetch(path)
        variant, first_is_real = key.pair(trial["clips"][0])
        is_fooled = bool(self.rng.random() < self.fool_rates[variant])
        rt_ms = RT_MEDIAN_MS * float(np.exp(self.rng.normal(0.0, RT_LOG_SD)))
        self._post("api/events", {"events": self._play(trial["nonce"])})
        self.clock_ms += rt_ms
        answer = {
            "nonce": trial["nonce"],
            "interval": 1 if first_is_real != is_fooled else 2,
            "rt_ms": round(rt_ms, 1),
            "replays": 0,
        }
        self._post("api/answer", answer)

    def _play(self, nonce: str) -> list[dict[str, Any]]:
        """Play a pair; tell of it what a browser does."""
        told = []
        for interval in (1, 2):
            for kind, duration_ms in (("playing", CUE_MS), ("ended", CLIP_MS)):
                self.clock_ms += duration_ms
                told.append(
                    {
                        "kind": kind,
                        "nonce": nonce,
                        "interval": interval,
                        "ms": round(self.clock_ms, 1),
                        "utc": datetime.now(UTC).isoformat(),
                    }
                )
        return told


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation(Sent):
    """What a simulation did.

    Attributes
    ----------
    fool_rates : dict of str to float
        The chance with which each variant fooled a robot.
    answered, fooled : dict of str to int
        Main trials of each variant that these robots answered, and those that fooled them.
    """

    fool_rates: Mapping[str, float]
    answered: Mapping[str, int]
    fooled: Mapping[str, int]


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
        Share of robots (0 to 1) that leave after some of their trials, without a word; their leases are
        ended in the database, so that their places go to later robots.
    on_trial : callable
        Told the number of all planned trials after each one that was answered.

    Raises
    ------
    StudyError
        If the study can't be served, a rate is not possible, or the site does not answer as it should.
    """
    opened = folder.read(study_folder)
    rates, shown = _rates(opened.variants, fool_rates or {}), opened.study.trials
    n_each = shown.practice + shown.main + shown.catch
    chances = {**dict.fromkeys(CATCH, CATCH_FOOL_RATE), **rates}
    with db.opened(opened.database_url) as engine:
        sent = Crew(
            study_folder=study_folder,
            engine=engine,
            make_robot=lambda address, rng: Listener(
                url=address, rng=rng, with_media=with_media, fool_rates=chances
            ),
            make_key=lambda name: Key(engine=engine, name=name),
        ).send(participants, n_each, seed=seed, url=url, dropouts=dropouts, on_answer=on_trial)
        answered, fooled = _count(engine, sent.names)
    return Simulation(**asdict(sent), fool_rates=rates, answered=answered, fooled=fooled)


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


def _count(engine: Engine, names: frozenset[str]) -> tuple[dict[str, int], dict[str, int]]:
    answered: Counter[str] = Counter()
    fooled: Counter[str] = Counter()
    with db.reading(engine) as session:
        for trial in session.scalars(queries.all_trials()):
            is_scored = trial.phase == MAIN and not trial.is_catch
            if trial.participant.name in names and is_scored and trial.response:
                answered[trial.variant] += 1
                fooled[trial.variant] += trial.response.response_interval != trial.real_interval
    return dict(sorted(answered.items())), dict(sorted(fooled.items()))

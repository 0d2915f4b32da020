"""Simulated annotators with known error rates, through the real site over real HTTP."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, select

from experiment_server.annotation import records
from experiment_server.annotation.records import LabelRecord
from experiment_server.annotation.robots import Annotator, Confusions, Habits, Truth, truth_of
from experiment_server.annotation.tables import Labelling
from experiment_server.database import db
from experiment_server.database.tables import Participant
from experiment_server.errors import StudyError
from experiment_server.participation import tokens
from experiment_server.simulation.crew import check_dropouts, draw_leave, end_lease, send_in_waves
from experiment_server.simulation.hosting import site
from experiment_server.studies import folder
from experiment_server.studies.annotation import KINDS, Annotation
from experiment_server.studies.folder import StudyFolder
from experiment_server.studies.sections import ANNOTATION

ERROR = 0.12  # about what the paper's workers had: 87.6 % agreed with the majority (Section 3)
NOISE = 0.02  # of the picture's width


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation:
    """What a simulation did.

    Attributes
    ----------
    participants, dropouts, impacts : int
        How many robots, how many of them left before the end, and how many impacts they labelled.
    errors : dict of str to float
        The chance of a wrong label of each kind.
    wrong : dict of str to int
        Labels of each kind that were wrong.
    votes : tuple of int
        The fewest and the most robots that labelled an impact, of all robots in the study.
    duration_s : float
        How long it took (s).
    """

    participants: int
    dropouts: int
    impacts: int
    errors: Mapping[str, float]
    wrong: Mapping[str, int]
    votes: tuple[int, int]
    duration_s: float


def simulate(
    study_folder: Path,
    *,
    participants: int,
    seed: int,
    errors: Mapping[str, float] | None = None,
    confusions: Confusions | None = None,
    noise: float = NOISE,
    url: str | None = None,
    with_media: bool = True,
    dropouts: float = 0.0,
    on_impact: Callable[[int], None] = lambda total: None,
) -> Simulation:
    """Send robots through an annotation study.

    Parameters
    ----------
    study_folder : Path
        The study; its database is read for the truth, its key signs for the robots.
    participants : int
        How many robots, 1 or more.
    seed : int
        Where their answers come from; the same seed on an equal study gives the same answers.
    errors : mapping of str to float, optional
        By kind of label, the chance (0 to 1) of a wrong one; 0.12 of those not named.
    confusions : mapping of (str, str) to mapping of str to float, optional
        By kind and true label, the wrong labels and their chances, which sum up to 1; without, all
        others are equally likely.
    noise : float
        Standard deviation of clicks, as a share of the picture's width, 0 or more.
    url : str, optional
        Address of the running site; by default one is started on a free port of this machine.
    with_media : bool
        Whether robots download the clips.
    dropouts : float
        Share of robots (0 to 1) that leave before the end, without a word; their votes go to others.
    on_impact : callable
        Told the number of all planned impacts after each one that was labelled.

    Raises
    ------
    StudyError
        If the study can't be served, a number is not possible, or the site does not answer as it should.
    """
    opened = _open(study_folder)
    annotation = opened.study.annotation
    habits = _habits(annotation, errors or {}, confusions or {}, noise)
    check_dropouts(dropouts)
    began = time.perf_counter()
    with db.opened(opened.database_url) as engine, site(study_folder, url) as address:
        crew = _Crew(
            engine=engine,
            key=tokens.read_key(study_folder),
            truths={clip.id: truth_of(clip, annotation) for clip in opened.manifest.clips},
            on_impact=lambda: on_impact(participants * annotation.impacts),
        )
        rngs = [np.random.default_rng([seed, index]) for index in range(participants)]
        how: dict[str, Any] = {"annotation": annotation, "habits": habits, "with_media": with_media}
        robots = [Annotator(url=address, rng=rng, **how) for rng in rngs]
        leaves = [draw_leave(rng, dropouts, annotation.impacts) for rng in rngs]
        crew.send(robots, leaves)
        labelled = [row for row in records.read_records(engine, opened) if row.is_answered]
    return Simulation(
        participants=participants,
        dropouts=sum(leave is not None for leave in leaves),
        impacts=sum(robot.answered for robot in robots),
        errors=habits.errors,
        wrong=_wrong(labelled, crew.truths, {crew.name_of(robot) for robot in robots}),
        votes=_votes(labelled, opened),
        duration_s=time.perf_counter() - began,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Crew:
    """The experimenter's side: sends robots, knows the truth, and ends leases."""

    engine: Engine
    key: str
    truths: Mapping[str, Truth]
    on_impact: Callable[[], None]

    def send(self, robots: Sequence[Annotator], leaves: Sequence[int | None]) -> None:
        """Send robots wave by wave; `leaves` says after how many impacts each goes away, or None."""
        send_in_waves(robots, leaves, begin=self._begin, run=self._run)

    def name_of(self, robot: Annotator) -> str:
        """Name the participant that a robot is."""
        return tokens.participant_of(self.key, robot.token) or ""

    def _begin(self, robot: Annotator) -> dict[str, str]:
        """Let a robot begin; tell the clips of its plan by the nonces that it is handed."""
        robot.enrol(tokens.robot_token(self.key))
        robot.read_instructions()
        planned = select(Labelling.nonce, Labelling.clip).join(Labelling.participant)
        with db.reading(self.engine) as session:
            found = session.execute(planned.where(Participant.name == self.name_of(robot))).all()
        if not found:
            raise StudyError(f"{robot.url} is not the site of this study; give the right --url")
        return {nonce: clip for nonce, clip in found}

    def _run(self, robot: Annotator, clips: Mapping[str, str], leave: int | None) -> None:
        robot.label_all(lambda nonce: self.truths[clips[nonce]], most=leave, on_impact=self.on_impact)
        robot.close()
        if leave is not None:
            end_lease(self.engine, self.name_of(robot))


def _open(study_folder: Path) -> StudyFolder:
    opened = folder.read(study_folder)
    if opened.study.task != ANNOTATION:
        raise StudyError(
            f'{study_folder} has task = "{opened.study.task}"; annotators have nothing to do'
        )
    return opened


def _habits(
    annotation: Annotation, errors: Mapping[str, float], confusions: Confusions, noise: float
) -> Habits:
    for kind, rate in errors.items():
        if kind not in KINDS:
            raise StudyError(f"no labels of the kind {kind!r}; there are {', '.join(KINDS)}")
        if not 0.0 <= rate <= 1.0:
            raise StudyError(f"error {kind}={rate} is no chance; give a number from 0 to 1")
    for (kind, label), wrong in confusions.items():
        offered = annotation.choices(kind).keys() - {label} if kind in KINDS else frozenset()
        if not wrong.keys() <= offered or not np.isclose(sum(wrong.values()), 1.0):
            raise StudyError(
                f"confusions of {kind} {label!r} must be chances, of sum 1, of other {kind}s that the "
                "study offers"
            )
    if not noise >= 0.0:
        raise StudyError(f"noise {noise} is no standard deviation; give a number, 0 or more")
    return Habits(errors={**dict.fromkeys(KINDS, ERROR), **errors}, confusions=confusions, noise=noise)


def _wrong(
    labelled: Iterable[LabelRecord], truths: Mapping[str, Truth], names: set[str]
) -> dict[str, int]:
    mine = [row for row in labelled if row.participant in names]
    return {
        kind: sum(getattr(row, kind) != truths[row.clip].labels[kind] for row in mine) for kind in KINDS
    }


def _votes(labelled: Iterable[LabelRecord], opened: StudyFolder) -> tuple[int, int]:
    votes = Counter(row.clip for row in labelled if row.simulated)
    counts = [votes[clip.id] for clip in opened.manifest.clips]
    return min(counts), max(counts)

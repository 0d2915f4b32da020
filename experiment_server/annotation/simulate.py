"""Simulated annotators with known error rates, through the real site over real HTTP."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, select

from experiment_server.annotation import records
from experiment_server.annotation.robots import Annotator, Confusions, Habits, truth_of
from experiment_server.annotation.tables import Labelling
from experiment_server.database import db
from experiment_server.errors import StudyError
from experiment_server.simulation.crew import Crew, Sent
from experiment_server.studies import folder
from experiment_server.studies.annotation import KINDS, Annotation
from experiment_server.studies.folder import StudyFolder
from experiment_server.studies.sections import ANNOTATION

ERROR = 0.12  # about what the paper's workers had: 87.6 % agreed with the majority (Section 3)
NOISE = 0.02  # of the picture's width


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation(Sent):
    """What a simulation did.

    Attributes
    ----------
    errors : dict of str to float
        The chance of a wrong label of each kind.
    wrong : dict of str to int
        Labels of each kind that were wrong.
    votes : tuple of int
        The fewest and the most robots that labelled an impact, of all robots in the study.
    """

    errors: Mapping[str, float]
    wrong: Mapping[str, int]
    votes: tuple[int, int]


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
    study_folder, participants, seed, url, with_media, dropouts
        As of `simulation.simulate.simulate`.
    errors : mapping of str to float, optional
        By kind of label, the chance (0 to 1) of a wrong one; 0.12 of those not named.
    confusions : mapping of (str, str) to mapping of str to float, optional
        By kind and true label, the wrong labels and their chances, which sum up to 1; without, all
        others are equally likely.
    noise : float
        Standard deviation of clicks, as a share of the picture's width, 0 or more.
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
    truths = {clip.id: truth_of(clip, annotation) for clip in opened.manifest.clips}
    with db.opened(opened.database_url) as engine:
        sent = Crew(
            study_folder=study_folder,
            engine=engine,
            make_robot=lambda address, rng: Annotator(
                url=address, rng=rng, with_media=with_media, annotation=annotation, habits=habits
            ),
            make_key=lambda name: lambda nonce: truths[_clip_of(engine, nonce)],
        ).send(
            participants,
            annotation.impacts,
            seed=seed,
            url=url,
            dropouts=dropouts,
            on_answer=on_impact,
        )
        labelled = [row for row in records.read_records(engine, opened) if row.is_answered]
    mine = [row for row in labelled if row.participant in sent.names]
    votes = Counter(row.clip for row in labelled if row.simulated)
    counts = [votes[clip] for clip in truths]
    return Simulation(
        **asdict(sent),
        errors=habits.errors,
        wrong={
            kind: sum(getattr(row, kind) != truths[row.clip].labels[kind] for row in mine)
            for kind in KINDS
        },
        votes=(min(counts), max(counts)),
    )


def _clip_of(engine: Engine, nonce: str) -> str:
    with db.reading(engine) as session:
        return session.scalars(select(Labelling.clip).where(Labelling.nonce == nonce)).one()


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

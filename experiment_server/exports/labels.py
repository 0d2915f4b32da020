"""The labels of an annotation study: one row an impact of each participant's plan.

What each column means is what `experiment-server export` writes beside the CSV. Nothing here says who
anybody is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import joinedload

from experiment_server.annotation.labelling import SAID
from experiment_server.database import db
from experiment_server.database.labellings import Labelling
from experiment_server.errors import StudyError
from experiment_server.exports import records
from experiment_server.exports.records import column
from experiment_server.folders import folder
from experiment_server.folders.folder import StudyFolder
from experiment_server.studies.sections import ANNOTATION
from stimuli.manifest import Clip

FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelRecord:
    """One impact for one participant; None stands for what was not said or is not known."""

    study: str = column("name of the study")
    stimulus_set: str = column("SHA-256 of the stimulus set's manifest")
    participant: str = column("pseudonym of the participant, unique in the study")
    recruiter: str = column("door the participant came by: link, panel, prolific, mturk or robot")
    simulated: bool = column("1 for a simulated participant, 0 for a person")
    state: str = column(
        "how far the participant came: active, complete, failed_media or withdrawn (screening has no "
        "impacts)"
    )
    labelling: str = column("name of the labelling, unique in the study")
    position: int = column("place of the impact in the participant's plan, from 1")
    clip: str = column("clip of the stimulus set")
    video: str = column("recording that the clip was cut from")
    impact_s: float = column("time of the impact in the recording (s)")
    material: str | None = column("material that was chosen; missing if the participant can't tell")
    action: str | None = column("action that was chosen; missing if the participant can't tell")
    reaction: str | None = column("reaction that was chosen; missing if the participant can't tell")
    x: float | None = column(
        "place that was clicked, as a share of the picture's width from its left side, 0 to 1; missing "
        "if the participant can't tell, or the study does not ask"
    )
    y: float | None = column("the same, of the picture's height from its upper side")
    rt_ms: float | None = column(
        "time from the first playing of the clip to the answer, browser clock (ms); missing if over a "
        "day"
    )
    replays: int | None = column(
        "times the clip began again before the answer, since the page was last loaded"
    )
    presented_utc: str | None = column("when the server first handed the impact out (ISO 8601, UTC)")
    answered_utc: str | None = column(
        "when the server kept the answer (ISO 8601, UTC); missing if there is none"
    )
    known_material: str | None = column("material label that the dataset had before")
    known_action: str | None = column("action label that the dataset had before")
    known_reaction: str | None = column("reaction label that the dataset had before")
    known_x: float | None = column("place that the dataset had before, as x")
    known_y: float | None = column("place that the dataset had before, as y")

    @property
    def is_answered(self) -> bool:
        """Tell whether there is an answer, be it that nothing can be told."""
        return self.answered_utc is not None


def read_study(study_folder: Path) -> list[LabelRecord]:
    """Read the labels of a study from its database, in order of arrival and plan.

    Raises
    ------
    StudyError
        If the folder is no annotation study, or its stimulus set was changed since people saw it.
    ManifestError
        If the stimulus set can't be read.
    """
    with folder.in_use(study_folder) as (opened, engine):
        if opened.study.task != ANNOTATION:
            raise StudyError(
                f'{study_folder} has task = "{opened.study.task}" and no labels; give a study made with '
                "--task annotation"
            )
        folder.check_stimulus_set(engine, opened)
        return read_records(engine, opened)


def read_records(engine: Engine, opened: StudyFolder) -> list[LabelRecord]:
    """Make one record of each planned labelling of an opened study, in order of arrival and plan."""
    known = select(Labelling).options(joinedload(Labelling.participant), joinedload(Labelling.label))
    with db.reading(engine) as session:
        rows = session.scalars(known.order_by(Labelling.participant_id, Labelling.position)).all()
    clips = {clip.id: clip for clip in opened.manifest.clips}
    return [_record(row, clips[row.clip], opened.study.name) for row in rows]


def write(labels: Iterable[LabelRecord], path: Path) -> int:
    """Write labels as CSV, empty for None; return the number of rows."""
    return records.write_rows(LabelRecord, labels, path)


def read(path: Path) -> list[LabelRecord]:
    """Read labels written by `write`; see `records.read_rows`."""
    return records.read_rows(LabelRecord, path, of="a labels.csv")


def _record(labelling: Labelling, clip: Clip, study_name: str) -> LabelRecord:
    participant, label, silent = labelling.participant, labelling.label, clip.silent
    return LabelRecord(
        study=study_name,
        stimulus_set=participant.stimulus_set,
        participant=participant.name,
        recruiter=participant.recruiter,
        simulated=participant.simulated,
        state=participant.state,
        labelling=labelling.name,
        position=labelling.position,
        clip=clip.id,
        video=clip.video_id,
        impact_s=clip.impact_s,
        **{name: getattr(label, name, None) for name in (*SAID, "rt_ms", "replays")},
        presented_utc=labelling.presented_utc.isoformat() if labelling.presented_utc else None,
        answered_utc=label.answered_utc.isoformat() if label else None,
        known_material=clip.material,
        known_action=clip.action,
        known_reaction=clip.reaction,
        known_x=silent.x if silent else None,
        known_y=silent.y if silent else None,
    )

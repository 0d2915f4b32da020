"""From the database to tables: one row a trial, one a participant, in files that other programs read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from experiment_server.database import db, queries
from experiment_server.database.tables import HeadphoneTrial, Trial
from experiment_server.exports import attendance, labels, playback, records
from experiment_server.exports.attendance import Attendance
from experiment_server.exports.labels import LabelRecord
from experiment_server.exports.playback import Told
from experiment_server.exports.records import CATCH, Record
from experiment_server.folders import folder
from experiment_server.folders.folder import StudyFolder
from experiment_server.participation import sessions
from experiment_server.screening import rules
from experiment_server.studies.sections import ANNOTATION, PRACTICE
from experiment_server.studies.study import STUDY_NAME, Study
from stimuli.manifest import Clip, Manifest

RESPONSES_NAME = "responses.csv"
LABELS_NAME = "labels.csv"
PARTICIPANTS_NAME = "participants.csv"
DESCRIPTION_NAME = "dataset_description.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyData:
    """Everything that the analysis of a study needs.

    Attributes
    ----------
    name : str
        Name of the study.
    records : list of Record
        One a planned trial, in order of arrival and plan; those never answered too. None in an
        annotation study.
    labels : list of LabelRecord
        In an annotation study, one an impact of each participant's plan; those never labelled too.
    participants : list of Attendance
        One a participant, in order of arrival; those without a plan too.
    manifest : Manifest
        The stimulus set that was shown.
    study : Study
        The study file as it is now.
    digests : dict of str to str
        SHA-256 of the study file as it is now (``study``) and of the stimulus set's manifest
        (``stimuli``).
    study_versions : dict of str to int
        SHA-256 of each version of the study file that was served, the oldest first, and how many
        participants it was served to.
    """

    name: str
    records: list[Record]
    labels: list[LabelRecord]
    participants: list[Attendance]
    manifest: Manifest
    study: Study
    digests: Mapping[str, str]
    study_versions: Mapping[str, int]

    @property
    def answers_name(self) -> str:
        """Name of the file that `write` puts the answers in."""
        return LABELS_NAME if self.study.task == ANNOTATION else RESPONSES_NAME

    @property
    def warning(self) -> str | None:
        """A sentence for whoever analyses this, if not all were served the study file as it is now."""
        return versions_warning(self.study_versions, self.digests["study"])


def read_study(study_folder: Path, *, now: datetime | None = None) -> StudyData:
    """Read a whole study: its file, its stimulus set and its database.

    Parameters
    ----------
    study_folder : Path
        The study's folder.
    now : datetime, optional
        When this is, for whose lease is over; by default by this machine's clock.

    Raises
    ------
    StudyError
        If the folder is no study, its database is missing, or the stimulus set has been changed
        since participants saw it.
    ManifestError
        If the stimulus set can't be read.
    """
    with folder.in_use(study_folder) as (opened, engine):
        return read_opened(engine, opened, now=now or datetime.now(UTC))


def read_opened(engine: Engine, opened: StudyFolder, *, now: datetime) -> StudyData:
    """Read a study that is open already, as `read_study` does.

    Raises
    ------
    StudyError
        If participants saw another stimulus set than this one.
    """
    folder.check_stimulus_set(engine, opened)
    with db.reading(engine) as session:
        people = attendance.read(session, study=opened.study.name, now=now)
    return StudyData(
        name=opened.study.name,
        records=read_records(engine, opened, now=now),
        labels=labels.read_records(engine, opened),
        participants=people,
        manifest=opened.manifest,
        study=opened.study,
        digests={"study": opened.study_sha256, "stimuli": opened.stimulus_set},
        study_versions=read_versions(engine),
    )


def read_versions(engine: Engine) -> dict[str, int]:
    """Count the participants that were served each version of the study file, the oldest first."""
    with db.reading(engine) as session:
        return {version: n for version, n in session.execute(queries.study_versions())}


def served_warning(opened: StudyFolder) -> str | None:
    """Say who was served another study file than this one; None if nobody was."""
    with db.opened(opened.database_url) as engine:
        return versions_warning(read_versions(engine), opened.study_sha256)


def versions_warning(served: Mapping[str, int], current: str) -> str | None:
    """Say who was served which version of the study file; None if all were served the current one.

    Parameters
    ----------
    served : mapping of str to int
        Participants by the SHA-256 of the version that they were served.
    current : str
        SHA-256 of the file as it is now.
    """
    if not set(served) - {current}:
        return None
    parts = [f"{n} were served version {version[:12]}" for version, n in served.items()]
    return (
        f"{STUDY_NAME} was changed after participants came: {', '.join(parts)}; the file now is "
        f"version {current[:12]}. The column study_sha256 tells them apart."
    )


def read_records(engine: Engine, opened: StudyFolder, *, now: datetime) -> list[Record]:
    """Make one record of each planned trial, in order of arrival and plan.

    Nothing of a record says who anybody is: `tables.Identity` is not even asked.
    """
    with db.reading(engine) as session:
        told = _playbacks(session)
        scores = _headphone_scores(session, least=opened.study.screening.headphone_pass)
        trials = session.scalars(queries.all_trials()).all()
    clips = {clip.id: clip for clip in opened.manifest.clips}  # from here on no transaction idles
    return [
        _record(
            trial,
            clips[trial.clip],
            study_name=opened.study.name,
            score=scores.get(trial.participant_id),
            told=told.get(trial.id, ()),
            now=now,
        )
        for trial in trials
    ]


def write(data: StudyData, out: Path) -> int:
    """Write answers, participants, data dictionaries and a description; return the answers' rows.

    Answers are responses or, in an annotation study, labels. Names and keys follow Psych-DS
    (schema.org's ``variableMeasured``).
    """
    out.mkdir(parents=True, exist_ok=True)
    if data.study.task == ANNOTATION:
        rows = _write_table(LabelRecord, labels.FORMAT, data.labels, out / LABELS_NAME)
    else:
        rows = _write_table(Record, records.FORMAT, data.records, out / RESPONSES_NAME)
    _write_table(Attendance, attendance.FORMAT, data.participants, out / PARTICIPANTS_NAME)
    _write_json(out / DESCRIPTION_NAME, _description(data))
    return rows


def _write_table(row: type, version: int, rows: Iterable[object], path: Path) -> int:
    """Write a table, and beside it its data dictionary, such as ``responses.columns.json``."""
    _write_json(path.with_suffix(".columns.json"), records.dictionary(row, version))
    return records.write_rows(row, rows, path)


def _playbacks(session: Session) -> dict[int, list[Told]]:
    told: dict[int, list[Told]] = {}
    for trial_id, kind, interval, client_ms in session.execute(queries.told_events()):
        told.setdefault(trial_id, []).append(Told(kind=kind, interval=interval, client_ms=client_ms))
    return told


def _headphone_scores(session: Session, *, least: int) -> dict[int, rules.Score]:
    """Score the last attempt of each participant who took the headphone test."""
    taken: dict[int, list[HeadphoneTrial]] = {}
    for trial in session.scalars(queries.all_headphone_trials()):
        taken.setdefault(trial.participant_id, []).append(trial)
    return {
        participant: rules.score(rules.last_attempt(trials), least=least)
        for participant, trials in taken.items()
    }


def _record(
    trial: Trial,
    clip: Clip,
    *,
    study_name: str,
    score: rules.Score | None,
    told: Sequence[Told],
    now: datetime,
) -> Record:
    participant, response = trial.participant, trial.response
    played = playback.measure(told, rt_ms=response.rt_ms if response else None)
    return Record(
        study=study_name,
        study_sha256=participant.study_sha256,
        stimulus_set=participant.stimulus_set,
        participant=participant.name,
        recruiter=participant.recruiter,
        participant_state=participant.state,
        lapsed=sessions.is_lapsed(participant, now=now),
        consent_sha256=participant.consent_sha256,
        headphones_passed=score.passed if score else None,
        headphones_correct=score.correct if score else None,
        headphones_trials=score.trials if score else None,
        simulated=participant.simulated,
        participant_seed=participant.seed,
        trial=trial.name,
        phase=CATCH if trial.is_catch else trial.phase,
        position=trial.position,
        clip=clip.id,
        video=clip.video_id,
        impact_s=clip.impact_s,
        material=clip.material,
        action=clip.action,
        reaction=clip.reaction,
        variant=trial.variant,
        real_interval=trial.real_interval,
        response_interval=response.response_interval if response else None,
        fooled=response.response_interval != trial.real_interval if response else None,
        rt_ms=response.rt_ms if response else None,
        replays=response.replays if response else None,
        presentations=trial.presentations,
        presented_utc=trial.presented_utc.isoformat() if trial.presented_utc else None,
        answered_utc=response.answered_utc.isoformat() if response else None,
        invalid=trial.invalid,
        hidden_ms=played.hidden_ms if played else None,
        stalls=played.stalls if played else None,
        practice_revealed=trial.phase == PRACTICE and response is not None,
    )


def _description(data: StudyData) -> dict[str, Any]:
    kind, answers, row = (
        ("Annotation", "labels", LabelRecord)
        if data.study.task == ANNOTATION
        else ("Two-alternative forced-choice", "responses", Record)
    )
    columns = {**records.columns_of(Attendance), **records.columns_of(row)}
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": data.name,
        "description": f"{kind} study {data.name}: {answers} and participants",
        "variableMeasured": [
            {"@type": "PropertyValue", "name": name, "description": meaning}
            for name, meaning in columns.items()
        ],
        "studyFileSha256": data.digests["study"],
        "studyFileVersionsServed": dict(data.study_versions),
        "stimulusSetSha256": data.digests["stimuli"],
    }


def _write_json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

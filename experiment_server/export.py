"""From the database to responses: one record a trial, and files that other programs read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from experiment_server import db, folder, queries, records
from experiment_server.folder import StudyFolder
from experiment_server.records import Record
from experiment_server.study import PRACTICE, Study, StudyError
from experiment_server.tables import Trial
from stimuli.manifest import Clip, Manifest

RESPONSES_NAME = "responses.csv"
COLUMNS_NAME = "responses.columns.json"
DESCRIPTION_NAME = "dataset_description.json"
_JSON_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyData:
    """Everything that the analysis of a study needs.

    Attributes
    ----------
    name : str
        Name of the study.
    records : list of Record
        One a planned trial, in order of arrival and plan; those never answered too.
    manifest : Manifest
        The stimulus set that was shown.
    study : Study
        The study file as it is now.
    digests : dict of str to str
        SHA-256 of the study file (``study``) and of the stimulus set's manifest (``stimuli``).
    """

    name: str
    records: list[Record]
    manifest: Manifest
    study: Study
    digests: Mapping[str, str]


def read_study(study_folder: Path) -> StudyData:
    """Read a whole study: its file, its stimulus set and its database.

    Raises
    ------
    StudyError
        If the folder is no study, its database is missing, or the stimulus set has been changed
        since participants saw it.
    ManifestError
        If the stimulus set can't be read.
    """
    opened = folder.read(study_folder)
    folder.check_database(opened)
    with db.opened(opened.database_url) as engine:
        db.check_current(engine)
        check_stimulus_set(engine, opened)
        trials = read_records(engine, opened)
    return StudyData(
        name=opened.study.name,
        records=trials,
        manifest=opened.manifest,
        study=opened.study,
        digests={"study": opened.study_sha256, "stimuli": opened.stimulus_set},
    )


def check_stimulus_set(engine: Engine, opened: StudyFolder) -> None:
    """Make sure that all participants saw the stimulus set that now lies there.

    Raises
    ------
    StudyError
        If some saw another one.
    """
    with db.reading(engine) as session:
        others = set(session.scalars(queries.stimulus_sets())) - {opened.stimulus_set}
    if others:
        raise StudyError(
            f"participants of this study saw the stimulus set {min(others)[:12]}, but "
            f"{opened.stimuli} now holds {opened.stimulus_set[:12]}; put the old set back, or make a "
            "new study for the new one"
        )


def read_records(engine: Engine, opened: StudyFolder) -> list[Record]:
    """Make one record of each planned trial, in order of arrival and plan."""
    clips = {clip.id: clip for clip in opened.manifest.clips}
    with db.reading(engine) as session:
        trials = session.scalars(queries.all_trials())
        return [_record(trial, clips[trial.clip], opened.study.name) for trial in trials]


def write(data: StudyData, out: Path) -> int:
    """Write ``responses.csv``, its data dictionary and a description; return the number of rows.

    Names and keys follow Psych-DS (schema.org's ``variableMeasured``).
    """
    out.mkdir(parents=True, exist_ok=True)
    rows = records.write(data.records, out / RESPONSES_NAME)
    _write_json(out / COLUMNS_NAME, {"format": records.FORMAT, "columns": _columns()})
    _write_json(out / DESCRIPTION_NAME, _description(data))
    return rows


def _record(trial: Trial, clip: Clip, study_name: str) -> Record:
    participant, response = trial.participant, trial.response
    return Record(
        study=study_name,
        stimulus_set=participant.stimulus_set,
        participant=participant.name,
        participant_state=participant.state,
        simulated=participant.simulated,
        participant_seed=participant.seed,
        trial=trial.name,
        phase=trial.phase,
        position=trial.position,
        clip=clip.id,
        video=clip.video_id,
        impact_s=clip.impact_s,
        material=clip.material,
        action=clip.action,
        reaction=clip.reaction,
        variant=trial.variant,
        real_interval=trial.real_interval,
        response_interval=response.chosen_interval if response else None,
        fooled=response.chosen_interval != trial.real_interval if response else None,
        rt_ms=response.rt_ms if response else None,
        replays=response.replays if response else None,
        presented_utc=trial.presented_utc.isoformat() if trial.presented_utc else None,
        answered_utc=response.answered_utc.isoformat() if response else None,
        practice_revealed=trial.phase == PRACTICE and response is not None,
    )


def _columns() -> list[dict[str, Any]]:
    kinds = {name: annotation.split(" | ") for name, annotation in records.TYPES.items()}
    return [
        {
            "name": name,
            "description": meaning,
            "type": _JSON_TYPES[kinds[name][0]],
            "required": "None" not in kinds[name],
        }
        for name, meaning in records.COLUMNS.items()
    ]


def _description(data: StudyData) -> dict[str, Any]:
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": data.name,
        "description": f"Responses of the two-alternative forced-choice study {data.name}",
        "variableMeasured": [
            {"@type": "PropertyValue", "name": name, "description": meaning}
            for name, meaning in records.COLUMNS.items()
        ],
        "studyFileSha256": data.digests["study"],
        "stimulusSetSha256": data.digests["stimuli"],
    }


def _write_json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

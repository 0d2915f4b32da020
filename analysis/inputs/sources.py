"""Where a report's records come from: a study's folder, or a file of responses."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis import provenance
from analysis.errors import AnalysisError
from analysis.inputs import columns, declared
from analysis.inputs import evaluation as evaluations
from analysis.inputs import impacts as detections
from analysis.inputs.declared import NOTHING, Declared
from analysis.inputs.evaluation import Evaluation, Facts
from analysis.inputs.impacts import DetectionFacts, Impacts
from analysis.inputs.responses import Responses
from experiment_server.errors import StudyError
from experiment_server.exports.export import StudyData, read_study
from experiment_server.studies.sections import ANNOTATION
from stimuli.manifest import ManifestError

SECTION_NAME = "section.html"  # in a folder of `analysis recognition`


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Records and what is known of them.

    Attributes
    ----------
    name : str
        The study's name.
    responses : Responses
        All its trials.
    n_repeated : int
        Rows that repeated another one and were dropped.
    declared : Declared
        What its study file says to the analysis.
    provenance : dict
        Plain JSON values, without any path of the machine: reports are mailed.
    evaluation : Evaluation or None
        What `models evaluate` measured, if that was given.
    impacts : Impacts or None
        What it measured of the detection of impacts, if that was given.
    caveats : tuple of str
        Sentences that a reader must see before the numbers.
    """

    name: str
    responses: Responses
    n_repeated: int = 0
    provenance: Mapping[str, Any] = field(default_factory=dict)
    declared: Declared = NOTHING
    evaluation: Evaluation | None = None
    impacts: Impacts | None = None
    caveats: tuple[str, ...] = ()


def load(
    *,
    study: Path | None,
    responses: Path | None,
    study_file: Path | None = None,
    evaluation: Path | None = None,
    detection: Path | None = None,
) -> Source:
    """Read a study's folder or a file of responses, and what was measured without participants.

    Parameters
    ----------
    study : Path or None
        Folder of a study.
    responses : Path or None
        A CSV from `experiment-server export`.
    study_file : Path, optional
        A study file that declares exclusions and comparisons; in place of the study's own.
    evaluation : Path, optional
        What `models evaluate` wrote.
    detection : Path, optional
        The detection.json that it wrote, or its folder.

    Raises
    ------
    AnalysisError
        If not exactly one of the first two is given, or something can't be read.
    """
    if study is not None and responses is None:
        source = from_study(study)
    elif responses is not None and study is None:
        source = from_file(responses)
    else:
        raise AnalysisError("give either a study (--study) or a file of responses (--responses)")
    if study_file is not None:
        command = f"{source.provenance['command']} --declared {study_file.name}"
        known = {**source.provenance, "command": command}
        source = replace(source, declared=declared.read(study_file), provenance=known)
    if evaluation is not None:
        source = with_evaluation(source, evaluation)
    return source if detection is None else with_detection(source, detection)


def load_any(path: Path, *, study_file: Path | None = None) -> Source:
    """Read a study's folder, or a file of responses, whichever the path is."""
    if path.is_dir():
        return load(study=path, responses=None, study_file=study_file)
    return load(study=None, responses=path, study_file=study_file)


def from_study(folder: Path) -> Source:
    """Read a study from its folder."""
    try:
        data = read_study(folder)
    except (StudyError, ManifestError) as error:
        raise AnalysisError(str(error)) from error
    if data.study.task == ANNOTATION:
        raise AnalysisError(
            f"{folder} is an annotation study: it has labels, no fool rates; use "
            f"analysis annotation --study {folder}"
        )
    command = f"analysis report --study {folder.resolve().name}"
    known = provenance.of_study(data) | provenance.of_program(command=command)
    caveats = tuple(text for text in (data.warning, unequal_clips(data)) if text is not None)
    found, n_repeated = columns.from_records(data.records)
    return Source(
        name=data.name, responses=found, n_repeated=n_repeated, provenance=known,
        declared=declared.of_study(data.study), caveats=caveats,
    )  # fmt: skip


def unequal_clips(data: StudyData) -> str | None:
    """Say which variants lack sounds for some clips: their rates are about other clips than the rest."""
    clips = data.manifest.clips
    names = data.study.trials.variants or data.manifest.variants
    counts = {name: sum(name in clip.stimuli for clip in clips) for name in names}
    fewer = [f"{name} {count}" for name, count in counts.items() if count < len(clips)]
    if not fewer:
        return None
    return (
        f"Not every variant has a sound for all {len(clips)} clips ({', '.join(fewer)}): such a rate is "
        "about other clips than the rates beside it, and differences may be the clips'."
    )


def from_file(path: Path) -> Source:
    """Read a file of responses; of stimulus sets it knows the digests alone."""
    found, n_repeated, sets = columns.read(path)
    command = f"analysis report --responses {path.name}"
    known = {"stimulus_set": {"sha256": ", ".join(sets)}} | provenance.of_program(command=command)
    name = ", ".join(found.study.levels) or path.stem
    return Source(name=name, responses=found, n_repeated=n_repeated, provenance=known)


def with_evaluation(source: Source, path: Path) -> Source:
    """Add a file that ``models evaluate`` wrote, and the digests it names."""
    found = evaluations.read(path)
    networks = {score.variant: score.network for score in found.scores if score.network}
    known = {"test_clips_sha256": found.facts.test_digest, "seed": found.facts.seed}
    told = _told(source, "evaluation", path.name, found.facts, known, networks)
    return replace(source, evaluation=found, provenance=told)


def with_detection(source: Source, path: Path) -> Source:
    """Add what ``models evaluate`` measured of the detection of impacts, and the digests it names."""
    found = detections.read(path)
    networks = {row.name: row.network for row in found.rows if row.network}
    known = {"seed": found.facts.seed}
    told = _told(source, "detection", path.resolve().name, found.facts, known, networks)
    return replace(source, impacts=found, provenance=told)


def read_section(folder: Path) -> str:
    """Read the section that `analysis recognition` wrote; raises `AnalysisError` if there is none."""
    try:
        return (folder / SECTION_NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AnalysisError(
            f"{folder / SECTION_NAME} can't be read ({error}); give the folder that `analysis "
            "recognition --out` wrote"
        ) from None


def _told(
    source: Source, option: str, name: str, facts: Facts | DetectionFacts, known: Mapping[str, Any],
    networks: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """Add to what a source was made from a file given as an option, and what it says of itself."""
    said = {
        "file": {"name": facts.file, "sha256": facts.sha256},
        "dataset": {"name": facts.dataset, "split": facts.split},
        **known,
        "networks_sha256": networks,
    }
    command = f"{source.provenance['command']} --{option} {name}"
    return {**source.provenance, "command": command, option: said}

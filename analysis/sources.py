"""Where a report's records come from: a study's folder, or a file of responses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import provenance, responses
from analysis.responses import AnalysisError
from experiment_server.export import read_study
from experiment_server.records import Record
from experiment_server.study import StudyError
from stimuli.manifest import ManifestError


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Records and what is known of them.

    Attributes
    ----------
    name : str
        The study's name.
    records : sequence of Record
        All its trials.
    provenance : dict
        Plain JSON values, without any path of the machine: reports are mailed.
    """

    name: str
    records: Sequence[Record]
    provenance: Mapping[str, Any]


def load(*, study: Path | None, responses: Path | None) -> Source:
    """Read a study's folder or a file of responses.

    Raises
    ------
    AnalysisError
        If not exactly one is given, or it can't be read.
    """
    if study is not None and responses is None:
        return from_study(study)
    if responses is not None and study is None:
        return from_file(responses)
    raise AnalysisError("give either a study (--study) or a file of responses (--responses)")


def from_study(folder: Path) -> Source:
    """Read a study from its folder."""
    try:
        data = read_study(folder)
    except (StudyError, ManifestError) as error:
        raise AnalysisError(str(error)) from error
    command = f"analysis report --study {folder.resolve().name}"
    known = provenance.of_study(data) | provenance.of_program(command=command)
    return Source(name=data.name, records=data.records, provenance=known)


def from_file(path: Path) -> Source:
    """Read a file of responses; of stimulus sets it knows the digests alone."""
    records = responses.read(path)
    sets = sorted({row.stimulus_set for row in records})
    command = f"analysis report --responses {path.name}"
    known = {"stimulus_set": {"sha256": ", ".join(sets)}} | provenance.of_program(command=command)
    names = sorted({row.study for row in records})
    return Source(name=", ".join(names) or path.stem, records=records, provenance=known)

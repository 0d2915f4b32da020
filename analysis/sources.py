"""Where a report's records come from: a study's folder, or a file of responses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis import evaluation as evaluations
from analysis import provenance, responses
from analysis.evaluation import Evaluation
from analysis.responses import AnalysisError
from experiment_server.export import StudyData, read_study
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
    evaluation : Evaluation or None
        What `models evaluate` measured, if that was given.
    caveats : tuple of str
        Sentences that a reader must see before the numbers.
    """

    name: str
    records: Sequence[Record]
    provenance: Mapping[str, Any]
    evaluation: Evaluation | None = None
    caveats: tuple[str, ...] = ()


def load(*, study: Path | None, responses: Path | None, evaluation: Path | None = None) -> Source:
    """Read a study's folder or a file of responses, and a file of auditory metrics.

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
    return source if evaluation is None else with_evaluation(source, evaluation)


def from_study(folder: Path) -> Source:
    """Read a study from its folder."""
    try:
        data = read_study(folder)
    except (StudyError, ManifestError) as error:
        raise AnalysisError(str(error)) from error
    command = f"analysis report --study {folder.resolve().name}"
    known = provenance.of_study(data) | provenance.of_program(command=command)
    caveats = tuple(text for text in (data.warning, unequal_clips(data)) if text is not None)
    return Source(name=data.name, records=data.records, provenance=known, caveats=caveats)


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
    records = responses.read(path)
    sets = sorted({row.stimulus_set for row in records})
    command = f"analysis report --responses {path.name}"
    known = {"stimulus_set": {"sha256": ", ".join(sets)}} | provenance.of_program(command=command)
    names = sorted({row.study for row in records})
    return Source(name=", ".join(names) or path.stem, records=records, provenance=known)


def with_evaluation(source: Source, path: Path) -> Source:
    """Add a file that ``models evaluate`` wrote, and the digests it names."""
    found = evaluations.read(path)
    facts = found.facts
    networks = {score.variant: score.network for score in found.scores if score.network}
    known = {
        "file": {"name": facts.file, "sha256": facts.sha256},
        "dataset": {"name": facts.dataset, "split": facts.split},
        "test_clips_sha256": facts.test_digest,
        "seed": facts.seed,
        "networks_sha256": networks,
    }
    command = f"{source.provenance['command']} --evaluation {path.name}"
    together = {**source.provenance, "command": command, "evaluation": known}
    return replace(source, evaluation=found, provenance=together)

"""Verify a finished set: files against the manifest, clips against their rules, and the leak audit."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.progress import Report, silently
from stimuli import manifest
from stimuli.checking.audit import Audit, audit
from stimuli.checking.contents import file_problems
from stimuli.checking.evidence import evidence_of_set
from stimuli.errors import StimuliError
from stimuli.files.sounds import SILENT_DBFS
from stimuli.manifest import CATCH_SILENCE, MEDIA_FOLDER, REAL, Clip, Manifest, Stimulus

MATCH_TOLERANCE_DB = 0.5  # under `match`; a difference of 1 dB is about what can just be heard


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something wrong with a set.

    Attributes
    ----------
    where : str
        The clip and variant, the file, or the set.
    message : str
        What is wrong.
    """

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What `check` found.

    Attributes
    ----------
    findings : tuple of Finding
        Empty if the set is in order.
    audit : Audit or None
        None if files are missing or damaged, so that it could not be made, or silent.
    n_files : int
        Files that were verified.
    """

    findings: tuple[Finding, ...]
    audit: Audit | None
    n_files: int

    def summary(self) -> str:
        """Say in a few lines what was verified and what the audit measured."""
        verdict = f"{len(self.findings)} things are wrong" if self.findings else "all in order"
        lines = [f"{self.n_files} files verified: {verdict}"]
        if self.audit is not None:
            found = self.audit
            lines.append(f"leak audit over {found.n_clips} clips, {found.n_pairs} pairs:")
            lines += [_line(name, f.accuracy, f.n_unequal, f.p) for name, f in found.outside.items()]
            lines.append("in the decoded sound, which has to differ (reported, never failed):")
            lines += [_line(name, f.accuracy, f.n_unequal, f.p) for name, f in found.inside.items()]
        return "\n".join(lines)


def _line(name: str, accuracy: float, n_unequal: int, p: float) -> str:
    equal = f"unequal in {n_unequal} clips" if n_unequal else "equal in every clip"
    return f"  {name:34s} {equal:24s} finds the real one in {accuracy:6.1%} of pairs, p = {p:.2g}"


def check(folder: Path, *, report: Report = silently) -> Checked:
    """Verify a stimulus set.

    Parameters
    ----------
    folder : Path
        A set that `stimuli build` made.
    report : callable
        Called as ``report(step, done, total)``.

    Raises
    ------
    ManifestError
        If there is no manifest, or it can't be read.
    """
    result = manifest.read(folder)
    is_silent = manifest.is_annotation(result)
    of_clip = _silent_clip if is_silent else _clip
    findings = list(_files(result, folder))
    for done, clip in enumerate(result.clips, start=1):
        findings += of_clip(clip, folder, result)
        report("Checking", done, len(result.clips))
    found: Audit | None = None
    if not is_silent:
        try:
            found = audit(evidence_of_set(result, folder / MEDIA_FOLDER, report=report))
            told = [f"real sounds are told by {tell}" for tell in found.tells]
        except (StimuliError, OSError) as error:
            told = [f"can't be made: {error}"]
        findings += [Finding(where="leak audit", message=message) for message in told]
    return Checked(findings=tuple(findings), audit=found, n_files=sum(1 for _ in result.media()))


def _files(result: Manifest, folder: Path) -> Iterator[Finding]:
    named = set(result.media())
    present = {path.name for path in (folder / MEDIA_FOLDER).glob("*")}
    for name in sorted(present - named):
        yield Finding(where=f"{MEDIA_FOLDER}/{name}", message="is not in the manifest; remove it")
    if not result.clips:
        yield Finding(where="the set", message="has no clip; build it again")
    ids = [clip.id for clip in result.clips]
    for clip_id in sorted({clip_id for clip_id in ids if ids.count(clip_id) > 1}):
        yield Finding(where=clip_id, message="is there twice; build the set again")


def _clip(clip: Clip, folder: Path, result: Manifest) -> Iterator[Finding]:
    where = f"clip {clip.id}"
    if REAL not in clip.stimuli or not clip.variants:
        yield Finding(where=where, message="has no pair of a real and a synthesized stimulus")
        return
    if len({stimulus.n_bytes for stimulus in clip.stimuli.values()}) > 1:
        yield Finding(where=where, message="its stimuli have different sizes")
    for variant, stimulus in clip.stimuli.items():
        here = f"{where}, {variant} ({stimulus.media})"
        path = manifest.media_path(folder, stimulus)
        for message in file_problems(clip, stimulus, path, n_alike=len(clip.stimuli)):
            yield Finding(where=here, message=message)
        if variant == CATCH_SILENCE:
            if stimulus.level_dbfs > SILENT_DBFS:
                yield Finding(where=here, message=f"is not silent ({stimulus.level_dbfs:.1f} dBFS)")
        elif result.options.get("level") == "match" and _apart(clip, stimulus) > MATCH_TOLERANCE_DB:
            yield Finding(
                where=here, message=f"is {_apart(clip, stimulus):.1f} dB off the real sound's level"
            )


def _apart(clip: Clip, stimulus: Stimulus) -> float:
    return abs(stimulus.level_dbfs - clip.real.level_dbfs)


def _silent_clip(clip: Clip, folder: Path, result: Manifest) -> Iterator[Finding]:
    file = clip.silent
    if file is None or clip.stimuli:
        message = "has sounds, or no silent file; a set is either to be judged or to be annotated"
        yield Finding(where=f"clip {clip.id}" + (f" ({file.media})" if file else ""), message=message)
        return
    where = f"clip {clip.id} ({file.media})"
    if not 0 <= clip.impact_s - clip.start_s <= clip.duration_s:
        yield Finding(where=where, message=f"its impact at {clip.impact_s:.3f} s lies outside it")
    if (file.x is None) != (file.y is None) or not all(0 <= v <= 1 for v in (file.x or 0, file.y or 0)):
        message = f"its known place is x {file.x}, y {file.y}; both or neither, from 0 to 1"
        yield Finding(where=where, message=message)
    path = manifest.media_path(folder, file)
    for message in file_problems(clip, file, path, n_alike=len(result.clips_of(clip.video_id))):
        yield Finding(where=where, message=message)

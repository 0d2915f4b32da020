"""Verify a finished set: files against the manifest, clips against their rules, and the leak audit."""

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from models.progress import Report, silently
from models.sounds.sound import SAMPLE_RATE
from stimuli import manifest
from stimuli.building.assembly import SYNC_TOLERANCE_MS, media_names
from stimuli.building.levels import SILENT_DBFS, energy_centre_s, peak_dbfs, rms_dbfs
from stimuli.checking.audit import Audit, audit
from stimuli.checking.evidence import evidence_of_set
from stimuli.checking.findings import Checked, Finding
from stimuli.checking.silent import silent_findings
from stimuli.errors import StimuliError
from stimuli.files.aac import FRAME, PRIMING
from stimuli.files.boxes import metadata, nal_units, packets_digest, read_boxes, read_tracks
from stimuli.files.media import decode_pictures, decode_sound, exact_rate, samples_in_clip
from stimuli.manifest import CATCH_SILENCE, MEDIA_FOLDER, Clip, Manifest, Stimulus

LEVEL_TOLERANCE_DB = 0.1  # another decoder, or another version, may round otherwise
MATCH_TOLERANCE_DB = 0.5  # under `match`; a difference of 1 dB is about what can just be heard
CENTRE_TOLERANCE_S = 0.004  # what the codec does to a sound moves its energy by less


def check(folder: Path, *, report: Report | None = None) -> Checked:
    """Verify a stimulus set.

    Parameters
    ----------
    folder : Path
        A set that `stimuli build` made.
    report : callable, optional
        Called as ``report(step, done, total)``.

    Raises
    ------
    ManifestError
        If there is no manifest, or it can't be read.
    """
    report = report or silently
    result = manifest.read(folder)
    findings = list(_files(result, folder))
    if manifest.is_annotation(result):
        findings += silent_findings(result, folder, report=report)
        return Checked(findings=tuple(findings), audit=None, n_files=len(result.clips))
    for done, clip in enumerate(result.clips, start=1):
        findings += _clip(clip, folder, result)
        report("Checking", done, len(result.clips))
    found: Audit | None = None
    try:
        found = audit(evidence_of_set(result, folder / MEDIA_FOLDER, report=report))
        findings += [
            Finding(where="leak audit", message=f"real sounds are told by {tell}")
            for tell in found.tells
        ]
    except (StimuliError, OSError) as error:
        findings.append(Finding(where="leak audit", message=f"can't be made: {error}"))
    n_files = sum(1 for _ in result.stimuli())
    return Checked(findings=tuple(findings), audit=found, n_files=n_files)


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
    if manifest.REAL not in clip.stimuli or not clip.variants:
        yield Finding(where=where, message="has no pair of a real and a synthesized stimulus")
        return
    if len({stimulus.n_bytes for stimulus in clip.stimuli.values()}) > 1:
        yield Finding(where=where, message="its stimuli have different sizes")
    for variant, stimulus in clip.stimuli.items():
        here = f"{where}, {variant} ({stimulus.media})"
        for message in _stimulus(clip, stimulus, manifest.media_path(folder, stimulus)):
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


def _stimulus(clip: Clip, stimulus: Stimulus, path: Path) -> Iterator[str]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        yield "the file is missing; build the set again"
        return
    if hashlib.sha256(data).hexdigest() != stimulus.sha256:
        yield "the file has changed since it was built (SHA-256); build the set again"
    if path.name not in islice(media_names(data), len(clip.stimuli)):
        yield "its name does not follow from its bytes, and so might tell something"
    if len(data) != stimulus.n_bytes:
        yield f"has {len(data)} bytes, the manifest says {stimulus.n_bytes}"
    try:
        yield from _container(clip, data)
        yield from _pictures(clip, stimulus, data)
        yield from _sound(clip, stimulus, data)
    except StimuliError as error:
        yield str(error)


def _container(clip: Clip, data: bytes) -> Iterator[str]:
    boxes = read_boxes(data)
    for found in metadata(data, boxes):
        yield f"carries metadata ({found})"
    tracks = {track.kind: track for track in read_tracks(data, boxes)}
    if sorted(tracks) != ["soun", "vide"]:
        yield f"has streams {sorted(tracks)}, not one of pictures and one of sound"
        return
    if packets_digest(data, tracks["vide"]) != clip.video_sha256:
        yield "its coded pictures are not those of the clip"
    for start, end in tracks["vide"].extents:
        nal_units(data[start:end])
    n_samples = sum(tracks["soun"].durations) - PRIMING
    wanted = samples_in_clip(clip.n_frames, exact_rate(clip.frame_rate))
    if n_samples != wanted or tracks["soun"].timescale != SAMPLE_RATE:
        yield f"holds {n_samples} samples of sound, not the {wanted} of the clip"
    starts = [edit[1] for edit in tracks["soun"].edits]
    if starts != [PRIMING]:
        yield f"its edit list starts the sound at {starts}, not after the {PRIMING} samples of priming"
    if [edit[1] for edit in tracks["vide"].edits] != [0]:
        yield "its pictures do not start at once"


def _pictures(clip: Clip, stimulus: Stimulus, data: bytes) -> Iterator[str]:
    if stimulus is not clip.real:
        return  # the coded pictures are the same
    shape = decode_pictures(data).shape[:3]
    if shape != (clip.n_frames, clip.height, clip.width):
        yield f"shows {shape[0]} pictures of {shape[2]} x {shape[1]}, not what the manifest says"


def _sound(clip: Clip, stimulus: Stimulus, data: bytes) -> Iterator[str]:
    decoded = decode_sound(data)
    wanted = samples_in_clip(clip.n_frames, exact_rate(clip.frame_rate))
    if not wanted <= len(decoded.waveform) < wanted + FRAME:
        yield f"decodes to {len(decoded.waveform)} samples, not to {wanted} and the rest of a frame"
    heard = decoded.waveform[:wanted]
    level, peak = rms_dbfs(heard), peak_dbfs(heard)
    if max(abs(level - stimulus.level_dbfs), abs(peak - stimulus.peak_dbfs)) > LEVEL_TOLERANCE_DB:
        yield f"has level {level:.1f} and peak {peak:.1f} dBFS, not what the manifest says"
    late_ms = max(abs(1000 * decoded.start_s), abs(stimulus.sync_ms))
    if late_ms > SYNC_TOLERANCE_MS:
        yield f"its sound starts {late_ms:.1f} ms off; at most {SYNC_TOLERANCE_MS} ms are allowed"
    moved_s = energy_centre_s(heard, sample_rate=SAMPLE_RATE) - (stimulus.centre_s or 0)
    measured = stimulus.centre_s is not None and level > SILENT_DBFS
    if measured and abs(moved_s) > CENTRE_TOLERANCE_S:
        yield f"its sound lies {1000 * moved_s:.1f} ms from where it was put"

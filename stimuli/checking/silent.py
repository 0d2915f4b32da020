"""Verify a set of silent clips: files against the manifest, with pictures and without sound."""

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from models.progress import Report
from stimuli import manifest
from stimuli.building.assembly import media_names
from stimuli.checking.findings import Finding
from stimuli.errors import StimuliError
from stimuli.files.boxes import metadata, nal_units, packets_digest, read_boxes, read_tracks
from stimuli.files.media import decode_pictures
from stimuli.manifest import Clip, Manifest, SilentFile


def silent_findings(result: Manifest, folder: Path, *, report: Report) -> list[Finding]:
    """Verify every clip of a set that is to be annotated.

    Parameters
    ----------
    result : Manifest
        The set's.
    folder : Path
        Where it lies.
    report : callable
        Called as ``report(step, done, total)``.
    """
    findings = []
    for done, clip in enumerate(result.clips, start=1):
        where = f"clip {clip.id}" + (f" ({clip.silent.media})" if clip.silent else "")
        n_alike = len(result.clips_of(clip.video_id))
        for message in _clip(clip, folder, n_alike):
            findings.append(Finding(where=where, message=message))
        report("Checking", done, len(result.clips))
    return findings


def _clip(clip: Clip, folder: Path, n_alike: int) -> Iterator[str]:
    if clip.silent is None or clip.stimuli:
        yield "has sounds, or no silent file; a set is either to be judged or to be annotated"
        return
    if not 0 <= clip.impact_s - clip.start_s <= clip.duration_s:
        yield f"its impact at {clip.impact_s:.3f} s lies outside it"
    try:
        data = manifest.media_path(folder, clip.silent).read_bytes()
    except FileNotFoundError:
        yield "the file is missing; build the set again"
        return
    yield from _bytes(clip.silent, data, n_alike)
    try:
        yield from _content(clip, data)
    except StimuliError as error:
        yield str(error)


def _bytes(file: SilentFile, data: bytes, n_alike: int) -> Iterator[str]:
    if hashlib.sha256(data).hexdigest() != file.sha256:
        yield "the file has changed since it was built (SHA-256); build the set again"
    if file.media not in islice(media_names(data), n_alike):
        yield "its name does not follow from its bytes, and so might tell something"
    if len(data) != file.n_bytes:
        yield f"has {len(data)} bytes, the manifest says {file.n_bytes}"
    if (file.x is None) != (file.y is None) or not all(0 <= v <= 1 for v in (file.x or 0, file.y or 0)):
        yield f"its known place is x {file.x}, y {file.y}; both or neither, from 0 to 1"


def _content(clip: Clip, data: bytes) -> Iterator[str]:
    boxes = read_boxes(data)
    for found in metadata(data, boxes):
        yield f"carries metadata ({found})"
    tracks = read_tracks(data, boxes)
    if [track.kind for track in tracks] != ["vide"]:
        yield f"has streams {sorted(track.kind for track in tracks)}, not one of pictures alone"
        return
    if packets_digest(data, tracks[0]) != clip.video_sha256:
        yield "its coded pictures are not those of the clip"
    for start, end in tracks[0].extents:
        nal_units(data[start:end])
    if [edit[1] for edit in tracks[0].edits] != [0]:
        yield "its pictures do not start at once"
    shape = decode_pictures(data).shape[:3]
    if shape != (clip.n_frames, clip.height, clip.width):
        yield f"shows {shape[0]} pictures of {shape[2]} x {shape[1]}, not what the manifest says"

"""Everything that can be known of a stimulus without decoding its sound, as the audit sees it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.progress import Report
from stimuli.errors import StimuliError
from stimuli.files.boxes import (
    Track,
    metadata,
    packets_digest,
    read_boxes,
    read_tracks,
    without_sound,
)
from stimuli.manifest import Manifest, Stimulus

NAME = "name"  # the one thing that has to differ within a clip
Value = float | str


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What there is to know of one stimulus.

    Attributes
    ----------
    clip : str
        The clip.
    variant : str
        Its variant, `stimuli.manifest.REAL`, or a catch sound.
    outside : dict of str to (float or str)
        What is not the decoded sound. All but `NAME` must be equal within a clip.
    inside : dict of str to float
        Measures of the decoded sound, which has to differ; reported, and no reason to fail a set.
    """

    clip: str
    variant: str
    outside: Mapping[str, Value]
    inside: Mapping[str, float]


def evidence_of_set(manifest: Manifest, media: Path, *, report: Report) -> list[Evidence]:
    """Read the evidence on every stimulus of a set.

    Parameters
    ----------
    manifest : Manifest
        The set's.
    media : Path
        The folder its files lie in.
    report : callable
        Called as ``report(step, done, total)``.
    """
    stimuli = list(manifest.stimuli())
    rows = []
    for done, (clip, variant, stimulus) in enumerate(stimuli, start=1):
        outside = evidence_of_file(media / stimulus.media)
        rows.append(Evidence(clip=clip.id, variant=variant, outside=outside, inside=_inside(stimulus)))
        report("Auditing", done, len(stimuli))
    return rows


def evidence_of_file(path: Path) -> dict[str, Value]:
    """Read everything about a file but its decoded sound.

    Raises
    ------
    StimuliError
        If it is no MP4 file with one stream of pictures and one of sound.
    """
    data = path.read_bytes()
    try:
        tracks = {track.kind: track for track in read_tracks(data)}
        return {
            NAME: path.name,
            "time of the file": float(path.stat().st_mtime_ns),
            "bytes of the file": len(data),
            "boxes": " ".join(f"{box.path}:{box.end - box.start}" for box in read_boxes(data)),
            "metadata": " ".join(metadata(data)),
            "bytes beside the coded sound": hashlib.sha256(without_sound(data)).hexdigest(),
            **_pictures(data, tracks["vide"]),
            **_sound(tracks["soun"]),
        }
    except StimuliError as error:
        raise StimuliError(f"{path.name}: {error}") from error
    except KeyError as error:
        raise StimuliError(f"{path.name} has no stream of kind {error}; build the set again") from error


def _pictures(data: bytes, track: Track) -> dict[str, Value]:
    return {
        "coded pictures": packets_digest(data, track),
        "start of the pictures": _start(track),
        "duration of the pictures": sum(track.durations) / track.timescale,
    }


def _sound(track: Track) -> dict[str, Value]:
    sizes = [end - start for start, end in track.extents]
    return {
        "start of the sound": _start(track),
        "duration of the sound": sum(track.durations) / track.timescale,
        "packets of sound": len(sizes),
        "bytes of sound": sum(sizes),
        "largest packet of sound": max(sizes, default=0),
        "sizes of the packets of sound": " ".join(map(str, sizes)),
    }


def _start(track: Track) -> float:
    """First media time that is shown (s); -1 where there is no edit list to say so."""
    return track.edits[0][1] / track.timescale if track.edits else -1.0


def _inside(stimulus: Stimulus) -> dict[str, float]:
    return {"level (dBFS)": stimulus.level_dbfs, "peak (dBFS)": stimulus.peak_dbfs}

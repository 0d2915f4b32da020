"""From a clip's pictures and sounds to its stimuli on disk; runs in worker processes."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Impact
from stimuli.building.levels import POLICIES, Waveform, apply_gain, energy_centre_s, peak_dbfs, rms_dbfs
from stimuli.building.recordings import PreparedClip
from stimuli.errors import StimuliError
from stimuli.files.aac import encode_sound, equalized
from stimuli.files.boxes import packets_digest, read_boxes, read_tracks
from stimuli.files.media import decode_sound, faded, mux, sync_ms
from stimuli.manifest import CATCH_SILENCE, REAL, Clip, Manifest, Skipped, Stimulus

SYNC_TOLERANCE_MS = 1.0  # ms; a picture lasts 33
NAME_DIGITS = 32
UNFINISHED = ".writing"  # suffix of a file that is not yet whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What is left of a prepared clip when its sounds are made: no frames, so that it travels light.

    Attributes
    ----------
    clip : dict
        The fields of `stimuli.manifest.Clip` that are known by now.
    pictures : bytes
        Its encoded pictures.
    sounds : dict of str to ndarray of float32 [shape=(n_samples,)]
        Laid on the clip, by name as in `stimuli.manifest.Clip.stimuli`.
    sources : dict of str to dict
        Where each came from.
    """

    clip: Mapping[str, Any]
    pictures: bytes
    sounds: Mapping[str, Waveform]
    sources: Mapping[str, Mapping[str, Any]]


def facts_of(clip: PreparedClip, *, video_id: str) -> dict[str, Any]:
    """List what the manifest says of a clip, its stimuli aside."""
    impact: Impact = clip.impact
    return {
        "id": clip.id,
        "video_id": video_id,
        "impact_s": impact.time_s,
        "start_s": clip.start_s,
        "duration_s": clip.n_frames / clip.frame_rate,
        "n_frames": clip.n_frames,
        "frame_rate": clip.frame_rate,
        "width": clip.width,
        "height": clip.height,
        "material": impact.material,
        "action": impact.action,
        "reaction": impact.reaction,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A video whose sounds are made, or the reason why it has none.

    Attributes
    ----------
    video_id : str
        The video.
    facts : dict
        What the manifest says of it, under its id; empty if it is skipped.
    works : tuple of Work
        Its clips.
    skipped : tuple of Skipped
        Why there are none.
    """

    video_id: str
    facts: Mapping[str, Any]
    works: tuple[Work, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def encode_video(made: Made, *, folder: Path, level: str, bitrate: int) -> tuple[str, Manifest]:
    """Write the stimuli of a video.

    Parameters
    ----------
    made : Made
        The video.
    folder : Path
        The set's media folder.
    level : str
        Name of the level policy.
    bitrate : int
        Of the coded sound (bit/s).

    Returns
    -------
    (str, Manifest)
        The video's id, and what it gave as a manifest of that video alone.
    """
    result = Manifest(
        seed=0,
        options={},
        dataset=made.facts,
        versions={},
        variants={},
        clips=tuple(_assemble(work, folder, level=level, bitrate=bitrate) for work in made.works),
        skipped=made.skipped,
    )
    return made.video_id, result


def media_names(data: bytes) -> Iterator[str]:
    """Name a file by its own bytes: whoever holds the file learns nothing from its name.

    Yields
    ------
    str
        The name, and then further ones for files that are equal to the last bit (two variants that
        chose one exemplar): each stimulus has a file of its own.
    """
    digest = hashlib.sha256(data).hexdigest()[:NAME_DIGITS]
    while True:
        yield digest + ".mp4"
        digest = hashlib.sha256(digest.encode()).hexdigest()[:NAME_DIGITS]


def put_whole(data: bytes, path: Path) -> None:
    """Write a file so that it is there whole or not at all."""
    unfinished = path.with_suffix(UNFINISHED)
    unfinished.write_bytes(data)
    unfinished.replace(path)


def pictures_digest(data: bytes) -> str:
    """Digest a file's coded pictures."""
    tracks = read_tracks(data, read_boxes(data))
    return packets_digest(data, next(track for track in tracks if track.kind == "vide"))


def _assemble(work: Work, folder: Path, *, level: str, bitrate: int) -> Clip:
    sounds = {name: faded(waveform) for name, waveform in work.sounds.items()}
    gains = POLICIES[level]({name: sounds[name] for name in sounds if name != CATCH_SILENCE})
    if level == "match":
        gains = _matched_when_decoded(work, sounds, gains, bitrate)
    if CATCH_SILENCE in sounds:
        gains[CATCH_SILENCE] = 0.0  # silence has no level to bring anywhere
    loud = {name: apply_gain(sounds[name], gain) for name, gain in gains.items()}
    coded = equalized([encode_sound(waveform, bitrate=bitrate) for waveform in loud.values()])
    files = {
        name: mux(work.pictures, packets, n_samples=len(loud[name]), bitrate=bitrate)
        for name, packets in zip(loud, coded, strict=True)
    }
    media = _names(files)
    stimuli = {
        name: _written(
            data,
            folder / media[name],
            loud[name],
            gain_db=gains[name],
            source=work.sources.get(name, {}),
        )
        for name, data in files.items()
    }
    return Clip(**work.clip, video_sha256=pictures_digest(files[REAL]), stimuli=stimuli)


def _matched_when_decoded(
    work: Work, sounds: Mapping[str, Waveform], gains: Mapping[str, float], bitrate: int
) -> dict[str, float]:
    """Lower each gain by what the codec leaves the sound louder than the quietest of the clip."""
    decoded = {}
    for name, gain in gains.items():
        packets = encode_sound(apply_gain(sounds[name], gain), bitrate=bitrate)
        data = mux(work.pictures, packets, n_samples=len(sounds[name]), bitrate=bitrate)
        decoded[name] = rms_dbfs(decode_sound(data).waveform[: len(sounds[name])])
    quietest = min(decoded.values())
    return {name: gain + quietest - decoded[name] for name, gain in gains.items()}


def _names(files: Mapping[str, bytes]) -> dict[str, str]:
    names: dict[str, str] = {}
    for variant, data in files.items():
        names[variant] = next(name for name in media_names(data) if name not in names.values())
    return names


def _written(
    data: bytes, path: Path, waveform: Waveform, *, gain_db: float, source: Mapping[str, Any]
) -> Stimulus:
    """Measure a file by decoding it, and put it in its place whole."""
    decoded = decode_sound(data)
    late_ms = sync_ms(decoded, waveform)
    if abs(late_ms) > SYNC_TOLERANCE_MS:
        raise StimuliError(
            f"a written file plays its sound {late_ms} ms late; this FFmpeg can't be used"
        )
    put_whole(data, path)
    heard = decoded.waveform[: len(waveform)]
    return Stimulus(
        media=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        n_bytes=len(data),
        level_dbfs=round(rms_dbfs(heard), 3),
        peak_dbfs=round(peak_dbfs(heard), 3),
        gain_db=round(gain_db, 3),
        sync_ms=late_ms,
        centre_s=round(energy_centre_s(waveform, sample_rate=SAMPLE_RATE), 5),
        source=dict(source),
    )

"""Whether a media file is what the manifest says: its bytes, container, pictures and sound."""

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from models.sounds.sound import SAMPLE_RATE
from stimuli.errors import StimuliError
from stimuli.files.aac import FRAME, PRIMING
from stimuli.files.boxes import Track, metadata, nal_units, packets_digest, read_tracks
from stimuli.files.media import SYNC_TOLERANCE_MS, decode_pictures, decode_sound, samples_in_clip
from stimuli.files.names import media_names
from stimuli.files.sounds import SILENT_DBFS, energy_centre_s, peak_dbfs, rms_dbfs
from stimuli.manifest import Clip, SilentFile, Stimulus

LEVEL_TOLERANCE_DB = 0.1  # another decoder, or another version, may round otherwise
CENTRE_TOLERANCE_S = 0.004  # what the codec does to a sound moves its energy by less


def file_problems(clip: Clip, file: Stimulus | SilentFile, path: Path, *, n_alike: int) -> Iterator[str]:
    """Verify a file of a clip.

    Parameters
    ----------
    clip : Clip
        The clip, with pictures that its files share.
    file : Stimulus or SilentFile
        What the manifest says of the file.
    path : Path
        Where it lies.
    n_alike : int
        So many files could be equal to the last bit, and so have further names.

    Yields
    ------
    str
        What is wrong.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        yield "the file is missing; build the set again"
        return
    if hashlib.sha256(data).hexdigest() != file.sha256:
        yield "the file has changed since it was built (SHA-256); build the set again"
    if path.name not in islice(media_names(data), n_alike):
        yield "its name does not follow from its bytes, and so might tell something"
    if len(data) != file.n_bytes:
        yield f"has {len(data)} bytes, the manifest says {file.n_bytes}"
    try:
        for found in metadata(data):
            yield f"carries metadata ({found})"
        if isinstance(file, SilentFile):
            yield from _streams(clip, data, ["vide"], "pictures alone")
            yield from _pictures(clip, data)
        else:
            yield from _streams(clip, data, ["soun", "vide"], "pictures and one of sound")
            if file is clip.real:  # the coded pictures of the others are the same
                yield from _pictures(clip, data)
            yield from _sound(clip, file, data)
    except StimuliError as error:
        yield str(error)


def _streams(clip: Clip, data: bytes, kinds: list[str], said: str) -> Iterator[str]:
    tracks = sorted(read_tracks(data), key=lambda track: track.kind)
    found = [track.kind for track in tracks]
    if found != kinds:
        yield f"has streams {found}, not one of {said}"
        return
    *sounds, pictures = tracks
    if packets_digest(data, pictures) != clip.video_sha256:
        yield "its coded pictures are not those of the clip"
    for start, end in pictures.extents:
        nal_units(data[start:end])
    for sound in sounds:
        yield from _sound_track(clip, sound)
    if [edit[1] for edit in pictures.edits] != [0]:
        yield "its pictures do not start at once"


def _sound_track(clip: Clip, track: Track) -> Iterator[str]:
    n_samples = sum(track.durations) - PRIMING
    wanted = samples_in_clip(clip.n_frames, clip.frame_rate)
    if n_samples != wanted or track.timescale != SAMPLE_RATE:
        yield f"holds {n_samples} samples of sound, not the {wanted} of the clip"
    starts = [edit[1] for edit in track.edits]
    if starts != [PRIMING]:
        yield f"its edit list starts the sound at {starts}, not after the {PRIMING} samples of priming"


def _pictures(clip: Clip, data: bytes) -> Iterator[str]:
    shape = decode_pictures(data).shape[:3]
    if shape != (clip.n_frames, clip.height, clip.width):
        yield f"shows {shape[0]} pictures of {shape[2]} x {shape[1]}, not what the manifest says"


def _sound(clip: Clip, stimulus: Stimulus, data: bytes) -> Iterator[str]:
    decoded = decode_sound(data)
    wanted = samples_in_clip(clip.n_frames, clip.frame_rate)
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

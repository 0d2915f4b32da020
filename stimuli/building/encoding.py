"""From a clip's pictures and sounds to its stimuli on disk; runs in worker processes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.sounds.sound import SAMPLE_RATE
from stimuli.building.clips import SoundedClip, VideoClips
from stimuli.building.levels import POLICIES
from stimuli.errors import StimuliError
from stimuli.files.aac import encode_sound, equalized
from stimuli.files.boxes import pictures_digest
from stimuli.files.media import SYNC_TOLERANCE_MS, decode_sound, mux, sync_ms
from stimuli.files.names import put_whole
from stimuli.files.sounds import Waveform, apply_gain, energy_centre_s, faded, peak_dbfs, rms_dbfs
from stimuli.manifest import CATCH_SILENCE, REAL, Clip, Stimulus


def encode_video(
    video: VideoClips[SoundedClip], *, media: Path, level: str, bitrate: int
) -> VideoClips[Clip]:
    """Write the stimuli of a video.

    Parameters
    ----------
    video : VideoClips
        The video, its sounds made.
    media : Path
        The set's media folder.
    level : str
        Name of the level policy.
    bitrate : int
        Of the coded sound (bit/s).
    """
    clips = tuple(_encoded(clip, media, level=level, bitrate=bitrate) for clip in video.clips)
    return VideoClips(id=video.id, clips=clips, counts=video.counts, lost=video.lost)


def _encoded(clip: SoundedClip, media: Path, *, level: str, bitrate: int) -> Clip:
    sounds = {name: faded(waveform) for name, waveform in clip.sounds.items()}
    gains = POLICIES[level]({name: sounds[name] for name in sounds if name != CATCH_SILENCE})
    if level == "match":
        gains = _matched_when_decoded(clip, sounds, gains, bitrate)
    if CATCH_SILENCE in sounds:
        gains[CATCH_SILENCE] = 0.0  # silence has no level to bring anywhere
    loud = {name: apply_gain(sounds[name], gain) for name, gain in gains.items()}
    coded = equalized([encode_sound(waveform, bitrate=bitrate) for waveform in loud.values()])
    files = {
        name: mux(clip.pictures, packets, n_samples=len(loud[name]), bitrate=bitrate)
        for name, packets in zip(loud, coded, strict=True)
    }
    taken: set[str] = set()
    stimuli = {
        name: Stimulus(
            **_measured(data, loud[name]),
            gain_db=round(gains[name], 3),
            source=dict(clip.sources.get(name, {})),
            **put_whole(data, media, taken=taken),
        )
        for name, data in files.items()
    }
    return replace(clip.facts, video_sha256=pictures_digest(files[REAL]), stimuli=stimuli)


def _matched_when_decoded(
    clip: SoundedClip, sounds: Mapping[str, Waveform], gains: Mapping[str, float], bitrate: int
) -> dict[str, float]:
    """Lower each gain by what the codec leaves the sound louder than the quietest of the clip."""
    decoded = {}
    for name, gain in gains.items():
        packets = encode_sound(apply_gain(sounds[name], gain), bitrate=bitrate)
        data = mux(clip.pictures, packets, n_samples=len(sounds[name]), bitrate=bitrate)
        decoded[name] = rms_dbfs(decode_sound(data).waveform[: len(sounds[name])])
    quietest = min(decoded.values())
    return {name: gain + quietest - decoded[name] for name, gain in gains.items()}


def _measured(data: bytes, waveform: Waveform) -> dict[str, Any]:
    """Measure a file's sound, by decoding it, against the one that was encoded."""
    decoded = decode_sound(data)
    late_ms = sync_ms(decoded, waveform)
    if abs(late_ms) > SYNC_TOLERANCE_MS:
        raise StimuliError(
            f"a written file plays its sound {late_ms} ms late; this FFmpeg can't be used"
        )
    heard = decoded.waveform[: len(waveform)]
    return {
        "level_dbfs": round(rms_dbfs(heard), 3),
        "peak_dbfs": round(peak_dbfs(heard), 3),
        "sync_ms": late_ms,
        "centre_s": round(energy_centre_s(waveform, sample_rate=SAMPLE_RATE), 5),
    }

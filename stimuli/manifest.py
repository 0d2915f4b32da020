"""The stimulus set on disk: a folder with ``manifest.json`` and ``media/<opaque>.mp4``.

This module is all that the server and the analysis know of a stimulus set; it uses the standard
library only. The manifest is the answer key: it never leaves the server.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stimuli.errors import StimuliError

FORMAT = 3  # silent clips for annotation, which readers of the older formats can't take
CATCH_FORMAT = 2  # with catch sounds, which readers of format 1 would take for variants
PLAIN_FORMAT = 1  # without; both are still written, so that such sets keep their digests
FORMATS = (PLAIN_FORMAT, CATCH_FORMAT, FORMAT)
MANIFEST_NAME = "manifest.json"
MEDIA_FOLDER = "media"
REAL = "real"  # the name under which a clip's recorded sound stands beside its variants
CATCH_SILENCE, CATCH_TONE = CATCH = ("catch-silence", "catch-tone")  # sounds that nobody takes for it


class ManifestError(StimuliError):
    """A stimulus set can't be used; the message says which file, what is wrong and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaFile:
    """One file of a set.

    Attributes
    ----------
    media : str
        File name in the media folder; opaque, so that it tells nothing.
    sha256 : str
        Digest of the whole file.
    n_bytes : int
        Size of the file, equal for all stimuli of a clip.
    """

    media: str
    sha256: str
    n_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stimulus(MediaFile):
    """One file shown: the clip's pictures with one sound.

    Attributes
    ----------
    level_dbfs : float
        RMS level of the decoded sound (dB re full scale).
    peak_dbfs : float
        Highest absolute sample of the decoded sound (dB re full scale).
    gain_db : float
        Gain that the level policy applied before encoding (dB).
    sync_ms : float
        How late the decoded sound is against the one that was encoded (ms).
    centre_s : float or None
        Mean time, weighted by energy, of the sound that was encoded (s); by it a sound that was moved
        afterwards is found. None if it was not measured.
    source : dict
        Where the sound came from: exemplar, distance, file; plain JSON values.
    """

    level_dbfs: float
    peak_dbfs: float
    gain_db: float
    sync_ms: float
    centre_s: float | None = None
    source: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class SilentFile(MediaFile):
    """The one file of a clip that is to be annotated: its pictures, with no sound track at all.

    Attributes
    ----------
    x, y : float or None
        Where the impact is seen, as shares of the width and the height from the upper left corner (0
        to 1), where somebody has said so before. Like the clip's labels it is part of the answer key.
    """

    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Clip:
    """A short piece of a video, centred on an impact, with all its stimuli.

    Attributes
    ----------
    id : str
        Name of the clip, unique in the set.
    video_id : str
        The recording it was cut from.
    impact_s : float
        Time of the impact in that recording (s).
    start_s : float
        Time of the clip's first picture in that recording (s).
    duration_s : float
        Length of the clip (s).
    n_frames : int
        Pictures in the clip.
    frame_rate : float
        Pictures a second (Hz).
    width, height : int
        Size of the pictures (pixels).
    video_sha256 : str
        Digest of the encoded video packets, identical in all stimuli of the clip.
    material, action, reaction : str or None
        Labels of the impact.
    stimuli : dict of str to Stimulus
        By variant; the recorded sound under `REAL`, catch sounds, where the clip has any, under the
        names in `CATCH`. Empty for a clip that is to be annotated.
    silent : SilentFile or None
        The file of a clip that is to be annotated.
    """

    id: str
    video_id: str
    impact_s: float
    start_s: float
    duration_s: float
    n_frames: int
    frame_rate: float
    width: int
    height: int
    video_sha256: str
    material: str | None = None
    action: str | None = None
    reaction: str | None = None
    stimuli: Mapping[str, Stimulus]
    silent: SilentFile | None = None

    @property
    def real(self) -> Stimulus:
        """The stimulus with the recorded sound."""
        return self.stimuli[REAL]

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants that have a sound for this clip, in order of name."""
        return tuple(sorted(self.stimuli.keys() - {REAL, *CATCH}))

    @property
    def catches(self) -> tuple[str, ...]:
        """The catch sounds of this clip, which are no variants and enter no result."""
        return tuple(name for name in CATCH if name in self.stimuli)


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """A video or a variant that was left out, or a file that is odd, and the reason."""

    what: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """Everything about a stimulus set: who made it, from what, and what it holds.

    Attributes
    ----------
    seed : int
        The seed all sampling and synthesis started from.
    options : dict
        The build's options, as plain JSON values.
    dataset : dict
        ``root`` name, ``digest`` and numbers of the dataset used.
    versions : dict of str to str
        Python, this package, and every library that shapes the bytes.
    variants : dict of str to dict
        By name, in the order asked for: privileges, backbone, digests of weights and caches.
    clips : tuple of Clip
        In order of id.
    skipped : tuple of Skipped
        Videos and variants left out, and what is odd about files of the dataset.
    audit : dict
        What the leak audit measured when the set was made.
    """

    seed: int
    options: Mapping[str, Any]
    dataset: Mapping[str, Any]
    versions: Mapping[str, str]
    variants: Mapping[str, Mapping[str, Any]]
    clips: tuple[Clip, ...]
    skipped: tuple[Skipped, ...] = ()
    audit: Mapping[str, Any] = field(default_factory=dict)

    def clips_of(self, video_id: str) -> tuple[Clip, ...]:
        """List the clips cut from one video."""
        return tuple(clip for clip in self.clips if clip.video_id == video_id)

    @property
    def video_ids(self) -> tuple[str, ...]:
        """The videos that clips were cut from, in order."""
        return tuple(sorted({clip.video_id for clip in self.clips}))

    def media(self) -> Iterator[str]:
        """Name every media file of the set."""
        for clip in self.clips:
            yield from (stimulus.media for stimulus in clip.stimuli.values())
            if clip.silent is not None:
                yield clip.silent.media

    def stimuli(self) -> Iterator[tuple[Clip, str, Stimulus]]:
        """Go through every file with sound: its clip, its name there (see `Clip.stimuli`) and itself."""
        for clip in self.clips:
            for variant, stimulus in clip.stimuli.items():
                yield clip, variant, stimulus


def read(folder: Path) -> Manifest:
    """Read the manifest of a stimulus set.

    Raises
    ------
    ManifestError
        If there is none, or it was written in another format, or it is damaged.
    """
    path = folder / MANIFEST_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ManifestError(
            f"no {MANIFEST_NAME} in {folder}; give the folder that `stimuli build --out` wrote"
        ) from None
    except ValueError as error:
        raise ManifestError(f"{path} is damaged ({error}); build the set again") from None
    if data.get("format") not in FORMATS:
        raise ManifestError(
            f"{path} has format {data.get('format')!r}, this version reads {PLAIN_FORMAT} to {FORMAT}; "
            "build it again"
        )
    try:
        return _manifest(data)
    except (KeyError, TypeError) as error:
        raise ManifestError(f"{path} is damaged ({error!r}); build the set again") from None


def write(manifest: Manifest, folder: Path) -> None:
    """Write the manifest; equal manifests give equal bytes."""
    (folder / MANIFEST_NAME).write_text(encode(manifest), encoding="utf-8")


def encode(manifest: Manifest) -> str:
    """Return the manifest as the JSON text that `write` puts on disk."""
    data = {"format": _format_of(manifest), **dataclasses.asdict(manifest)}
    for clip in data["clips"]:
        if clip["silent"] is None:  # so that sets made before there was such a thing keep their digests
            del clip["silent"]
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def digest(manifest: Manifest) -> str:
    """SHA-256 of the manifest's text: names a stimulus set down to every byte of its media."""
    return hashlib.sha256(encode(manifest).encode()).hexdigest()


def media_path(folder: Path, file: MediaFile) -> Path:
    """Where a stimulus' file, or a silent one, lies in a set."""
    return folder / MEDIA_FOLDER / file.media


def is_annotation(manifest: Manifest) -> bool:
    """Tell whether a set holds silent clips that are to be annotated, instead of pairs to be judged."""
    return any(clip.silent is not None for clip in manifest.clips)


def _format_of(manifest: Manifest) -> int:
    if is_annotation(manifest):
        return FORMAT
    return CATCH_FORMAT if any(clip.catches for clip in manifest.clips) else PLAIN_FORMAT


def _manifest(data: dict[str, Any]) -> Manifest:
    fields = {key: value for key, value in data.items() if key != "format"}
    fields["clips"] = tuple(_clip(clip) for clip in data["clips"])
    fields["skipped"] = tuple(Skipped(**skipped) for skipped in data["skipped"])
    return Manifest(**fields)


def _clip(data: dict[str, Any]) -> Clip:
    stimuli = {name: Stimulus(**stimulus) for name, stimulus in data["stimuli"].items()}
    silent = SilentFile(**data["silent"]) if data.get("silent") else None
    return Clip(**{**data, "stimuli": stimuli, "silent": silent})

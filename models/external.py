"""A folder of ready-made sounds as a variant: any later system's outputs, without writing code.

``DIR`` holds one file per video, named ``<video id>.wav``, whose time 0 is the video's start, or one per
clip, named ``<clip id>.wav``, whose middle is the clip's impact. Names may end in what other systems
append (`ENDINGS`); of several files for one thing the first kind of `SUFFIXES` is taken. Only the sound
is used, so that no video codec tells which variant it was.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.backend import Clip, Privilege, Sound
from models.errors import ModelsError
from models.registry import ORDER
from models.sound import SAMPLE_RATE, WINDOW_IMPACT, WINDOW_SAMPLES
from models.video import CLIP_S, read_sound

SUFFIXES = (".wav", ".flac", ".mp4", ".m4a", ".mp3", ".ogg")  # best first
ENDINGS = ("_generated", "_with_audio")  # appended by HunyuanVideo-Foley
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
# A clip's pictures stand off the impact by up to half a frame, and at 25 Hz last 13 frames: 0.28 s on
# either side are wanted.
REACH_S = CLIP_S / 2 + 0.03
SHORTEST_S = CLIP_S - 0.05  # of a file per clip; some systems cut to whole frames of their own
KEPT = 4  # decoded files held in memory; clips come video by video


class ExternalSounds:
    """Sounds that somebody else made, cut at each clip's impact.

    Parameters
    ----------
    name : str
        The variant's name: lower-case letters, digits and hyphens, none of the paper's names.
    folder : Path
        Where the files lie.

    Raises
    ------
    ModelsError
        If the name can't be used or the folder holds no sound.
    """

    privileges: ClassVar[frozenset[Privilege]] = frozenset()

    def __init__(self, name: str, folder: Path) -> None:
        _check_name(name)
        self.name, self.folder = name, folder
        self._files = _sound_files(folder)
        self._decoded: OrderedDict[Path, NDArray[np.float32]] = OrderedDict()

    def covers(self, video_id: str, impact_s: float, *, clip_id: str | None = None) -> bool:
        """Tell whether there is a sound for the whole of a clip.

        Parameters
        ----------
        video_id : str
            The recording.
        impact_s : float
            Time of the impact in it (s).
        clip_id : str, optional
            The clip's name, where there may be a file per clip.
        """
        return self._cut(video_id, impact_s, clip_id) is not None

    def synthesize(self, clips: Sequence[Clip]) -> list[Sound | None]:
        """Cut each clip's sound out of its file; None where no file covers it."""
        return [self._cut(clip.video_id, clip.impact_s, clip.id) for clip in clips]

    def _cut(self, video_id: str, impact_s: float, clip_id: str | None) -> Sound | None:
        if clip_id is not None and clip_id in self._files:
            return self._whole(self._files[clip_id])
        path = self._files.get(video_id)
        return None if path is None else self._slice(path, impact_s)

    def _whole(self, path: Path) -> Sound | None:
        waveform = self._waveform(path)
        duration_s = len(waveform) / SAMPLE_RATE
        return _sound(waveform, duration_s / 2, path) if duration_s >= SHORTEST_S else None

    def _slice(self, path: Path, impact_s: float) -> Sound | None:
        waveform = self._waveform(path)
        impact, reach = round(impact_s * SAMPLE_RATE), round(REACH_S * SAMPLE_RATE)
        if impact < reach or impact + reach > len(waveform):
            return None
        start = max(impact - WINDOW_IMPACT, 0)
        window = waveform[start : impact - WINDOW_IMPACT + WINDOW_SAMPLES]
        return _sound(window, (impact - start) / SAMPLE_RATE, path)

    def _waveform(self, path: Path) -> NDArray[np.float32]:
        if path not in self._decoded:
            self._decoded[path] = read_sound(path)
            while len(self._decoded) > KEPT:
                self._decoded.popitem(last=False)
        self._decoded.move_to_end(path)
        return self._decoded[path]


def external_sounds(option: str) -> ExternalSounds:
    """Read what people write on the command line: ``NAME=DIR``.

    Raises
    ------
    ModelsError
        If it has no such form, or `ExternalSounds` can't use it.
    """
    name, equals, folder = option.partition("=")
    if not (name and equals and folder):
        raise ModelsError(f"external variant is {option!r}; expected NAME=DIR, as syncfusion=outputs/")
    return ExternalSounds(name, Path(folder))


def _sound(waveform: NDArray[np.float32], impact_s: float, path: Path) -> Sound:
    return Sound(
        waveform=waveform.copy(),
        sample_rate=SAMPLE_RATE,
        impact_s=impact_s,
        source={"file": path.name},
    )


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise ModelsError(
            f"external variant is named {name!r}; expected lower-case letters, digits and hyphens"
        )
    if name in (*ORDER, "real"):
        raise ModelsError(f"external variant is named {name!r}, which is taken; choose another name")


def _sound_files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise ModelsError(f"no folder {folder}; give the folder that holds the ready-made sounds")
    paths = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()]
    if not paths:
        raise ModelsError(
            f"no sound in {folder}; expected one file per video, <video id>.wav, or per clip, "
            f"<clip id>.wav (or {' '.join(SUFFIXES[1:])})"
        )
    files: dict[str, Path] = {}
    for path in sorted(paths, key=_preference):
        files.setdefault(_stem(path), path)
    return files


def _preference(path: Path) -> tuple[int, int, str]:
    """Order files: the plain name before one with an ending, the best kind first."""
    return (len(path.stem) - len(_stem(path)), SUFFIXES.index(path.suffix.lower()), path.name)


def _stem(path: Path) -> str:
    for ending in ENDINGS:
        if path.stem.endswith(ending):
            return path.stem.removesuffix(ending)
    return path.stem

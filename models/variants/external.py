"""A folder of ready-made sounds as a variant: any later system's outputs, without writing code.

``DIR`` holds one file per video, named ``<video id>.wav``, whose time 0 is the video's start, or one per
clip, named ``<clip id>.wav``, whose middle is the clip's impact; `variants.imports` says what other
names and ``map.csv`` tell. Only the sound is used, at its own level: no video codec may give away which
variant it is.
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
from models.sounds.sound import SAMPLE_RATE, WINDOW_IMPACT, WINDOW_SAMPLES
from models.variants.import_map import Piece
from models.variants.imports import check_folder, read_folder
from models.variants.registry import ORDER
from models.videos.dataset import Dataset
from models.videos.video import CLIP_S, read_sound

NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
# A clip's pictures stand off the impact by up to half a frame, and at 25 Hz last 13 frames: 0.28 s on
# either side are wanted.
REACH_S = CLIP_S / 2 + 0.03
SHORTEST_S = CLIP_S - 0.05  # of a file per clip; some systems cut to whole frames of their own
KEPT = 2  # videos whose decoded files are held in memory; clips come video by video


class ExternalSounds:
    """Sounds that somebody else made, cut at each clip's impact.

    Parameters
    ----------
    name : str
        The variant's name: lower-case letters, digits and hyphens, none of the paper's names.
    folder : Path
        Where the files lie.
    dataset : Dataset
        The recordings that they are for.

    Raises
    ------
    ModelsError
        If the name can't be used or the folder has nothing for this dataset, see `imports`.
    """

    privileges: ClassVar[frozenset[Privilege]] = frozenset()

    def __init__(self, name: str, folder: Path, dataset: Dataset) -> None:
        _check_name(name)
        self.name, self.folder = name, folder
        self._sources = read_folder(folder, dataset)
        self._decoded: OrderedDict[str, dict[Path, NDArray[np.float32]]] = OrderedDict()

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
        own = self._sources.clips.get(clip_id or "")
        if own is not None and own.offset_s is None:
            return self._whole(own, video_id)
        pieces = self._sources.videos.get(video_id, ()) if own is None else (own,)
        if not pieces:
            return None
        margins = [self._margin(piece, video_id, impact_s) for piece in pieces]
        best = margins.index(max(margins))  # stretches may overlap
        return self._slice(pieces[best], video_id, impact_s)

    def _whole(self, piece: Piece, video_id: str) -> Sound | None:
        waveform = self._waveform(piece, video_id)
        duration_s = len(waveform) / SAMPLE_RATE
        return self._sound(waveform, duration_s / 2, piece) if duration_s >= SHORTEST_S else None

    def _slice(self, piece: Piece, video_id: str, impact_s: float) -> Sound | None:
        if self._margin(piece, video_id, impact_s) < round(REACH_S * SAMPLE_RATE):
            return None
        impact = _sample(impact_s, piece)
        start = max(impact - WINDOW_IMPACT, 0)
        stop = impact - WINDOW_IMPACT + WINDOW_SAMPLES
        window = self._waveform(piece, video_id)[start:stop]
        return self._sound(window, (impact - start) / SAMPLE_RATE, piece)

    def _margin(self, piece: Piece, video_id: str, impact_s: float) -> int:
        """Count the samples from an impact to the nearer end of a file, negative beyond it."""
        impact = _sample(impact_s, piece)
        return min(impact, len(self._waveform(piece, video_id)) - impact) if impact >= 0 else impact

    def _waveform(self, piece: Piece, video_id: str) -> NDArray[np.float32]:
        """Decode a file, once for all clips of a video."""
        decoded = self._decoded.setdefault(video_id, {})
        self._decoded.move_to_end(video_id)
        while len(self._decoded) > KEPT:
            self._decoded.popitem(last=False)
        if piece.path not in decoded:
            decoded[piece.path] = read_sound(piece.path)
        return decoded[piece.path]

    def _sound(self, waveform: NDArray[np.float32], impact_s: float, piece: Piece) -> Sound:
        file = piece.path.relative_to(self.folder).as_posix()
        begins = {} if piece.offset_s is None else {"begins_s": piece.offset_s}
        return Sound(
            waveform=waveform.copy(),
            sample_rate=SAMPLE_RATE,
            impact_s=impact_s,
            source={"file": file, **begins},
        )


def external_option(option: str) -> tuple[str, Path]:
    """Read what people write on the command line: ``NAME=DIR``.

    Raises
    ------
    ModelsError
        If it has no such form, the name can't be used, or there is no such folder.
    """
    name, equals, folder = option.partition("=")
    if not (name and equals and folder):
        raise ModelsError(f"external variant is {option!r}; expected NAME=DIR, as syncfusion=outputs/")
    _check_name(name)
    check_folder(Path(folder))
    return name, Path(folder)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise ModelsError(
            f"external variant is named {name!r}; expected lower-case letters, digits and hyphens"
        )
    if name in (*ORDER, "real"):
        raise ModelsError(f"external variant is named {name!r}, which is taken; choose another name")


def _sample(impact_s: float, piece: Piece) -> int:
    return round((impact_s - (piece.offset_s or 0.0)) * SAMPLE_RATE)

"""The folder that `analysis recognition` reads: one JSON file, and arrays that can be read in parts.

It is a folder and not one archive, because a NumPy file of its own can be opened where it lies: of
35,000 clips' sounds a classifier needs the few thousand that are drawn for it. docs/recognition.md
describes it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
NAME = "recognition.json"
TRAIN, TEST = "train", "test"
ALL = "all"  # an array of which each clip has a row; of "test", only the test clips have one


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledClip:
    """One clip that somebody gave a label; None where a label is missing."""

    id: str
    video: str
    part: str
    time_s: float
    material: str | None
    action: str | None
    reaction: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoFacts:
    """One recording: its part of the split, its length (s), its impacts, and where it was taken."""

    id: str
    part: str
    duration_s: float
    n_impacts: int
    scene: str | None


class FolderWriter:
    """Writes the folder: arrays one by one, then the facts.

    Parameters
    ----------
    folder : Path
        An empty one, as `models.files.new_folder` gives it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._arrays: list[dict[str, Any]] = []

    def write(self, name: str, parts: Iterable[NDArray[np.float32]], *, rows: str, **facts: Any) -> None:
        """Write an array in half precision.

        Parameters
        ----------
        name : str
            Of the file, and by which it is asked for.
        parts : iterable of ndarray [shape=(n, ...)]
            The array's rows, some at a time; not-a-number where a clip has none.
        rows : {"all", "test"}
            Which clips' they are.
        **facts
            What else is to be known of it, as plain JSON values.
        """
        values = np.concatenate([part.astype(np.float16) for part in parts])
        np.save(self._folder / f"{name}.npy", values, allow_pickle=False)
        self._arrays.append({"name": name, "rows": rows, "shape": list(values.shape), **facts})

    def write_thumbnails(self, thumbnails: Sequence[bytes]) -> None:
        """Write all clips' pictures: JPEG files one behind the other, and where each ends."""
        together = np.frombuffer(b"".join(thumbnails), np.uint8)
        ends = np.cumsum([len(picture) for picture in thumbnails], dtype=np.int64)
        np.save(self._folder / "thumbnails.npy", together, allow_pickle=False)
        np.save(self._folder / "thumbnail_ends.npy", ends, allow_pickle=False)

    def finish(
        self,
        clips: Sequence[LabelledClip],
        videos: Sequence[VideoFacts],
        *,
        facts: Mapping[str, Any],
        unavailable: Mapping[str, str],
    ) -> None:
        """Write the JSON file."""
        data = {
            "format": FORMAT,
            "what": "recognition data",
            **facts,
            "arrays": self._arrays,
            "unavailable": dict(unavailable),
            "videos": [asdict(video) for video in videos],
            "clips": {
                key: [getattr(clip, key) for clip in clips] for key in LabelledClip.__dataclass_fields__
            },
        }
        text = json.dumps(data, indent=None, ensure_ascii=False, allow_nan=False)
        (self._folder / NAME).write_text(text + "\n", encoding="utf-8")

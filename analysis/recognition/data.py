"""The folder that `models recognition-data` writes, opened without the package that wrote it.

Its owner is `models.recognition.folder`, docs/recognition.md describes it. Arrays are opened where they
lie: of 35,000 clips a classifier reads the few thousand that are drawn for it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.inputs.evaluation import without_folders

FORMAT = 1  # of the folders that this version reads
WHAT = "recognition data"
NAME = "recognition.json"
TEST, ALL = "test", "all"
REMEDY = "give the folder that `models recognition-data` wrote"
COLUMNS = ("id", "video", "part", "material", "action", "reaction")

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrayFacts:
    """What an array is.

    Attributes
    ----------
    name : str
        Of its file.
    rows : {"all", "test"}
        Whether each clip has a row in it, or each test clip.
    shape : tuple of int
        Of the whole.
    kind : {"sound", "channels", "sight", "predicted"}
        What it holds.
    n_bands : int or None
        Band-pass filters, of real sounds.
    variant, basis : str
        Of predicted sounds: whose, and whether ``features`` or ``sound``; otherwise empty.
    """

    name: str
    rows: str
    shape: tuple[int, ...]
    kind: str
    n_bands: int | None
    variant: str
    basis: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Video:
    """One recording: its part of the split, length (s), impacts, and scene if it is known."""

    id: str
    part: str
    duration_s: float
    n_impacts: int
    scene: str | None


@dataclass(frozen=True, kw_only=True)
class RecognitionData:
    """Labelled clips with what is heard and seen of them.

    Attributes
    ----------
    folder : Path
        Where it lies.
    dataset, split : str
        The dataset's name, and where its split comes from.
    rate_hz : float
        Steps of a sound a second.
    centres_hz : tuple of float
        Of the usual band-pass filters.
    image_network : dict or None
        Which pretrained network saw the pictures.
    arrays : dict of str to ArrayFacts
        By name.
    unavailable : dict of str to str
        By name of what could not be had: why.
    videos : tuple of Video
        All recordings of the dataset.
    ids, video_ids : ndarray of str [shape=(n,)]
        Of the clips, training clips first.
    is_test : ndarray of bool [shape=(n,)]
        Their part of the split.
    labels : dict of str to (ndarray of str [shape=(n,)])
        By material, action, reaction; empty where nobody gave one.
    """

    folder: Path
    dataset: str
    split: str
    rate_hz: float
    centres_hz: tuple[float, ...]
    image_network: dict[str, Any] | None
    arrays: dict[str, ArrayFacts]
    unavailable: dict[str, str]
    videos: tuple[Video, ...]
    ids: NDArray[np.str_]
    video_ids: NDArray[np.str_]
    is_test: NDArray[np.bool_]
    labels: dict[str, NDArray[np.str_]]

    def __len__(self) -> int:
        return len(self.ids)

    def open(self, name: str) -> Floats:
        """Open an array; only what is used is read."""
        try:
            array: Floats = np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise AnalysisError(f"{self.folder / name}.npy can't be read ({error}); {REMEDY}") from None
        if array.shape != self.arrays[name].shape:
            raise AnalysisError(f"{name}.npy is {array.shape}, not {self.arrays[name].shape}; {REMEDY}")
        return array

    def of_kind(self, kind: str) -> tuple[ArrayFacts, ...]:
        """List the arrays of one kind."""
        return tuple(facts for facts in self.arrays.values() if facts.kind == kind)

    def known(self, name: str) -> NDArray[np.bool_]:
        """Tell of which clips an array holds something, bool [shape=(n,)]."""
        array = self.open(name)
        known = np.isfinite(array.reshape(len(array), -1)[:, 0])
        if self.arrays[name].rows == ALL:
            return known
        everywhere = np.zeros(len(self), bool)
        everywhere[self.is_test] = known
        return everywhere

    def rows(self, name: str, clips: NDArray[np.intp]) -> NDArray[np.float32]:
        """Read the rows of some clips, float32 [shape=(n_clips, -1)]."""
        first = 0 if self.arrays[name].rows == ALL else int(np.argmax(self.is_test))
        read = self.open(name)[clips - first]
        return np.asarray(read, np.float32).reshape(len(clips), -1)

    def thumbnail(self, clip: int) -> bytes:
        """Read a clip's middle frame, a JPEG file; empty if it has none."""
        ends = np.load(self.folder / "thumbnail_ends.npy", mmap_mode="r", allow_pickle=False)
        together = np.load(self.folder / "thumbnails.npy", mmap_mode="r", allow_pickle=False)
        start = int(ends[clip - 1]) if clip else 0
        return bytes(together[start : int(ends[clip])].tobytes())


def read(folder: Path) -> RecognitionData:
    """Open a folder that ``models recognition-data`` wrote.

    Raises
    ------
    AnalysisError
        If there is none, it has another format or is damaged, or a video is on both sides of the split.
    """
    path = folder / NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AnalysisError(f"no file {path}; {REMEDY}") from None
    except (OSError, ValueError) as error:
        raise AnalysisError(f"{path} can't be read ({error}); {REMEDY}") from None
    if not isinstance(found, dict) or found.get("what") != WHAT or found.get("format") != FORMAT:
        raise AnalysisError(f"{path} is no recognition data of format {FORMAT}; {REMEDY}")
    try:
        data = _data(folder, found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AnalysisError(f"{path} is damaged ({error!r}); {REMEDY}") from None
    check_split(data.video_ids, data.is_test)
    return data


def check_split(video_ids: NDArray[np.str_], is_test: NDArray[np.bool_]) -> None:
    """Raise `AnalysisError` if a video has clips on both sides of the split."""
    both = sorted(set(video_ids[is_test].tolist()) & set(video_ids[~is_test].tolist()))
    if both:
        names = ", ".join(both[:3])
        raise AnalysisError(
            f"{len(both)} videos are in training and test at once ({names}); split by whole videos"
        )


def _data(folder: Path, found: dict[str, Any]) -> RecognitionData:
    columns = {key: np.array([text or "" for text in found["clips"][key]]) for key in COLUMNS}
    if len({len(column) for column in columns.values()}) != 1:
        raise ValueError("columns of clips differ in length")
    is_test = columns["part"] == TEST
    if np.any(is_test[:-1] & ~is_test[1:]):
        raise ValueError("test clips stand before training clips")
    return RecognitionData(
        folder=folder,
        dataset=str(found["dataset"]),
        split=str(found["split"]),
        rate_hz=float(found["rate_hz"]),
        centres_hz=tuple(float(hertz) for hertz in found["centres_hz"]),
        image_network=found["image_network"],
        arrays={facts["name"]: _facts(facts) for facts in found["arrays"]},
        unavailable={key: without_folders(text) for key, text in found["unavailable"].items()},
        videos=tuple(Video(**video) for video in found["videos"]),
        ids=columns["id"],
        video_ids=columns["video"],
        is_test=is_test,
        labels={kind: columns[kind] for kind in ("material", "action", "reaction")},
    )


def _facts(facts: dict[str, Any]) -> ArrayFacts:
    return ArrayFacts(
        name=str(facts["name"]),
        rows=str(facts["rows"]),
        shape=tuple(facts["shape"]),
        kind=str(facts["kind"]),
        n_bands=facts.get("n_bands"),
        variant=facts.get("variant") or "",
        basis=facts.get("basis") or "",
    )

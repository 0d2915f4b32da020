"""What the dataset holds: classes, videos, lengths, places (Section 3, A2); mean sounds (Fig. 3a)."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.recognition.data import TEST, RecognitionData

PAPER = {"videos": 977, "impacts": 46_577, "impacts a video": 48, "seconds a video": 35,
         "hits": 0.69, "indoor": 0.64}  # fmt: skip
CHUNK = 2048  # clips read at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassCount:
    """Labelled clips of one class: all, those to learn from, those to test with, and their videos."""

    kind: str
    name: str
    n: int
    n_train: int
    n_test: int
    n_videos: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """A dataset in numbers.

    Attributes
    ----------
    n_videos, n_test_videos, n_impacts, n_clips : int
        Recordings, those for testing, impacts, and clips with a label.
    hours : float
        Of all recordings.
    seconds_a_video, impacts_a_video : float
        On average.
    hits : float or None
        Hits as a share of hits and scratches.
    indoor : float or None
        Of videos of which it is known, the share taken indoors.
    n_scenes : int
        Videos of which it is known.
    classes : tuple of ClassCount
        By kind and name.
    """

    n_videos: int
    n_test_videos: int
    n_impacts: int
    n_clips: int
    hours: float
    seconds_a_video: float
    impacts_a_video: float
    hits: float | None
    indoor: float | None
    n_scenes: int
    classes: tuple[ClassCount, ...]


def summary(data: RecognitionData) -> Summary:
    """Count what a dataset holds."""
    n = max(len(data.videos), 1)
    seconds = sum(video.duration_s for video in data.videos)
    n_impacts = sum(video.n_impacts for video in data.videos)
    actions = Counter(data.labels["action"].tolist())
    scenes = Counter(video.scene for video in data.videos if video.scene)
    return Summary(
        n_videos=len(data.videos),
        n_test_videos=sum(video.part == TEST for video in data.videos),
        n_impacts=n_impacts,
        n_clips=len(data),
        hours=seconds / 3600,
        seconds_a_video=seconds / n,
        impacts_a_video=n_impacts / n,
        hits=_share(actions["hit"], actions["scratch"]),
        indoor=_share(scenes["indoor"], scenes["outdoor"]),
        n_scenes=scenes.total(),
        classes=tuple(count for kind in data.labels for count in _classes(data, kind)),
    )


def mean_cochleagrams(data: RecognitionData, kind: str) -> dict[str, NDArray[np.float64]]:
    """Average the real sounds of each class, over training and test clips.

    Returns
    -------
    dict of str to (ndarray of float64 [shape=(n_steps, n_channels)])
        By class, in order of name.
    """
    names, codes = np.unique(data.labels[kind], return_inverse=True)
    shape = data.arrays["sound"].shape[1:]
    sums = np.zeros((len(names), int(np.prod(shape))))
    for start in range(0, len(data), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(data)))
        member = codes[rows][None, :] == np.arange(len(names))[:, None]  # (classes, clips)
        sums += member.astype(np.float32) @ data.rows("sound", rows)
    counts = np.bincount(codes, minlength=len(names))
    means = (sums / counts[:, None]).reshape(len(names), *shape)
    return {str(name): mean for name, mean in zip(names, means, strict=True) if name}


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None


def _classes(data: RecognitionData, kind: str) -> list[ClassCount]:
    labels = data.labels[kind]
    counts = []
    for name in sorted(set(labels.tolist()) - {""}):
        of_class = labels == name
        n, n_test = int(of_class.sum()), int((of_class & data.is_test).sum())
        n_videos = len(set(data.video_ids[of_class].tolist()))
        counts.append(
            ClassCount(kind=kind, name=name, n=n, n_train=n - n_test, n_test=n_test, n_videos=n_videos)
        )
    return counts

"""What a stimulus set is built with, and the seeds that follow from its one seed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stimuli.building.levels import POLICIES
from stimuli.errors import StimuliError
from stimuli.files.aac import BITRATE
from stimuli.manifest import CATCH, REAL

ALL = "all"
PREDICTION, DETECTION, ANNOTATION = "prediction", "detection", "annotation"
"""The paper's two tasks (Section 6.1): clips centred on an impact, or longer ones that are not; and ours
of labelling silent clips."""

DETECTION_CLIP_S = 3.0  # s; long enough for several impacts, short enough to watch twice
SILENT_CLIP_S = 2.0  # s; time to see what comes to the impact and what follows from it
CLIPS_PER_VIDEO = 15  # "up to 15 impact-centered clips from each full-length video" (Section 6.2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The options of a build.

    Attributes
    ----------
    models : tuple of str
        Variants by name; ``("all",)`` stands for every one that can run on the dataset.
    externals : dict of str to Path
        Folders of ready-made sounds, by the name of the variant that they become.
    clips_per_video : int
        Most clips of a video.
    seed : int
        What all sampling and synthesis starts from.
    level : str
        ``keep`` or ``match``, see `stimuli.building.levels`.
    bitrate : int
        Of the coded sound (bit/s).
    common_clips : bool
        Sample only clips that every external variant has a sound for.
    catch : bool
        Give one clip of each video catch sounds, see `stimuli.building.catch`.
    backbone : str
        Image network, see `models.networks.backbones`.
    image_size : int or None
        Side of the pictures that it is given (pixels); None for the network's own.
    checkpoints : Path or None
        Folder that `models train` wrote; None for the cache's own.
    device : str
        ``cpu``, ``cuda`` or ``auto``.
    workers : int
        Processes that decode and encode; changes nothing in the result.
    cluster : str or None
        Address of a Dask scheduler whose workers do it instead, see `models.pool.Pool`.
    cache : Path or None
        Folder for features and exemplars; None for the user's own.
    task : str
        ``prediction``, or ``detection``: longer clips with an impact anywhere in their middle half,
        whose sounds the detection model makes.
    clip_s : float
        Length of the detection task's clips (s).
    """

    models: tuple[str, ...] = (ALL,)
    externals: Mapping[str, Path] = field(default_factory=dict)
    clips_per_video: int = CLIPS_PER_VIDEO
    seed: int = 0
    level: str = "keep"
    bitrate: int = BITRATE
    common_clips: bool = False
    catch: bool = True
    backbone: str = "efficientnet-lite0"
    image_size: int | None = None
    checkpoints: Path | None = None
    device: str = "auto"
    workers: int = 1
    cluster: str | None = None
    cache: Path | None = None
    task: str = PREDICTION
    clip_s: float = DETECTION_CLIP_S

    def __post_init__(self) -> None:
        if self.level not in POLICIES:
            raise StimuliError(f"no level policy {self.level!r}; available: {', '.join(POLICIES)}")
        if self.clips_per_video < 1 or self.workers < 1:
            raise StimuliError("clips per video and workers must be 1 or more")
        if not 32_000 <= self.bitrate <= 256_000:
            raise StimuliError(f"a bitrate of {self.bitrate} bit/s; give 32000 to 256000")
        if self.task not in (PREDICTION, DETECTION):
            raise StimuliError(f"no task {self.task!r}; available: {PREDICTION}, {DETECTION}")
        if not 1 <= self.clip_s <= 30:
            raise StimuliError(f"clips of {self.clip_s} s; give 1 to 30")
        if self.task == DETECTION and self.externals:
            raise StimuliError("external sounds are cut to half a second; leave --external out")
        self._check_names()

    def _check_names(self) -> None:
        names = [*self.models, *self.externals]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise StimuliError(f"the variant {twice[0]!r} is asked for twice; name it once")
        for name in (REAL, *CATCH, ALL):
            if name in (names if name != ALL else self.externals):
                raise StimuliError(f"{name!r} can't be the name of a variant; choose another")
        if ALL in self.models and len(self.models) > 1:
            raise StimuliError("'all' stands for every variant; give it alone or give names")
        if self.common_clips and not self.externals:
            raise StimuliError("common clips are those of the external variants; give --external too")

    def shaping(self) -> dict[str, Any]:
        """Return the options that shape the set, as plain JSON values: what the manifest records."""
        return {
            "models": list(self.models),
            "externals": sorted(self.externals),
            "clips_per_video": self.clips_per_video,
            "level": self.level,
            "bitrate": self.bitrate,
            "common_clips": self.common_clips,
            "catch": self.catch,
            "backbone": self.backbone,
            "image_size": self.image_size,
            "device": self.device,
            **({"task": self.task, "clip_s": self.clip_s} if self.task == DETECTION else {}),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class SilentOptions:
    """The options of a set that is to be annotated.

    Attributes
    ----------
    clips_per_video : int
        Most clips of a video; 0 for all its impacts.
    clip_s : float
        Length of a clip (s), 0.5 to 30; shorter at the ends of a video.
    seed : int
        What the sampling starts from.
    workers : int
        Processes; changes nothing in the result.
    cluster : str or None
        Address of a Dask scheduler whose workers do it instead, see `models.pool.Pool`.
    """

    clips_per_video: int = CLIPS_PER_VIDEO
    clip_s: float = SILENT_CLIP_S
    seed: int = 0
    workers: int = 1
    cluster: str | None = None

    def __post_init__(self) -> None:
        if self.clips_per_video < 0 or self.workers < 1:
            raise StimuliError(
                f"{self.clips_per_video} clips per video and {self.workers} workers; give 1 or more (0 "
                "clips for all)"
            )
        if not 0.5 <= self.clip_s <= 30:
            raise StimuliError(f"clips of {self.clip_s} s; give 0.5 to 30")

    def shaping(self) -> dict[str, Any]:
        """Return the options that shape the set, as plain JSON values: what the manifest records."""
        return {
            "task": ANNOTATION,
            "clips_per_video": self.clips_per_video,
            "clip_s": self.clip_s,
        }


DEFAULTS, SILENT_DEFAULTS = Options(), SilentOptions()


def derived_seed(*parts: object) -> int:
    """Make a seed from what names its use: equal names give equal seeds, others unrelated ones.

    Returns
    -------
    int
        From 0 to 2**63 - 1.
    """
    text = "\n".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def derived_rng(*parts: object) -> np.random.Generator:
    """Make a generator of chance from what names its use, see `derived_seed`."""
    return np.random.default_rng(derived_seed(*parts))

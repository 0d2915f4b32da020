"""What a backend is built from: the dataset, the machine, and the things that all backends share."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from models.pool import Pool
from models.progress import Report
from models.videos.dataset import Dataset

if TYPE_CHECKING:
    from models.clips.exemplars import ExemplarBank
    from models.clips.features import ClipFeatures
    from models.networks.backbones import Backbone
    from models.variants.predicted import Predictors

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Context:
    """A dataset and how to work on it; what is expensive is made on first use and kept.

    Attributes
    ----------
    dataset : Dataset
        Its training videos are what a variant may learn from.
    cache : Path
        Folder for features, cochleagrams and exemplars.
    backbone : str
        Name of the image network, see `models.networks.backbones`.
    image_size : int or None
        Side of the square that pictures are resized to for it (pixels); None for the network's own,
        which is the same on every device.
    device : str
        A torch device, ``cpu`` or ``cuda``.
    workers : int
        Processes for decoding.
    cluster : str or None
        Address of a Dask scheduler whose workers decode instead, see `models.pool.Pool`.
    progress : callable or None
        Told how far long steps have come.
    checkpoints : Path or None
        Folder that holds a folder of each trained network; None for ``checkpoints`` in the cache.
    """

    dataset: Dataset
    cache: Path
    backbone: str = "efficientnet-lite0"
    image_size: int | None = None
    device: str = "cpu"
    workers: int = 1
    cluster: str | None = None
    progress: Report | None = None
    checkpoints: Path | None = None

    def each(
        self, function: Callable[[Item], Result], items: Sequence[Item], what: str
    ) -> Iterator[tuple[Item, Result]]:
        """Apply a function to items, in order, in worker processes, and tell how many are done.

        Parameters
        ----------
        function : callable
            Sent to the processes, with what it needs.
        items : sequence
            A few of them are worked on ahead of the one that is asked for.
        what : str
            What is being done, for `progress`.

        Yields
        ------
        tuple
            Each item with its result.
        """
        with Pool(self.workers, cluster=self.cluster) as pool:
            results = zip(items, pool.map(function, items), strict=True)
            for done, pair in enumerate(results, start=1):
                yield pair
                if self.progress is not None:
                    self.progress(what, done, len(items))

    @property
    def checkpoint_folder(self) -> Path:
        """Where the trained networks lie."""
        return self.checkpoints or default_checkpoints(self.cache)

    @cached_property
    def image_network(self) -> "Backbone":
        """The image network that `backbone` names, with its weights."""
        from models.networks.backbones import load_backbone  # torch is loaded only where it is used

        return load_backbone(self.backbone, image_size=self.image_size, device=self.device)

    @cached_property
    def clip_features(self) -> "ClipFeatures":
        """Features of test clips, shared by all variants."""
        from models.clips.features import ClipFeatures  # it needs scipy

        return ClipFeatures(self.image_network)

    @cached_property
    def exemplars(self) -> "ExemplarBank":
        """The training set's centred clips: waveforms, cochleagrams, features, labels."""
        from models.clips.exemplars import load_exemplars  # torch is loaded only where it is used

        return load_exemplars(self)

    @cached_property
    def predictors(self) -> "Predictors":
        """The trained networks, and what they said of clips, shared by all variants."""
        from models.variants.predicted import Predictors  # torch is loaded only where it is used

        return Predictors(self)


def default_cache() -> Path:
    """Return the user's own cache folder for this project."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "visually-indicated-sounds"


def default_checkpoints(cache: Path) -> Path:
    """Return where trained networks lie unless the user says otherwise."""
    return cache / "checkpoints"

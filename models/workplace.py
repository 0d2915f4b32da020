"""Where work goes on: the dataset, the machine, the folders, the image network."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from models.networks import backbones
from models.pool import Pool
from models.progress import Report
from models.videos.dataset import Dataset

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """A dataset and how to work on it.

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
    backbone: str = backbones.DEFAULT
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
    def image_network(self) -> backbones.Backbone:
        """The image network that `backbone` names, with its weights."""
        return backbones.load_backbone(self.backbone, image_size=self.image_size, device=self.device)


def default_cache() -> Path:
    """Return the user's own cache folder for this project."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "visually-indicated-sounds"


def default_checkpoints(cache: Path) -> Path:
    """Return where trained networks lie unless the user says otherwise."""
    return cache / "checkpoints"

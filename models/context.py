"""What a backend is built from: the dataset, the machine, and the things that all backends share."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from models.dataset import Dataset

if TYPE_CHECKING:
    from models.exemplars import ExemplarBank


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
        Name of the image network, see `models.backbones`.
    device : str
        A torch device, ``cpu`` or ``cuda``.
    workers : int
        Processes for decoding.
    """

    dataset: Dataset
    cache: Path
    backbone: str = "efficientnet-lite0"
    device: str = "cpu"
    workers: int = 1

    @cached_property
    def exemplars(self) -> "ExemplarBank":
        """The training set's centred clips: waveforms, cochleagrams, features, labels."""
        from models.exemplars import load_exemplars  # torch is loaded only where it is used

        return load_exemplars(self)

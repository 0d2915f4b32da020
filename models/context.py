"""What a backend is built from: a workplace, and the things that all backends share."""

from dataclasses import dataclass
from functools import cached_property

from models.clips.exemplars import ExemplarBank, load_exemplars
from models.clips.features import ClipFeatures
from models.clips.predictions import Predictors
from models.workplace import Workplace


@dataclass(frozen=True, kw_only=True)
class Context(Workplace):
    """A dataset and how to work on it; what is expensive is made on first use and kept.

    Its attributes are those of `models.workplace.Workplace`.
    """

    @cached_property
    def exemplars(self) -> ExemplarBank:
        """The training set's centred clips: waveforms, cochleagrams, features, labels."""
        return load_exemplars(self, self.dataset.train)

    @cached_property
    def clip_features(self) -> ClipFeatures:
        """Features of test clips, shared by all variants."""
        return ClipFeatures(self.image_network)

    @cached_property
    def predictors(self) -> Predictors:
        """The trained networks, and what they said of clips, shared by all variants."""
        return Predictors(self)

"""The features that an image network sees in clips."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.backend import Clip
from models.networks.backbones import Backbone
from models.videos.frames import clip_images

MEMORY = 16_384  # feature vectors kept: 84 MB of efficientnet-lite0's, 268 MB of alexnet's


class ClipFeatures:
    """The features of clips' impact frames, each image seen once however many variants ask for it.

    Parameters
    ----------
    network : Backbone
        What sees the images.
    """

    def __init__(self, network: Backbone) -> None:
        self._network = network
        self._known: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    def colour(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Compute features of the colour images, float32 [shape=(n_clips, n_features)]."""
        return self._features([self._images(clip)[0] for clip in clips])

    def spacetime(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Compute features of the spacetime images, float32 [shape=(n_clips, n_features)]."""
        return self._features([self._images(clip)[1] for clip in clips])

    def _images(self, clip: Clip) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return clip_images(clip.frames, clip.impact_frame, size=self._network.image_size)

    def _features(self, images: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        keys = [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images]
        new = {key: image for key, image in zip(keys, images, strict=True) if key not in self._known}
        if new:
            computed = self._network.features(np.stack(list(new.values())))
            self._known.update(zip(new, computed, strict=True))
        features = np.stack([self._known[key] for key in keys])
        while len(self._known) > MEMORY:
            self._known.popitem(last=False)
        return features

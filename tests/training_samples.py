"""Clip sets for tests of training: what is seen says when and how loud, and sounds obey."""

import numpy as np

from models.clips.clipset import ClipSet
from models.networks.network import NetworkConfig

CONFIG = NetworkConfig(n_inputs=12, n_features=16, hidden=24)


def sample_clips(n_videos: int = 4, per_video: int = 6, *, seed: int = 0) -> ClipSet:
    """Clips whose maps jump at the impact by their force, and say all the time how high they sound."""
    rng = np.random.default_rng(seed)
    n = n_videos * per_video
    force, high = rng.uniform(0.5, 1.5, n), np.arange(n) % 2
    frames = 0.05 * rng.standard_normal((n, 15, 12))
    first = 0.05 * rng.standard_normal((n, 12))
    frames[:, 7:10, 0] += force[:, None]
    frames[:, :, 1] += high[:, None]
    first[:, 1] += high
    decay = np.exp(-np.arange(23) / 6)
    channels = np.arange(42)
    centres = np.where(high == 1, 30, 12)[:, None]
    shape = np.exp(-(((channels - centres) / 6) ** 2))
    sounds = np.full((n, 45, 42), 0.04)
    sounds[:, 22:] += 0.3 * force[:, None, None] * decay[:, None] * shape[:, None]
    ids = tuple(f"v{row // per_video}@{row}" for row in range(n))
    return ClipSet(
        ids=ids,
        video_ids=tuple(name.partition("@")[0] for name in ids),
        cochleagrams=sounds.astype(np.float32),
        frames=frames.astype(np.float16),
        first=first.astype(np.float16),
    )

"""What the author of a backend tests: the contract, by `check_backend`, and what the backend is for."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from tone_from_motion import ToneFromMotion

from models.backend import Clip
from models.conformance import check_backend, example_clips
from models.context import Context
from models.videos.dataset import Dataset


@pytest.fixture
def backend(tmp_path: Path) -> ToneFromMotion:
    """Build it for a dataset without videos, which is enough for one that learns nothing."""
    nothing = Dataset(root=tmp_path, train=(), test=(), split="files")
    return ToneFromMotion(Context(dataset=nothing, cache=tmp_path))


def test_it_keeps_the_contract(backend: ToneFromMotion):
    """One line finds what a build would stumble over."""
    check_backend(backend)


def test_more_motion_is_louder(backend: ToneFromMotion):
    """Mix a moving clip with its own middle picture: the less of it moves, the quieter the tone."""
    moving = example_clips()[0]
    clips = [_moving(moving, share) for share in (0.0, 0.3, 1.0)]
    levels = [float(np.abs(sound.waveform).max()) for sound in backend.synthesize(clips)]
    assert 0 < levels[0] < levels[1] < levels[2] < 1


def _moving(clip: Clip, share: float) -> Clip:
    still = clip.frames[clip.impact_frame]
    mixed = share * clip.frames + (1 - share) * still
    return dataclasses.replace(clip, frames=np.round(mixed).astype(np.uint8))

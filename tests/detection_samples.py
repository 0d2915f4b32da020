"""A detection model that was hardly trained, on tiny recordings, for tests of detecting and dubbing."""

from pathlib import Path

import pytest
import torch
from media_samples import small_backbone, write_dataset

import models.networks.backbones
from models.context import Context
from models.detection.training import DETECTORS, train_detectors
from models.training.plans import TrainOptions
from models.training.trainings import NetworkOptions, TrainRequest
from models.training.workers import Team
from models.videos.dataset import read_dataset

CLICKS_S = (0.7, 1.3, 1.9, 2.6)
FIT = TrainOptions(epochs=3, batch=4, optimizer="adam", learning_rate=0.003, clip_norm=1000, epsilon=3.0)


def trained_context(root: Path) -> Context:
    """Write recordings of white squares that jump when it clicks, and train both detectors on them."""
    torch.set_num_threads(1)
    write_dataset(root, clicks_s=CLICKS_S, seconds=3.4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.networks.backbones, "load_backbone", small_backbone)
        context = Context(dataset=read_dataset(root), cache=root / "cache", backbone="small")
        request = TrainRequest(fit=FIT, shape=NetworkOptions(dense_features=16))
        team = Team(rank=0, size=1, device="cpu")
        out = context.cache / "checkpoints"
        train_detectors(context, list(DETECTORS), out, team=team, request=request)
    return context

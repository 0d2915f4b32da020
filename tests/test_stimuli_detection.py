from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from detection_samples import CLICKS_S, trained_context
from media_samples import small_backbone

import models.networks.backbones
from models.context import Context
from stimuli import manifest
from stimuli.building.options import DETECTION, Options
from stimuli.building.sampling import uncentred
from stimuli.checking.check import check
from stimuli.cli import main
from stimuli.errors import StimuliError


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(models.networks.backbones, "load_backbone", small_backbone)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return trained_context(tmp_path_factory.mktemp("dataset"))


def build(context: Context, out: Path, *more: str) -> Result:
    places = ("--dataset", f"{context.dataset.root}", "--cache", f"{context.cache}", "--out", f"{out}")
    return CliRunner().invoke(main, ["build", "--task", "detection", *places, *more])


def test_longer_clips_are_paired_with_the_detection_models_sounds(
    context: Context, tmp_path: Path
) -> None:
    out = tmp_path / "set"
    given = ("--clip-seconds", "1.2", "--clips-per-video", "3", "--backbone", "small")
    built = build(context, out, *given, "--device", "cpu", "--workers", "1")
    assert built.exit_code == 0, built.output
    result = manifest.read(out)
    assert (result.options["task"], result.options["clip_s"]) == ("detection", 1.2)
    assert list(result.variants) == ["detection", "detection-parametric"]
    assert len(result.clips) == 3
    for clip in result.clips:
        assert clip.n_frames == 35
        assert "detection-parametric" in clip.variants
        assert any(clip.start_s < click < clip.start_s + clip.duration_s for click in CLICKS_S)
    middles = np.array([clip.impact_s for clip in result.clips])
    assert np.abs(middles[:, None] - CLICKS_S).min(axis=1).max() > 0.02  # not centred
    assert check(out).findings == ()


def test_middles_stay_within_a_quarter_of_the_clip() -> None:
    moved = uncentred([5.0] * 2000, clip_s=4.0, rng=np.random.default_rng(0))
    assert 4.0 <= min(moved) < 4.05
    assert 5.95 < max(moved) <= 6.0


def test_what_the_detection_task_can_not_do_is_refused(context: Context, tmp_path: Path) -> None:
    with pytest.raises(StimuliError, match="cut to half a second"):
        Options(task=DETECTION, externals={"other": tmp_path})
    with pytest.raises(StimuliError, match="no task"):
        Options(task="recognition")
    assert "task" not in Options().shaping()
    failed = build(context, tmp_path / "set", "--models", "full")
    assert failed.exit_code == 1
    assert "has no variant 'full'; available: detection" in failed.output

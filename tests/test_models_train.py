import dataclasses
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from training_samples import CONFIG, sample_clips

import models.training.train
from models.errors import ModelsError
from models.files import write_json
from models.networks.checkpoints import read_checkpoint
from models.networks.loss import EPSILON
from models.training.curves import draw_curves
from models.training.plans import Epoch, Plan, TrainOptions, validation_mask
from models.training.train import fit
from models.training.workers import Team, team

ALONE = Team(rank=0, size=1, device="cpu")
FAST = TrainOptions(epochs=4, batch=8, optimizer="adam", learning_rate=0.005, clip_norm=1000)
PLAN = Plan(variant="full", config=CONFIG, options=FAST)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def with_options(plan: Plan = PLAN, **changes: object) -> Plan:
    return dataclasses.replace(plan, options=dataclasses.replace(plan.options, **changes))


def losses(folder: Path) -> list[tuple[float, float]]:
    history = json.loads((folder / "resume.json").read_text())["history"]
    return [(epoch["train_loss"], epoch["validation_loss"]) for epoch in history]


def test_two_videos_are_learned_by_heart(tmp_path: Path) -> None:
    clips = sample_clips(2, 4)
    plan = with_options(epochs=150, validation_share=0.0, epsilon=1.0, learning_rate=0.01)
    checkpoint = fit(plan, clips, tmp_path, team=ALONE)
    assert checkpoint is not None
    per_step = checkpoint.training["best_loss"] / 45
    error = math.sqrt(math.exp(per_step) - EPSILON)  # the geometric mean's distance, see Equation 4
    spread = clips.cochleagrams.reshape(-1, 42).std(axis=0)
    assert error < 0.25 * float(np.linalg.norm(spread))
    predicted = checkpoint.network().cochleagrams(*map(torch.from_numpy, (clips.frames, clips.first)))
    loudness = np.linalg.norm(predicted.detach().numpy(), axis=2).max(axis=1)
    true = np.linalg.norm(clips.cochleagrams, axis=2).max(axis=1)
    assert np.corrcoef(loudness, true)[0, 1] > 0.95


def test_sgd_with_momentum_lowers_the_papers_loss(tmp_path: Path) -> None:
    plan = with_options(optimizer="sgd", learning_rate=0.01, clip_norm=10.0, epochs=15)
    fit(plan, sample_clips(), tmp_path, team=ALONE)
    train = [loss for loss, _ in losses(tmp_path)]
    assert train[-1] < train[0] - 20


def test_the_same_seed_gives_the_same_losses_and_another_seed_others(tmp_path: Path) -> None:
    clips = sample_clips()
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        fit(with_options(seed=seed), clips, tmp_path / name, team=ALONE)
    assert losses(tmp_path / "a") == losses(tmp_path / "b")
    assert losses(tmp_path / "a") != losses(tmp_path / "c")


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_resumed_training_has_the_losses_of_one_that_never_stopped(
    tmp_path: Path, optimizer: str
) -> None:
    clips = sample_clips()
    plan = with_options(optimizer=optimizer, input_noise=0.5, epsilon=1.0)
    fit(plan, clips, tmp_path / "whole", team=ALONE)

    def interrupt(epoch: Epoch) -> None:
        if epoch.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(plan, clips, tmp_path / "parts", team=ALONE, report=interrupt)
    assert len(losses(tmp_path / "parts")) == 2
    fit(plan, clips, tmp_path / "parts", team=ALONE, resume=True)
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    whole, parts = (read_checkpoint(tmp_path / name).state for name in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_resuming_with_other_options_is_refused(tmp_path: Path) -> None:
    fit(with_options(epochs=1), sample_clips(), tmp_path, team=ALONE)
    with pytest.raises(ModelsError, match="differs in options"):
        fit(with_options(epochs=2), sample_clips(), tmp_path, team=ALONE, resume=True)


def test_a_loss_that_is_not_finite_ends_clearly_and_keeps_the_last_good_network(tmp_path: Path) -> None:
    clips = sample_clips()
    good = fit(with_options(epochs=1), clips, tmp_path, team=ALONE)
    broken = dataclasses.replace(clips, frames=np.full_like(clips.frames, np.nan))
    with pytest.raises(ModelsError, match=r"loss of full is nan in epoch 1 .* try --learning-rate"):
        fit(with_options(epochs=1), broken, tmp_path, team=ALONE)
    assert good is not None
    assert read_checkpoint(tmp_path).digest == good.digest


def test_running_out_of_memory_names_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*args: object, **kwargs: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(models.training.train, "make_batch", exhaust)
    with pytest.raises(ModelsError, match=r"cpu ran out of memory training full, 8 clips a step"):
        fit(PLAN, sample_clips(), tmp_path, team=ALONE)


def test_another_runtime_error_is_not_taken_for_want_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(models.training.train, "make_batch", fail)
    with pytest.raises(RuntimeError, match="shapes differ"):
        fit(PLAN, sample_clips(), tmp_path, team=ALONE)


def test_training_stops_early_and_keeps_the_best_epoch(tmp_path: Path) -> None:
    plan = with_options(epochs=60, patience=3, learning_rate=0.02)
    checkpoint = fit(plan, sample_clips(seed=3), tmp_path, team=ALONE)
    history = [validation for _, validation in losses(tmp_path)]
    assert checkpoint is not None
    assert len(history) < 60
    assert checkpoint.training["best_epoch"] == int(np.argmin(history)) == len(history) - 4


def test_validation_is_split_by_video() -> None:
    video_ids = tuple(f"v{index % 10}" for index in range(50))
    mask = validation_mask(video_ids, share=0.2)
    held = {name for name, out in zip(video_ids, mask, strict=True) if out}
    kept = {name for name, out in zip(video_ids, mask, strict=True) if not out}
    assert len(held) == 2
    assert not held & kept
    assert not validation_mask(video_ids, share=0.0).any()
    with pytest.raises(ModelsError, match="one training video"):
        validation_mask(("a", "a"), share=0.1)


def test_epsilon_falls_to_the_papers_and_stays() -> None:
    options = TrainOptions(epochs=10, epsilon=1.0)
    epsilons = [options.epsilon_at(epoch) for epoch in range(10)]
    assert epsilons[0] == 1.0
    assert epsilons == sorted(epsilons, reverse=True)
    assert epsilons[options.settled] == pytest.approx(EPSILON)
    assert epsilons[options.settled - 1] > 1.5 * EPSILON
    assert TrainOptions(epochs=10).epsilon_at(0) == pytest.approx(EPSILON)


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"momentum": 1.0}, {"optimizer": "lion"}, {"input_noise": -1.0}]
)
def test_impossible_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ModelsError):
        TrainOptions(**wrong)


def test_without_a_gpu_cuda_is_refused() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ModelsError, match="no device 'cuda' here"), team("cuda"):
        pass


def test_two_processes_train_like_one(tmp_path: Path) -> None:
    """Started by torchrun, with gradients averaged; rounding differs, as sums are in another order."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, torch\n"
        "from pathlib import Path\n"
        "from models.training.workers import team\n"
        "from models.training.train import fit\n"
        "from test_models_train import PLAN, sample_clips\n"
        "torch.set_num_threads(1)\n"
        "with team('cpu') as workers:\n"
        "    checkpoint = fit(PLAN, sample_clips(), Path(sys.argv[1]), team=workers)\n"
        "    assert (checkpoint is not None) == workers.leads\n"
    )
    root = Path(__file__).parents[1]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [*command, str(script), str(tmp_path / "two")],
        cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    fit(PLAN, sample_clips(), tmp_path / "one", team=ALONE)
    np.testing.assert_allclose(losses(tmp_path / "two"), losses(tmp_path / "one"), rtol=1e-3)


def test_learning_curves_are_drawn_with_and_without_validation(tmp_path: Path) -> None:
    falling = dataclasses.asdict(TrainOptions(epochs=2, epsilon=1.0))
    for checked in (-100.0, None):
        history = [{"train_loss": -90.0 - n, "validation_loss": checked} for n in range(3)]
        facts = {"plan": {"options": falling}, "history": history, "best_epoch": 1}
        write_json(tmp_path / f"{checked}" / "resume.json", facts)
        draw_curves(tmp_path / f"{checked}", "full")
        assert (tmp_path / f"{checked}" / "curves.png").read_bytes().startswith(b"\x89PNG")

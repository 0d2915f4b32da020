import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from media_samples import small_backbone, write_dataset

import models.evaluation.testing
import models.networks.backbones
from models.backend import Backend, Sound
from models.cli import main as models_command
from models.commands.evaluate import evaluate as evaluate_command
from models.commands.train import train as train_command
from models.context import Context
from models.errors import ModelsError
from models.evaluation.evaluate import evaluate, write_evaluation
from models.evaluation.gallery import save_gallery
from models.evaluation.testing import read_held_out, sound_cochleagrams
from models.sounds.sound import SAMPLE_RATE, WINDOW_IMPACT
from models.training.plans import TrainOptions
from models.training.trainings import NetworkOptions, TrainRequest, train_variants
from models.training.workers import Team
from models.variants.baselines import RandomImpact, RealMatch
from models.variants.predicted import Full, Parametric
from models.variants.retrieval import ImageMatch
from models.videos.dataset import read_dataset
from stimuli.cli import main as stimuli_command

BACKENDS: dict[str, type[Backend]] = {
    "full": Full,
    "parametric": Parametric,
    "image-match": ImageMatch,
    "random": RandomImpact,
    "real-match": RealMatch,
}


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(models.networks.backbones, "load_backbone", small_backbone)
    monkeypatch.setattr(models.evaluation.testing, "load", lambda name, context: BACKENDS[name](context))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_dataset(tmp_path_factory.mktemp("dataset"))
    (root / "train.txt").write_text("a1\na2\nb1\n")
    (root / "test.txt").write_text("b2\nc1\n")
    return root


@pytest.fixture(scope="module")
def context(dataset: Path) -> Context:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.networks.backbones, "load_backbone", small_backbone)
        context = Context(dataset=read_dataset(dataset), cache=dataset / "cache", backbone="small")
        options = TrainOptions(epochs=2, optimizer="adam", learning_rate=0.003, clip_norm=1000)
        request = TrainRequest(fit=options, shape=NetworkOptions(dense_features=16))
        team = Team(rank=0, size=1, device="cpu")
        train_variants(context, ["full"], context.cache / "checkpoints", team=team, request=request)
    return context


def test_networks_are_scored_on_features_and_sound_others_on_sound(context: Context) -> None:
    scores = evaluate(context, ["full", "random"], n_resamples=100).scores
    assert [(s.variant, s.basis) for s in scores] == [
        ("full", "features"), ("full", "sound"), ("random", "sound"),
    ]  # fmt: skip
    assert {(s.n_clips, s.n_videos) for s in scores} == {(6, 2)}
    assert scores[0].network == scores[1].network != scores[2].network is None


def test_parametric_has_the_features_of_full(context: Context) -> None:
    scores = evaluate(context, ["full", "parametric"], n_resamples=100).scores
    full, parametric = (s for s in scores if s.basis == "features")
    assert full.loudness == parametric.loudness
    assert full.centroid == parametric.centroid


def test_the_same_seed_gives_the_same_evaluation(context: Context) -> None:
    first, second = (evaluate(context, ["random"], seed=4, n_resamples=100) for _ in range(2))
    assert first == second
    assert evaluate(context, ["random"], seed=5, n_resamples=100).scores != first.scores


def test_what_can_not_run_is_named_with_its_reason(context: Context, tmp_path: Path) -> None:
    untrained = dataclasses.replace(context, checkpoints=tmp_path)
    found = evaluate(untrained, ["full", "random"], n_resamples=100)
    assert [score.variant for score in found.scores] == ["random"]
    assert "models train" in found.unavailable["full"]


def test_a_perfect_sound_has_no_error(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    class Perfect:
        privileges = frozenset({"sound"})

        def synthesize(self, clips: list) -> list[Sound]:
            impact_s = WINDOW_IMPACT / SAMPLE_RATE
            return [
                Sound(waveform=clip.waveform, sample_rate=SAMPLE_RATE, impact_s=impact_s)
                for clip in clips
            ]

    monkeypatch.setattr(models.evaluation.testing, "load", lambda name, context: Perfect())
    (score,) = evaluate(context, ["perfect"], n_resamples=100).scores
    assert score.loudness.error.value == pytest.approx(0, abs=1e-8)
    assert score.centroid.r.value == pytest.approx(1)


def test_labels_and_sounds_reach_only_who_is_entitled(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    class Curious(RandomImpact):
        def synthesize(self, clips: list) -> list[Sound | None]:
            seen.extend(clips)
            return super().synthesize(clips)

    monkeypatch.setattr(models.evaluation.testing, "load", lambda name, context: Curious(context))
    evaluate(context, ["curious"], n_resamples=100)
    assert len(seen) == 6
    assert all(clip.material is None and clip.waveform is None for clip in seen)
    assert all(clip.frames.shape[0] == 15 and clip.impact_frame == 7 for clip in seen)
    assert len({clip.seed for clip in seen}) == 6


@pytest.mark.parametrize("rate", [22_050, 48_000, 96_000])
def test_sounds_of_any_rate_are_measured_at_their_impact(rate: int) -> None:
    time = np.arange(rate) / rate
    waveform = np.where(time >= 0.3, np.exp(-20 * (time - 0.3)) * np.sin(2e3 * np.pi * time), 0)
    sound = Sound(waveform=waveform.astype(np.float32), sample_rate=rate, impact_s=0.3)
    (cochleagram,) = sound_cochleagrams([sound])
    energy = np.linalg.norm(cochleagram, axis=1)
    assert 21 <= int(energy.argmax()) <= 24
    assert (np.diff(energy[18:22]) > 0).all()
    assert energy[:18].max() < 0.25 * energy.max()  # in compressed units: the attack is abrupt


def test_a_sound_shorter_than_the_clip_is_followed_by_silence() -> None:
    click = np.ones(400, np.float32)
    (cochleagram,) = sound_cochleagrams([Sound(waveform=click, sample_rate=SAMPLE_RATE, impact_s=0.0)])
    assert cochleagram.shape == (45, 42)
    assert np.linalg.norm(cochleagram, axis=1).argmax() in (21, 22, 23)


def test_the_file_is_plain_json_that_names_its_format(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "out" / "evaluation.json"
    write_evaluation(path, evaluate(context, ["full", "real-match"], n_resamples=100))
    data = json.loads(path.read_text())
    assert (data["format"], data["what"], data["n_videos"]) == (1, "evaluation", 2)
    assert set(data["scores"][0]["loudness"]["error"]) == {"value", "low", "high"}
    assert [path.name] == [item.name for item in path.parent.iterdir()]


def test_a_dataset_without_test_videos_is_refused(context: Context) -> None:
    empty = dataclasses.replace(context.dataset, test=())
    with pytest.raises(ModelsError, match=r"name some in test\.txt"):
        evaluate(dataclasses.replace(context, dataset=empty), ["random"])


def test_predictions_are_drawn_beside_the_truth(context: Context, tmp_path: Path) -> None:
    save_gallery(tmp_path / "predictions.png", Full(context), context, read_held_out(context))
    assert (tmp_path / "predictions.png").stat().st_size > 20_000


def test_the_commands_train_and_evaluate(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.variants.registry.variant_names", lambda: tuple(BACKENDS))
    shared = ["--dataset", str(dataset), "--cache", str(tmp_path / "c"), "--backbone", "small"]
    runner = CliRunner()
    command = [*shared, "--variant", "full", "--epochs", "2", "--optimizer", "adam", "--device", "cpu"]
    done = runner.invoke(train_command, [*command, "--out", str(tmp_path / "networks")])
    assert done.exit_code == 0, done.output
    assert "full" in done.stdout and "epoch   2" in done.stderr
    asked = [*shared, "--checkpoints", str(tmp_path / "networks"), "--out", str(tmp_path / "report")]
    done = runner.invoke(evaluate_command, [*asked, "--resamples", "100", "--device", "cpu"])
    assert done.exit_code == 0, done.output
    assert "real-match" in done.stdout
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "evaluation.json",
        "predictions.png",
    }


def test_a_folder_of_networks_that_is_not_there_is_refused(dataset: Path, tmp_path: Path) -> None:
    asked = ["--dataset", str(dataset), "--out", str(tmp_path / "out"), "--checkpoints", "netwroks"]
    for command, words in ((models_command, ["evaluate", *asked]), (stimuli_command, ["build", *asked])):
        done = CliRunner().invoke(command, words)
        assert done.exit_code == 2
        assert "'netwroks' does not exist" in done.stderr


def test_a_variant_without_a_network_is_refused_by_the_command(dataset: Path, tmp_path: Path) -> None:
    command = ["--dataset", str(dataset), "--cache", str(tmp_path), "--variant", "random"]
    done = CliRunner().invoke(train_command, command)
    assert done.exit_code == 1
    assert "no network is trained" in done.stderr

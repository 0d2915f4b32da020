import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from media_samples import small_backbone, write_dataset

import models.networks.backbones
from models.backend import Clip, Sound
from models.clips.search import nearest_l1
from models.conformance import check_backend, example_clips
from models.context import Context
from models.errors import ModelsError, UnavailableError
from models.evaluation.testing import sound_cochleagrams
from models.networks.checkpoints import read_checkpoint
from models.sounds.sound import CLIP_STEPS, ENVELOPE_HOP
from models.training.plans import TrainOptions
from models.training.trainings import NetworkOptions, TrainRequest, networks_of, train_variants
from models.training.workers import Team
from models.variants.predicted import (
    Full,
    FullMaterial,
    NoRnn,
    NoSpacetime,
    Parametric,
    Predicted,
    Scratch,
)
from models.videos.dataset import read_dataset

VARIANTS = [Full, Scratch, NoSpacetime, NoRnn, Parametric, FullMaterial]
ALONE = Team(rank=0, size=1, device="cpu")
FIT = TrainOptions(epochs=2, batch=8, optimizer="adam", learning_rate=0.003, clip_norm=1000)
SHAPE = NetworkOptions(scratch_side=48, scratch_width=0.06, scratch_features=16, dense_features=16)
REQUEST = TrainRequest(fit=FIT, scratch=FIT, shape=SHAPE)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    torch.set_num_threads(1)
    root = write_dataset(tmp_path_factory.mktemp("dataset"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.networks.backbones, "load_backbone", small_backbone)
        context = Context(dataset=read_dataset(root), cache=root / "cache", backbone="small")
        train_variants(
            context, list(networks_of(["full", "scratch", "no-spacetime", "no-rnn"])),
            root / "cache" / "checkpoints", team=ALONE, request=REQUEST,
        )  # fmt: skip
    return context


@pytest.fixture(autouse=True)
def _small_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.networks.backbones, "load_backbone", small_backbone)


def sample_clips(n: int = 3) -> list[Clip]:
    return list(example_clips(n_clips=n))


def heard(sounds: list[Sound | None]) -> list[Sound]:
    return [sound for sound in sounds if sound is not None]


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_keeps_the_contract(context: Context, variant: type[Predicted]) -> None:
    clips = [dataclasses.replace(clip, material="wood") for clip in sample_clips()]
    check_backend(variant(context), clips)


@pytest.mark.parametrize("variant", VARIANTS)
def test_without_a_checkpoint_the_command_that_makes_it_is_named(
    context: Context, tmp_path: Path, variant: type[Predicted]
) -> None:
    untrained = dataclasses.replace(context, checkpoints=tmp_path / "none")
    with pytest.raises(UnavailableError, match=f"models train --variant {variant.network}"):
        variant(untrained)


def test_networks_differ_by_configuration_alone(context: Context) -> None:
    folder = context.cache / "checkpoints"
    configs = {
        name: read_checkpoint(folder / name).config for name in ("full", "no-rnn", "no-spacetime")
    }
    full = configs["full"]
    assert (full.frames, full.recurrent, full.layers) == ("spacetime", True, 2)
    assert configs["no-rnn"] == dataclasses.replace(full, recurrent=False)
    assert configs["no-spacetime"] == dataclasses.replace(full, frames="colour")


def test_the_exemplar_is_the_nearest_by_l1_to_the_prediction(context: Context) -> None:
    backend, clips = Full(context), sample_clips(4)
    predicted = context.predictors.cochleagrams("full", clips)
    distances = np.abs(context.exemplars.cochleagrams - predicted[:, None]).sum(axis=(2, 3))
    for clip, row, sound in zip(clips, distances, heard(backend.synthesize(clips)), strict=True):
        assert sound.source["exemplar"] == context.exemplars.ids[int(row.argmin())]
        assert sound.source["distance"] == pytest.approx(row.min(), rel=1e-4)
        assert clip.video_id not in context.exemplars.video_ids


def test_a_prediction_that_is_an_exemplar_gives_that_exemplars_sound(context: Context) -> None:
    bank = context.exemplars
    clips = [dataclasses.replace(sample_clips(2)[0], id=name, video_id="new") for name in bank.ids]
    sounds = heard(Full(context).sounds(bank.cochleagrams, clips))
    assert [sound.source["exemplar"] for sound in sounds] == list(bank.ids)
    np.testing.assert_array_equal(sounds[5].waveform, bank.waveform(5))


def test_exemplars_in_another_order_change_no_answer_and_ties_go_to_the_first(context: Context) -> None:
    database = context.exemplars.cochleagrams.reshape(len(context.exemplars), -1)
    queries = context.predictors.cochleagrams("full", sample_clips(4)).reshape(4, -1)
    order = np.random.default_rng(0).permutation(len(database))
    direct, _ = nearest_l1(queries, database)
    permuted, _ = nearest_l1(queries, database[order])
    np.testing.assert_array_equal(order[permuted], direct)
    twice, _ = nearest_l1(queries, np.concatenate([database, database]))
    np.testing.assert_array_equal(twice, direct)


def test_a_clip_of_a_training_video_never_gets_its_own_video(context: Context) -> None:
    clips = [dataclasses.replace(clip, video_id="b1") for clip in sample_clips(4)]
    sounds = heard(Full(context).synthesize(clips))
    assert not any(sound.source["exemplar"].startswith("b1@") for sound in sounds)


def test_the_material_oracle_stays_within_the_material(context: Context) -> None:
    clip = sample_clips(2)[0]
    for material, videos in (("metal", {"b1", "b2"}), ("wood", {"a1", "a2"})):
        asked = dataclasses.replace(clip, material=material)
        (sound,) = heard(FullMaterial(context).synthesize([asked]))
        assert sound.source["exemplar"].partition("@")[0] in videos
    assert FullMaterial(context).synthesize([dataclasses.replace(clip, material=None)]) == [None]
    assert FullMaterial(context).synthesize([dataclasses.replace(clip, material="jelly")]) == [None]


def test_parametric_sound_has_the_predicted_envelopes(context: Context) -> None:
    bank = context.exemplars
    clips = [dataclasses.replace(sample_clips(2)[0], seed=seed) for seed in range(4)]
    sounds = heard(Parametric(context).sounds(bank.cochleagrams[:4], clips))
    assert all(len(sound.waveform) == CLIP_STEPS * ENVELOPE_HOP for sound in sounds)
    back = sound_cochleagrams(sounds)
    for ours, wanted in zip(back, bank.cochleagrams[:4], strict=True):
        assert np.corrcoef(ours[5:40].ravel(), wanted[5:40].ravel())[0, 1] > 0.8
    assert np.abs(back.argmax(axis=1).max() - bank.cochleagrams[:4].argmax(axis=1).max()) <= 2


def test_parametric_noise_follows_the_clips_seed(context: Context) -> None:
    clip = sample_clips(2)[0]
    backend = Parametric(context)
    first, again, other = (
        heard(backend.synthesize([dataclasses.replace(clip, seed=seed)]))[0].waveform
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_variants_share_networks_and_images(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = dataclasses.replace(context)
    counted = []
    original = models.networks.backbones.Backbone.features

    def count(self: models.networks.backbones.Backbone, images: np.ndarray) -> np.ndarray:
        counted.append(len(images))
        return original(self, images)

    monkeypatch.setattr(models.networks.backbones.Backbone, "features", count)
    clips = sample_clips(3)
    for variant in (Full, Parametric, FullMaterial, NoRnn):
        variant(fresh).synthesize(clips)
    assert sum(counted) <= 3 * 16


def test_weights_of_another_backbone_are_refused(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(spec: str, **options: object) -> models.networks.backbones.Backbone:
        return dataclasses.replace(small_backbone(spec, **options), digest="f" * 64)

    monkeypatch.setattr(models.networks.backbones, "load_backbone", other)
    with pytest.raises(UnavailableError, match="train again"):
        Full(dataclasses.replace(context))


def test_each_network_is_trained_once_and_others_are_refused() -> None:
    assert networks_of(["parametric", "no-rnn", "full-material", "full"]) == ("full", "no-rnn")
    with pytest.raises(ModelsError, match="image-match: no network is trained"):
        networks_of(["image-match"])


def test_training_leaves_learning_curves(context: Context) -> None:
    assert (context.cache / "checkpoints" / "scratch" / "curves.png").stat().st_size > 5000

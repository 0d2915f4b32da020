import dataclasses
from collections import Counter

import numpy as np
import pytest
from media_samples import write_dataset
from scipy.spatial.distance import cdist
from scipy.stats import chisquare

from models.backend import Clip
from models.conformance import check_backend, example_clips
from models.context import Context
from models.sounds.cochleagram import clip_cochleagrams
from models.variants.baselines import RandomImpact, RandomMaterial, RealMatch
from models.videos.dataset import read_dataset

BASELINES = [RandomImpact, RandomMaterial, RealMatch]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    root = write_dataset(tmp_path_factory.mktemp("dataset"))
    return Context(dataset=read_dataset(root), cache=root / "cache")


def _clip(**fields) -> Clip:
    return dataclasses.replace(example_clips(n_clips=2)[0], **fields)


def _exemplars(backend, clips: list[Clip]) -> list[str]:
    return [sound.source["exemplar"] for sound in backend.synthesize(clips) if sound]


@pytest.mark.parametrize("baseline", BASELINES)
def test_each_baseline_keeps_the_contract(context: Context, baseline):
    check_backend(baseline(context))


def test_random_draws_every_training_clip_alike(context: Context):
    drawn = Counter(_exemplars(RandomImpact(context), [_clip(seed=seed) for seed in range(2400)]))
    assert set(drawn) == set(context.exemplars.ids)
    assert chisquare(list(drawn.values())).pvalue > 1e-4


def test_random_follows_the_seed_alone(context: Context):
    backend = RandomImpact(context)
    one, other = _exemplars(backend, [_clip(seed=5), _clip(seed=5, id="other", impact_s=2.0)])
    assert one == other


def test_random_never_uses_the_clips_own_video(context: Context):
    drawn = _exemplars(RandomImpact(context), [_clip(seed=seed, video_id="a1") for seed in range(300)])
    assert {name.partition("@")[0] for name in drawn} == {"a2", "b1", "b2"}


def test_random_material_sees_only_the_clips_material(context: Context):
    clips = [_clip(seed=seed, material="metal") for seed in range(100)]
    drawn = _exemplars(RandomMaterial(context), clips)
    assert {name.partition("@")[0] for name in drawn} == {"b1", "b2"}


def test_random_material_has_nothing_without_a_label_or_for_an_unknown_one(context: Context):
    backend = RandomMaterial(context)
    assert backend.synthesize([_clip(material=None), _clip(material="plasma")]) == [None, None]


def test_real_match_finds_the_nearest_training_cochleagram(context: Context):
    bank, clips = context.exemplars, list(example_clips())
    queries = clip_cochleagrams(np.stack([clip.waveform for clip in clips])).numpy()
    distances = cdist(queries.reshape(4, -1), bank.cochleagrams.reshape(len(bank), -1), "cityblock")
    sounds = RealMatch(context).synthesize(clips)
    for sound, row in zip(sounds, distances, strict=True):
        assert sound is not None
        assert sound.source["exemplar"] == bank.ids[int(row.argmin())]
        assert sound.source["distance"] == pytest.approx(row.min(), rel=1e-4)


def test_real_match_finds_a_training_sound_by_itself(context: Context):
    bank = context.exemplars
    clips = [_clip(waveform=bank.waveform(index)) for index in range(len(bank))]
    assert _exemplars(RealMatch(context), clips) == list(bank.ids)


def test_real_match_never_uses_the_clips_own_video(context: Context):
    bank = context.exemplars
    clips = [
        _clip(waveform=bank.waveform(index), video_id=bank.video_ids[index])
        for index in range(len(bank))
    ]
    for name, own in zip(_exemplars(RealMatch(context), clips), bank.video_ids, strict=True):
        assert name.partition("@")[0] != own


def test_real_match_has_nothing_for_a_clip_without_sound(context: Context):
    silent, sounding = _clip(waveform=None), _clip()
    sounds = RealMatch(context).synthesize([silent, sounding])
    assert sounds[0] is None
    assert sounds[1] is not None

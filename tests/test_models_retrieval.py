import dataclasses
from pathlib import Path

import numpy as np
import pytest
from media_samples import small_backbone, write_dataset
from numpy.typing import NDArray

import models.networks.backbones
from models.backend import Clip
from models.conformance import check_backend
from models.context import Context
from models.errors import UnavailableError
from models.sounds.sound import SAMPLE_RATE, WINDOW_IMPACT
from models.variants.baselines import RandomMaterial
from models.variants.retrieval import (
    ImageMatch,
    ImageSpacetimeMatch,
    Lending,
    MatchMaterial,
    SpacetimeMatch,
)
from models.videos.dataset import Dataset, Video, read_dataset
from models.videos.video import read_clips

MATCHES = [ImageMatch, SpacetimeMatch, ImageSpacetimeMatch, MatchMaterial]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    root = write_dataset(tmp_path_factory.mktemp("dataset"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.networks.backbones, "load_backbone", small_backbone)
        context = Context(dataset=read_dataset(root), cache=root / "cache", image_size=16)
        assert context.image_network.n_features == 48
    return context


def _clips(video: Video) -> list[Clip]:
    times = [impact.time_s for impact in video.impacts or ()]
    return [
        Clip(
            id=f"{video.id}-{found.index}",
            video_id=video.id,
            impact_s=times[found.index],
            frames=found.images,
            impact_frame=len(found.images) // 2,
            frame_rate=29.97,
            material="wood",
        )
        for found in read_clips(video.pictures, times)
    ]


def _sources(backend: ImageMatch, clips: list[Clip]) -> list[str]:
    sounds = backend.synthesize(clips)
    return [sound.source["exemplar"] if sound else "none" for sound in sounds]


def _disguised(clips: list[Clip]) -> list[Clip]:
    """The same pictures, as if they were a test video's."""
    return [dataclasses.replace(clip, video_id="unknown") for clip in clips]


@pytest.mark.parametrize("match", MATCHES)
def test_each_match_keeps_the_contract(context: Context, match: type[ImageMatch]):
    check_backend(match(context), _clips(context.dataset.test[0]))


@pytest.mark.parametrize("match", MATCHES)
def test_a_training_clips_own_pictures_find_its_own_sound(context: Context, match: type[ImageMatch]):
    bank = context.exemplars
    clips = _clips(context.dataset.train[0])
    sounds = match(context).synthesize(_disguised(clips))
    for index, sound in enumerate(sounds):
        assert sound is not None
        assert sound.source == {"exemplar": bank.ids[index], "distance": 0.0}
        np.testing.assert_array_equal(sound.waveform, bank.waveform(index))
        assert (sound.sample_rate, sound.impact_s) == (SAMPLE_RATE, WINDOW_IMPACT / SAMPLE_RATE)


@pytest.mark.parametrize("match", MATCHES)
def test_a_clips_own_video_is_never_used(context: Context, match: type[ImageMatch]):
    for video in context.dataset.train:
        sources = _sources(match(context), [_with_material(c, video) for c in _clips(video)])
        assert not [source for source in sources if source.startswith(video.id)]


def _with_material(clip: Clip, video: Video) -> Clip:
    return dataclasses.replace(clip, material=(video.impacts or ())[0].material)


def test_the_oracle_sees_only_the_clips_material(context: Context):
    metal = [dataclasses.replace(clip, material="metal") for clip in _clips(context.dataset.train[0])]
    unrestricted = _sources(ImageSpacetimeMatch(context), _disguised(metal))
    assert {source[0] for source in unrestricted} == {"a"}
    restricted = _sources(MatchMaterial(context), _disguised(metal))
    assert {source[0] for source in restricted} == {"b"}


def test_the_oracle_has_nothing_without_a_label_or_for_an_unknown_one(context: Context):
    clips = _clips(context.dataset.test[0])[:2]
    labels = [None, "plasma"]
    odd = [dataclasses.replace(c, material=m) for c, m in zip(clips, labels, strict=True)]
    assert MatchMaterial(context).synthesize(odd) == [None, None]


def test_colour_and_motion_are_told_apart(context: Context):
    clip = _disguised(_clips(context.dataset.train[0]))[0]
    still: NDArray[np.uint8] = clip.frames[[clip.impact_frame] * 15]
    frozen = dataclasses.replace(clip, frames=still)
    distances = {}
    for match in (ImageMatch, SpacetimeMatch, ImageSpacetimeMatch):
        sound = match(context).synthesize([frozen])[0]
        assert sound is not None
        distances[match] = sound.source["distance"]
    assert distances[ImageMatch] == 0  # colour sees one frame alone
    assert distances[SpacetimeMatch] > 0
    assert distances[ImageSpacetimeMatch] > 0


@pytest.mark.parametrize("oracle", [MatchMaterial, RandomMaterial])
def test_no_labels_are_a_reason_not_to_run(context: Context, oracle: type[Lending]):
    bare = tuple(dataclasses.replace(video, impacts=None) for video in context.dataset.train)
    dataset = Dataset(root=context.dataset.root, train=bare, test=(), split="files")
    with pytest.raises(UnavailableError, match="has a material label"):
        oracle(Context(dataset=dataset, cache=Path("unused")))

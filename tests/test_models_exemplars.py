import shutil
from pathlib import Path

import numpy as np
import pytest
from media_samples import small_backbone, write_dataset, write_video

import models.networks.backbones
import models.videos.centred
import models.videos.decoding
from models.clips.exemplars import ExemplarBank
from models.clips.search import nearest_l1
from models.context import Context
from models.errors import UnavailableError
from models.sounds.cochleagram import clip_cochleagrams
from models.sounds.sound import SAMPLE_RATE, WINDOW_IMPACT, WINDOW_SAMPLES
from models.videos.centred import cut_window
from models.videos.dataset import read_dataset
from models.videos.video import read_sound


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(autouse=True)
def _small_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.networks.backbones, "load_backbone", small_backbone)


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "dataset"))


def _context(root: Path, **options) -> Context:
    cache = root.parent / "cache"
    return Context(dataset=read_dataset(root), cache=cache, image_size=16, **options)


def _bank(root: Path, **options) -> ExemplarBank:
    return _context(root, **options).exemplars


def _waveforms(bank: ExemplarBank) -> np.ndarray:
    return np.stack([bank.waveform(index) for index in range(len(bank))])


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are decoded from now on."""
    names: list[str] = []
    for function in ("read_sound", "read_clips"):
        original = getattr(models.videos.centred, function)

        def counted(path, *args, original=original, **kwargs):
            names.append(path.name)
            return original(path, *args, **kwargs)

        monkeypatch.setattr(models.videos.centred, function, counted)
    return names


def _arrays(bank: ExemplarBank) -> dict[str, np.ndarray]:
    return {
        "waveforms": _waveforms(bank),
        "cochleagrams": bank.cochleagrams,
        "image_features": bank.image_features,
        "spacetime_features": bank.spacetime_features,
        "has_images": bank.has_images,
    }


def test_the_bank_holds_every_centred_clip_of_the_training_videos_alone(root: Path):
    bank = _bank(root)
    assert bank.video_ids == ("a1",) * 3 + ("a2",) * 3 + ("b1",) * 3 + ("b2",) * 3
    assert bank.materials == ("wood",) * 6 + ("metal",) * 6
    assert len(set(bank.ids)) == len(bank) == 12
    assert _waveforms(bank).shape == (12, WINDOW_SAMPLES)
    assert bank.cochleagrams.shape == (12, 45, 42)
    assert bank.image_features.shape == bank.spacetime_features.shape == (12, 48)
    assert bank.has_images.all()
    assert not np.array_equal(bank.image_features, bank.spacetime_features)


def test_each_window_has_its_impact_where_it_belongs(root: Path):
    bank = _bank(root)
    for index in range(len(bank)):
        loud = np.flatnonzero(np.abs(bank.waveform(index)) > 0.2)
        assert abs(int(loud[0]) - WINDOW_IMPACT) < 0.02 * SAMPLE_RATE


def test_windows_keep_the_recorded_level(root: Path):
    bank = _bank(root)
    recording = read_sound(root / "a1_mic.mp4")
    expected = cut_window(recording, bank.impacts[1].time_s)
    np.testing.assert_array_equal(bank.waveform(1), expected)


def test_cochleagrams_are_those_of_the_windows(root: Path):
    bank = _bank(root)
    expected = clip_cochleagrams(_waveforms(bank)).numpy()
    np.testing.assert_allclose(bank.cochleagrams, expected, atol=1e-5)


def test_a_cache_hit_decodes_nothing_again(root: Path, decoded: list[str]):
    first = _arrays(_bank(root))
    assert len(decoded) == 8  # four videos, sound and pictures
    decoded.clear()
    second = _arrays(_bank(root))
    assert decoded == []
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


def test_pictures_are_decoded_only_when_a_variant_asks(root: Path, decoded: list[str]):
    bank = _bank(root)
    assert len(decoded) == 4
    assert bank.image_features.any()
    assert len(decoded) == 8


def test_a_changed_file_is_decoded_again_and_no_other(root: Path, decoded: list[str]):
    before = _bank(root)
    write_video(root / "a2_mic.mp4", seconds=2.6, clicks_s=(0.7, 1.3, 1.9), pitch_hz=4000, seed=9)
    decoded.clear()
    after = _bank(root)
    assert decoded == ["a2_mic.mp4"]
    assert after.digest != before.digest
    np.testing.assert_array_equal(_waveforms(after)[:3], _waveforms(before)[:3])
    assert not np.array_equal(_waveforms(after)[3:6], _waveforms(before)[3:6])


def test_changed_labels_are_noticed(root: Path):
    before = _bank(root)
    times = root / "a1_times.txt"
    times.write_text(times.read_text().replace("wood", "tile"))
    after = _bank(root)
    assert after.materials[:3] == ("tile",) * 3
    assert after.digest != before.digest


def test_another_image_size_costs_no_decoding_of_sound(root: Path, decoded: list[str]):
    assert _bank(root).image_features.any()
    decoded.clear()
    other = Context(dataset=read_dataset(root), cache=root.parent / "cache", image_size=32)
    assert other.exemplars.image_features.any()
    assert len(decoded) == 4


def test_a_damaged_cache_is_made_again(root: Path, decoded: list[str]):
    before = _arrays(_bank(root))
    for path in (root.parent / "cache").rglob("*.npy"):
        path.write_bytes(path.read_bytes()[:-4] + b"junk")
    decoded.clear()
    after = _arrays(_bank(root))
    assert len(decoded) == 8
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name])


def test_processes_give_what_one_gives(root: Path):
    together = _arrays(_bank(root, workers=2))
    shutil.rmtree(root.parent / "cache")
    alone = _arrays(_bank(root))
    for name, array in alone.items():
        np.testing.assert_array_equal(array, together[name])


def test_progress_is_told(root: Path):
    told: list[tuple[str, int, int]] = []
    context = _context(root, progress=lambda what, done, total: told.append((what, done, total)))
    assert context.exemplars.image_features.any()
    assert [step[1:] for step in told] == [(1, 4), (2, 4), (3, 4), (4, 4)] * 2
    assert len({what for what, _, _ in told}) == 2


def test_broken_and_silent_videos_are_left_out_with_the_reason(root: Path):
    (root / "a1_mic.mp4").write_bytes(b"not a video")
    write_video(root / "a2_mic.mp4", seconds=2.6, clicks_s=(), sound=False)
    bank = _bank(root)
    assert set(bank.video_ids) == {"b1", "b2"}
    assert "can't be read" in bank.skipped["a1"]
    assert "has no sound" in bank.skipped["a2"]


def test_a_video_without_pictures_still_lends_its_sounds(root: Path):
    shutil.move(root / "a1_mic.mp4", root / "a1_denoised.mp4")
    write_video(root / "a1_denoised.mp4", seconds=2.6, clicks_s=(0.7, 1.3, 1.9), pictures=False)
    bank = _bank(root)
    assert not bank.has_images[:3].any()
    assert bank.has_images[3:].all()
    assert bank.waveform(0).any()


def test_no_usable_training_video_is_a_reason_not_to_run(root: Path):
    for video_id in ("a1", "a2", "b1", "b2"):
        (root / f"{video_id}_mic.mp4").write_bytes(b"not a video")
    with pytest.raises(UnavailableError, match=r"no training video .* gives an exemplar \(a1: "):
        _bank(root)


def test_permuting_exemplars_changes_no_answer(root: Path):
    bank = _bank(root)
    table = bank.cochleagrams.reshape(len(bank), -1)
    queries = table + 0.1 * np.random.default_rng(0).random(table.shape, np.float32)
    order = np.random.default_rng(1).permutation(len(bank))
    indices, _ = nearest_l1(queries, table)
    permuted, _ = nearest_l1(queries, table[order])
    assert [bank.ids[order[i]] for i in permuted[:, 0]] == [bank.ids[i] for i in indices[:, 0]]


def test_a_clips_own_video_and_other_materials_are_not_allowed(root: Path):
    bank = _bank(root)
    assert bank.allowed("c1").all()
    assert set(np.array(bank.video_ids)[bank.allowed("a1")]) == {"a2", "b1", "b2"}
    assert set(np.array(bank.video_ids)[bank.allowed("a1", "wood")]) == {"a2"}


def test_a_window_is_cut_where_the_recording_reaches():
    recording = np.arange(1, SAMPLE_RATE + 1, dtype=np.float32)
    window = cut_window(recording, 0.5)
    assert window is not None
    assert window[WINDOW_IMPACT] == recording[SAMPLE_RATE // 2]
    early = cut_window(recording, 0.26)
    assert early is not None
    assert early[0] == 0
    assert early[WINDOW_IMPACT] == recording[round(0.26 * SAMPLE_RATE)]
    assert cut_window(recording, 0.1) is None
    assert cut_window(recording, 0.9) is None


def test_decoding_processes_need_no_torch():
    assert not hasattr(models.videos.decoding, "torch")
    assert not hasattr(models.videos.centred, "torch")

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest
from media_samples import sample_sound, write_video, write_wav

from models.backend import Clip
from models.conformance import check_backend, example_clips
from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE
from models.variants.external import ExternalSounds, external_option
from models.videos.dataset import Dataset, Video, read_dataset
from models.videos.video import read_sound

CLICKS_S = (0.4, 1.0, 1.6)


def _dataset(*video_ids: str) -> Dataset:
    videos = [
        Video(id=i, pictures=Path(f"{i}.mp4"), sound=Path(f"{i}.mp4"), impacts=None) for i in video_ids
    ]
    return Dataset(root=Path(), train=(), test=tuple(videos), split="files")


def _theirs(folder: Path, *video_ids: str) -> ExternalSounds:
    return ExternalSounds("theirs", folder, _dataset(*(video_ids or ("v",))))


def _clip(**fields) -> Clip:
    return dataclasses.replace(example_clips(n_clips=2)[0], **{"video_id": "v", **fields})


def _wav(path: Path, *, seconds: float = 2.0, rate: int = 48_000, seed: int = 0) -> Path:
    waveform = sample_sound(seconds, clicks_s=CLICKS_S, sample_rate=rate, seed=seed)
    return write_wav(path, waveform, sample_rate=rate)


def _click_s(waveform: np.ndarray) -> float:
    return float(np.flatnonzero(np.abs(waveform) > 0.25)[0]) / SAMPLE_RATE


def test_a_videos_file_is_cut_at_the_impact(tmp_path: Path):
    _wav(tmp_path / "v.wav")
    sounds = _theirs(tmp_path).synthesize([_clip(impact_s=s) for s in CLICKS_S])
    for sound in sounds:
        assert sound is not None
        assert sound.sample_rate == SAMPLE_RATE
        assert _click_s(sound.waveform) == pytest.approx(sound.impact_s, abs=0.001)
        assert sound.source == {"file": "v.wav"}


def test_only_clips_wholly_within_the_file_are_covered(tmp_path: Path):
    _wav(tmp_path / "v.wav", seconds=2.0)
    external = _theirs(tmp_path)
    times = np.linspace(-0.5, 3, 36)
    covered = [time for time in times if external.covers("v", time)]
    assert covered == [time for time in times if 0.28 <= time <= 1.72]
    for time in times:
        (sound,) = external.synthesize([_clip(impact_s=time)])
        assert (sound is not None) == external.covers("v", time)
        if sound is not None:
            assert sound.impact_s >= 0.25
            assert len(sound.waveform) / SAMPLE_RATE - sound.impact_s >= 0.25
    assert not external.covers("another", 1.0)


@pytest.mark.parametrize("name", ["v.wav", "v_generated.wav", "v.flac", "v_with_audio.mp4", "v.m4a"])
def test_kinds_and_endings_of_other_systems_are_read(tmp_path: Path, name: str):
    if name.endswith(".wav"):
        _wav(tmp_path / name)
    elif name.endswith(".mp4"):
        write_video(tmp_path / name, seconds=2, clicks_s=CLICKS_S)
    else:
        _write_audio(tmp_path / name, "flac" if name.endswith(".flac") else "aac")
    (sound,) = _theirs(tmp_path).synthesize([_clip(impact_s=1.0)])
    assert sound is not None
    assert _click_s(sound.waveform) == pytest.approx(sound.impact_s, abs=0.001)


def _write_audio(path: Path, codec: str) -> None:
    if codec == "aac":
        write_video(path, seconds=2, clicks_s=CLICKS_S, pictures=False)
        return
    write_wav(
        path, sample_sound(2, clicks_s=CLICKS_S, sample_rate=16_000), sample_rate=16_000, codec=codec
    )


def test_a_clips_own_file_wins_and_has_its_impact_in_the_middle(tmp_path: Path):
    _wav(tmp_path / "v.wav", seed=1)
    waveform = sample_sound(0.5, clicks_s=[0.25], sample_rate=22_050)
    write_wav(tmp_path / "v_099000.wav", waveform, sample_rate=22_050)
    external = _theirs(tmp_path)
    (sound,) = external.synthesize([_clip(id="v_099000", impact_s=99.0)])
    assert sound is not None
    assert sound.impact_s == pytest.approx(0.25, abs=1e-4)
    assert _click_s(sound.waveform) == pytest.approx(0.25, abs=0.001)
    assert external.covers("v", 99.0, clip_id="v_099000")
    assert not external.covers("v", 99.0, clip_id="another")


def test_a_clips_file_that_is_too_short_is_no_sound(tmp_path: Path):
    _wav(tmp_path / "v_001000.wav", seconds=0.3)
    assert _theirs(tmp_path).synthesize([_clip(id="v_001000")]) == [None]


def test_the_level_is_kept(tmp_path: Path):
    quiet = 0.1 * sample_sound(2.0, clicks_s=CLICKS_S, sample_rate=SAMPLE_RATE)
    write_wav(tmp_path / "v.wav", quiet, sample_rate=SAMPLE_RATE)
    (sound,) = _theirs(tmp_path).synthesize([_clip(impact_s=1.0)])
    assert sound is not None
    start = round((1.0 - sound.impact_s) * SAMPLE_RATE)
    expected = quiet[start : start + len(sound.waveform)]
    np.testing.assert_allclose(sound.waveform, expected, atol=1 / 32_000)


def test_a_stretch_is_laid_where_it_begins(tmp_path: Path):
    segment = sample_sound(10.0, clicks_s=[2.5], sample_rate=16_000)
    write_wav(tmp_path / "v_1.wav", segment, sample_rate=16_000)
    trimmed = sample_sound(2.0, clicks_s=[1.0], sample_rate=22_050)
    write_wav(tmp_path / "v_trim_to_2s_from_30.5000_to_x.wav", trimmed, sample_rate=22_050)
    external = _theirs(tmp_path)
    clips = [_clip(impact_s=s) for s in (2.5, 12.5, 31.5, 33.0)]
    assert [sound is not None for sound in external.synthesize(clips)] == [False, True, True, False]
    for sound, begins in zip(external.synthesize(clips[1:3]), (10.0, 30.5), strict=True):
        assert sound is not None
        assert _click_s(sound.waveform) == pytest.approx(sound.impact_s, abs=0.001)
        assert sound.source["begins_s"] == begins


def test_of_overlapping_stretches_the_one_with_more_sound_round_the_impact_is_taken(tmp_path: Path):
    for name, seed in (("early.wav", 1), ("late.wav", 2)):
        _wav(tmp_path / name, seed=seed)
    (tmp_path / "map.csv").write_text("file,video_id,offset_s\nearly.wav,v,0\nlate.wav,v,1\n")
    times = (0.5, 1.45, 1.55, 2.5)
    sounds = _theirs(tmp_path).synthesize([_clip(impact_s=time) for time in times])
    taken = [sound.source["file"] for sound in sounds if sound is not None]
    assert taken == ["early.wav", "early.wav", "late.wav", "late.wav"]


def test_a_mapped_clip_can_say_where_its_file_begins(tmp_path: Path):
    _wav(tmp_path / "demo.wav")
    (tmp_path / "map.csv").write_text("file,clip_id,offset_s\ndemo.wav,v_007400,7.0\n")
    (sound,) = _theirs(tmp_path).synthesize([_clip(id="v_007400", impact_s=7.4)])
    assert sound is not None
    assert _click_s(sound.waveform) == pytest.approx(sound.impact_s, abs=0.001)


def test_no_file_is_decoded_twice_for_a_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    decoded = []

    def counted(path: Path) -> np.ndarray:
        decoded.append(path.name)
        return read_sound(path)

    monkeypatch.setattr("models.variants.external.read_sound", counted)
    for n in range(12):
        _wav(tmp_path / f"{n}.wav", rate=8_000)
    lines = [f"{n}.wav,v,{n}\n" for n in range(12)]
    (tmp_path / "map.csv").write_text("file,video_id,offset_s\n" + "".join(lines))
    external = _theirs(tmp_path)
    clips = [_clip(impact_s=s) for s in (5.5, 0.5, 11.5, 5.6)]
    assert None not in external.synthesize(clips) + external.synthesize(clips)
    assert len(decoded) == len(set(decoded)) == 12


def test_external_sounds_keep_the_contract(tmp_path: Path):
    _wav(tmp_path / "example-0.wav")
    _wav(tmp_path / "example-1.wav", seed=1)
    check_backend(_theirs(tmp_path, "example-0", "example-1"))


def test_it_can_be_sent_to_a_worker_process(tmp_path: Path):
    _wav(tmp_path / "v.wav")
    assert pickle.loads(pickle.dumps(_theirs(tmp_path))).covers("v", 1.0)


def test_name_and_folder_are_read_from_one_option(tmp_path: Path):
    folder = tmp_path / "a=b"
    folder.mkdir()
    assert external_option(f"sync-fusion2={folder}") == ("sync-fusion2", folder)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("folder", "expected NAME=DIR"),
        ("Name=.", "lower-case letters"),
        ("real=.", "is taken"),
        ("image-match=.", "is taken"),
        ("theirs=no/such/folder", "no folder no/such/folder"),
    ],
)
def test_unusable_options_are_named(option: str, message: str):
    with pytest.raises(ModelsError, match=message):
        external_option(option)


def test_a_broken_file_is_named(tmp_path: Path):
    (tmp_path / "v.wav").write_bytes(b"no sound at all")
    with pytest.raises(ModelsError, match=r"v\.wav can't be read"):
        _theirs(tmp_path).covers("v", 1.0)


def test_real_outputs_of_a_later_system_cover_the_seconds_that_they_last(greatest_hits: Path):
    folder = greatest_hits.parent / "syncfusion_outputs"
    if not folder.is_dir():
        pytest.skip("no outputs of SyncFusion: put syncfusion_outputs beside the real videos")
    dataset = read_dataset(greatest_hits)
    external = ExternalSounds("syncfusion", folder, dataset)
    for video in dataset.videos:
        covered = [external.covers(video.id, time) for time in (0.27, 0.3, 5.17, 5.19)]
        assert covered == [False, True, True, False]  # they last 2**18 samples at 48 kHz, 5.461 s

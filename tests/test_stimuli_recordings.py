"""From recordings to clips: which are used, what is said of others, and what is kept of pictures."""

import io
from dataclasses import replace

import av
import numpy as np
import pytest
from media_samples import write_video, write_wav
from stimuli_samples import build_small, retime, write_bars, write_small_dataset

from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Impact, Video, read_dataset
from stimuli.building import recordings
from stimuli.building.options import Options
from stimuli.building.recordings import prepare_video
from stimuli.manifest import REAL


def test_bad_videos_are_left_out_with_their_reasons(tmp_path):
    test = ("ok", "mute", "silent", "cut", "idle")
    root = write_small_dataset(tmp_path / "d", test=("ok",))
    write_video(root / "mute_mic.mp4", seconds=1.0, sound=False)
    write_video(root / "silent_mic.mp4", seconds=2.0)
    write_wav(root / "silent_mic.wav", np.zeros(88_200, np.float32), sample_rate=44_100)
    (root / "cut_mic.mp4").write_bytes((root / "ok_mic.mp4").read_bytes()[:5000])
    write_video(root / "idle_mic.mp4", seconds=2.0)
    (root / "idle_times.txt").write_text("")
    (root / "silent_times.txt").write_text("1.0 wood hit static\n")
    (root / "test.txt").write_text("\n".join(test))
    built = build_small(root, tmp_path / "s")
    reasons = {item.what: item.reason for item in built.skipped_videos}
    assert sorted(reasons) == ["video cut", "video idle", "video mute", "video silent"]
    assert "has no sound" in reasons["video mute"]
    assert "silent" in reasons["video silent"]
    assert "can't be read" in reasons["video cut"]
    assert "no impact" in reasons["video idle"]
    assert built.manifest.video_ids == ("ok",)
    assert any("video ok: 4 clips, fewer than 15" in note for note in built.notes)


def test_unlabelled_videos_work(tmp_path):
    root = tmp_path / "plain"
    root.mkdir()
    for seed in range(5):
        write_video(root / f"film {seed}.mp4", seconds=2.5, clicks_s=(0.6, 1.2, 1.8), seed=seed)
    built = build_small(root, tmp_path / "s", models=("random",))
    assert built.manifest.clips
    assert {clip.material for clip in built.manifest.clips} == {None}


def test_clips_of_a_real_video_are_sampled_and_decoded(greatest_hits, tmp_path):
    video = read_dataset(greatest_hits).test[1]
    prepared = prepare_video(video, Options(clips_per_video=2, seed=3), ())
    assert len(prepared.clips) == 2
    for clip in prepared.clips:
        assert clip.frames.shape[1] == 256
        facts = clip.sounded.facts
        peak_s = facts.start_s + np.argmax(np.abs(clip.sounded.sounds[REAL])) / SAMPLE_RATE
        assert facts.start_s < peak_s < facts.start_s + facts.duration_s


def test_impacts_where_the_frame_rate_varies_get_no_clip(tmp_path):
    root = write_small_dataset(tmp_path / "d")
    shown = 1000 / 30 * np.arange(90)
    shown[54:] += 30  # one picture stands for 63 ms, within the clip of the third impact alone
    retime(root / "q1_mic.mp4", shown.round().astype(int).tolist())
    built = build_small(root, tmp_path / "s", models=("random",))
    facts = built.manifest.dataset["videos"]["q1"]
    assert (facts["impacts"], facts["uneven"], facts["usable"]) == (4, 1, 3)
    note = "video q1: 1 of 4 impacts lie where the frame rate varies; no clip is made of them"
    assert note in built.notes
    impacts = [clip.impact_s for clip in built.manifest.clips_of("q1")]
    assert impacts == pytest.approx([0.6, 1.2, 2.4], abs=0.02)


def test_a_video_whose_frame_rate_varies_all_along_is_left_out(tmp_path):
    root = write_small_dataset(tmp_path / "d")
    jumping = 1000 / 30 * np.arange(90) + 14 * (np.arange(90) % 2)
    retime(root / "q1_mic.mp4", jumping.round().astype(int).tolist())
    built = build_small(root, tmp_path / "s", models=("random",))
    assert [item.what for item in built.skipped_videos] == ["video q1"]
    assert "4 of 4 impacts lie where the frame rate varies" in built.skipped_videos[0].reason


def test_a_clip_that_is_decoded_without_one_of_its_pictures_is_told(tmp_path, monkeypatch):
    whole = recordings.read_clips
    monkeypatch.setattr(
        recordings,
        "read_clips",
        lambda *given, **options: (
            replace(c, times_s=c.times_s + (np.arange(15) > 6) / 30) for c in whole(*given, **options)
        ),
    )
    video = read_dataset(write_small_dataset(tmp_path / "d", test=("q1",))).test[0]
    found = prepare_video(video, Options(), ())
    assert "is damaged: pictures round 0.60 s can't be decoded" in found.lost


@pytest.mark.parametrize("tag", [2, 1, 6])
@pytest.mark.parametrize("size", [(1280, 720), (256, 192)])
def test_colours_and_brightness_come_back_as_they_were(tmp_path, size, tag):
    colours = ([128, 128, 128], [200, 0, 0], [0, 200, 0], [0, 0, 200])
    source = write_bars(tmp_path / "bars.mp4", colours, size=size, tag=tag, clicks_s=(0.4,))
    video = Video(id="v", pictures=source, sound=source, impacts=(Impact(time_s=0.4),))
    prepared = prepare_video(video, Options(), ())
    with (
        av.open(str(source)) as recorded,
        av.open(io.BytesIO(prepared.clips[0].sounded.pictures)) as made,
    ):
        before, after = (next(one.decode(video=0)) for one in (recorded, made))
    assert after.colorspace == before.colorspace == tag
    for bar in range(4):
        here = size[1] // 2, size[0] * (2 * bar + 1) // 8  # its middle
        rgb = [frame.to_ndarray(format="rgb24")[here].astype(int) for frame in (before, after)]
        assert np.abs(rgb[0] - colours[bar]).max() <= 3
        assert np.abs(rgb[1] - rgb[0]).max() <= 3
        brightness = [int(frame.to_ndarray()[here]) for frame in (before, after)]
        assert abs(brightness[1] - brightness[0]) <= 1

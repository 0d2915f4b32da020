"""Sets of silent clips that people label: how they are built, checked and shown."""

import dataclasses
import re

import numpy as np
import pytest
from click.testing import CliRunner
from media_samples import write_video
from stimuli_samples import CLICKS_S, are_equal, build_small, copy_set, retime, write_small_dataset

from models.videos.annotations import Position, write_positions
from models.videos.dataset import Impact, write_times
from models.videos.video import probe
from stimuli import manifest
from stimuli.building import build
from stimuli.building.build import build_silent
from stimuli.building.options import SilentOptions
from stimuli.checking.check import check
from stimuli.checking.preview import write_preview
from stimuli.cli import main
from stimuli.errors import StimuliError
from stimuli.files.media import decode_pictures


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Two training videos with labels; a test video with times alone, and one with nothing."""
    root = write_small_dataset(tmp_path_factory.mktemp("silent") / "d")
    write_times(root / "q1_times.txt", [Impact(time_s=time) for time in CLICKS_S])
    (root / "q2_times.txt").unlink()
    write_positions(root / "t1_positions.txt", [Position(time_s=CLICKS_S[1], x=0.25, y=0.75)])
    return root


@pytest.fixture(scope="module")
def small_set(dataset):
    build_silent(dataset, dataset.parent / "set")
    return dataset.parent / "set"


def of_video(folder, name):
    return manifest.read(folder).clips_of(name)


def test_all_videos_are_used_with_labels_or_without(small_set):
    result = manifest.read(small_set)
    assert result.video_ids == ("q1", "q2", "t1", "t2")
    assert all(len(result.clips_of(name)) == 4 for name in result.video_ids)
    assert {clip.material for clip in result.clips_of("t2")} == {"wood"}
    assert {clip.material for name in ("q1", "q2") for clip in result.clips_of(name)} == {None}
    for name in result.video_ids:
        times = [clip.impact_s for clip in result.clips_of(name)]
        assert times == pytest.approx(CLICKS_S, abs=0.02)


def test_known_places_are_in_the_key(small_set):
    places = [(clip.silent.x, clip.silent.y) for clip in of_video(small_set, "t1")]
    assert places == [(None, None), (0.25, 0.75), (None, None), (None, None)]


def test_files_have_pictures_and_no_sound_at_all(small_set):
    for clip in manifest.read(small_set).clips:
        info = probe(manifest.media_path(small_set, clip.silent))
        assert (info.sample_rate, info.n_channels) == (None, None)
        assert (info.width, info.height) == (clip.width, clip.height) == (64, 48)
        assert info.duration_s == pytest.approx(clip.duration_s, abs=0.01)


def test_the_impact_is_shown_where_the_manifest_says_at_the_videos_ends_too(small_set):
    # the square of the sample videos is low in the pictures nearest to a click, and high in all others
    for clip in manifest.read(small_set).clips:
        images = decode_pictures(manifest.media_path(small_set, clip.silent).read_bytes())
        assert len(images) == clip.n_frames
        struck = round((clip.impact_s - clip.start_s) * clip.frame_rate)
        lowest = np.array([_height_of_square(image) for image in images])
        assert lowest[max(struck - 1, 0) : struck + 2].max() > 24
        assert clip.start_s >= 0
    lengths = [clip.n_frames for clip in of_video(small_set, "q1")]
    assert lengths == [48, 59, 59, 47]  # 2 s round 0.6, 1.2, 1.8 and 2.4 s of a video of 3 s


def _height_of_square(image):
    white = (image > 235).all(axis=2)
    return float(np.flatnonzero(white.any(axis=1)).mean()) if white.any() else 0.0


def test_equal_options_give_equal_bytes_with_any_number_of_workers(dataset, small_set, tmp_path):
    build_silent(dataset, tmp_path / "s", options=SilentOptions(workers=2))
    assert are_equal(small_set, tmp_path / "s")


def test_a_sample_of_each_video_is_drawn_by_the_seed_and_all_can_be_had(dataset, tmp_path):
    drawn = []
    for seed in range(3):
        options = SilentOptions(clips_per_video=2, seed=seed)
        clips = build_silent(dataset, tmp_path / f"s{seed}", options=options).manifest.clips
        assert len(clips) == 8
        drawn.append(tuple(clip.id for clip in clips))
    assert len(set(drawn)) == 3
    whole = build_silent(dataset, tmp_path / "all", options=SilentOptions(clips_per_video=0))
    assert len(whole.manifest.clips) == 16
    assert whole.notes == ()


def test_an_interrupted_build_goes_on_and_a_finished_one_is_not_made_again(
    dataset, tmp_path, monkeypatch
):
    made, make = [], build.make_silent

    def interrupted(video, **how):
        if len(made) == 2:
            made.append("interrupted")
            raise KeyboardInterrupt
        made.append(video.id)
        return make(video, **how)

    monkeypatch.setattr(build, "make_silent", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build_silent(dataset, tmp_path / "s")
    assert not (tmp_path / "s").exists()
    assert build_silent(dataset, tmp_path / "s").made
    assert sorted(made) == ["interrupted", "q1", "q2", "t1", "t2"]
    assert not build_silent(dataset, tmp_path / "s").made
    with pytest.raises(StimuliError, match="made otherwise"):
        build_silent(dataset, tmp_path / "s", options=SilentOptions(clip_s=1.0))
    with pytest.raises(StimuliError, match="task: annotation, not None"):
        build_small(dataset, tmp_path / "s")


def test_a_video_that_can_not_be_used_is_named(dataset, tmp_path):
    root = copy_set(dataset, tmp_path / "d")
    write_video(root / "mute_mic.mp4", seconds=1.0, sound=False)
    write_video(root / "noted_mic.mp4", seconds=1.0, sound=False)
    write_times(root / "noted_times.txt", [Impact(time_s=0.5)])
    retime(root / "t2_mic.mp4", [33 * i + (14 * i * i) % 31 for i in range(90)])
    (root / "train.txt").write_text("t1\nt2\nmute\nnoted\n")
    built = build_silent(root, tmp_path / "s")
    assert [item.what for item in built.skipped_videos] == ["video mute", "video t2"]
    assert "mute_mic.mp4 has no sound" in built.skipped_videos[0].reason
    assert "steady rate" in built.skipped_videos[1].reason
    assert [clip.impact_s for clip in built.manifest.clips_of("noted")] == [0.5]


def test_a_set_in_order_is_found_in_order(small_set):
    checked = check(small_set)
    assert not checked.findings
    assert checked.summary() == "16 files verified: all in order"


def _changed(folder, clip_changes, file_changes=None):
    result = manifest.read(folder)
    first = result.clips[0]
    file = dataclasses.replace(first.silent, **(file_changes or {}))
    clip = dataclasses.replace(first, **{"silent": file, **clip_changes})
    manifest.write(dataclasses.replace(result, clips=(clip, *result.clips[1:])), folder)


@pytest.mark.parametrize(
    ("clip_changes", "file_changes", "message"),
    [
        ({"impact_s": 9.0}, {}, "lies outside it"),
        ({"n_frames": 7}, {}, "shows 48 pictures"),
        ({"video_sha256": "0" * 64}, {}, "coded pictures are not those"),
        ({}, {"sha256": "0" * 64}, "has changed since it was built"),
        ({}, {"n_bytes": 5}, "the manifest says 5"),
        ({}, {"x": 0.5}, "its known place is x 0.5, y None"),
        ({}, {"x": 0.5, "y": 2.0}, "from 0 to 1"),
        ({"silent": None}, {}, "no silent file"),
    ],
)
def test_what_is_wrong_with_a_set_is_found(small_set, tmp_path, clip_changes, file_changes, message):
    folder = copy_set(small_set, tmp_path / "s")
    _changed(folder, clip_changes, file_changes)
    assert any(message in str(finding) for finding in check(folder).findings)


def test_a_file_with_sound_and_a_missing_one_are_found(small_set, tmp_path):
    folder = copy_set(small_set, tmp_path / "s")
    first, second, *_ = manifest.read(folder).clips
    write_video(manifest.media_path(folder, first.silent), seconds=1.0)
    manifest.media_path(folder, second.silent).unlink()
    (folder / "media" / "other.mp4").write_bytes(b"")
    found = [str(finding) for finding in check(folder).findings]
    assert any("has streams ['soun', 'vide']" in text for text in found)
    assert any("the file is missing" in text for text in found)
    assert any("other.mp4: is not in the manifest" in text for text in found)


def test_the_preview_shows_clips_their_impacts_and_what_is_known(small_set, tmp_path):
    write_preview(small_set, tmp_path / "p.html", n_clips=None)
    page = (tmp_path / "p.html").read_text()
    assert len(re.findall(r'<video src="data:video/mp4;base64,', page)) == 16
    assert page.count("no label known") == 8
    assert page.count("class=cross") == 1
    assert "keep it from annotators" in page


def test_the_command_builds_and_refuses_what_has_no_meaning(dataset, tmp_path):
    given = ["build", "--task", "annotation", "--dataset", str(dataset), "--workers", "1"]
    done = CliRunner().invoke(
        main, [*given, "--out", str(tmp_path / "s"), "--clips-per-video", "1", "--clip-seconds", "1"]
    )
    assert done.exit_code == 0, done.output
    assert "4 silent clips of 4 videos" in done.output
    assert max(clip.duration_s for clip in manifest.read(tmp_path / "s").clips) < 1.0
    for more in (["--models", "full"], ["--no-catch"], ["--level", "match"], ["--external", "a=b"]):
        failed = CliRunner().invoke(main, [*given, "--out", str(tmp_path / "t"), *more])
        assert failed.exit_code == 2
        assert f"{more[0].replace('--no-', '--')} has no meaning with --task annotation" in failed.output

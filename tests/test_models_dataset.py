import pytest

from models.errors import ModelsError
from models.videos.dataset import Impact, read_dataset, read_times, write_times


def lay_out(root, **videos):
    """Make empty files: a dataset is read without opening its media."""
    for video_id, times in videos.items():
        (root / f"{video_id}_denoised.mp4").touch()
        if times is not None:
            (root / f"{video_id}_times.txt").write_text(times)


def test_published_layout_is_read_with_labels_and_split(tmp_path):
    lay_out(tmp_path, a="1.5 wood hit static\n0.5 None None None\n", b="", c="2 metal scratch None\n")
    (tmp_path / "train.txt").write_text("a\nb\n")
    (tmp_path / "test.txt").write_text("c\n")
    dataset = read_dataset(tmp_path)
    assert [video.id for video in dataset.train] == ["a", "b"]
    assert [video.id for video in dataset.test] == ["c"]
    assert dataset.train[0].impacts == (
        Impact(time_s=0.5),
        Impact(time_s=1.5, material="wood", action="hit", reaction="static"),
    )
    assert dataset.problems == ()


def test_the_denoised_sound_is_preferred(tmp_path):
    for name in ("a_denoised.wav", "a_mic.wav", "a_mic.mp4", "a_denoised_thumb.mp4", "a_times.txt"):
        (tmp_path / name).touch()
    (video,) = read_dataset(tmp_path).videos
    assert (video.pictures.name, video.sound.name) == ("a_mic.mp4", "a_denoised.wav")


def test_a_plain_folder_is_split_by_digest_whatever_comes_with_it(tmp_path):
    for number in range(8):
        (tmp_path / f"film_{number}.MOV").touch()
    dataset = read_dataset(tmp_path)
    assert (len(dataset.train), len(dataset.test), dataset.split) == (6, 2, "drawn")
    assert all(video.impacts is None for video in dataset.videos)
    assert not {video.id for video in dataset.train} & {video.id for video in dataset.test}
    assert "film_0" in {video.id for video in dataset.videos}


@pytest.mark.parametrize(
    "line", ["wood hit static", "nan wood hit static", "-1 wood hit static", "1 a b c d"]
)
def test_a_broken_line_is_named_and_the_others_are_kept(tmp_path, line):
    path = tmp_path / "a_times.txt"
    path.write_text(f"1.0 wood hit None\n{line}\n")
    impacts, problems = read_times(path)
    assert [impact.time_s for impact in impacts] == [1.0]
    assert [problem.file for problem in problems] == ["a_times.txt"]
    assert repr(line) in problems[0].message and "line 2" in problems[0].message


def test_times_come_back(tmp_path):
    impacts = (Impact(time_s=0.25, material="tile", action="hit"), Impact(time_s=3.5))
    write_times(tmp_path / "a_times.txt", impacts)
    assert read_times(tmp_path / "a_times.txt") == (impacts, ())


def test_a_video_named_in_both_parts_is_only_tested(tmp_path):
    lay_out(tmp_path, a="", b="")
    (tmp_path / "train.txt").write_text("a\nb\n")
    (tmp_path / "test.txt").write_text("b\nlost\n")
    dataset = read_dataset(tmp_path)
    assert [video.id for video in dataset.train] == ["a"]
    assert [video.id for video in dataset.test] == ["b"]
    messages = [f"{problem.file} {problem.message}" for problem in dataset.problems]
    assert any("names lost" in message for message in messages)
    assert any("both name b" in message for message in messages)


def test_what_is_missing_is_named(tmp_path):
    lay_out(tmp_path, a=None)
    (tmp_path / "b_times.txt").write_text("1 wood hit None\n")
    messages = [f"{problem.file} {problem.message}" for problem in read_dataset(tmp_path).problems]
    assert any(message.startswith("a_times.txt is missing") for message in messages)
    assert "b_times.txt belongs to b, which has no video" in messages


def test_a_folder_without_videos_is_refused(tmp_path):
    with pytest.raises(ModelsError, match="no video in"):
        read_dataset(tmp_path)
    with pytest.raises(ModelsError, match="no folder"):
        read_dataset(tmp_path / "nowhere")


def test_names_with_blanks_and_underscores_can_be_split_by_hand(tmp_path):
    for name in ("kitchen_take_0.mp4", "kitchen_take_1.mov", "my video.mkv"):
        (tmp_path / name).touch()
    (tmp_path / "test.txt").write_text("kitchen_take_1.mov\nmy video\n")
    dataset = read_dataset(tmp_path)
    assert [video.id for video in dataset.test] == ["kitchen_take_1", "my video"]
    assert [video.id for video in dataset.train] == ["kitchen_take_0"]  # the rest
    assert (dataset.split, dataset.problems) == ("files", ())


def test_videos_of_both_layouts_stand_side_by_side(tmp_path):
    for name in ("room_mic.mp4", "take_0_denoised.mp4", "v0.mp4", "v1.webm"):
        (tmp_path / name).touch()
    for name in ("room", "take_0", "v0", "v1"):
        (tmp_path / f"{name}_times.txt").write_text("1 wood hit None\n")
    dataset = read_dataset(tmp_path)
    assert [video.id for video in dataset.videos] == ["room", "take_0", "v0", "v1"]
    assert all(video.impacts for video in dataset.videos)
    assert dataset.problems == ()


def test_of_two_videos_with_one_id_the_other_is_named(tmp_path):
    (tmp_path / "v0.mov").touch()
    (tmp_path / "v0.mp4").touch()
    dataset = read_dataset(tmp_path)
    assert [video.pictures.name for video in dataset.videos] == ["v0.mov"]
    assert [problem.file for problem in dataset.problems] == ["v0.mp4"]


def test_a_file_that_is_no_text_is_named(tmp_path):
    lay_out(tmp_path, a="", b="")
    (tmp_path / "a_times.txt").write_bytes("1.0 bois frapp\xe9 None".encode("latin-1"))
    dataset = read_dataset(tmp_path)
    assert dataset.videos[0].impacts is None
    assert "not UTF-8" in dataset.problems[0].message
    (tmp_path / "test.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelsError, match=r"test\.txt is not UTF-8"):
        read_dataset(tmp_path)


def test_a_byte_order_mark_hides_no_impact(tmp_path):
    path = tmp_path / "a_times.txt"
    path.write_text("1.0 wood hit None\n", encoding="utf-8-sig")
    assert len(read_times(path)[0]) == 1

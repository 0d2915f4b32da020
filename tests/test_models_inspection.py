import pytest
from media_samples import late_after_a_second, rewritten, write_video, write_wav

from models.sounds.sound import SAMPLE_RATE
from models.videos.inspection import inspect_dataset


@pytest.fixture
def dataset(tmp_path):
    for name, split in (("a", "train"), ("b", "test")):
        write_video(tmp_path / f"{name}_denoised.mp4", rate=25)
        (tmp_path / f"{name}_times.txt").write_text("0.5 wood hit static\n1.2 None scratch None\n")
        (tmp_path / f"{split}.txt").write_text(name)
    return tmp_path


def messages(dataset):
    return [f"{problem.file} {problem.message}" for problem in inspect_dataset(dataset).problems]


def test_a_sound_dataset_is_counted_and_has_no_problem(dataset):
    inventory = inspect_dataset(dataset)
    assert (inventory.n_videos, inventory.n_train, inventory.n_test) == (2, 1, 1)
    assert inventory.hours == pytest.approx(4 / 3600, rel=0.05)
    assert inventory.frame_rates == {25.0: 2} and inventory.sample_rates == {44_100: 2}
    assert inventory.labels["material"] == {"wood": 2, None: 2}
    assert inventory.problems == ()


def test_a_broken_file_is_named_and_not_counted(dataset):
    (dataset / "b_denoised.mp4").write_bytes(b"nothing")
    assert inspect_dataset(dataset).n_videos == 1
    assert any(message.startswith("b_denoised.mp4 is broken") for message in messages(dataset))
    assert "test.txt leaves no usable test video" in messages(dataset)


def test_a_file_that_was_cut_off_is_named(dataset):
    path = write_video(dataset / "a_denoised.mp4", seconds=4, rate=25)
    whole = path.read_bytes()
    if whole.find(b"moov") > whole.find(b"mdat"):  # put the index first, as streamed files have it
        start_first(path)
        whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * 0.6)])
    assert any("a_denoised.mp4 is cut off" in message for message in messages(dataset))


def start_first(path):
    copy = path.with_name("copy.mp4")
    rewritten(path, copy, options={"movflags": "faststart"}).replace(path)


def test_a_mute_and_a_silent_video_are_named(dataset):
    write_video(dataset / "a_denoised.mp4", sound=False)
    write_wav(dataset / "b_denoised.wav", read_silence(), sample_rate=SAMPLE_RATE)
    assert any("a_denoised.mp4 can't be listened to" in message for message in messages(dataset))
    assert "b_denoised.wav is silent" in messages(dataset)


def read_silence():
    import numpy as np

    return np.zeros(2 * SAMPLE_RATE, np.float32)


def test_odd_labels_and_times_are_named(dataset):
    (dataset / "a_times.txt").write_text("0.5 cheese hit static\n7.0 wood hit static\n")
    assert any("'cheese', not a published class" in message for message in messages(dataset))
    assert any("impact at 7.00 s, after the end" in message for message in messages(dataset))


def test_an_uneven_frame_rate_is_named(dataset):
    source = write_video(dataset / "a_denoised.mp4", rate=25)
    rewritten(source, dataset / "copy.mp4", shift=late_after_a_second).replace(source)
    assert any(
        "a_denoised.mp4 has an uneven frame rate: 1 of" in message for message in messages(dataset)
    )

import shutil

import pytest
from click.testing import CliRunner
from media_samples import write_video
from stimuli_samples import write_small_dataset

from stimuli.cli import main


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    write_small_dataset(folder / "d", test=("q1",))
    done = run(folder, "build")
    assert done.exit_code == 0, done.output
    return folder


def run(folder, verb, *more, dataset="d"):
    arguments = {
        "build": [
            *("--dataset", f"{folder / dataset}", "--out", f"{folder / ('set-' + dataset)}"),
            *("--models", "random,real-match", "--workers", "1", "--device", "cpu"),
            *("--cache", f"{folder / 'cache'}"),
        ],
        "check": [f"{folder / ('set-' + dataset)}"],
        "preview": [f"{folder / ('set-' + dataset)}", "--out", f"{folder / 'p.html'}"],
    }
    return CliRunner().invoke(main, [verb, *arguments[verb], *more])


def test_a_second_build_says_that_there_is_nothing_to_do(root):
    done = run(root, "build")
    assert done.exit_code == 0
    assert "nothing was done" in done.output


def test_skipped_videos_are_named_and_the_exit_code_says_so(root):
    shutil.copytree(root / "d", root / "broken")
    write_video(root / "broken" / "x_mic.mp4", seconds=1.0, sound=False)
    (root / "broken" / "test.txt").write_text("q1\nx\n")
    done = run(root, "build", dataset="broken")
    assert done.exit_code == 3
    assert "left out: video x: x_mic.mp4 has no sound" in done.output


def test_an_error_is_one_sentence_without_a_traceback(root):
    done = run(root, "build", "--models", "nonsense", "--out", f"{root / 'other'}")
    assert done.exit_code == 1
    assert "no variant named 'nonsense'" in done.output
    assert "Traceback" not in done.output


def test_what_is_odd_about_the_dataset_is_said_and_a_lost_video_sets_the_exit_code(root):
    shutil.copytree(root / "d", root / "odd")
    (root / "odd" / "q1_times.txt").write_text("0.6 wood hit static\nsoon\n1.2 wood hit static\n")
    done = run(root, "build", dataset="odd")
    assert done.exit_code == 0
    assert "note: file q1_times.txt: line 2 is 'soon'" in done.output
    shutil.copytree(root / "d", root / "lost")
    (root / "lost" / "test.txt").write_text("q1\nq7\n")
    done = run(root, "build", dataset="lost")
    assert done.exit_code == 3
    assert "left out: video q7: test.txt names q7, which has no video" in done.output


def test_training_videos_without_exemplars_are_named_and_set_the_exit_code(root):
    shutil.copytree(root / "d", root / "mute")
    write_video(root / "mute" / "t2_mic.mp4", seconds=1.0, sound=False)
    for made in ("", "nothing was done"):
        done = run(root, "build", dataset="mute")
        assert done.exit_code == 3
        assert "left out: training video t2: t2_mic.mp4 has no sound" in done.output
        assert made in done.output


def test_a_path_that_can_not_be_written_is_one_sentence(root):
    (root / "file").write_text("no folder")
    for out in (root / "file" / "set", root / ("n" * 252)):
        done = run(root, "build", "--out", f"{out}")
        assert done.exit_code == 1
        assert done.exception is None or isinstance(done.exception, SystemExit)
        assert f"{out}" in done.output.replace("\n", "")
    done = run(root, "check", dataset="d/manifest.json")
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)


def test_check_passes_a_good_set_and_fails_a_bad_one(root):
    done = run(root, "check")
    assert done.exit_code == 0
    assert "all in order" in done.output
    shutil.copytree(root / "set-d", root / "set-bad")
    next((root / "set-bad" / "media").iterdir()).unlink()
    bad = run(root, "check", dataset="bad")
    assert bad.exit_code == 1
    assert "the file is missing" in bad.output


def test_preview_writes_a_page_and_warns(root):
    done = run(root, "preview", "--clips", "1")
    assert done.exit_code == 0
    assert "keep it from participants" in done.output
    assert (root / "p.html").is_file()

import pytest

from models.videos.dataset import Problem
from stimuli.building.notes import is_video, notes_on, problem_skipped, told
from stimuli.manifest import Manifest, Skipped


def manifest_of(videos):
    facts = {"impacts": 20, "usable": 15, "uneven": 0, "clips": 15, "silent": {}}
    return Manifest(
        seed=0,
        options={"clips_per_video": 15},
        dataset={"videos": {name: {**facts, **of} for name, of in videos.items()}},
        versions={},
        variants={},
        clips=(),
    )


def test_a_set_with_all_that_was_asked_for_needs_no_note():
    assert notes_on(manifest_of({"a": {}, "b": {}})) == ()


def test_a_few_short_videos_are_named_and_many_are_counted():
    few = notes_on(manifest_of({"a": {"clips": 3, "usable": 3}, "b": {}}))
    assert few == ("video a: 3 clips, fewer than 15: 3 of its 20 impacts can be used",)
    many = notes_on(manifest_of({str(n): {"clips": n} for n in range(4, 15)} | {"b": {}}))
    assert many == ("11 videos have fewer than 15 clips: 4 to 14",)
    alike = notes_on(manifest_of({str(n): {"clips": 6} for n in range(11)}))
    assert alike == ("11 videos have fewer than 15 clips: 6 each",)


def test_a_few_uneven_videos_are_named_and_many_are_counted():
    rest = "impacts lie where the frame rate varies; no clip is made of them"
    assert notes_on(manifest_of({"a": {"uneven": 2}})) == (f"video a: 2 of 20 {rest}",)
    many = manifest_of({str(n): {"uneven": n} for n in range(5)})
    assert notes_on(many) == (f"4 videos: 10 of 80 {rest}",)


def test_silent_sounds_are_counted_over_all_videos():
    notes = notes_on(manifest_of({"a": {"silent": {"x": 2}}, "b": {"silent": {"x": 1, "y": 4}}}))
    assert [note.split(" clips")[0] for note in notes] == [
        "variant x: silent in 3",
        "variant y: silent in 4",
    ]


@pytest.mark.parametrize(
    ("what", "lost"),
    [("video a", True), ("training video a", True), ("variant video", False), ("file video a", False)],
)
def test_recordings_are_told_from_all_else(what, lost):
    assert is_video(Skipped(what=what, reason="")) == lost


def test_a_problem_is_a_lost_recording_or_a_file():
    odd = problem_skipped(Problem(file="a_times.txt", message="is missing"))
    assert told([odd]) == ["note: file a_times.txt: is missing"]
    lost = problem_skipped(Problem(file="test.txt", message="names b", lost="b"))
    assert told([lost]) == ["left out: video b: test.txt names b"]


def test_many_things_of_one_reason_share_a_line():
    skipped = [Skipped(what=f"training video film {n}", reason="is mute") for n in range(9)]
    other = Skipped(what="variant x", reason="has no network")
    assert told([*skipped, other]) == [
        "left out: 9 training videos, film 0 the first: is mute",
        "left out: variant x: has no network",
    ]

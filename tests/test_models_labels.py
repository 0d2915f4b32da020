"""Labels on which people agreed, read and written into a dataset."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from media_samples import write_video

from models.cli import main
from models.errors import ModelsError
from models.videos.annotations import Position, read_positions, read_scenes, write_positions
from models.videos.dataset import Impact, read_dataset, read_times, write_times
from models.videos.impacts import read_impacts
from models.videos.labels import Labelled, read_consensus, write_labels

CLICKS_S = (0.6, 1.2, 1.8)
HEADER = "format,video,impact_s,material,action,reaction,x,y,n_votes"


@pytest.fixture
def root(tmp_path):
    for seed, name in enumerate(("a", "b")):
        path = tmp_path / "d" / f"{name}_mic.mp4"
        path.parent.mkdir(exist_ok=True)
        write_video(path, seconds=2.4, clicks_s=CLICKS_S, seed=seed)
    return tmp_path / "d"


def label(video_id: str, impact_s: float, **changes) -> Labelled:
    usual = Labelled(
        video_id=video_id, impact_s=impact_s, material="wood", action="hit", reaction=None,
        place=(0.25, 0.75),
    )  # fmt: skip
    return replace(usual, **changes)


def detected(root: Path, name: str) -> list[float]:
    video = next(video for video in read_dataset(root).videos if video.id == name)
    return [impact.time_s for impact in read_impacts(video)]


@pytest.mark.parametrize("name", ["a_positions.txt", "scenes.txt"])
def test_notes_that_are_no_text_are_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"0.5 0.1 0.2\xff")
    read = read_scenes if name == "scenes.txt" else lambda root: read_positions(root, "a")
    with pytest.raises(ModelsError, match=f"{name} is not UTF-8"):
        read(tmp_path)


def test_every_impact_of_a_labelled_video_is_listed_and_only_labelled_ones_have_labels(root):
    times = detected(root, "a")
    done = write_labels(root, [label("a", times[1]), label("a", times[2], material=None, place=None)])
    impacts, problems = read_times(root / "a_times.txt")
    assert not problems
    assert [impact.time_s for impact in impacts] == pytest.approx(times, abs=1e-6)
    assert [impact.material for impact in impacts] == [None, "wood", None]
    assert [impact.action for impact in impacts] == [None, "hit", "hit"]
    (place,) = read_positions(root, "a")
    assert (place.x, place.y) == (0.25, 0.75)
    assert place.time_s == pytest.approx(times[1], abs=1e-6)
    assert (done.n_videos, done.n_impacts, done.n_labelled, done.n_placed) == (1, 3, 2, 1)
    assert not (root / "b_times.txt").exists()


def test_labelled_impacts_are_those_that_were_detected(root):
    before = detected(root, "a")
    write_labels(root, [label("a", before[0])])
    assert detected(root, "a") == before


def test_times_that_people_noted_stay_as_they_are(root):
    noted = [Impact(time_s=time - 0.02) for time in CLICKS_S]
    write_times(root / "a_times.txt", noted)
    moved = detected(root, "a")
    assert moved[0] != noted[0].time_s  # the set has them at the amplitude peak
    write_labels(root, [label("a", moved[0])])
    impacts, _ = read_times(root / "a_times.txt")
    assert [impact.time_s for impact in impacts] == [impact.time_s for impact in noted]
    assert impacts[0].material == "wood"


def test_labels_are_replaced_only_when_asked_for_and_others_are_kept(root):
    times = detected(root, "a")
    write_labels(root, [label("a", times[0]), label("a", times[1])])
    before = (root / "a_times.txt").read_text()
    changed = [label("a", times[1], material="metal", place=(0.5, 0.5))]
    with pytest.raises(ModelsError, match=r"a_times\.txt holds labels .* give --replace"):
        write_labels(root, changed)
    assert (root / "a_times.txt").read_text() == before
    write_labels(root, changed, replaces=True)
    impacts, _ = read_times(root / "a_times.txt")
    assert [impact.material for impact in impacts] == ["wood", "metal", None]
    assert [place.x for place in read_positions(root, "a")] == [0.25, 0.5]


def test_places_of_people_are_not_lost_either(root):
    write_positions(root / "a_positions.txt", [Position(time_s=CLICKS_S[0], x=0.1, y=0.1)])
    with pytest.raises(ModelsError, match=r"a_positions\.txt holds labels or places"):
        write_labels(root, [label("a", detected(root, "a")[0])])
    assert not (root / "a_times.txt").exists()


def test_writing_the_same_again_changes_nothing(root):
    labels = [label("a", detected(root, "a")[0])]
    assert write_labels(root, labels).n_files == 2
    assert write_labels(root, labels).n_files == 0


def test_files_are_written_all_or_none(root, monkeypatch):
    labels = [label(name, detected(root, name)[0]) for name in ("a", "b")]
    before = sorted(path.name for path in root.iterdir())
    replaced = Path.replace

    def fail(path, target):
        if path.name.startswith("b_times"):
            raise OSError(28, "No space left on device")
        return replaced(path, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ModelsError, match="no label was written"):
        write_labels(root, labels)
    assert sorted(path.name for path in root.iterdir()) == before


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([label("c", 0.6)], "labels for c, which is no video"),
        ([label("a", 0.9)], "at 0.900 s, where it has no impact"),
        ([label("a", 0.6), label("a", 0.6)], "no impact of its own"),
    ],
)
def test_labels_of_another_dataset_are_refused(root, labels, message):
    times = detected(root, "a")
    given = [replace(one, impact_s=times[0]) if one.impact_s == 0.6 else one for one in labels]
    with pytest.raises(ModelsError, match=message):
        write_labels(root, given)
    assert not (root / "a_times.txt").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video,impact_s\na,1\n", "lacks the columns format, material"),
        (f"{HEADER}\n2,a,1,wood,hit,static,,,3\n", "line 2: format '2'; this version reads 1"),
        (f"{HEADER}\n1,a,1,plastic bag,hit,static,,,3\n", "'plastic bag' can't be a label"),
        (f"{HEADER}\n1,a,1,None,hit,static,,,3\n", "'None' can't be a label"),
        (f"{HEADER}\n1,a,soon,wood,hit,static,,,3\n", "impact_s is 'soon'"),
        (f"{HEADER}\n1,a,nan,wood,hit,static,,,3\n", "impact_s is 'nan'"),
        (f"{HEADER}\n1,a,1,wood,hit,static,1.5,0.5,3\n", "x is '1.5'"),
        (f"{HEADER}\n1,a,1,wood,hit,static,0.5,,3\n", "y is ''"),
    ],
)
def test_a_consensus_that_can_not_be_used_is_refused(tmp_path, text, message):
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(ModelsError, match=message):
        read_consensus(tmp_path / "c.csv")


def test_the_command_writes_and_says_what(root, tmp_path):
    times = detected(root, "a")
    text = f"{HEADER}\n1,a,{times[0]:.6f},wood,hit,,0.2,0.3,3\n1,a,{times[1]:.6f},,,,,,1\n"
    (tmp_path / "c.csv").write_text(text)
    given = ["write-labels", str(root), "--labels", str(tmp_path / "c.csv")]
    done = CliRunner().invoke(main, given)
    assert done.exit_code == 0, done.output
    assert "1 of 3 impacts of 1 video are labelled, 1 have a place" in done.output
    again = CliRunner().invoke(main, given)
    assert "all of it was there already" in again.output
    failed = CliRunner().invoke(main, [*given[:-1], str(tmp_path / "none.csv")])
    assert failed.exit_code == 1
    assert "give a consensus.csv" in failed.output

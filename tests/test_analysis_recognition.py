"""Recognition: what is asked of a dataset, what comes out, and the folder and page it stands on."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from analysis_samples import summary
from click.testing import CliRunner
from recognition_samples import write_sample

from analysis import report
from analysis.cli import main
from analysis.errors import AnalysisError
from analysis.inputs.sources import read_section
from analysis.recognition import ordering, tasks
from analysis.recognition.counts import mean_cochleagrams
from analysis.recognition.data import check_split, read
from analysis.recognition.folder import PAGE_NAME, RESULTS_NAME, format_table, write
from analysis.recognition.recognise import recognise
from analysis.recognition.results import Recognition


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("recognition") / "data")


@pytest.fixture(scope="module")
def found(folder: Path) -> Recognition:
    return recognise(read(folder), seed=3)


def test_hard_and_soft_are_the_papers_lists(folder: Path) -> None:
    data = read(folder)
    hardness = tasks.labels_of(data, tasks.HARDNESS)
    by_material = dict(zip(data.labels["material"].tolist(), hardness.tolist(), strict=True))
    assert by_material == {"cloth": "soft", "leaf": "soft", "metal": "hard", "wood": "hard"}
    assert (len(tasks.HARD), len(tasks.SOFT)) == (9, 5)


def test_real_sounds_tell_more_than_predicted_ones_and_these_more_than_chance(
    found: Recognition,
) -> None:
    real, predicted = found.of("sound", "material"), found.of("predicted-full-features", "material")
    assert real is not None and predicted is not None
    assert real.estimate.value is not None and predicted.estimate.value is not None
    assert real.chance == 0.25 and predicted.estimate.n == real.estimate.n - 1
    assert real.estimate.value > 0.9 > predicted.estimate.value > 0.35
    assert (real.printed, predicted.printed) == (45.8, 28.8)


def test_shuffled_labels_stay_at_chance(found: Recognition) -> None:
    assert found.shuffled is not None and found.shuffled.estimate.value is not None
    assert abs(found.shuffled.estimate.value - 0.25) < 0.12
    assert found.shuffled.printed is None


def test_all_of_the_papers_questions_are_asked(found: Recognition) -> None:
    asked = {(r.features, r.kind) for r in found.results}
    assert {("sound", kind) for kind in ("material", "action", "hardness")} <= asked
    assert {("image", "material"), ("image+sound", "material")} <= asked
    assert ("sound", "reaction") not in asked  # there is only one reaction here
    assert [point.n_bands for point in found.channels] == [2, 4]


def test_equal_seeds_give_equal_results(folder: Path, found: Recognition) -> None:
    again = recognise(read(folder), seed=3)
    assert [r.estimate for r in again.results] == [r.estimate for r in found.results]
    assert (again.walks, again.order.classes) == (found.walks, found.order.classes)


def test_the_order_begins_where_it_is_told_to(folder: Path) -> None:
    order = recognise(read(folder), start_class="wood").order
    assert order.classes[0] == "wood" and sorted(order.classes) == ["cloth", "leaf", "metal", "wood"]


def test_an_unknown_first_class_is_refused(folder: Path, tmp_path: Path) -> None:
    arguments = ["recognition", "--data", str(folder), "--out", str(tmp_path), "--start-class", "jelly"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert (
        "no material 'jelly' is recognised here; give one of cloth, leaf, metal, wood" in result.output
    )


def test_a_video_on_both_sides_is_refused() -> None:
    with pytest.raises(AnalysisError, match=r"1 videos are in training and test at once \(b\)"):
        check_split(np.array(["a", "b", "b"]), np.array([False, False, True]))


def test_mean_cochleagrams_are_means(folder: Path) -> None:
    data = read(folder)
    sounds = data.open("sound").astype(np.float64)
    means = mean_cochleagrams(data, "material")
    assert list(means) == ["cloth", "leaf", "metal", "wood"]
    expected = sounds[data.labels["material"] == "leaf"].mean(axis=0)
    assert np.allclose(means["leaf"], expected, atol=1e-4)


def test_the_dataset_is_counted(found: Recognition) -> None:
    facts = found.summary
    assert (facts.n_videos, facts.n_test_videos, facts.n_impacts, facts.n_clips) == (16, 8, 96, 96)
    assert (facts.hits, facts.indoor) == (2 / 3, 0.75)
    cloth = facts.classes[0]
    assert (cloth.name, cloth.n_train, cloth.n_test, cloth.n_videos) == ("cloth", 12, 12, 4)


def test_the_page_says_what_was_found(folder: Path, found: Recognition, tmp_path: Path) -> None:
    data = read(folder)
    write(found, data, tmp_path / "one")
    write(found, data, tmp_path / "two")
    page = (tmp_path / "one" / PAGE_NAME).read_text(encoding="utf-8")
    assert page == (tmp_path / "two" / PAGE_NAME).read_text(encoding="utf-8")
    assert read_section(tmp_path / "one").strip() in page
    for words in ("First class: <b>cloth</b>", ordering.TIE_RULE, "data:image/jpeg;base64", "28.8%"):
        assert words in page
    assert "/srv/lab" not in page  # folders of a machine
    names = {path.stem for path in (tmp_path / "one" / "figures").iterdir()}
    assert names >= {"sounds", "sights", "confusion-sound", "confusion-full", "channels", "walk"}
    results = json.loads((tmp_path / "one" / RESULTS_NAME).read_text(encoding="utf-8"))
    assert results["order"]["start"] == "cloth" and len(results["walks"]) == 16


def test_a_report_takes_the_section_in(folder: Path, found: Recognition, tmp_path: Path) -> None:
    write(found, read(folder), tmp_path / "recognition")
    section = read_section(tmp_path / "recognition")
    report.write(summary([]), tmp_path / "report", recognition=section)
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert section in page and "<h2>What sounds tell</h2>" in page


def test_a_report_says_which_section_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="give the folder that `analysis recognition --out` wrote"):
        read_section(tmp_path)


def test_the_terminal_gets_every_accuracy_with_chance_and_the_papers(found: Recognition) -> None:
    text = format_table(found)
    line = next(line for line in text.splitlines() if line.startswith("material: Real sound "))
    assert "25.0%" in line and "45.8%" in line
    assert "from cloth (ties: of equally similar classes the first by name)" in text


def test_labels_alone_give_the_dataset_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "data")
    path = tmp_path / "data" / "recognition.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**facts, "arrays": []}), encoding="utf-8")
    result = CliRunner().invoke(
        main, ["recognition", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / PAGE_NAME).read_text(encoding="utf-8")
    assert "The dataset" in page and "What sounds tell" not in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "is no recognition data of format 1"),
        ({"clips": {}}, "is damaged"),
        ({"what": "evaluation"}, "is no recognition data"),
    ],
)
def test_a_damaged_folder_is_named(
    folder: Path, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    facts = json.loads((folder / "recognition.json").read_text(encoding="utf-8"))
    (tmp_path / "recognition.json").write_text(json.dumps({**facts, **change}), encoding="utf-8")
    with pytest.raises(AnalysisError, match=message):
        read(tmp_path)


def test_an_array_of_another_shape_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "data")
    np.save(tmp_path / "data" / "sound.npy", np.zeros((3, 5, 6), np.float16))
    with pytest.raises(AnalysisError, match=r"sound.npy is \(3, 5, 6\)"):
        recognise(read(tmp_path / "data"))


def test_no_folder_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="models recognition-data"):
        read(tmp_path / "none")

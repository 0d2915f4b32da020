"""Recognition on disk: the folder that is read, the page, its section in a report, the terminal."""

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
from analysis.recognition import ordering
from analysis.recognition.data import read
from analysis.recognition.folder import PAGE_NAME, RESULTS_NAME, format_table, write
from analysis.recognition.recognise import recognise
from analysis.recognition.results import Recognition


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("recognition") / "data")


@pytest.fixture(scope="module")
def found(folder: Path) -> Recognition:
    return recognise(read(folder), seed=3)


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

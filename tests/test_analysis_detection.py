"""The detection of impacts in a report: read, refused where it is damaged, shown beside the paper."""

import copy
import csv
import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from analysis_samples import Page, reported, write_report
from evaluation_samples import answers, interval, written
from evaluation_samples import ordinary as metrics

from analysis.errors import AnalysisError
from analysis.formats import EN_DASH, NONE
from analysis.inputs import evaluation, impacts, sources
from experiment_server.exports import records

ROOT = Path(__file__).parents[1]


def score(name: str, value: float | None, *, network: str | None = None) -> dict[str, Any]:
    return {
        "name": name, "network": network,
        "precision": {
            "average_precision": interval(value, 0.1),
            "curve": {"recall": [0.1, 0.2, 0.2], "precision": [1.0, 1.0, 0.666667]},
            "n_videos": 2, "n_true": 1040, "n_detected": 12,
        },
        "per_clip_published": {"accuracy": 0.603, "average_precision": 0.625},
    }  # fmt: skip


def ordinary() -> dict[str, Any]:
    return {
        "format": 1, "what": "detection", "dataset": "marble", "split": "files",
        "videos": {"v1": 34.0, "v2": 5.5}, "tolerance_s": 0.1, "seed": 17, "n_resamples": 2000,
        "level": 0.95,
        "scores": [
            score("detection", 0.324, network="a" * 64),
            score("detection-no-spacetime", 0.192, network="b" * 64),
            score("<other>", 0.5),
        ],
    }  # fmt: skip


def changed(change: Callable[[Any], object]) -> Any:
    data = copy.deepcopy(ordinary())
    change(data)
    return data


def page_of(folder: Path, data: Any) -> str:
    found = impacts.read(written(folder, data, "detection.json"))
    write_report(answers("full", "random"), out=folder, title="t", impacts=found)
    return (folder / "index.html").read_text(encoding="utf-8")


def section(page: str) -> str:
    return page.split("<h2>Impact detection</h2>")[1].split("</section>")[0]


def cells(page: str, label: str) -> list[str]:
    row = next(row for row in section(page).split("<tr>") if f'<th scope="row">{label}<' in row)
    return [cell.split(">", 1)[1].split("<")[0] for cell in row.split("<td")[1:]]


def test_every_number_comes_back_as_it_was_written(tmp_path: Path) -> None:
    data = ordinary()
    found = impacts.read(written(tmp_path, data, "detection.json"))
    for row, theirs in zip(found.rows, data["scores"], strict=True):
        measured = theirs["precision"]
        assert dataclasses.asdict(row.average_precision) == measured["average_precision"]
        assert list(row.curve.recall) == measured["curve"]["recall"]
        assert list(row.curve.precision) == measured["curve"]["precision"]
        assert (row.n_videos, row.n_true, row.n_detected) == (2, 1040, 12)
        assert (row.clip_accuracy, row.clip_precision) == (0.603, 0.625)
        assert (row.name, row.network) == (theirs["name"], theirs["network"])
    facts = found.facts
    assert (facts.dataset, facts.videos, facts.seed, facts.tolerance_s) == (
        "marble", {"v1": 34.0, "v2": 5.5}, 17, 0.1,
    )  # fmt: skip


def test_the_folder_that_holds_the_file_will_do(tmp_path: Path) -> None:
    path = written(tmp_path, ordinary(), "detection.json")
    assert impacts.read(tmp_path) == impacts.read(path)


DAMAGED = {
    "a list": ([], "this is not a detection of impacts"),
    "an evaluation": ({"format": 1, "what": "evaluation"}, "this is not a detection of impacts"),
    "a later format": (changed(lambda d: d.update(format=2)), "format 2, this version reads 1"),
    "no system": (changed(lambda d: d.update(scores=[])), "scores is empty"),
    "a system twice": (changed(lambda d: d["scores"].append(d["scores"][0])), "detection stands there"),
    "a score that is none": (changed(lambda d: d.update(scores=[3])), "scores[0] is 3, expected a"),
    "no curve": (
        changed(lambda d: d["scores"][0]["precision"].pop("curve")),
        "scores[0].precision.curve is missing",
    ),
    "a curve of two lengths": (
        changed(lambda d: d["scores"][0]["precision"]["curve"]["recall"].pop()),
        "scores[0].precision.curve has 2 recalls and 3 precisions",
    ),
    "a recall in percent": (
        changed(lambda d: d["scores"][1]["precision"]["curve"].update(recall=[0.1, 20, 30])),
        "scores[1].precision.curve.recall[1] is 20.0, expected 0 to 1",
    ),
    "a precision in percent": (
        changed(lambda d: d["scores"][0]["precision"]["average_precision"].update(value=32.4)),
        "scores[0].precision.average_precision is 32.4, expected 0 to 1",
    ),
    "a video without length": (
        changed(lambda d: d["videos"].update(v1=None)), "videos.v1 is None, expected 0 to inf"
    ),
    "a level in percent": (changed(lambda d: d.update(level=95)), "level is 95"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_another_file_is_refused_with_its_place_and_the_remedy(name: str, tmp_path: Path) -> None:
    data, complaint = DAMAGED[name]
    path = written(tmp_path, data, "detection.json")
    with pytest.raises(AnalysisError) as refusal:
        impacts.read(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert complaint in str(refusal.value)
    assert str(refusal.value).endswith(impacts.REMEDY)


def test_a_folder_without_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"no file .*detection\.json; give the detection\.json that"):
        impacts.read(tmp_path)


def test_the_section_shows_each_system_beside_the_paper(tmp_path: Path) -> None:
    page = page_of(tmp_path, ordinary())
    count = "1\N{THIN SPACE}040"
    assert cells(page, "Spacetime images") == ["32.4%", "43.6%", count, "12", "2", "62.5%", "60.3%"]
    assert cells(page, "RGB images only")[:2] == ["19.2%", "21.6%"]
    assert cells(page, "&lt;other&gt;")[:2] == ["50.0%", ""]
    assert f"22.4 {EN_DASH} 42.4" in section(page)  # the interval below the first
    resamples = "2\N{THIN SPACE}000 bootstrap resamples"
    for fact in ("40 s of 2 test videos", "within 0.1 s", resamples, "“marble”"):
        assert fact in section(page), fact
    assert "Owens et al. 43.6%" in section(page).split("<svg")[1].split("</svg>")[0]
    assert "Impact detection was measured on 40 s of 2 test videos" in page


def test_the_section_stands_with_what_is_measured_without_participants(tmp_path: Path) -> None:
    found = impacts.read(written(tmp_path, ordinary(), "detection.json"))
    measured = evaluation.read(written(tmp_path, metrics()))
    write_report(answers("full", "random"), out=tmp_path, impacts=found, evaluation=measured)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    heads = re.findall(r"<h2>(.*?)</h2>", page)
    assert heads.index("Impact detection") == heads.index("Auditory metrics") + 1
    tables = [int(number) for number in re.findall(r"<b>Table (\d+)\.", page)]
    assert tables == list(range(1, len(tables) + 1))  # numbered as they stand on the page


def test_a_number_that_is_not_defined_is_a_dash(tmp_path: Path) -> None:
    data = changed(lambda d: d["scores"][0]["precision"].update(average_precision=interval(None)))
    assert cells(page_of(tmp_path, data), "Spacetime images")[0] == NONE


def test_json_csv_and_figure_carry_it_too(tmp_path: Path) -> None:
    page_of(tmp_path, ordinary())
    kept = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["impacts"]
    assert kept["facts"]["tolerance_s"] == 0.1
    assert kept["rows"][0]["curve"]["precision"] == [1.0, 1.0, 0.666667]
    with (tmp_path / "tables" / "impacts.csv").open(encoding="utf-8", newline="") as file:
        first, second, _ = csv.DictReader(file)
    shown = (first["average_precision"], first["printed"], second["printed"])
    assert shown == ("0.324", "0.436", "0.216")
    assert first["network_sha256"] == "a" * 64
    figure = (tmp_path / "figures" / "precision_recall.svg").read_text(encoding="utf-8")
    assert "Spacetime images" in figure and "&lt;other&gt;" in figure


def test_a_report_without_it_says_nothing_and_leaves_no_figure_of_before(tmp_path: Path) -> None:
    page_of(tmp_path, ordinary())
    write_report(answers("full", "random"), out=tmp_path, title="t")
    assert "Impact detection" not in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert not (tmp_path / "figures" / "precision_recall.svg").exists()
    assert (tmp_path / "tables" / "impacts.csv").read_text(encoding="utf-8").strip() == ""


def test_the_page_is_well_nested_with_every_id_once(tmp_path: Path) -> None:
    page = Page(page_of(tmp_path, ordinary()))
    assert page.open == []
    assert any(name.startswith("precision_recall-") for name in page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_the_command_takes_a_folder_and_names_digests_and_seed(tmp_path: Path) -> None:
    (tmp_path / "scores").mkdir()
    written(tmp_path / "scores", ordinary(), "detection.json")
    run = reported(tmp_path, answers("full", "random"), "--detection", tmp_path / "scores")
    assert run.exit_code == 0, run.output
    page = (tmp_path / "r" / "index.html").read_text(encoding="utf-8")
    assert "--responses responses.csv --detection scores" in page
    known = json.loads((tmp_path / "r" / "report.json").read_text(encoding="utf-8"))["provenance"]
    assert known["detection"]["seed"] == 17
    assert known["detection"]["networks_sha256"] == {
        "detection": "a" * 64, "detection-no-spacetime": "b" * 64,
    }  # fmt: skip
    assert "b" * 64 in page.split("<h2>Provenance</h2>")[1]
    assert str(tmp_path) not in page


def test_the_command_refuses_another_format_before_it_writes(tmp_path: Path) -> None:
    path = written(tmp_path, changed(lambda d: d.update(format=2)), "detection.json")
    run = reported(tmp_path, answers("full", "random"), "--detection", path)
    assert run.exit_code == 1
    assert run.output.startswith("Error: ") and "format 2, this version reads 1" in run.output
    assert not (tmp_path / "r").exists()


def test_both_files_of_an_evaluation_go_together(tmp_path: Path) -> None:
    records.write(answers("full", "random"), tmp_path / "responses.csv")
    source = sources.load(
        study=None,
        responses=tmp_path / "responses.csv",
        evaluation=written(tmp_path, metrics()),
        detection=written(tmp_path, ordinary(), "detection.json"),
    )
    assert source.evaluation is not None and source.impacts is not None
    assert {"evaluation", "detection"} <= set(source.provenance)


def test_what_models_writes_can_be_read_here(tmp_path: Path) -> None:
    """In a process of its own, so that the network's libraries are not loaded into this one."""
    script = (
        "import sys; from pathlib import Path\n"
        "from models.detection.evaluation import (\n"
        "    DetectionEvaluation, DetectionScore, write_detection)\n"
        "from models.detection.precision import Curve, Precision\n"
        "from models.detection.published import ClipScore\n"
        "from models.evaluation.metrics import Estimate\n"
        "precision = Precision(average_precision=Estimate(value=0.5, low=0.4, high=0.6),\n"
        "    curve=Curve(recall=(0.5,), precision=(1.0,)), n_videos=1, n_true=2, n_detected=1)\n"
        "score = DetectionScore(name='detection', precision=precision, network='n',\n"
        "    per_clip_published=ClipScore(accuracy=0.5, average_precision=1.0))\n"
        "write_detection(Path(sys.argv[1]), DetectionEvaluation(dataset='d', split='files',\n"
        "    videos={'v': 9.0}, tolerance_s=0.1, seed=0, n_resamples=10, level=0.95, scores=(score,)))\n"
    )
    path = tmp_path / "detection.json"
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, cwd=ROOT)
    (row,) = impacts.read(path).rows
    assert (row.average_precision.high, row.curve.recall, row.clip_precision) == (0.6, (0.5,), 1.0)

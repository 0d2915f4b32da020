"""What `models evaluate` wrote: read without it, refused where it is damaged."""

import copy
import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from analysis_samples import reported
from evaluation_samples import answers, measured, ordinary, score, written

from analysis.errors import AnalysisError
from analysis.findings import auditory
from analysis.findings.auditory import COLUMNS
from analysis.inputs import evaluation

ROOT = Path(__file__).parents[1]


def test_every_number_comes_back_as_it_was_written(tmp_path: Path) -> None:
    data = ordinary()
    found = evaluation.read(written(tmp_path, data))
    for ours, theirs in zip(found.scores, data["scores"], strict=True):
        assert (ours.variant, ours.basis) == (theirs["variant"], theirs["basis"])
        for column in COLUMNS:
            quantity, _, kind = column.partition("_")
            number = auditory.measured(ours, column)
            assert dataclasses.asdict(number) == theirs[quantity][kind]
    facts = (found.facts.dataset, found.facts.n_clips, found.facts.n_resamples, found.facts.level)
    assert facts == ("marble", 60, 2000, 0.95)


def test_keys_that_a_later_version_adds_are_passed_over(tmp_path: Path) -> None:
    data = ordinary() | {"device": "cuda"}
    data["scores"][0]["onsets"] = 3
    assert len(evaluation.read(written(tmp_path, data)).scores) == 6


def test_folders_of_the_machine_are_left_out() -> None:
    text = (
        "no 'x' in /home/ada/my.nets; use --out ~/a/b --weights net=/data/w.pth, see https://a.org/b/c"
    )
    assert evaluation.without_folders(text) == (
        "no 'x' in my.nets; use --out b --weights net=w.pth, see https://a.org/b/c"
    )
    assert evaluation.without_folders("3 and/or 4 clips at 1/30 s") == "3 and/or 4 clips at 1/30 s"


def damaged() -> dict[str, tuple[Any, str]]:
    """By name: what a file holds, and what is said of it."""

    def changed(change: Any) -> Any:
        data = copy.deepcopy(ordinary())
        change(data)
        return data

    first = "scores[0]"
    return {
        "a list": ([], "this is not an evaluation"),
        "another file": ({"format": 1, "what": "manifest"}, "this is not an evaluation"),
        "a later format": (measured(format=2), "format 2, this version reads 1"),
        "no scores": (changed(lambda d: d.pop("scores")), "scores is missing"),
        "scores by name": (measured(scores={}), "scores is {}, expected a list"),
        "a score that is none": (measured(scores=[3]), "scores[0] is 3, expected a score"),
        "an unknown basis": (
            changed(lambda d: d["scores"][0].update(basis="guess")), f"{first}.basis is 'guess'"
        ),
        "a metric that is missing": (
            changed(lambda d: d["scores"][0].pop("centroid")), f"{first}.centroid is missing"
        ),
        "a number in words": (
            changed(lambda d: d["scores"][0]["loudness"]["r"].update(value="0.4")),
            f"{first}.loudness.r.value is '0.4', expected a number or null",
        ),
        "a truth": (
            changed(lambda d: d["scores"][0]["loudness"]["r"].update(value=True)),
            f"{first}.loudness.r.value is True",
        ),
        "r above 1": (
            changed(lambda d: d["scores"][0]["loudness"]["r"].update(value=1.2)),
            f"{first}.loudness.r is 1.2, expected -1 to 1",
        ),
        "an error below 0": (
            changed(lambda d: d["scores"][0]["centroid"]["error"].update(low=-2)),
            f"{first}.centroid.error is -2.0, expected 0",
        ),
        "an interval upside down": (
            changed(lambda d: d["scores"][0]["centroid"]["error"].update(low=9)),
            f"{first}.centroid.error has an interval from 9.0",
        ),
        "clips in halves": (
            changed(lambda d: d["scores"][0].update(n_clips=2.5)), f"{first}.n_clips is 2.5"
        ),
        "infinity": (
            changed(lambda d: d["scores"][0]["centroid"]["error"].update(high=float("inf"))),
            "Infinity is no number",
        ),
        "a variant twice": (measured(score("random"), score("random")), "random by sound stands there"),
        "a level in percent": (measured(level=95), "level is 95"),
        "no reason": (measured(unavailable={"full": None}), "unavailable is {'full': None}"),
    }  # fmt: skip


@pytest.mark.parametrize("name", damaged())
def test_a_damaged_file_is_refused_with_its_place_and_the_remedy(name: str, tmp_path: Path) -> None:
    data, complaint = damaged()[name]
    path = written(tmp_path, data)
    with pytest.raises(AnalysisError) as refusal:
        evaluation.read(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert complaint in str(refusal.value)
    assert str(refusal.value).endswith("give the evaluation.json that `models evaluate` wrote")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"", "is not JSON"), (b"variant,r\n", "is not JSON"), (b"\xff\xd8\xff", "is not text")],
)
def test_what_is_no_json_is_refused(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "e.json").write_bytes(content)
    with pytest.raises(AnalysisError, match=complaint):
        evaluation.read(tmp_path / "e.json")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"no file .*e\.json"):
        evaluation.read(tmp_path / "e.json")
    with pytest.raises(AnalysisError, match="can't be read"):
        evaluation.read(tmp_path)


def test_the_command_refuses_a_wrong_file_before_it_writes(tmp_path: Path) -> None:
    wrong = tmp_path / "responses.csv"
    run = reported(tmp_path, answers("full", "random"), "--evaluation", wrong)
    assert run.exit_code == 1
    assert run.output.startswith("Error: ") and "is not JSON" in run.output
    assert not (tmp_path / "r").exists()


def test_what_models_writes_can_be_read_here(tmp_path: Path) -> None:
    """In a process of its own, so that the network's libraries are not loaded into this one."""
    script = (
        "import sys; from pathlib import Path\n"
        "from models.evaluation.evaluate import Evaluation, Score, write_evaluation\n"
        "from models.evaluation.metrics import Agreement, Estimate\n"
        "number = Estimate(value=0.5, low=0.4, high=0.6)\n"
        "none = Estimate(value=None, low=None, high=None)\n"
        "score = Score(variant='full', basis='features', n_clips=3, n_videos=2, network='b',\n"
        "    loudness=Agreement(error=number, r=none), centroid=Agreement(error=number, r=number))\n"
        "write_evaluation(Path(sys.argv[1]), Evaluation(dataset='d', split='files', test_digest='t',\n"
        "    n_clips=3, n_videos=2, seed=0, n_resamples=10, level=0.95, scores=(score,),\n"
        "    unavailable={'random': 'why'}))\n"
    )
    path = tmp_path / "e.json"
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, cwd=ROOT)
    found = evaluation.read(path)
    assert found.facts.unavailable == {"random": "why"}
    assert found.scores[0].loudness.r.value is None
    assert found.scores[0].centroid.error.high == 0.6


def test_the_report_of_an_evaluation_loads_no_network(tmp_path: Path) -> None:
    path = written(tmp_path, ordinary())
    script = (
        "import sys; from pathlib import Path\n"
        "from analysis import report; from analysis.inputs import columns, sources\n"
        "from analysis.summary import summarize\n"
        "nothing, _ = columns.from_records([])\n"
        "source = sources.Source(name='t', responses=nothing, provenance={'command': ''})\n"
        "source = sources.with_evaluation(source, Path(sys.argv[1]))\n"
        "report.write(summarize(source), Path(sys.argv[2]))\n"
        "sys.exit(', '.join(sorted({'torch', 'models'} & set(sys.modules))) or 0)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(path), str(tmp_path / "r")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    assert "Auditory metrics" in (tmp_path / "r" / "index.html").read_text(encoding="utf-8")

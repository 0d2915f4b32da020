"""Other programs' formats: what comes out is what they read, and nothing is turned round."""

import csv
import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from analysis_samples import summary
from click.testing import CliRunner

from analysis.cli import main
from analysis.errors import AnalysisError
from analysis.exchange import amt, bids, psych_ds, reseval
from analysis.planning.simulate import simulate
from experiment_server.exports import records
from experiment_server.exports.records import COLUMNS, Record


def study() -> list[Record]:
    trials = simulate(
        {"full": 0.4, "random": 0.2}, n_participants=8, n_trials=15, n_videos=20, n_catch=2,
        rng=np.random.default_rng(4),
    )  # fmt: skip
    return [
        dataclasses.replace(row, response_interval=None, fooled=None, rt_ms=None, answered_utc=None)
        if row.position == 4 else dataclasses.replace(row, phase="practice")
        if row.position <= 3 else dataclasses.replace(row, position=row.position - 3)
        for row in trials
    ]  # fmt: skip


def batch(tmp_path: Path, *rows: tuple[str, str, str, str, str]) -> Path:
    """A batch of one-trial rows: worker, real side, left and right image, selection."""
    path = tmp_path / "batch.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("WorkerId", "SubmitTime", "Input.gt_side0", "Input.images_left0",
                         "Input.images_right0", "Answer.selection0"))  # fmt: skip
        writer.writerows((w, "Wed Mar 16 12:00:00 PDT 2016", *rest) for w, *rest in rows)
    return path


@pytest.mark.parametrize(
    ("side", "selection", "called_real", "fooled"),
    [("left", "right", 1, False), ("left", "left", 2, True), ("right", "left", 2, False),
     ("right", "right", 1, True)],
)  # fmt: skip
def test_the_question_of_a_batch_is_turned_right(
    side: str, selection: str, called_real: int, fooled: bool, tmp_path: Path
) -> None:
    images = ("gt/7.jpg", "ours/7.jpg") if side == "left" else ("ours/7.jpg", "gt/7.jpg")
    path = batch(tmp_path, ("A1", side, *images, selection))
    row = amt.read(path, n_practice=0)[0]
    # the worker clicked the side that looked fake
    assert (row.response_interval, row.fooled, row.variant) == (called_real, fooled, "ours")
    assert (row.clip, row.real_interval) == ("7.jpg", 1 + (side == "right"))
    assert row.answered_utc == "2016-03-16T19:00:00+00:00"


def test_a_missing_answer_of_a_batch_stays_missing(tmp_path: Path) -> None:
    path = batch(tmp_path, ("A1", "left", "gt/1.jpg", "ours/1.jpg", "unset"),
                 ("A2", "left", "gt/1.jpg", "ours/1.jpg", ""))  # fmt: skip
    rows = amt.read(path, n_practice=0)
    assert [row.fooled for row in rows] == [None, None]
    assert summary(rows).flow.main_missing == 2


def test_no_workers_id_gets_in_and_who_comes_twice_is_known(tmp_path: Path) -> None:
    one = ("A1B2", "left", "gt/1.jpg", "ours/1.jpg", "right")
    rows = amt.read(batch(tmp_path, one, ("C3D4", *one[1:]), one), n_practice=0)
    assert [row.participant for row in rows] == ["w00001", "w00002", "w00001"]
    assert len({row.trial for row in rows}) == 3
    assert "A1B2" not in "".join(map(repr, rows))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (("A", "up", "gt/1.jpg", "x/1.jpg", "left"), "expected left or right"),
        (("A", "left", "x/1.jpg", "gt/1.jpg", "left"), None),
    ],
)
def test_an_odd_batch_is_explained(row: tuple, complaint: str | None, tmp_path: Path) -> None:
    good = ("B", "left", "gt/1.jpg", "x/1.jpg", "left")
    with pytest.raises(AnalysisError, match=complaint or "the real side has images of gt, x"):
        amt.read(batch(tmp_path, good, row), n_practice=0)
    with pytest.raises(AnalysisError, match="no batch of AMT_Real_vs_Fake"):
        records.write(study(), tmp_path / "r.csv")
        amt.read(tmp_path / "r.csv")


def test_a_batch_written_and_read_again_is_the_same(tmp_path: Path) -> None:
    assert amt.write(study(), tmp_path / "batch.csv") == 8
    again = amt.read(tmp_path / "batch.csv", n_practice=3)
    names = ("phase", "variant", "real_interval", "response_interval", "fooled")

    def facts(rows: list[Record]) -> list[tuple]:
        order = sorted(rows, key=lambda row: (row.participant, row.phase, row.position))
        kept = [row for row in order if row.phase != "catch"]
        return [tuple(getattr(row, name) for name in names) for row in kept]

    assert facts(again) == facts(study())
    assert {row.phase for row in again} == {"practice", "main", "catch"}


def test_the_published_program_reads_the_same_rates(tmp_path: Path) -> None:
    trials = [row for row in study() if row.phase == "main" and row.fooled is not None]
    amt.write(trials, tmp_path / "batch.csv")
    with (tmp_path / "batch.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    right = [  # its reckoning: an answer is right if gt_side is "right" and the selection is not
        (row[f"Input.gt_side{i}"] == "right") == (row[f"Answer.selection{i}"] != "right")
        for row in rows
        for i in range(11)
        if row[f"Input.gt_side{i}"]
    ]
    assert sum(not r for r in right) == sum(bool(row.fooled) for row in trials)


def test_resevals_shares_are_the_fool_rates(tmp_path: Path) -> None:
    n = reseval.write(study(), tmp_path)
    answers = [row for row in study() if row.phase == "main" and row.fooled is not None]
    assert n == len(answers)
    for variant in ("full", "random"):
        tables = {}
        for name in ("conditions", "files", "participants", "evaluators", "responses"):
            with (tmp_path / variant / "tables" / f"{name}.csv").open(encoding="utf-8") as file:
                tables[name] = list(csv.DictReader(file))
        assert [row["Condition"] for row in tables["conditions"]] == ["real", variant]
        # its AB test counts the responses of each condition
        share = np.mean([row["Response"] == variant for row in tables["responses"]])
        assert share == np.mean([row.fooled for row in answers if row.variant == variant])
        assert {row["Stem"] for row in tables["responses"]} == {r["Stem"] for r in tables["files"]}
        people = {row["ID"] for row in tables["participants"]}
        assert {row["Participant"] for row in tables["responses"]} == people
        assert all(len(row["CompletionCode"]) <= 10 for row in tables["participants"])


def test_psych_ds_describes_every_column(tmp_path: Path) -> None:
    psych_ds.write(study(), tmp_path)
    described = json.loads((tmp_path / "dataset_description.json").read_text())
    assert {"name", "description", "variableMeasured"} <= set(described)
    data = list((tmp_path / "data").iterdir())
    assert [path.name for path in data] == ["study-simulation_task-realfake_data.csv"]
    head = data[0].read_text(encoding="utf-8").splitlines()[0].split(",")
    assert head == [entry["name"] for entry in described["variableMeasured"]] == list(COLUMNS)
    assert all(entry["description"] for entry in described["variableMeasured"])
    assert records.read(data[0]) == study()
    assert (tmp_path / "README.md").exists()


def test_bids_is_valid(tmp_path: Path) -> None:
    bids.write(study(), tmp_path)
    validator = shutil.which("bids-validator-deno")
    if validator is None:
        pytest.skip("no bids-validator-deno; pip install bids-validator-deno")
    command = [validator, str(tmp_path), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    issues = json.loads(run.stdout)["issues"]["issues"]
    errors = [issue for issue in issues if issue.get("severity") == "error"]
    assert not errors, errors[:3]


def test_bids_writes_missing_values_as_it_must(tmp_path: Path) -> None:
    bids.write(study(), tmp_path)
    path = tmp_path / "sub-p00000" / "beh" / "sub-p00000_task-realfake_beh.tsv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    missing = next(row for row in rows if row["response_interval"] == "n/a")
    assert (missing["response_time"], missing["fooled"]) == ("n/a", "n/a")
    assert all("" not in row.values() for row in rows)


@pytest.mark.parametrize("to", ["responses", "amt", "reseval", "psych-ds", "bids"])
def test_the_command_writes_every_format(to: str, tmp_path: Path) -> None:
    records.write(study(), tmp_path / "r.csv")
    out = tmp_path / "out" / "made"
    arguments = ["convert", str(tmp_path / "r.csv"), "--to", to, "--out", str(out)]
    run = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert run.exit_code == 0 and "rows" in run.output
    assert out.exists()


def test_the_command_reads_a_batch(tmp_path: Path) -> None:
    path = batch(tmp_path, ("A1", "left", "gt/1.jpg", "ours/1.jpg", "left"))
    out = tmp_path / "responses.csv"
    arguments = ["convert", str(path), "--from", "amt", "--to", "responses", "--practice", "0"]
    run = CliRunner().invoke(main, [*arguments, "--out", str(out)], catch_exceptions=False)
    assert run.exit_code == 0
    assert records.read(out)[0].fooled is True


def test_the_command_says_what_it_can_not_read(tmp_path: Path) -> None:
    arguments = ["convert", "nothing.csv", "--to", "amt", "--out", str(tmp_path / "o.csv")]
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 1
    assert "no file nothing.csv" in run.output

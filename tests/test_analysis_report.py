"""The report on disk: one page to mail, the same bytes for the same records, and never a NaN."""

import csv
import dataclasses
import functools
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from analysis_samples import Page, people, reported, unanswered, write_report
from click.testing import CliRunner

from analysis.cli import main
from analysis.inputs.declared import NOTHING, Declared, Plan
from analysis.planning.simulate import ORDINARY, simulate
from analysis.rendering import latex
from analysis.rendering.tables import TABLES
from analysis.rendering.terminal import format_table
from experiment_server.exports.records import Record
from experiment_server.studies.sections import Exclusions


def study(names: Sequence[str] = ("full", "image-match", "random"), **sizes: int) -> list[Record]:
    size = {"n_participants": 10, "n_trials": 20, "n_videos": 24, **sizes}
    fool_rates = dict.fromkeys(names, 0.4)
    return simulate(fool_rates, spread=ORDINARY, rng=np.random.default_rng(4), **size)


@functools.cache
def odd_studies() -> dict[str, list[Record]]:
    trials = study()
    one = [row for row in trials if row.participant == "p00000"]
    return {
        "empty": [],
        "nobody answered": [unanswered(row) for row in trials],
        "one participant": one,
        "one answer": one[:1],
        "one video": [row for row in trials if row.video == "video-0003"],
        "one variant": study(["syncfusion"]),
        "no labels": [
            dataclasses.replace(row, material=None, action=None, reaction=None) for row in trials
        ],
        "a class without answers": [
            unanswered(row) if row.material == "wood" else row for row in trials
        ],
        "a variant without answers": [
            unanswered(row) if row.variant == "random" else row for row in trials
        ],
        "never fooled": [
            dataclasses.replace(row, response_interval=row.real_interval, fooled=False) for row in trials
        ],
        "no times": [dataclasses.replace(row, rt_ms=None) for row in trials],
        "equal times": [dataclasses.replace(row, rt_ms=500.0) for row in trials],
        "practice and catch alone": [
            dataclasses.replace(row, phase="catch" if row.position % 2 else "practice") for row in trials
        ],
        "unfinished": [
            unanswered(dataclasses.replace(row, participant_state="active", presented_utc=None))
            if row.position > 9 else dataclasses.replace(row, participant_state="active")
            for row in trials
        ],
        "sounds that would not play": [
            dataclasses.replace(unanswered(row), invalid="stalled") if row.position % 2 else row
            for row in trials
        ],
        "odd names": [
            dataclasses.replace(row, variant='a<b>&"$x$', material="sehr-lange Klasse aus $Text$ & <b>")
            for row in trials
        ],
        "many classes": [
            dataclasses.replace(row, material=f"m{i % 30}") for i, row in enumerate(trials)
        ],
        "many variants": study([f"system-{i:02d}" for i in range(14)]),
    }  # fmt: skip


STRICT = Declared(
    exclusions=Exclusions(least_answers=3, fast_ms=500, slow_ms=900, side_percent=60),
    plan=Plan(declared=True, contrasts=(("random", "full"), ("full", "absent")), target="these clips"),
    cents={"complete": 100},
    currency="USD",
)


@pytest.mark.parametrize("declared", [NOTHING, STRICT], ids=["nothing declared", "much declared"])
@pytest.mark.parametrize("name", odd_studies())
def test_any_study_gives_a_page_without_nan_or_request(
    name: str, declared: Declared, tmp_path: Path
) -> None:
    report = write_report(odd_studies()[name], out=tmp_path, title=name, declared=declared)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    assert len(page.ids) == len(set(page.ids))
    assert all(address.startswith("#") for address in page.fetched)
    assert "url(http" not in text and "@import" not in text
    words = " ".join(page.text).lower().split()
    assert not {"nan", "inf", "none", "-inf"} & set(words)
    json.loads((tmp_path / "report.json").read_text(), parse_constant=pytest.fail)
    for table in TABLES:
        cells = list(csv.reader((tmp_path / "tables" / f"{table}.csv").read_text().splitlines()))
        assert not {"nan", "inf", "None"} & {cell for row in cells for cell in row}
        assert len({len(row) for row in cells}) == 1
    for figure in (tmp_path / "figures").iterdir():
        ElementTree.parse(figure)
    assert "nan" not in format_table(report)


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    trials = study()
    for name in ("one", "two"):
        write_report(trials, out=tmp_path / name, title="t", provenance={"seed": 3})
        trials = trials[::-1]
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 2 + len(TABLES) + len(latex.TABLES) + 1 + 3
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_simulated_answers_are_called_so_everywhere(tmp_path: Path) -> None:
    trials = study()
    simulated = write_report(trials, out=tmp_path / "s", title="t")
    real = write_report(people(trials), out=tmp_path / "p", title="t")
    assert format_table(simulated).startswith("SIMULATED PARTICIPANTS: THESE ARE NOT RESULTS.")
    assert "SIMULATED" not in format_table(real)
    for file in ("index.html", "figures/fool_rates.svg", "figures/classes.svg", "figures/answers.svg"):
        assert "simulated participants" in (tmp_path / "s" / file).read_text(encoding="utf-8").lower()
        assert (
            "simulated participants" not in (tmp_path / "p" / file).read_text(encoding="utf-8").lower()
        )


def test_every_number_of_the_data_has_its_n_and_method(tmp_path: Path) -> None:
    write_report(study(), out=tmp_path, title="t")
    data = json.loads((tmp_path / "report.json").read_text())
    assert data["schema_version"] == 2
    row = data["variants"][0]
    for method in ("paper", "wilson", "clustered"):
        estimate = row["rate"][method]
        assert estimate["n"] == row["rate"]["n"] > 0
        assert estimate["method"] and estimate["half_width"] > 0
    assert data["contrasts"][0]["clustered"]["method"].startswith("two-way clustered")
    assert len(data["classes"]) == (17 + 2 + 5) * 3


def test_page_table_and_terminal_say_the_same(tmp_path: Path) -> None:
    report = write_report(study(), out=tmp_path, title="t")
    text, terminal = (tmp_path / "index.html").read_text(encoding="utf-8"), format_table(report)
    with (tmp_path / "tables" / "variants.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        printed = f"{100 * float(row['fool_rate']):.2f}% ± {100 * float(row['paper_half_width']):.2f}"
        assert printed in text
        assert printed in terminal


def test_the_papers_numbers_stand_beside_ours(tmp_path: Path) -> None:
    report = write_report(study(), out=tmp_path, title="t")
    assert "40.01% ± 1.66" in format_table(report)
    assert "Owens et al." in format_table(report)
    own = write_report(study(["mine", "yours"]), out=tmp_path, title="t")
    assert "Owens et al." not in format_table(own)


def test_the_command_reports_a_file_of_responses(tmp_path: Path) -> None:
    run = reported(tmp_path, study())
    assert run.exit_code == 0, run.output
    assert "image-match" in run.output and "index.html" in run.output
    page = (tmp_path / "r" / "index.html").read_text(encoding="utf-8")
    assert "analysis report --responses responses.csv" in page
    assert str(tmp_path) not in page  # a mailed page tells nothing of the machine


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give either a study"),
        (["--study", "a", "--responses", "b"], "give either a study"),
        (["--responses", "nothing.csv"], "no file nothing.csv"),
        (["--study", "nowhere"], "nowhere"),
    ],
)
def test_the_command_explains_what_it_lacks(
    arguments: list[str], complaint: str, tmp_path: Path
) -> None:
    run = CliRunner().invoke(main, ["report", *arguments, "--out", str(tmp_path / "r")])
    assert run.exit_code == 1
    assert run.output.startswith("Error: ")
    assert complaint in run.output


def test_a_file_that_holds_no_responses_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    arguments = ["report", "--responses", str(tmp_path / "other.csv"), "--out", str(tmp_path / "r")]
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 1
    assert "lacks the columns" in run.output
    assert not (tmp_path / "r").exists()


def test_help_loads_nothing_that_draws_or_computes() -> None:
    script = (
        "import sys, analysis, analysis.cli\n"
        "heavy = {'torch', 'scipy', 'matplotlib', 'numpy', 'statsmodels', 'sqlalchemy', 'flask'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")

"""The paper's auditory metrics in a report: Figure 5a's layout, and never a NaN."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from analysis_samples import reported, summary, write_report
from evaluation_samples import answers, measured, ordinary, score, written

from analysis.findings import auditory, paper
from analysis.findings.auditory import COLUMNS, PRINTED
from analysis.formats import EN_DASH, MINUS, NONE
from analysis.inputs import evaluation
from analysis.rendering import methods


def page_of(folder: Path, data: Any, *names: str) -> str:
    found = evaluation.read(written(folder, data))
    write_report(answers(*(names or ("full", "random"))), out=folder, title="t", evaluation=found)
    return (folder / "index.html").read_text(encoding="utf-8")


def section(page: str) -> str:
    return page.split("<h2>Auditory metrics</h2>")[1].split("</section>")[0]


def cells_of(page: str, label: str, table: int = 0) -> list[str]:
    """List the texts of a variant's cells in one of the two tables."""
    body = section(page).split("<tbody>")[1 + table].split("</tbody>")[0]
    row = next(row for row in body.split("<tr")[1:] if f'<th scope="row">{label}<' in row)
    return [cell.split(">", 1)[1].split("<")[0] for cell in row.split("<td")[1:]]


def bold_in(page: str, label: str) -> list[bool]:
    row = next(row for row in section(page).split("<tr") if f'<th scope="row">{label}<' in row)
    return ['class="n best"' in cell for cell in row.split("<td")[2:6]]


def test_the_layout_is_that_of_the_papers_figure(tmp_path: Path) -> None:
    page = page_of(tmp_path, ordinary())
    ours = cells_of(page, "Full system")
    assert re.fullmatch(r"\d+\.\d\d% ± \d+\.\d\d", ours[0])
    assert ours[1:6] == ["0.21", "0.44", "3.85", "0.47", "features"]
    assert ours[6:] == ["40.01%", "0.21", "0.44", "3.85", "0.47"]
    random = cells_of(page, "Random impact sound")
    assert random[1:6] == ["0.44", f"{MINUS}0.03", "9.32", "0.02", "sound"]
    assert random[6:] == ["19.77%", "0.44", "0.00", "9.32", "0.02"]
    assert cells_of(page, "Real sound match")[6:] == ["46.90%", "", "", "", ""]
    assert f"0.19 {EN_DASH} 0.23" in section(page)  # the interval below the first error
    assert "60 clips, 6 videos" in section(page)


def test_what_is_heard_is_measured_on_the_sound_of_all(tmp_path: Path) -> None:
    page = page_of(tmp_path, ordinary())
    assert cells_of(page, "Full system", table=1)[1:] == ["0.31", "0.39", "4.90", "0.37", "sound"]
    assert "What is heard" in page
    alone = page_of(tmp_path, measured(score("random"), score("image-match")))
    assert "What is heard" not in alone


def test_bold_are_all_that_equal_the_best_as_printed_but_oracles(tmp_path: Path) -> None:
    page = page_of(tmp_path, ordinary())
    assert bold_in(page, "Full system") == [True] * 4
    assert bold_in(page, "Parametric synthesis") == [True, True, True, True]
    assert bold_in(page, "Random impact sound") == bold_in(page, "Real sound match") == [False] * 4
    # Figure 5a prints the same two rows bold in all four columns
    rows = [score(name, "sound", *(getattr(row, c) for c in COLUMNS)) for name, row in PRINTED.items()]
    for row in auditory.lay_out(evaluation.read(written(tmp_path, measured(*rows)))).as_paper:
        assert row.bold == (COLUMNS if row.variant in ("full", "parametric") else ())


def test_one_row_is_not_the_best_of_anything(tmp_path: Path) -> None:
    (row,) = auditory.lay_out(evaluation.read(written(tmp_path, measured(score("full"))))).as_paper
    assert row.bold == ()


@pytest.mark.parametrize(
    ("errors", "digits"), [((0.21, 3.0), 2), ((0.0192, 0.41), 3), ((0.0, 0.00041), 5), ((12.0, 0.0), 2)]
)
def test_small_errors_are_printed_with_two_digits_that_count(
    errors: tuple[float, float], digits: int, tmp_path: Path
) -> None:
    rows = [score(str(i), "sound", max(error, 0.0), 0.1, 1.0, 0.1) for i, error in enumerate(errors)]
    for row in rows:
        row["loudness"]["error"] |= {"low": None, "high": None}
    found = evaluation.read(written(tmp_path, measured(*rows)))
    assert auditory.lay_out(found).digits["loudness_error"] == digits


@pytest.mark.parametrize("odd", [None, float("nan")])
def test_a_number_that_is_not_defined_is_a_dash_with_a_note(odd: float | None, tmp_path: Path) -> None:
    data = ordinary()
    data["scores"][4]["loudness"]["r"] = {"value": odd, "low": odd, "high": odd}
    page = page_of(tmp_path, data)
    assert cells_of(page, "Random impact sound")[2] == NONE
    assert "a correlation is where a quantity does not vary" in page
    assert re.search(r"\bnan\b", page, re.IGNORECASE) is None
    json.loads((tmp_path / "report.json").read_text(), parse_constant=pytest.fail)
    (row,) = (row for row in table(tmp_path, "as_paper") if row["variant"] == "random")
    assert (row["loudness_r"], row["loudness_r_low"], row["loudness_error"]) == ("", "", "0.44")
    assert "does not vary" not in page_of(tmp_path, ordinary())


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "tables" / "auditory.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["table"] == name]


def test_page_csv_and_json_carry_the_same_numbers(tmp_path: Path) -> None:
    page = page_of(tmp_path, ordinary())
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["auditory"]
    assert data["facts"]["test_digest"] == "d" * 64
    for name in ("as_paper", "by_sound"):
        rows = table(tmp_path, name)
        assert [row["variant"] for row in rows] == [row["variant"] for row in data[name]]
        for row, kept in zip(rows, data[name], strict=True):
            shown = cells_of(page, row["label"], table=name == "by_sound")
            for i, column in enumerate(COLUMNS, start=1):
                quantity, _, kind = column.partition("_")
                number = kept["score"][quantity][kind]
                assert float(row[column]) == pytest.approx(number["value"])
                assert float(row[f"{column}_high"]) == pytest.approx(number["high"])
                assert shown[i].replace(MINUS, "-") == f"{number['value']:.2f}"
                assert (row[f"{column}_bold"] == "1") == (column in kept["bold"])
    full = table(tmp_path, "as_paper")[0]
    assert (full["centroid_r_printed"], full["network_sha256"]) == ("0.47", "a" * 64)
    assert 0 < float(full["fool_rate"]) < 1


def test_a_variant_that_nobody_heard_has_no_rate(tmp_path: Path) -> None:
    page = page_of(tmp_path, ordinary(), "full", "image-match")
    assert cells_of(page, "Parametric synthesis")[0] == NONE
    assert "none in this study" in page
    assert "none in this study" not in page_of(tmp_path, measured(score("full")), "full", "random")


def test_what_could_not_be_measured_stands_with_its_reason(tmp_path: Path) -> None:
    page = page_of(tmp_path, ordinary())
    assert "no trained network &#39;no-rnn&#39; in nets; use --out nets" in page
    assert "/home/ada" not in page + (tmp_path / "report.json").read_text(encoding="utf-8")
    assert "Not measured" not in page_of(tmp_path, measured(score("full")))


def test_an_evaluation_of_nothing_says_so(tmp_path: Path) -> None:
    page = page_of(tmp_path, measured(unavailable={"full": "no <b>network</b>"}))
    assert "No variant could be measured." in page
    assert "no &lt;b&gt;network&lt;/b&gt;" in page
    assert table(tmp_path, "as_paper") == []


def test_without_an_evaluation_nothing_is_said_of_it(tmp_path: Path) -> None:
    page_of(tmp_path, ordinary())
    report = write_report(answers("full", "random"), out=tmp_path, title="t")
    assert report.auditory is None
    assert "Auditory metrics" not in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "tables" / "auditory.csv").read_text().strip() == ""  # that of before is gone


@pytest.mark.parametrize("names", [("full",), ("full", "random"), ("mine", "yours")])
def test_tables_are_numbered_without_a_gap(names: tuple[str, ...], tmp_path: Path) -> None:
    page = page_of(tmp_path, ordinary(), *names)
    numbers = [int(part.split(".")[0]) for part in page.split("<b>Table ")[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    by_sound = re.search(r"Table (\d+)\. All variants measured on their sound", page)
    assert by_sound and f"otherwise as in Table {int(by_sound[1]) - 1}" in page


def test_the_methods_name_what_was_measured(tmp_path: Path) -> None:
    text = page_of(tmp_path, ordinary()).split("Methods, ready to paste")[1]
    assert "60 clips of 6 test videos" in text
    assert "Networks were measured on their predicted sound features" in text
    found = evaluation.read(written(tmp_path, measured(score("random"))))
    (paragraph,) = methods.of(summary([], evaluation=found))
    assert "auditory metrics" in paragraph and "Networks" not in paragraph


def test_the_command_takes_the_file_and_names_it(tmp_path: Path) -> None:
    path = written(tmp_path, ordinary(), "metrics.json")
    run = reported(tmp_path, answers("full", "random"), "--evaluation", path)
    assert run.exit_code == 0, run.output
    page = (tmp_path / "r" / "index.html").read_text(encoding="utf-8")
    assert "--responses responses.csv --evaluation metrics.json" in page
    provenance = json.loads((tmp_path / "r" / "report.json").read_text())["provenance"]["evaluation"]
    assert (provenance["dataset"]["name"], provenance["test_clips_sha256"]) == ("marble", "d" * 64)
    assert provenance["networks_sha256"] == {"full": "a" * 64, "parametric": "a" * 64}
    assert str(tmp_path) not in page


def test_the_papers_metrics_stand_for_the_rows_of_its_figure_5a() -> None:
    assert set(PRINTED) == {name for name, row in paper.ROWS.items() if row.figure == "5a"}

"""Two studies, or two sets of exclusions, side by side."""

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.cli import main
from analysis.comparison.compare import Comparison, Side, compare, side_of
from analysis.errors import AnalysisError
from analysis.inputs import columns
from analysis.inputs.declared import Declared
from analysis.inputs.sources import Source
from analysis.planning.simulate import ORDINARY, simulate
from experiment_server.exports import records
from experiment_server.exports.records import Record
from experiment_server.studies.sections import Exclusions


def study(
    seed: int, rates: dict[str, float] | None = None, *, prefix: str = "", n: int = 60
) -> list[Record]:
    trials = simulate(
        rates or {"full": 0.4, "random": 0.2}, n_participants=n, n_trials=24, n_videos=40,
        spread=ORDINARY, rng=np.random.default_rng(seed),
    )  # fmt: skip
    return [dataclasses.replace(row, participant=prefix + row.participant) for row in trials]


def side(trials: list[Record], name: str, exclusions: Exclusions | None = None) -> Side:
    responses, n_repeated = columns.from_records(trials)
    declared = Declared(exclusions=exclusions)
    source = Source(
        name=name, responses=responses, n_repeated=n_repeated, provenance={}, declared=declared
    )
    return side_of(source, name=name)


def compared(first: list[Record], second: list[Record]) -> Comparison:
    return compare(side(first, "a"), side(second, "b"))


def test_a_study_does_not_differ_from_itself() -> None:
    found = compared(study(1), study(1))
    assert found.n_shared_participants == 60 and found.n_shared_videos == 40
    for row in found.variants:
        assert row.first == row.second
        assert row.change.difference == 0
        assert row.change.p is None  # the same answers on both sides: nothing that could spread


def test_other_people_on_the_same_videos_are_compared() -> None:
    found = compared(study(1, prefix="a"), study(2, {"full": 0.7, "random": 0.2}, prefix="b"))
    assert found.n_shared_participants == 0
    rows = {row.variant: row for row in found.variants}
    assert rows["full"].change.p < 0.001 and rows["full"].change.difference < 0
    assert rows["full"].p_holm >= rows["full"].change.p
    assert rows["random"].change.low < 0 < rows["random"].change.high
    assert found.gaps[0].second.difference > found.gaps[0].first.difference


def test_two_sets_of_exclusions_share_their_answers() -> None:
    trials = [dataclasses.replace(row, rt_ms=50.0) if row.position <= 3 else row for row in study(3)]
    first, second = side(trials, "all"), side(trials, "slow", Exclusions(fast_ms=100))
    assert (first.n_left_out, second.n_left_out) == (0, 180)
    found = compare(first, second)
    apart = compared(study(3, prefix="a"), study(3, prefix="b"))
    change, whole = found.variants[0].change, apart.variants[0].first.clustered
    assert change.high - change.low < (whole.high - whole.low) / 2  # most answers are the same


def test_variants_of_one_side_alone_are_shown_and_not_tested() -> None:
    found = compared(study(1), study(2, {"full": 0.4, "mine": 0.3}))
    rows = {row.variant: row for row in found.variants}
    assert rows["mine"].first.n == 0 and rows["mine"].change.p is None
    assert [(gap.first_variant, gap.second_variant) for gap in found.gaps] == []


def test_nothing_in_common_is_an_error() -> None:
    with pytest.raises(AnalysisError, match="a has full, b has mine: no variant to compare"):
        compared(study(1, {"full": 0.4}), study(2, {"mine": 0.4}))


def test_the_command_writes_a_page_and_its_numbers(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("two", 2)):
        records.write(study(seed, prefix=name), tmp_path / f"{name}.csv")
    arguments = ["compare", str(tmp_path / "one.csv"), str(tmp_path / "two.csv")]
    out = tmp_path / "out"
    run = CliRunner().invoke(
        main, [*arguments, "--names", "pilot, main", "--out", str(out)], catch_exceptions=False
    )
    assert run.exit_code == 0 and "pilot" in run.output
    page = (out / "comparison.html").read_text(encoding="utf-8")
    assert "Simulated participants" in page and "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    data = json.loads((out / "comparison.json").read_text(), parse_constant=pytest.fail)
    assert [side["name"] for side in data["sides"]] == ["pilot", "main"]
    with (out / "comparison.csv").open(encoding="utf-8") as file:
        assert [row["variant"] for row in csv.DictReader(file)] == ["full", "random"]
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    CliRunner().invoke(main, [*arguments, "--names", "pilot, main", "--out", str(out)])
    assert before == {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["a.csv", "b.csv"], "no file a.csv"), (["a", "b", "--names", "one"], "are not two")],
)
def test_the_command_says_what_is_wrong(arguments: list[str], complaint: str, tmp_path: Path) -> None:
    run = CliRunner().invoke(main, ["compare", *arguments, "--out", str(tmp_path / "o")])
    assert run.exit_code in (1, 2)
    assert complaint in run.output

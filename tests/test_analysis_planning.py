"""Planning: more people and more videos help, and the command writes what it found."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.cli import main
from analysis.planning.power import PowerRow, Question, needed, power_grid
from analysis.planning.simulate import NO_SPREAD, ORDINARY, draw, mean_rate, rate_for


def question(**values: object) -> Question:
    known = {"rate": 0.3, "difference": 0.08, "n_variants": 3, "n_trials": 30, "spread": ORDINARY}
    return Question(**{**known, **values})


def grid(asked: Question, *, participants: list[int], videos: list[int], n: int = 60) -> list[PowerRow]:
    return power_grid(
        asked, participants=participants, videos=videos, n_studies=n, rng=np.random.default_rng(2)
    )


def test_more_people_and_more_videos_give_more_power() -> None:
    rows = {(row.n_participants, row.n_videos): row for row in
            grid(question(), participants=[40, 300], videos=[40, 300])}  # fmt: skip
    assert rows[40, 40].power < rows[300, 300].power - 0.3
    assert rows[300, 40].power < rows[300, 300].power  # more answers about the same videos do less
    assert rows[300, 300].half_width < rows[40, 300].half_width
    assert all(row.low <= row.power <= row.high + 1e-9 for row in rows.values())


def test_independent_trials_have_the_power_of_the_textbook() -> None:
    # R: power.prop.test(n = 600, p1 = .30, p2 = .38)$power = 0.834, two-sided
    asked = question(spread=NO_SPREAD, n_variants=2, n_trials=6)
    row = grid(asked, participants=[200], videos=[400], n=300)[0]
    assert row.power == pytest.approx(0.834, abs=0.07)


def test_without_a_difference_the_default_seldom_finds_one() -> None:
    row = grid(question(difference=0.0), participants=[100], videos=[60], n=200)[0]
    assert row.power < 0.06  # a half of 5 %: on the right side only
    assert row.naive > row.power


def test_more_declared_comparisons_cost_power() -> None:
    one, many = (grid(question(n_comparisons=n), participants=[150], videos=[150])[0] for n in (1, 36))
    assert many.power < one.power


def test_the_fewest_participants_that_are_enough_are_named() -> None:
    def row(n_participants: int, n_videos: int, power: float) -> PowerRow:
        return PowerRow(
            n_participants=n_participants, n_videos=n_videos, n_trials=1, power=power, low=0, high=1,
            naive=0, half_width=0, n_studies=1,
        )  # fmt: skip

    rows = [row(400, 60, 0.7), row(100, 200, 0.5), row(400, 200, 0.9), row(200, 200, 0.8)]
    assert needed(rows) == {60: None, 200: 200}


@pytest.mark.parametrize("rate", [0.2, 0.36, 0.5, 0.62])
def test_a_mean_rate_is_that_of_all_people_and_videos(rate: float) -> None:
    average = rate_for(rate, ORDINARY)
    assert mean_rate(average, ORDINARY) == pytest.approx(rate)
    drawn = draw(
        {"a": average}, n_participants=1500, n_trials=60, n_videos=600, spread=ORDINARY,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert np.mean(drawn.fooled) == pytest.approx(rate, abs=0.02)


def test_nobody_sees_a_video_twice() -> None:
    drawn = draw({"a": 0.4}, n_participants=50, n_trials=30, n_videos=31, rng=np.random.default_rng(1))
    assert all(len(set(videos)) == 30 for videos in drawn.video.tolist())


def test_the_command_writes_table_figure_and_numbers(tmp_path: Path) -> None:
    sizes = ["--participants", "20,40", "--videos", "30", "--trials", "12", "--studies", "8"]
    run = CliRunner().invoke(main, ["power", *sizes, "--out", str(tmp_path)], catch_exceptions=False)
    assert run.exit_code == 0
    assert "Power to find 5 points over 36%\n" in run.output
    assert "30 videos" in run.output and "power.svg" in run.output
    data = json.loads((tmp_path / "power.json").read_text())
    assert (data["schema_version"], data["seed"], len(data["rows"])) == (1, 1, 2)
    assert (tmp_path / "power.csv").read_text().count("\n") == 3
    ElementTree.parse(tmp_path / "power.svg")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--videos", "30,many"], "no list of whole numbers"),
        (["--videos", "1"], "2 or more"),
        (["--participants", "0"], "2 or more"),
        (["--rate", "99", "--difference", "5"], "a rate of"),
        (["--studies", "0"], "0 is not in the range"),
    ],
)
def test_the_command_says_what_can_not_be(arguments: list[str], complaint: str) -> None:
    run = CliRunner().invoke(main, ["power", *arguments])
    assert run.exit_code in (1, 2)
    assert complaint in run.output

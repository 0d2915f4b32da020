"""Declared exclusions, and checks of the study itself, on answers whose flaws are known."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from analysis_samples import GOLDEN, summary

from analysis.errors import AnalysisError
from analysis.inference.detection import without_lapses
from analysis.inputs import declared
from analysis.inputs.columns import from_records
from analysis.inputs.declared import Declared, Plan
from analysis.planning.simulate import Spread, simulate
from analysis.quality import checks, exclusions
from analysis.quality.exclusions import RULES, Outcome
from analysis.summary import Report
from experiment_server.exports.records import Record
from experiment_server.studies.sections import Analysis, Exclusions, Trials
from experiment_server.studies.study import Study
from experiment_server.studies.study import write as write_study

OFF = Exclusions(
    catch_percent=0, headphones=False, fast_ms=0, fast_percent=0, slow_ms=0, hidden_ms=0, stalls=0,
    side_percent=0, repeated=False, least_answers=0,
)  # fmt: skip
NAME = "p00003"  # whom the flaws befall


def study(**sizes: int) -> list[Record]:
    size = {"n_participants": 12, "n_trials": 20, "n_videos": 24, "n_catch": 4, **sizes}
    trials = simulate({"full": 0.4, "random": 0.3}, rng=np.random.default_rng(8), **size)
    good = {"rt_ms": 800.0, "hidden_ms": 0.0, "stalls": 0, "headphones_passed": True}
    return [dataclasses.replace(row, **good) for row in trials]


def flawed(change: Callable[[Record], dict], *phases: str) -> list[Record]:
    return [
        dataclasses.replace(row, **change(row))
        if row.participant == NAME and row.phase in (phases or ("main",)) else row
        for row in study()
    ]  # fmt: skip


def deaf(row: Record) -> dict:
    return {"headphones_passed": False}


def outcome(trials: list[Record], **rules: object) -> Outcome:
    return exclusions.apply(from_records(trials)[0], dataclasses.replace(OFF, **rules))


def first_five(**values: object) -> Callable[[Record], dict]:
    return lambda row: values if row.position <= 5 else {}


def chosen(interval: int) -> Callable[[Record], dict]:
    return lambda row: {"response_interval": interval, "fooled": interval != row.real_interval}


def catch_failed(row: Record) -> dict:
    return {"response_interval": 3 - row.real_interval, "fooled": True}


PEOPLE = [
    ({"headphones": True}, flawed(deaf, "main", "catch"), 0.0),
    ({"catch_percent": 50}, flawed(catch_failed, "catch"), 0.0),
    ({"fast_ms": 100, "fast_percent": 25}, flawed(first_five(rt_ms=60.0)), 25.0),
    ({"side_percent": 95}, flawed(chosen(2)), 100.0),
    ({"least_answers": 20}, flawed(first_five(response_interval=None, fooled=None, rt_ms=None)), 15.0),
]
ANSWERS = [
    ({"fast_ms": 100}, flawed(first_five(rt_ms=99.0)), 99.0),
    ({"slow_ms": 9000}, flawed(first_five(rt_ms=9001.0)), 9001.0),
    ({"hidden_ms": 500}, flawed(first_five(hidden_ms=500.0)), 500.0),
    ({"stalls": 3}, flawed(first_five(stalls=3)), 3.0),
]


@pytest.mark.parametrize(("rule", "trials", "value"), PEOPLE)
def test_a_rule_of_people_leaves_out_whom_it_names(rule: dict, trials: list, value: float) -> None:
    name = next(name for name in RULES if name in rule and RULES[name][0] == exclusions.PEOPLE)
    found = outcome(trials, **rule)
    row = next(row for row in found.rows if row.rule == name)
    given = sum(r.participant == NAME and r.phase == "main" and r.fooled is not None for r in trials)
    assert (row.n_participants, row.n_answers) == (1, given)
    entry = next(entry for entry in found.log if entry.rule == name)
    assert (entry.participant, entry.trial, entry.value) == (NAME, None, value)
    kept = from_records(trials)[0].select(found.kept)
    assert NAME not in {kept.participant.levels[code] for code in kept.participant.codes}
    assert not outcome(study(), **rule).log


@pytest.mark.parametrize(("rule", "trials", "value"), ANSWERS)
def test_a_rule_of_answers_leaves_out_those_it_names(rule: dict, trials: list, value: float) -> None:
    found = outcome(trials, **rule)
    assert (found.rows[0].n_participants, found.rows[0].n_answers) == (1, 5)
    assert {(entry.participant, entry.value) for entry in found.log} == {(NAME, value)}
    assert len({entry.trial for entry in found.log}) == 5
    assert np.sum(~found.kept) == 5
    assert not outcome(study(), **rule).log


def test_a_second_session_of_the_same_person_is_left_out() -> None:
    trials = study()
    again = [
        dataclasses.replace(row, trial=f"again-{row.trial}", answered_utc="2026-01-02T12:00:00+00:00")
        for row in trials
        if row.participant == NAME
    ]
    found = outcome([*again, *trials], repeated=True)
    assert found.rows[0].n_answers == 20
    assert all(entry.trial and entry.trial.startswith("again") for entry in found.log)
    assert outcome(trials, repeated=True).rows[0].n_answers == 0


def test_what_was_not_measured_stays_and_is_counted() -> None:
    trials = [
        dataclasses.replace(row, rt_ms=None, hidden_ms=None, stalls=None, headphones_passed=None)
        for row in study(n_catch=0)
    ]
    found = outcome(trials, fast_ms=100, hidden_ms=1, stalls=1, headphones=True, catch_percent=50)
    assert found.kept.all()
    unknown = {row.rule: row.n_unknown for row in found.rows}
    assert unknown == {"headphones": 12, "catch_percent": 12, "fast_ms": 240, "hidden_ms": 240,
                       "stalls": 240}  # fmt: skip


def test_rules_act_in_order_and_each_says_what_it_meets_alone() -> None:
    trials = [
        dataclasses.replace(row, stalls=9) if row.position == 1 else row
        for row in flawed(deaf, "main", "catch")
    ]
    rows = {row.rule: row for row in outcome(trials, headphones=True, stalls=3).rows}
    assert (rows["headphones"].n_answers, rows["headphones"].n_first) == (20, 20)
    assert (rows["stalls"].n_answers, rows["stalls"].n_first) == (12, 11)


def test_the_defaults_leave_good_answers_alone() -> None:
    found = exclusions.apply(from_records(study())[0], Exclusions())
    assert found.kept.all() and not found.log
    assert [row.rule for row in found.rows] == [name for name in RULES if getattr(Exclusions(), name)]


def test_every_rule_of_the_study_file_acts() -> None:
    assert set(RULES) == {f.name for f in dataclasses.fields(Exclusions)}


def report_of(trials: list[Record], **declared: object) -> Report:
    return summary(trials, declared=Declared(**{"plan": Plan(declared=True), **declared}))


def test_results_stand_with_and_without_exclusions() -> None:
    trials = flawed(lambda row: {**deaf(row), **chosen(3 - row.real_interval)(row)}, "main", "catch")
    report = report_of(trials, exclusions=Exclusions())
    every = summary(trials)
    assert report.flow.main_answered == every.flow.analysed == 240
    assert (report.flow.analysed, report.flow.answers_left_out) == (220, 20)
    assert report.flow.people_left_out == 1
    assert [row.rate for row in report.quality.variants] == [row.rate for row in every.variants]
    for kept, whole in zip(report.variants, report.quality.variants, strict=True):
        assert kept.rate.paper.value < whole.rate.paper.value  # the one left out was always fooled
    assert [row.n for row in report.participants if row.participant == NAME] == [0]


def test_nothing_declared_means_nothing_left_out() -> None:
    report = summary(flawed(deaf, "main", "catch"))
    assert not report.quality.declared
    assert report.flow.analysed == 240
    assert report.quality.variants == ()


def test_exclusions_that_leave_nobody_give_a_report_that_says_so() -> None:
    report = report_of(study(), exclusions=dataclasses.replace(OFF, least_answers=500))
    assert report.flow.analysed == 0
    assert any("exclusions leave no answer" in notice for notice in report.notices)


def test_pay_and_answers_are_two_lists() -> None:
    trials = flawed(deaf, "main", "catch")
    trials = [
        dataclasses.replace(row, participant_state="withdrawn") if row.participant == "p00005" else row
        for row in trials
    ]
    report = report_of(
        trials, exclusions=Exclusions(), cents={"complete": 300, "withdrawn": 100}, currency="EUR"
    )
    rows = {row.state: row for row in report.quality.pay}
    assert (rows["complete"].n, rows["complete"].cents, rows["complete"].n_counted) == (11, 300, 10)
    assert (rows["withdrawn"].n, rows["withdrawn"].cents, rows["withdrawn"].n_counted) == (1, 100, 1)


@pytest.mark.skipif(not (GOLDEN / "rows.csv").exists(), reason="no golden tables")
@pytest.mark.parametrize(("figure", "chi2", "p"), [("5a", 20.1, 0.0098), ("6a", 6.4, 0.38)])
def test_the_papers_own_allocation_is_checked(figure: str, chi2: float, p: float) -> None:
    lines = (GOLDEN / "rows.csv").read_text().splitlines()
    counts = {
        line.split(",")[1]: int(line.split('"')[2].split(",")[2])
        for line in lines[1:]
        if line.startswith(figure)
    }
    found = checks.chi_square(counts)
    assert found is not None
    assert found[:2] == (pytest.approx(chi2, abs=0.3), pytest.approx(p, rel=0.08))


def test_lost_trials_of_a_variant_are_a_warning() -> None:
    trials = study(n_participants=60)
    lost = [
        dataclasses.replace(row, response_interval=None, fooled=None, rt_ms=None)
        if row.variant == "random" and int(row.trial[-2:]) % 2 else row
        for row in trials
    ]  # fmt: skip
    assert any("not answered equally often" in notice for notice in summary(lost).notices)
    assert not any("equally often" in notice for notice in summary(trials).notices)


def test_drift_over_the_session_is_seen() -> None:
    def tire(row: Record) -> Record:
        fooled = row.position > 10 or bool(row.fooled)
        chosen = 3 - row.real_interval if fooled else row.real_interval
        return dataclasses.replace(row, fooled=fooled, response_interval=chosen)

    drift = summary([tire(row) for row in study(n_catch=0)]).quality.drift
    assert [bounds for bounds in drift.bounds] == [(1, 4), (5, 8), (9, 12), (13, 16), (17, 20)]
    assert drift.blocks[-1].paper.value == 1
    assert drift.halves is not None and drift.halves.p < 1e-6
    steady = summary(study(n_catch=0)).quality.drift.halves
    assert steady is not None and steady.p > 0.01


def test_catch_trials_tell_how_many_answers_are_blind() -> None:
    spread = Spread(lapse=0.3)
    trials = simulate(
        {"full": 0.2}, n_participants=200, n_trials=20, n_videos=24, n_catch=10, spread=spread,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    report = summary(trials)
    assert report.quality.lapses.rate == pytest.approx(0.3, abs=0.04)
    row = report.variants[0]
    assert row.rate.paper.value == pytest.approx(0.7 * 0.2 + 0.15, abs=0.03)
    assert row.without_lapses == pytest.approx(0.2, abs=0.03)
    assert report.flow.catch_answered == 2000 and report.flow.main_answered == 4000
    assert without_lapses(0.215, 0.05) == pytest.approx(0.2)


def test_declared_comparisons_alone_are_adjusted(tmp_path: Path) -> None:
    rates = {"full": 0.5, "random": 0.25, "scratch": 0.3}
    trials = simulate(rates, n_participants=40, n_trials=20, n_videos=24, rng=np.random.default_rng(3))
    plan = Plan(declared=True, contrasts=(("random", "full"),))
    rows = {frozenset((r.first, r.second)): r for r in report_of(trials, plan=plan).contrasts}
    chosen = rows[frozenset(("random", "full"))]
    assert (chosen.first, chosen.p_holm) == ("random", chosen.clustered.p)
    assert chosen.clustered.difference < 0
    assert [row.p_holm for row in rows.values() if not row.declared] == [None, None]
    every = summary(trials).contrasts
    assert all(row.declared and row.p_holm >= row.clustered.p for row in every)


def test_a_declared_comparison_that_can_not_be_made_is_pointed_out() -> None:
    plan = Plan(declared=True, contrasts=(("full", "randon"),))
    report = report_of(study(), plan=plan)
    assert any("comparison of full and randon can't be made" in notice for notice in report.notices)
    assert [row.p_holm for row in report.contrasts] == [None]  # and no other is put in its place


def test_the_target_decides_which_interval_is_the_default() -> None:
    trials = simulate(
        {"full": 0.4, "random": 0.4}, n_participants=30, n_trials=20, n_videos=24,
        spread=Spread(video=1.0, video_variant=1.0), rng=np.random.default_rng(3),
    )  # fmt: skip
    report = report_of(trials, plan=Plan(declared=True, target="these clips"))
    row, test = report.variants[0], report.contrasts[0]
    assert row.rate.these_clips.half_width < 0.7 * row.rate.clustered.half_width
    assert row.equivalence.high - row.equivalence.low < 2 * row.rate.these_clips.half_width
    assert test.p_holm == test.these_clips.p
    assert "exactly these clips" in report.plan.about


def test_a_study_file_declares(tmp_path: Path) -> None:
    study_of = Study(
        name="s", stimuli="x", seed=1, trials=Trials(main=5),
        analysis=Analysis(contrasts=("full : random",), margin_points=3),
    )  # fmt: skip
    write_study(study_of, tmp_path / "study.toml")
    found = declared.read(tmp_path / "study.toml")
    assert found.plan == Plan(declared=True, contrasts=(("full", "random"),), margin=0.03)
    assert found.exclusions == Exclusions()
    with pytest.raises(AnalysisError, match=r"study\.toml"):
        declared.read(tmp_path / "nowhere" / "study.toml")
    assert found.cents["complete"] == 0

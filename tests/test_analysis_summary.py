"""What a report says about studies whose truth is known, and about odd ones."""

import dataclasses

import numpy as np
import pytest
from analysis_samples import FIGURE_5A, people, summary
from analysis_samples import equal_answers as answers
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.findings import rates
from analysis.inference import detection
from analysis.inference.adjust import benjamini_hochberg, holm
from analysis.planning.simulate import ORDINARY, simulate
from analysis.quality.notices import SIMULATED
from experiment_server.exports.records import Record

BOLD_5A = {"full", "no-spacetime"}


def study(
    fool_rates: dict[str, float] | None = None, *, seed: int = 1, n_participants: int = 40
) -> list[Record]:
    return simulate(
        fool_rates or {"full": 0.4, "image-match": 0.33, "random": 0.2},
        n_participants=n_participants, n_trials=20, n_videos=34, rng=np.random.default_rng(seed),
    )  # fmt: skip


def test_the_bold_rows_are_the_papers() -> None:
    found = {
        name: rates.Rate(
            n=n, k=k, n_participants=0, n_videos=0, n_clips=0, paper=rates.share(answers(k, n)),
            wilson=rates.share(answers(k, n)), clustered=rates.share(answers(k, n)),
            these_clips=rates.share(answers(k, n)),
        )
        for name, (k, n) in FIGURE_5A.items()
    }  # fmt: skip
    tests = {
        (a, b): rates.contrast(answers(*FIGURE_5A[a]), answers(*FIGURE_5A[b]))
        for a in FIGURE_5A
        for b in FIGURE_5A
        if a < b
    }
    assert rates.not_worse(found, tests) == BOLD_5A


def test_known_fool_rates_are_recovered() -> None:
    truth = {"full": 0.45, "image-match": 0.3, "random": 0.15}
    report = summary(study(truth, n_participants=300))
    for row in report.variants:
        assert row.rate.paper.value == pytest.approx(truth[row.variant], abs=0.035)
        assert row.rate.clustered.low < truth[row.variant] < row.rate.clustered.high
    assert sum(row.rate.n for row in report.variants) == 6000
    assert all(test.paper.p < 1e-6 for test in report.contrasts)


def test_a_favour_for_the_first_interval_is_seen_and_does_not_move_d_prime() -> None:
    def answer(row: Record) -> Record:
        chosen = 1 if int(row.clip[-2:]) % 4 == 0 else row.response_interval  # a quarter says "first"
        return dataclasses.replace(row, response_interval=chosen, fooled=chosen != row.real_interval)

    sides = summary([answer(row) for row in study({"full": 0.4}, n_participants=200)]).sides
    assert sides.first.paper.low > 0.55
    assert sides.fooled_real_second.paper.value > sides.fooled_real_first.paper.value
    assert sides.criterion > 0.1


def test_the_golden_numbers_of_detection_theory_come_out() -> None:
    assert detection.d_prime(0.4001) == pytest.approx(0.3579, abs=1e-4)
    assert detection.d_prime(0.62) == pytest.approx(-0.4320, abs=1e-4)
    assert detection.d_prime(0.5) == pytest.approx(0, abs=1e-12)
    assert detection.d_prime_with_bias(0.7, 0.4) == pytest.approx(0.549951, abs=1e-6)
    assert detection.criterion(0.7, 0.4) == pytest.approx(-0.135527, abs=1e-6)
    assert detection.unbiased_share_right(0.7, 0.4) == pytest.approx(0.651315, abs=1e-6)
    assert holm([0.001, None, 0.02, 0.03, 0.5]) == pytest.approx([0.004, None, 0.06, 0.06, 0.5])
    assert benjamini_hochberg([0.001, 0.02, 0.03, 0.5]) == pytest.approx([0.004, 0.04, 0.04, 0.5])


def test_rows_may_come_in_any_order() -> None:
    trials = study()
    shuffled = [trials[i] for i in np.random.default_rng(0).permutation(len(trials))]
    assert summary(trials) == summary(shuffled)


def test_people_and_programs_are_never_mixed() -> None:
    programs, humans = study(), people(study(seed=2, n_participants=10))
    humans = [
        dataclasses.replace(row, participant=f"h{row.participant}", trial=f"h{row.trial}")
        for row in humans
    ]
    report = summary([*programs, *humans])
    assert not report.simulated
    assert (report.flow.arrived, report.flow.simulated, report.flow.counted) == (50, 40, 10)
    assert report.flow.main_answered == 200
    assert any("40 simulated participants left out" in notice for notice in report.notices)
    assert summary(programs).notices == (SIMULATED,)


def test_practice_is_counted_apart() -> None:
    trials = study()
    practice = [
        dataclasses.replace(row, phase="practice") if row.position <= 3 else row for row in trials
    ]
    report = summary(practice)
    assert (report.flow.practice_answered, report.flow.main_answered) == (120, 680)
    assert sum(row.rate.n for row in report.variants) == 680
    assert report.flow.practice_correct == sum(not r.fooled for r in trials if r.position <= 3)


def test_missing_answers_stay_missing() -> None:
    def forget(row: Record) -> Record:
        if row.position > 15:
            never = {"presented_utc": None} if row.position > 17 else {}
            return dataclasses.replace(
                row, response_interval=None, fooled=None, rt_ms=None, answered_utc=None, **never
            )
        return row

    trials = study()
    report = summary([forget(row) for row in trials])
    assert (report.flow.main_planned, report.flow.main_shown) == (800, 680)
    assert (report.flow.main_missing, report.flow.main_answered) == (80, 600)
    assert sum(row.n_missing for row in report.variants) == 80
    k = sum(bool(row.fooled) for row in trials if row.position <= 15)
    assert sum(row.rate.k for row in report.variants) == k


def test_repeated_rows_are_dropped_and_said() -> None:
    trials = study()
    report = summary([*trials, *trials[:7]])
    assert report.variants == summary(trials).variants
    assert any("7 rows" in notice for notice in report.notices)
    with pytest.raises(AnalysisError, match="stands twice"):
        summary([*trials, dataclasses.replace(trials[0], rt_ms=1.0)])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"fooled": None}, "intervals disagree"),
        ({"response_interval": None}, "intervals disagree"),
        ({"real_interval": 3}, "neither 1 nor 2"),
        ({"rt_ms": -5.0}, "rt_ms -5.0; expected 0"),
        ({"rt_ms": float("inf")}, "rt_ms is inf"),
    ],
)
def test_rows_that_contradict_themselves_are_refused(change: dict, complaint: str) -> None:
    trials = study()
    with pytest.raises(AnalysisError, match=complaint):
        summary([dataclasses.replace(trials[0], **change), *trials[1:]])


def test_the_figure_of_classes_shows_the_papers_two() -> None:
    rates_of = {"syncfusion": 0.7, "full": 0.5, "image-match": 0.4, "random": 0.1}
    assert summary(study(rates_of)).highlighted == ("full", "image-match")
    without = {name: rate for name, rate in rates_of.items() if name not in ("full", "image-match")}
    assert summary(study(without)).highlighted == ("syncfusion", "random")
    asked = summary(study(rates_of), highlight=["random"])
    assert asked.highlighted == ("random",)
    with pytest.raises(AnalysisError, match="no variant foo in the responses; there are: full"):
        summary(study(rates_of), highlight=["foo"])


def test_oracles_stand_last_and_are_never_bold() -> None:
    report = summary(study({"real-match": 0.5, "random": 0.2, "other": 0.3, "full": 0.35}))
    assert [row.variant for row in report.variants] == ["full", "other", "random", "real-match"]
    assert not report.variants[-1].bold_paper
    assert any(row.bold_paper for row in report.variants[:2])


def test_more_spread_gives_wider_intervals_by_default_alone() -> None:
    rng = np.random.default_rng(5)
    trials = simulate(
        {"full": 0.4}, n_participants=60, n_trials=30, n_videos=34, spread=ORDINARY, rng=rng
    )
    rate = summary(trials).variants[0].rate
    assert rate.clustered.deff > 2
    assert rate.clustered.half_width > 1.4 * rate.paper.half_width


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 12), st.integers(0, 2**32 - 1), st.data())
def test_any_small_study_has_a_report(n: int, seed: int, data: st.DataObject) -> None:
    trials = study({"full": 0.5, "random": 0.5}, seed=seed, n_participants=3)
    kept = data.draw(st.lists(st.sampled_from(trials), min_size=n, max_size=n, unique=True))
    report = summary(kept)
    assert report.flow.main_answered == len(kept)
    assert len(report.contrasts) == (len(report.variants) * (len(report.variants) - 1)) // 2

"""The statistics against programs written by others, whose numbers are frozen in data/."""

import csv
import json

import numpy as np
import pytest
from analysis_samples import CROSSED, summary
from statsmodels.stats.proportion import binom_tost

from analysis.errors import AnalysisError
from analysis.inference import mixed
from analysis.inference.clustered import Clusters, contrast_clustered, share_clustered
from analysis.inference.equivalence import equivalence
from analysis.inference.mixed import fit_mixed
from analysis.inference.paired import contrast_paired
from analysis.inference.pooled import Estimate, share
from analysis.inputs import columns
from analysis.inputs.responses import Responses
from analysis.planning.simulate import simulate
from experiment_server.exports.records import Record

R = json.loads((CROSSED.parent / "crossed_answers.json").read_text())  # by data/crossed_answers.R


def rows() -> list[dict[str, str]]:
    with CROSSED.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def sides(*names: str) -> tuple[np.ndarray, np.ndarray, Clusters]:
    chosen = [row for row in rows() if row["variant"] in names]
    codes = {
        name: np.unique([row[name] for row in chosen], return_inverse=True)[1]
        for name in ("participant", "video")
    }
    fooled = np.array([row["fooled"] == "1" for row in chosen])
    return fooled, np.array([row["variant"] == names[-1] for row in chosen]), Clusters(**codes)


def answers() -> Responses:
    trials = [
        Record(
            study="s", study_sha256="", stimulus_set="", participant=row["participant"],
            participant_state="complete", simulated=False, participant_seed=0, trial=str(i),
            phase="main", position=i, clip=row["video"], video=row["video"], impact_s=0.0,
            material=None, action=None, reaction=None, variant=row["variant"], real_interval=1,
            response_interval=1 + int(row["fooled"]), fooled=row["fooled"] == "1", rt_ms=None,
            replays=0, presentations=1, presented_utc=None, answered_utc=None, practice_revealed=False,
        )
        for i, row in enumerate(rows())
    ]  # fmt: skip
    return columns.from_records(trials)[0]


def test_a_share_has_the_error_of_r_sandwich() -> None:
    # R: vcovCL(lm(fooled ~ 1), cluster = ~ participant + video, type = "HC0", cadjust = TRUE)
    fooled, _, clusters = sides("full")
    mine = share_clustered(fooled, clusters)
    error = np.sqrt(mine.deff * mine.value * (1 - mine.value) / mine.n)
    assert mine.value == pytest.approx(R["share_full"]["value"], rel=1e-10)
    assert error == pytest.approx(R["share_full"]["error"], rel=1e-9)


@pytest.mark.parametrize("other", ["random", "scratch"])
def test_a_difference_has_the_error_of_r_sandwich(other: str) -> None:
    # R: vcovCL(lm(fooled ~ variant), cluster = ~ participant + video, type = "HC0", cadjust = TRUE)
    test = contrast_clustered(*sides("full", other))
    known = R[f"difference_{other}"]
    assert test.difference == pytest.approx(known["value"], rel=1e-9)
    assert test.difference / test.t == pytest.approx(known["error"], rel=1e-9)


def test_videos_in_pairs_are_tested_as_by_r() -> None:
    # R: t.test(rates of full, rates of random, paired = TRUE), a rate for each video
    fooled, second, clusters = sides("full", "random")
    test, known = contrast_paired(fooled, second, clusters.video), R["paired_random"]
    assert (test.t, test.df, test.p) == pytest.approx((known["t"], known["df"], known["p"]), rel=1e-9)


@pytest.mark.parametrize(("program", "tolerance"), [("glmmTMB", 1e-3), ("lme4", 1e-2)])
def test_the_mixed_model_is_that_of_other_programs(program: str, tolerance: float) -> None:
    pytest.importorskip("glmm")
    found, known = fit_mixed(answers(), [("random", "full"), ("scratch", "full")]), R[program]
    assert [row.log_odds for row in found.contrasts] == pytest.approx(
        known["estimate"][1:], rel=tolerance
    )
    assert [row.error for row in found.contrasts] == pytest.approx(known["error"][1:], rel=tolerance)
    assert found.loglik == pytest.approx(known["loglik"], abs=2e-3)
    assert found.deviations == pytest.approx(known["sd"], rel=tolerance)


def test_the_mixed_model_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed, "LIBRARY", "a_package_that_nobody_wrote")
    with pytest.raises(AnalysisError, match=r"\[mixed\]"):
        fit_mixed(answers(), [("full", "random")])
    assert "two variants" in summary([], with_mixed=True).mixed.note


def test_the_mixed_model_of_a_handful_of_answers_is_none_with_a_note() -> None:
    pytest.importorskip("glmm")
    trials = simulate(
        dict.fromkeys("abcd", 0.4), n_participants=3, n_trials=4, n_videos=10,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    found = fit_mixed(columns.from_records(trials)[0], [("a", "b")])
    assert (found.contrasts, found.n) == ((), 12)
    assert found.note.startswith("the fit failed: ")


def test_equivalence_of_independent_trials_is_statsmodels() -> None:
    fooled = np.repeat([True, False], [2021, 4309 - 2021])  # the paper's real sound match
    paper = share(fooled)
    known, _, _ = binom_tost(2021, 4309, 0.45, 0.55)
    mine = equivalence(clustered(paper, deff=1.0), margin=0.05)
    assert mine.p == pytest.approx(known, rel=0.1)
    assert mine.p == pytest.approx(0.0064, abs=3e-4)
    assert equivalence(clustered(paper, deff=2.5), margin=0.05).p == pytest.approx(0.057, abs=2e-3)


def clustered(paper: Estimate, *, deff: float) -> Estimate:
    return Estimate(
        value=paper.value, low=paper.low, high=paper.high, n=paper.n, method="", deff=deff, df=243
    )


def test_equivalence_is_where_the_90_percent_interval_lies_within_the_margin() -> None:
    for k in range(1500, 2800, 50):
        fooled = np.repeat([True, False], [k, 4309 - k])
        found = equivalence(clustered(share(fooled), deff=2.0), margin=0.05)
        assert (found.p < 0.05) == (found.low > 0.45 and found.high < 0.55)


def test_equivalence_without_an_error_is_not_tested() -> None:
    nothing = share(np.zeros(0, dtype=bool))
    assert equivalence(nothing, margin=0.05).p is None
    assert equivalence(nothing, margin=0.05).note == "no answers"

"""The default statistics: their defining properties, and the same numbers from statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from analysis.inference.clustered import Clusters, contrast_clustered, share_clustered
from analysis.inference.pooled import contrast, share

RNG_SEED = 7


def crossed(rng: np.random.Generator, n_participants: int = 40, n_videos: int = 25) -> tuple:
    """Answers with effects of participants and videos, and which of two variants each was about."""
    participant = np.repeat(np.arange(n_participants), 15)
    video = np.concatenate([rng.permutation(n_videos)[:15] for _ in range(n_participants)])
    logit = rng.normal(0, 1, n_participants)[participant] + rng.normal(0, 1, n_videos)[video] - 0.5
    fooled = rng.random(len(logit)) < 1 / (1 + np.exp(-logit))
    return fooled, rng.random(len(logit)) < 0.5, Clusters(participant=participant, video=video)


def with_taste(rng: np.random.Generator) -> tuple:
    """As `crossed`, where participants and videos differ in which variant does well."""
    _, second, clusters = crossed(rng)
    taste = rng.normal(0, 1.5, 40)[clusters.participant] + rng.normal(0, 1.5, 25)[clusters.video]
    fooled = rng.random(len(taste)) < 1 / (1 + np.exp(-taste * np.where(second, 1, -1)))
    return fooled, second, clusters


def statsmodels_error(y: np.ndarray, design: np.ndarray, clusters: Clusters) -> float:
    groups = np.column_stack([clusters.participant, clusters.video])
    fit = sm.OLS(y.astype(float), design).fit(cov_type="cluster", cov_kwds={"groups": groups})
    n, k = design.shape
    return float(fit.bse[-1] / np.sqrt((n - 1) / (n - k)))  # the factor that we leave out


def test_a_share_has_statsmodels_two_way_error() -> None:
    fooled, _, clusters = crossed(np.random.default_rng(RNG_SEED))
    mine = share_clustered(fooled, clusters)
    error = statsmodels_error(fooled, np.ones((len(fooled), 1)), clusters)
    independent = mine.value * (1 - mine.value) / mine.n
    assert mine.deff == pytest.approx(error**2 / independent, rel=1e-9)
    assert mine.deff > 1.5


def test_a_contrast_has_statsmodels_two_way_error() -> None:
    fooled, second, clusters = with_taste(np.random.default_rng(RNG_SEED))
    mine = contrast_clustered(fooled, second, clusters)
    design = np.column_stack([np.ones(len(fooled)), second])
    assert mine.difference / mine.t == pytest.approx(
        statsmodels_error(fooled, design, clusters), rel=1e-9
    )
    assert mine.df == 24


def test_the_variance_is_never_below_that_of_one_way() -> None:
    fooled, second, clusters = crossed(np.random.default_rng(RNG_SEED))
    mine = contrast_clustered(fooled, second, clusters)
    design = np.column_stack([np.ones(len(fooled)), second])
    ways = (clusters.participant, clusters.video)
    # one way clustered twice is statsmodels' V + V - V
    errors = [statsmodels_error(fooled, design, Clusters(participant=w, video=w)) for w in ways]
    assert statsmodels_error(fooled, design, clusters) < max(errors)
    assert mine.difference / mine.t == pytest.approx(max(errors), rel=1e-9)


def test_repeating_every_trial_changes_nothing() -> None:
    fooled, second, clusters = crossed(np.random.default_rng(RNG_SEED))
    twice = Clusters(participant=np.tile(clusters.participant, 2), video=np.tile(clusters.video, 2))
    once_test = contrast_clustered(fooled, second, clusters)
    twice_test = contrast_clustered(np.tile(fooled, 2), np.tile(second, 2), twice)
    assert twice_test.p == pytest.approx(once_test.p, rel=1e-12)
    once, again = share_clustered(fooled, clusters), share_clustered(np.tile(fooled, 2), twice)
    assert (again.low, again.high) == pytest.approx((once.low, once.high), rel=1e-12)
    naive = contrast(fooled[~second], fooled[second])
    naive_twice = contrast(np.tile(fooled[~second], 2), np.tile(fooled[second], 2))
    assert naive_twice.p < 0.9 * naive.p  # which is what the default mends


@given(st.integers(0, 2**32 - 1))
def test_renaming_and_reordering_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    fooled, second, clusters = crossed(rng, n_participants=8, n_videos=16)
    order = rng.permutation(len(fooled))
    renamed = Clusters(
        participant=rng.permutation(8)[clusters.participant][order],
        video=rng.permutation(16)[clusters.video][order],
    )
    first, other = contrast_clustered(fooled, second, clusters), contrast_clustered(
        fooled[order], second[order], renamed
    )  # fmt: skip
    assert other.p == pytest.approx(first.p, rel=1e-9)
    share_now, share_then = share_clustered(fooled[order], renamed), share_clustered(fooled, clusters)
    assert share_now.deff == pytest.approx(share_then.deff, rel=1e-9)


def test_the_worked_example_of_the_docstring_comes_out() -> None:
    two = Clusters(participant=np.array([0, 0, 1, 1]), video=np.array([0, 1, 0, 1]))
    estimate = share_clustered(np.array([True, True, False, False]), two)
    assert (estimate.value, estimate.deff, estimate.df) == (0.5, 4.0, 1)


def test_independent_trials_have_a_design_effect_near_one() -> None:
    rng = np.random.default_rng(RNG_SEED)
    _, _, clusters = crossed(rng, n_participants=400, n_videos=300)
    estimates = [share_clustered(rng.random(6000) < 0.4, clusters) for _ in range(40)]
    assert np.mean([estimate.deff for estimate in estimates]) == pytest.approx(1, abs=0.1)
    naive = share(rng.random(6000) < 0.4)
    assert estimates[0].half_width == pytest.approx(naive.half_width, rel=0.35)


def test_clustered_intervals_cover_where_the_papers_do_not() -> None:
    rng, covered, naive = np.random.default_rng(RNG_SEED), [], []
    for _ in range(300):
        fooled, _, clusters = crossed(rng)
        for kept, estimate in ((covered, share_clustered(fooled, clusters)), (naive, share(fooled))):
            kept.append(estimate.low < TRUE_SHARE < estimate.high)
    assert np.mean(naive) < 0.75
    assert 0.91 < np.mean(covered) <= 0.99


def test_equal_answers_count_as_one_for_each_cluster() -> None:
    _, _, clusters = crossed(np.random.default_rng(RNG_SEED))
    estimate = share_clustered(np.zeros(600, dtype=bool), clusters)
    assert estimate.deff is None
    assert "each counts as one" in estimate.note
    assert (estimate.low, estimate.value) == (pytest.approx(0, abs=1e-12), 0)
    assert estimate.high > share_clustered(np.arange(600) == 0, clusters).value


@pytest.mark.parametrize("alone", ["participant", "video"])
def test_one_cluster_gives_a_share_without_an_interval(alone: str) -> None:
    codes = {"participant": np.arange(6), "video": np.arange(6), alone: np.zeros(6, dtype=int)}
    fooled, clusters = np.arange(6) < 2, Clusters(**codes)
    estimate = share_clustered(fooled, clusters)
    assert (estimate.value, estimate.low) == (pytest.approx(1 / 3), None)
    assert "two participants and two videos" in estimate.note
    assert contrast_clustered(fooled, np.arange(6) % 2 == 0, clusters).p is None


def test_no_answers_give_no_number() -> None:
    none = Clusters(participant=np.zeros(0, dtype=int), video=np.zeros(0, dtype=int))
    assert share_clustered(np.zeros(0, dtype=bool), none).value is None
    assert contrast_clustered(np.zeros(0, dtype=bool), np.zeros(0, dtype=bool), none).difference is None


# mean of 1 / (1 + exp(-x)) for x normal with mean -0.5 and variance 2 (Gauss-Hermite, 64 nodes)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(64)
TRUE_SHARE = float(np.sum(_WEIGHTS / (1 + np.exp(0.5 - np.sqrt(2) * _NODES))) / np.sqrt(2 * np.pi))

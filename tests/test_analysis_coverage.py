"""Coverage and type-I error on made-up studies, where the default holds and the naive way does not.

The whole table is `benchmarks/coverage.py`'s and stands in docs/statistics.md.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from analysis.inference.clustered import Clusters, contrast_clustered, share_clustered
from analysis.inference.paired import contrast_paired
from analysis.inference.pooled import contrast, share
from analysis.planning.simulate import NO_SPREAD, ORDINARY, Drawn, Spread, draw, mean_rate

N_STUDIES = 150
RATES = {"a": 0.38, "b": 0.38}


def studies(spread: Spread) -> Iterator[Drawn]:
    rng = np.random.default_rng(11)
    for _ in range(N_STUDIES):
        yield draw(RATES, n_participants=150, n_trials=40, n_videos=80, spread=spread, rng=rng)


def shares(spread: Spread) -> dict[str, np.ndarray]:
    truth = mean_rate(RATES["a"], spread)
    found: dict[str, list[bool]] = defaultdict(list)
    for drawn in studies(spread):
        fooled, second = drawn.fooled.ravel(), drawn.variant.ravel() == 1
        clusters = Clusters(participant=drawn.participant.ravel(), video=drawn.video.ravel())
        default = share_clustered(fooled[~second], clusters.select(~second))
        naive = share(fooled[~second])
        found["default"].append(default.low < truth < default.high)
        found["paper"].append(naive.low < truth < naive.high)
        found["rejects"].append(contrast_clustered(fooled, second, clusters).p < 0.05)
        found["paper rejects"].append(contrast(fooled[~second], fooled[second]).p < 0.05)
        found["paired rejects"].append(contrast_paired(fooled, second, clusters.video).p < 0.05)
    return {name: np.mean(values) for name, values in found.items()}


def test_where_people_and_videos_vary_the_default_holds_and_the_papers_way_does_not() -> None:
    found = shares(ORDINARY)
    assert 0.90 < found["default"] < 0.99  # 95 %, to within three errors of so few studies
    assert found["rejects"] < 0.105 and found["paired rejects"] < 0.105  # 5 %
    assert found["paper"] < 0.85
    assert found["paper rejects"] > 0.12


def test_where_trials_are_independent_both_hold() -> None:
    found = shares(NO_SPREAD)
    assert found["default"] > 0.9 and found["paper"] > 0.9
    assert found["rejects"] < 0.105 and found["paper rejects"] < 0.105


def test_for_these_clips_participants_are_the_only_clusters() -> None:
    spread = Spread(participant=0.8, video=0.8)
    rng = np.random.default_rng(5)
    videos = rng.normal(0, spread.video, 60)  # the same clips in every study
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    logits = videos[:, None] + spread.participant * nodes - 0.5
    truth = np.mean((1 / (1 + np.exp(-logits))) @ weights / np.sqrt(2 * np.pi))
    covered = {False: [], True: []}
    for _ in range(N_STUDIES):
        video = np.argsort(rng.random((80, 60)), axis=1)[:, :30]
        logit = videos[video] + rng.normal(0, spread.participant, (80, 1)) - 0.5
        fooled = (rng.random((80, 30)) < 1 / (1 + np.exp(-logit))).ravel()
        for fixed in covered:
            clusters = Clusters(
                participant=np.repeat(np.arange(80), 30), video=video.ravel(), these_clips=fixed
            )
            estimate = share_clustered(fooled, clusters)
            covered[fixed].append(estimate.low < truth < estimate.high)
    assert 0.90 < np.mean(covered[True]) < 0.985
    assert np.mean(covered[False]) == pytest.approx(1, abs=0.02)  # far too long for this question

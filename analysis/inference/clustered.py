"""The default statistics: answers of one participant, and answers about one video, go together.

Two-way cluster-robust variances (Cameron, Gelbach and Miller 2011): the variance from participants, plus
that from videos, minus that from participant-by-video cells, with t quantiles for the smaller number of
clusters. They speak about new participants and new videos.

Published programs differ in three points. Here the subtracted term is clustered on cells and not on
trials, so that repeated rows carry no information. There is no factor (n - 1)/(n - k), for the same
reason; statsmodels' standard errors are larger by the root of that factor. The sum is kept at or above
the larger of the two one-way variances, since it can come out below them, or below zero.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.inference.pooled import LEVEL, Answers, Contrast, Estimate, wilson_interval

CLUSTERED = "two-way clustered (participant, video); Wilson interval on n/deff with a t quantile"
CLUSTERED_TEST = "two-way clustered (participant, video); two-sided Wald t-test"
THESE_CLIPS = "clustered (participant), for these clips; Wilson interval on n/deff with a t quantile"
THESE_CLIPS_TEST = "clustered (participant), for these clips; two-sided Wald t-test"
FEW = "needs at least two participants and two videos"
FEW_PEOPLE = "needs at least two participants"
NOTHING = 1e-12  # errors below it are rounding: a share has steps of 1/n
SPARSE = 8  # numbers up to so many times their count are counted in place, larger ones sorted first
Codes = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Clusters:
    """Which participant and which video each answer belongs to.

    Attributes
    ----------
    participant, video : ndarray of int64 [shape=(n,)]
        Any non-negative numbers; equal numbers, equal cluster.
    these_clips : bool
        Whether the results are to be about these clips alone: then chance chose the participants only,
        and their answers are the only clusters.
    """

    participant: Codes
    video: Codes
    these_clips: bool = False

    @property
    def cell(self) -> Codes:
        """One number for each participant-by-video cell."""
        return self.participant * (int(self.video.max(initial=0)) + 1) + self.video

    @property
    def n(self) -> int:
        """How many clusters the sparser way has."""
        participants = n_clusters(self.participant)
        return participants if self.these_clips else min(participants, n_clusters(self.video))

    @property
    def few(self) -> str:
        """What is asked for where there are too few clusters."""
        return FEW_PEOPLE if self.these_clips else FEW

    @property
    def method(self) -> str:
        """What an interval made with these clusters is, in words."""
        return THESE_CLIPS if self.these_clips else CLUSTERED

    @property
    def method_of_test(self) -> str:
        """What a test made with these clusters is, in words."""
        return THESE_CLIPS_TEST if self.these_clips else CLUSTERED_TEST

    def select(self, mask: NDArray[np.bool_]) -> "Clusters":
        """Keep some answers."""
        return replace(self, participant=self.participant[mask], video=self.video[mask])


def two_way_variance(scores: NDArray[np.float64], clusters: Clusters) -> float:
    """Variance of a sum of scores whose expectation is zero.

    Parameters
    ----------
    scores : ndarray of float64 [shape=(n,)]
        What each answer adds to the estimate, e.g. ``(fooled - share) / n``.
    clusters : Clusters
        At least two participants and two videos.
    """
    participant = _one_way_variance(scores, clusters.participant)
    if clusters.these_clips:
        return participant
    video = _one_way_variance(scores, clusters.video)
    cell = _one_way_variance(scores, clusters.cell)
    return max(participant + video - cell, participant, video)


def share_clustered(fooled: Answers, clusters: Clusters) -> Estimate:
    """Share of true answers with an interval for new participants and new videos.

    Parameters
    ----------
    fooled : ndarray of bool [shape=(n,)]
        One answer a trial.
    clusters : Clusters
        Whose and about what each answer is.

    Returns
    -------
    Estimate
        Wilson's interval on n/deff answers with the t quantile of min(clusters) - 1 degrees of freedom.
        A deff below 1 does not narrow it: answers are worth no more than there are cells. Without any
        spread between clusters, as when all answers are equal, deff can't be estimated; then each
        cluster of the sparser way counts as one answer.

    Notes
    -----
    Worked example: 2 participants see 2 videos; one is fooled twice, one never: share 0.5. Participants
    sum to +0.25 and -0.25, so their variance is 2/(2 - 1) * 0.125 = 0.25, videos' is 0, cells' is
    4/(4 - 1) * 4/64 = 1/12; 0.25 - 1/12 is below the participants' own, so 0.25 it is: four times that
    of four independent trials, 0.25/4. deff is 4.
    """
    n, groups = len(fooled), clusters.n
    value = float(np.mean(fooled)) if n else None
    if value is None or groups < 2:
        note = clusters.few if n else "no answers"
        return Estimate(value=value, n=n, method=clusters.method, note=note)
    variance = two_way_variance((fooled - value) / n, clusters)
    independent = value * (1 - value) / n
    deff = variance / independent if variance > 0 else None
    n_effective = groups if deff is None else min(n / deff, n_clusters(clusters.cell))
    low, high = wilson_interval(
        value, n_effective, quantile=float(stats.t.isf((1 - LEVEL) / 2, groups - 1))
    )
    note = "" if deff is not None else "no spread between clusters; each counts as one answer"
    return Estimate(
        value=value, low=low, high=high, n=n, method=clusters.method, deff=deff, df=groups - 1, note=note
    )


def contrast_clustered(fooled: Answers, second: NDArray[np.bool_], clusters: Clusters) -> Contrast:
    """Test the difference between two shares for new participants and new videos.

    Parameters
    ----------
    fooled : ndarray of bool [shape=(n,)]
        Answers of both sides.
    second : ndarray of bool [shape=(n,)]
        False for the first side, true for the second.
    clusters : Clusters
        Whose and about what each answer is.

    Notes
    -----
    Hypothesis: equal shares. Equals a regression of the answer on the side with statsmodels'
    ``cov_type="cluster"`` and two groups, but for the factor named above.
    """
    n = (int(np.sum(~second)), int(np.sum(second)))

    def untested(difference: float | None, note: str) -> Contrast:
        return Contrast(difference=difference, n=n, method=clusters.method_of_test, note=note)

    if min(n) == 0:
        return untested(None, "no answers on one side")
    means = np.array([np.mean(fooled[~second]), np.mean(fooled[second])])
    difference, side = float(means[0] - means[1]), second.astype(np.intp)
    if clusters.n < 2:
        return untested(difference, clusters.few)
    scores = (fooled - means[side]) * np.array([1 / n[0], -1 / n[1]])[side]
    error = float(np.sqrt(two_way_variance(scores, clusters)))
    if error < NOTHING:
        return untested(difference, "the answers on both sides have no spread between clusters")
    df = clusters.n - 1
    half = float(stats.t.isf((1 - LEVEL) / 2, df)) * error
    t = difference / error
    return Contrast(
        difference=difference, low=difference - half, high=difference + half, t=t, df=float(df),
        p=float(2 * stats.t.sf(abs(t), df)), n=n, method=clusters.method_of_test,
    )  # fmt: skip


def n_clusters(codes: Codes) -> int:
    """Count the different numbers."""
    if int(codes.max(initial=0)) < SPARSE * len(codes):
        return int(np.count_nonzero(np.bincount(codes)))
    return 1 + int(np.count_nonzero(np.diff(np.sort(codes))))


def _one_way_variance(scores: NDArray[np.float64], codes: Codes) -> float:
    n, sums = n_clusters(codes), _sums(scores, codes)
    return float(n / (n - 1) * np.sum(sums**2))


def _sums(scores: NDArray[np.float64], codes: Codes) -> NDArray[np.float64]:
    """Add up the scores of each cluster; clusters that do not occur may add a 0."""
    if int(codes.max(initial=0)) < SPARSE * len(codes):
        return np.asarray(np.bincount(codes, weights=scores), dtype=np.float64)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.asarray(np.add.reduceat(scores[order], starts))

"""A linear support vector machine, as it is used for everything here.

liblinear's dual coordinate descent (Hsieh et al. 2008) as scikit-learn offers it: one class against the
rest, squared hinge loss. On a few thousand examples of 1,900 numbers it takes seconds, where its own
trust-region method and libsvm's kernel matrix took two and ten times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from analysis.recognition.accuracy import averaged

C_VALUES = (0.01, 0.1, 1.0, 10.0)  # for rows of length 1
N_FOLDS = 3
CHOICE_ROWS = 80  # of each class, that C is chosen on
TOLERANCE = 1e-3
MOST_SWEEPS = 3000
LEAST_SPREAD = 1e-6  # a feature that varies less tells nothing

Blocks = Sequence[NDArray[np.float32]]
Scores = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Makes features comparable: each of mean 0 and variance 1, each block of features of equal weight.

    Attributes
    ----------
    means, factors : ndarray of float32 [shape=(n_features,)]
        Of all blocks' features.
    """

    means: NDArray[np.float32]
    factors: NDArray[np.float32]

    def apply(self, blocks: Blocks) -> NDArray[np.float32]:
        """Join blocks to rows whose squared length is 1 on average over the training rows."""
        return np.asarray((np.concatenate(blocks, axis=1) - self.means) * self.factors)


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A fitted classifier.

    Attributes
    ----------
    scaling : Scaling
        Of the features.
    machine : LinearSVC
        The support vector machine itself.
    c : float
        Its price of errors, chosen by cross-validation over training videos.
    slopes, offsets : ndarray of float64 [shape=(n_classes,)]
        Of the sigmoids that turn its scores into probabilities (Platt 1999).
    """

    scaling: Scaling
    machine: LinearSVC
    c: float
    slopes: Scores
    offsets: Scores

    def scores(self, blocks: Blocks) -> Scores:
        """Score each class, float64 [shape=(n, n_classes)]; the highest is what is recognised."""
        return scores_of(self.machine, self.scaling.apply(blocks))

    def probabilities(self, scores: Scores) -> Scores:
        """Turn scores into probabilities that sum to 1, by a sigmoid for each class."""
        shares = 1 / (1 + np.exp(-(self.slopes * scores + self.offsets)))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def fit(
    blocks: Blocks,
    codes: NDArray[np.intp],
    videos: NDArray[np.str_],
    *,
    rng: np.random.Generator,
    c: float | None = None,
) -> Classifier:
    """Fit a classifier to examples, as many of each class.

    Parameters
    ----------
    blocks : sequence of ndarray of float32 [shape=(n, n_features)]
        Features to be concatenated.
    codes : ndarray of int [shape=(n,)]
        Classes, 0 to k - 1, all of them present.
    videos : ndarray of str [shape=(n,)]
        The video of each: no video is on both sides of a fold.
    rng : Generator
        Draws the rows that C is chosen on, and liblinear's order.
    c : float, optional
        The price of errors, if it is not to be chosen; the scores then count as log odds.
    """
    scaling = scaling_of(blocks)
    features = scaling.apply(blocks)
    seed = int(rng.integers(2**31))
    slopes, offsets = np.ones(int(codes.max()) + 1), np.zeros(int(codes.max()) + 1)
    if c is None:
        chosen = _some_of_each(codes, rng)
        held_out = _held_out_scores(features[chosen], codes[chosen], videos[chosen], seed)
        c = max(held_out, key=lambda value: (_recall(held_out[value], codes[chosen]), -value))
        slopes, offsets = _sigmoids(held_out[c], codes[chosen])
    return Classifier(
        scaling=scaling,
        machine=machine_of(features, codes, c=c, seed=seed),
        c=c,
        slopes=slopes,
        offsets=offsets,
    )


def scaling_of(blocks: Blocks) -> Scaling:
    """Measure training rows' means and spreads."""
    rows = np.concatenate(blocks, axis=1)
    sizes = [block.shape[1] for block in blocks]
    spreads = rows.std(axis=0)
    factors = np.where(spreads > LEAST_SPREAD, 1 / np.maximum(spreads, LEAST_SPREAD), 0)
    weights = np.sqrt(np.repeat(len(blocks) * np.array(sizes, np.float64), sizes))
    scaled = factors.astype(np.float32) / weights.astype(np.float32)
    return Scaling(means=rows.mean(axis=0), factors=np.asarray(scaled, np.float32))


def machine_of(
    features: NDArray[np.float32], codes: NDArray[np.intp], *, c: float, seed: int
) -> LinearSVC:
    """Fit scikit-learn's linear support vector machine."""
    machine = LinearSVC(C=c, dual=True, tol=TOLERANCE, max_iter=MOST_SWEEPS, random_state=seed)
    return machine.fit(features, codes)


def turned(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Write n rows of more than n features as rows of n: their products, so machines, stay the same."""
    if features.shape[0] >= features.shape[1]:
        return features
    return np.asarray(np.linalg.qr(features.T, mode="r"), np.float32).T


def scores_of(machine: LinearSVC, features: NDArray[np.float32]) -> Scores:
    """Score each class, also where there are only two."""
    scores = np.asarray(machine.decision_function(features), np.float64)
    return np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores


def _some_of_each(codes: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    rows = [rng.permutation(np.flatnonzero(codes == code))[:CHOICE_ROWS] for code in np.unique(codes)]
    return np.concatenate(rows)


def _held_out_scores(
    features: NDArray[np.float32],
    codes: NDArray[np.intp],
    videos: NDArray[np.str_],
    seed: int,
) -> dict[float, Scores]:
    """Score rows by machines that saw none of their video, for each C; NaN where there is none."""
    found = {value: np.full((len(codes), int(codes.max()) + 1), np.nan) for value in C_VALUES}
    n_folds = min(N_FOLDS, len(np.unique(videos)))
    if n_folds < 2:
        return found
    features = turned(features)
    for train, test in GroupKFold(n_folds).split(features, codes, videos):
        present = np.unique(codes[train])
        for value, scores in found.items() if len(present) > 1 else ():
            machine = machine_of(features[train], codes[train], c=value, seed=seed)
            scores[np.ix_(test, present)] = scores_of(machine, features[test])
    return found


def _recall(scores: Scores, codes: NDArray[np.intp]) -> float:
    """Average the classes' recalls; a class that could not be chosen is never right."""
    return averaged(codes, np.argmax(np.nan_to_num(scores, nan=-np.inf), axis=1))


def _sigmoids(scores: Scores, codes: NDArray[np.intp]) -> tuple[Scores, Scores]:
    """Fit Platt's sigmoid to each class's held-out scores; scores are log odds where that can't be."""
    slopes, offsets = np.ones(scores.shape[1]), np.zeros(scores.shape[1])
    for code in range(scores.shape[1]):
        usable = np.isfinite(scores[:, code])
        is_class = codes[usable] == code
        if is_class.any() and not is_class.all():
            fitted = LogisticRegression(C=1000.0).fit(scores[usable, code : code + 1], is_class)
            slopes[code], offsets[code] = fitted.coef_[0, 0], fitted.intercept_[0]
    return slopes, offsets

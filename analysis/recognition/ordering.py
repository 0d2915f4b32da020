"""The order of classes in a picture of confusions (Section A1.2)."""

import numpy as np
from numpy.typing import NDArray

TIE_RULE = "of equally similar classes the first by name"


def soft_confusion(
    true: NDArray[np.intp], probabilities: NDArray[np.float64], n_classes: int
) -> NDArray[np.float64]:
    """Average the probabilities given to each class, for each true class.

    "Rows correspond to the mean probability assigned by the classifier to each target class
    (averaged over all test examples)."

    Parameters
    ----------
    true : ndarray of int [shape=(n,)]
        Classes, from 0.
    probabilities : ndarray of float64 [shape=(n, n_classes)]
        Rows sum to 1.
    n_classes : int
        How many classes there are.

    Returns
    -------
    ndarray of float64 [shape=(n_classes, n_classes)]
        A row of zeros for a class without examples.
    """
    sums = np.zeros((n_classes, n_classes))
    np.add.at(sums, true, probabilities)
    counts = np.bincount(true, minlength=n_classes)
    return np.asarray(sums / np.maximum(counts, 1)[:, None])


def greedy_order(soft: NDArray[np.float64], *, start: int) -> tuple[int, ...]:
    """Put next to each class the one most like it among those left.

    "We iteratively chose the material category that was most similar to the previously chosen class",
    by the Euclidean distance between rows of the soft confusion matrix. The paper names neither the
    first class nor what happens to ties: here the first is given, and `TIE_RULE` breaks ties.

    Parameters
    ----------
    soft : ndarray of float64 [shape=(k, k)]
        From `soft_confusion`, classes in order of name.
    start : int
        The class that comes first.

    Returns
    -------
    tuple of int
        All classes, once each.
    """
    order, left = [start], [row for row in range(len(soft)) if row != start]
    while left:
        distances = np.linalg.norm(soft[left] - soft[order[-1]], axis=1)
        order.append(left.pop(int(np.argmin(distances))))  # argmin takes the first
    return tuple(order)

"""What is to be recognised: material, action, reaction, or hard against soft; from balanced examples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.recognition.data import RecognitionData

MATERIAL, ACTION, REACTION, HARDNESS = "material", "action", "reaction", "hardness"
KINDS = (MATERIAL, ACTION, REACTION, HARDNESS)
# Section 6.3; dirt, paper and water are in neither
SOFT = ("leaf", "grass", "cloth", "plastic-bag", "carpet")
HARD = ("gravel", "rock", "tile", "wood", "ceramic", "plastic", "drywall", "glass", "metal")
PER_CLASS = {MATERIAL: 260, ACTION: 260, REACTION: 260, HARDNESS: 1300}
"""Training impacts a class: 260 (Section 4) and 1,300 (Section 6.3); not given for the other two."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to recognise, among clips of which the features are known.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    classes : tuple of str
        Those with clips on both sides of the split, by name.
    left_out : tuple of str
        Those without.
    train : ndarray of int [shape=(n_train,)]
        Clips to learn from, as often of each class; a clip may stand there more than once.
    test : ndarray of int [shape=(n_test,)]
        Clips to recognise.
    codes : ndarray of int [shape=(n,)]
        By clip of the dataset: which of `classes`, or -1.
    per_class : int
        Training clips of each class.
    """

    kind: str
    classes: tuple[str, ...]
    left_out: tuple[str, ...]
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    codes: NDArray[np.intp]
    per_class: int

    @property
    def can_run(self) -> bool:
        """Say whether there is a choice to be made at all."""
        return len(self.classes) > 1


def labels_of(data: RecognitionData, kind: str) -> NDArray[np.str_]:
    """Give each clip's label of a kind, empty where it has none."""
    if kind != HARDNESS:
        return data.labels[kind]
    material = data.labels[MATERIAL]
    return np.where(np.isin(material, HARD), "hard", np.where(np.isin(material, SOFT), "soft", ""))


def make_task(
    data: RecognitionData, kind: str, *, known: NDArray[np.bool_], rng: np.random.Generator
) -> Task:
    """Divide the labelled clips into examples and questions.

    Parameters
    ----------
    data : RecognitionData
        The clips.
    kind : str
        One of `KINDS`.
    known : ndarray of bool [shape=(n,)]
        Of which clips the features are known.
    rng : Generator
        Draws the examples.
    """
    labels = labels_of(data, kind)
    usable = known & (labels != "")
    sides = [set(labels[usable & side].tolist()) for side in (~data.is_test, data.is_test)]
    classes = tuple(sorted(sides[0] & sides[1]))
    codes = np.full(len(data), -1, np.intp)
    for code, name in enumerate(classes):
        codes[usable & (labels == name)] = code
    examples = np.flatnonzero((codes >= 0) & ~data.is_test)
    train = balanced(codes[examples], most=PER_CLASS[kind], rng=rng)
    return Task(
        kind=kind,
        classes=classes,
        left_out=tuple(sorted((sides[0] | sides[1]) - set(classes))),
        train=examples[train],
        test=np.flatnonzero((codes >= 0) & data.is_test),
        codes=codes,
        per_class=len(train) // max(len(classes), 1),
    )


def balanced(codes: NDArray[np.intp], *, most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw as many rows of each class, in order of class.

    Parameters
    ----------
    codes : ndarray of int [shape=(n,)]
        Each row's class.
    most : int
        Rows of each class, or as many as the largest class has if that is fewer.
    rng : Generator
        Draws.

    Returns
    -------
    ndarray of int [shape=(n_classes * size,)]
        Of a class with more rows a part, none twice; of a class with fewer all, as often as they go in,
        and of what is then missing a part.
    """
    if not len(codes):
        return np.zeros(0, np.intp)
    size = min(most, int(np.bincount(codes).max()))
    drawn = []
    for code in np.unique(codes):
        rows = rng.permutation(np.flatnonzero(codes == code))
        drawn.append(np.resize(rows, size))  # it repeats what is too short
    return np.concatenate(drawn)

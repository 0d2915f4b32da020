"""The paper's auditory metrics as rows: measured here, printed there (Fig. 5a)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import formats
from analysis.findings import paper
from analysis.inputs.evaluation import FEATURES, SOUND, Evaluation, Facts, Score
from analysis.inputs.fields import Interval

COLUMNS = ("loudness_error", "loudness_r", "centroid_error", "centroid_r")
DIGITS = 2  # printed in the paper
MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class PrintedMetrics:
    """A row of the paper's auditory metrics (Fig. 5a), its errors in units of its own features."""

    loudness_error: float
    loudness_r: float
    centroid_error: float
    centroid_r: float


PRINTED = {
    name: PrintedMetrics(*row)
    for name, row in {
        "full": (0.21, 0.44, 3.85, 0.47),
        "scratch": (0.24, 0.36, 4.73, 0.33),
        "no-spacetime": (0.22, 0.37, 4.30, 0.37),
        "parametric": (0.21, 0.44, 3.85, 0.47),
        "no-rnn": (1.24, 0.04, 7.92, 0.28),
        "image-match": (0.37, 0.16, 8.39, 0.18),
        "spacetime-match": (0.41, 0.14, 7.19, 0.21),
        "image-spacetime-match": (0.37, 0.18, 7.74, 0.20),
        "random": (0.44, 0.00, 9.32, 0.02),
    }.items()
}


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditoryRow:
    """One variant's line.

    Attributes
    ----------
    variant, label, oracle
        As in `analysis.findings.rates.VariantRow`.
    score : Score
        What was measured.
    bold : tuple of str
        Those of `COLUMNS` in which it equals the best row as printed.
    printed : PrintedMetrics or None
        The paper's own row; it has none for oracles.
    """

    variant: str
    label: str
    oracle: bool
    score: Score
    bold: tuple[str, ...]
    printed: PrintedMetrics | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Auditory:
    """The auditory metrics of variants.

    Attributes
    ----------
    facts : Facts
        What they were measured on.
    as_paper : tuple of AuditoryRow
        One a variant: networks by their predicted features, all others by their sound, as in Fig. 5a.
    by_sound : tuple of AuditoryRow
        One a variant, all by the sound that is heard; empty where that would say nothing new.
    digits : dict of str to int
        Decimals shown, by column.
    """

    facts: Facts
    as_paper: tuple[AuditoryRow, ...]
    by_sound: tuple[AuditoryRow, ...]
    digits: Mapping[str, int]


def lay_out(evaluation: Evaluation) -> Auditory:
    """Lay an evaluation out as in the paper's Figure 5a."""
    heard = {score.variant: score for score in evaluation.scores if score.basis == SOUND}
    predicted = {score.variant: score for score in evaluation.scores if score.basis == FEATURES}
    digits = {column: digits_of(column, evaluation.scores) for column in COLUMNS}
    return Auditory(
        facts=evaluation.facts,
        as_paper=_rows({**heard, **predicted}, digits),
        by_sound=_rows(heard, digits) if heard and predicted else (),
        digits=digits,
    )


def measured(score: Score, column: str) -> Interval:
    """Find the number of one of `COLUMNS`."""
    quantity, _, kind = column.partition("_")
    agreement = score.loudness if quantity == "loudness" else score.centroid
    return agreement.error if kind == "error" else agreement.r


def digits_of(column: str, scores: Sequence[Score]) -> int:
    """Choose the decimals of a column: the paper's two, for small errors more.

    The smallest error above 0 has two significant digits, so that rows can be told apart whatever the
    unit. Worked example: of 0.0192 and 0.41 three decimals are shown.
    """
    numbers = [measured(score, column).value or 0.0 for score in scores]
    smallest = min((number for number in numbers if number > 0), default=1.0)
    if column.endswith("_r"):
        return DIGITS
    return int(np.clip(1 - np.floor(np.log10(smallest)), DIGITS, MOST_DIGITS))


def bold_of(column: str, scores: Mapping[str, Score], digits: int) -> frozenset[str]:
    """Apply the paper's rule to a column of metrics: all rows that equal the best as printed.

    Parameters
    ----------
    column : str
        One of `COLUMNS`; of errors the smallest is best, of r the largest.
    scores : dict of str to Score
        The variants that take part.
    digits : int
        Decimals printed.

    Returns
    -------
    frozenset of str
        Empty without two rows to compare.
    """
    values = {name: measured(score, column).value for name, score in scores.items()}
    known = {name: value for name, value in values.items() if value is not None}
    if len(known) < 2:
        return frozenset()
    best = max(known.values()) if column.endswith("_r") else min(known.values())
    as_printed = formats.decimal(best, digits=digits)
    return frozenset(n for n, v in known.items() if formats.decimal(v, digits=digits) == as_printed)


def _rows(scores: Mapping[str, Score], digits: Mapping[str, int]) -> tuple[AuditoryRow, ...]:
    compared = {name: score for name, score in scores.items() if not paper.is_oracle(name)}
    bold = {column: bold_of(column, compared, digits[column]) for column in COLUMNS}
    return tuple(
        AuditoryRow(
            variant=variant,
            label=paper.label(variant),
            oracle=paper.is_oracle(variant),
            score=scores[variant],
            bold=tuple(column for column in COLUMNS if variant in bold[column]),
            printed=PRINTED.get(variant),
        )
        for variant in paper.in_order(tuple(scores))
    )

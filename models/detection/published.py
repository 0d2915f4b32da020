"""The onset scores that CondFoleyGen and SyncFusion publish, literally, with what is wrong in them.

Kept so that their printed numbers have something to stand beside; docs/detection.md lists the defects.
Never compare them with `models.detection.precision`. What is scored is the same; only their onsets come
from librosa's detector, ours from Section 3's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 22_050  # Hz
TOLERANCE = 0.1 * SAMPLE_RATE  # samples
SUPPRESSED = 0.05 * SAMPLE_RATE  # samples, nearer onsets count once
REACH = int(0.05 * SAMPLE_RATE)  # samples on either side that an onset's confidence is taken from


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipScore:
    """Of one clip: the share of true onsets that were found, and its average precision."""

    accuracy: float
    average_precision: float


def clip_score(true: Sequence[int], detected: Sequence[int], waveform: NDArray[np.float32]) -> ClipScore:
    """Score the onsets of one clip as published.

    Parameters
    ----------
    true, detected : sequence of int
        Samples, ascending.
    waveform : ndarray of float32 [shape=(n_samples,)]
        The synthesized sound at 22,050 Hz, of which the confidences are taken.
    """
    magnitude = np.abs(waveform)
    spread = magnitude.max() - magnitude.min()
    magnitude = (magnitude - magnitude.min()) / (spread or 1.0)
    kept = _suppressed(list(detected), [_confidence(magnitude, onset) for onset in detected])
    free, is_true, confidences, n_found = list(kept), [], [], 0
    for onset in true:
        near = [other for other in free if abs(other - onset) < TOLERANCE]
        is_true.append(1)
        if not near:
            confidences.append(0.0)
            continue
        match = max(near, key=lambda other: float(magnitude[other]))
        confidences.append(_confidence(magnitude, match))
        n_found += 1
        free.remove(match)
        if not free:
            break  # as published: true onsets that come after this one are forgotten
    is_true += [0] * len(free)
    confidences += [_confidence(magnitude, onset) for onset in free]
    return ClipScore(
        accuracy=n_found / len(true) if len(true) else 0.0,
        average_precision=_area(np.array(is_true), np.array(confidences)),
    )


def _confidence(magnitude: NDArray[np.float32], onset: int) -> float:
    """Take the peak round an onset; as published, an onset of the first 50 ms has an empty reach.

    There the published program stops with an error; this takes 0.
    """
    reach = magnitude[onset - REACH : onset + REACH] if onset >= REACH else magnitude[:0]
    return float(reach.max(initial=0.0))


def _suppressed(onsets: list[int], confidences: list[float]) -> list[int]:
    """Suppress onsets near surer ones; as published, one that follows a removed one is passed over."""
    remaining, kept = list(onsets), []
    for index in np.argsort(confidences)[::-1]:
        onset = onsets[index]
        if onset in remaining:
            kept.append(onset)
            remaining.remove(onset)
            place = 0
            while place < len(remaining):
                if abs(onset - remaining[place]) < SUPPRESSED:
                    del remaining[place]
                place += 1
    return sorted(kept)


def _area(is_true: NDArray[np.int64], confidences: NDArray[np.float64]) -> float:
    """Average precision over distinct confidences, as scikit-learn's; a missed onset has 0."""
    if not is_true.any():
        return 0.0
    order = np.argsort(-confidences, kind="stable")
    last = np.flatnonzero(np.append(np.diff(confidences[order]) != 0, True))
    right = np.cumsum(is_true[order])[last]
    recall = np.concatenate([[0], right / right[-1]])
    return float((np.diff(recall) * right / (last + 1)).sum())

"""Score the onset detector against annotated impacts: ``python benchmarks/onsets.py DATASET``.

DATASET is a folder in the published Greatest Hits layout. Onsets and annotations before 34.0 s, where
annotation ends, are matched one to one within 0.1 s, as many as can be. Parameters were tuned on the
training videos alone.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench import head, row, timed
from numpy.typing import NDArray

from models.sounds.onsets import DEFAULT_ONSETS, PAPER_ONSETS, OnsetOptions, detect_onsets
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Video, read_dataset
from models.videos.video import read_sound

TOLERANCE_S = 0.1
ANNOTATED_UNTIL_S = 34.0
METHODS = {"default": DEFAULT_ONSETS, "paper": PAPER_ONSETS}


@dataclass(kw_only=True)
class Score:
    """Counts over videos: onsets found, impacts annotated, pairs of them, and the same for hits."""

    found: int = 0
    annotated: int = 0
    matched: int = 0
    hits: int = 0
    hits_matched: int = 0
    others_matched: int = 0

    def cells(self) -> list[str]:
        """Format as cells of the table."""
        precision, recall = self.matched / self.found, self.matched / self.annotated
        # For hits alone, an onset at an annotated impact that is no hit is neither right nor wrong.
        hit_precision = self.hits_matched / (self.found - self.others_matched)
        hit_recall = self.hits_matched / self.hits
        pairs = ((precision, recall), (hit_precision, hit_recall))
        return [f"{value:.3f}" for pair in pairs for value in (*pair, f1(*pair))]


def f1(precision: float, recall: float) -> float:
    """Take the harmonic mean."""
    return 2 * precision * recall / (precision + recall)


def pairs(found: NDArray[np.float64], annotated: Sequence[float]) -> list[tuple[int, int]]:
    """Match two ascending lists one to one; on a line, taking the earliest first is the most."""
    i = j = 0
    matched = []
    while i < len(found) and j < len(annotated):
        if abs(found[i] - annotated[j]) <= TOLERANCE_S:
            matched.append((i, j))
            i, j = i + 1, j + 1
        elif found[i] < annotated[j]:
            i += 1
        else:
            j += 1
    return matched


def add(score: Score, video: Video, waveform: NDArray[np.float32], options: OnsetOptions) -> None:
    """Count one video."""
    onsets = detect_onsets(waveform, sample_rate=SAMPLE_RATE, options=options)
    onsets = onsets[onsets < ANNOTATED_UNTIL_S]
    impacts = [i for i in video.impacts or () if i.time_s < ANNOTATED_UNTIL_S]
    matched = pairs(onsets, [impact.time_s for impact in impacts])
    hits = [impact.time_s for impact in impacts if impact.action == "hit"]
    hit_onsets = {i for i, _ in pairs(onsets, hits)}
    score.found += len(onsets)
    score.annotated += len(impacts)
    score.matched += len(matched)
    score.hits += len(hits)
    score.hits_matched += len(hit_onsets)
    score.others_matched += len({i for i, _ in matched} - hit_onsets)


def main() -> None:
    """Print the tables."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    dataset = read_dataset(Path(sys.argv[1]))
    sounds = {video.id: read_sound(video.sound) for video in dataset.videos}
    parts = {"train": dataset.train, "test": dataset.test, "all": dataset.videos}
    measures = ("precision", "recall", "F1")
    head("method", "videos", *measures, *(f"{measure}, hits" for measure in measures))
    for method, options in METHODS.items():
        for part, videos in parts.items():
            score = Score()
            for video in videos:
                add(score, video, sounds[video.id], options)
            row(method, f"{part} ({len(videos)})", *score.cells())
    seconds = sum(map(len, sounds.values())) / SAMPLE_RATE
    spent, _ = timed(lambda: [detect_onsets(s, sample_rate=SAMPLE_RATE) for s in sounds.values()])
    per_track = 35e3 * spent / seconds
    print(f"\n{seconds:.0f} s of sound in {spent:.2f} s of processor time, {per_track:.0f} ms for 35 s")


if __name__ == "__main__":
    main()

"""Coverage of the intervals and type-I error of the tests, over made-up studies whose truth is known.

python benchmarks/coverage.py            # the tables of docs/statistics.md: 1000 studies a line
python benchmarks/coverage.py --studies 100 --tables classes clips
"""

import argparse
from dataclasses import replace

import numpy as np
from bench import row
from numpy.typing import NDArray

from analysis.inference.clustered import Clusters, contrast_clustered, share_clustered
from analysis.inference.paired import contrast_paired
from analysis.inference.pooled import Estimate, contrast, share, share_wilson
from analysis.planning.simulate import Drawn, Spread, draw, mean_rate

ALPHA = 0.05
RATES = {"a": 0.40, "b": 0.40, "c": 0.36, "d": 0.38, "e": 0.35, "f": 0.30, "g": 0.33, "h": 0.32,
         "i": 0.20}  # fmt: skip
SPREADS = {  # on the logit scale; assumed: the paper's trials are not public
    "none": Spread(side=0.3, lapse=0.02),
    "low": Spread(participant=0.3, participant_variant=0.1, video=0.3, video_variant=0.3, clip=0.2,
                  side=0.3, lapse=0.02),
    "mid": Spread(participant=0.5, participant_variant=0.2, video=0.5, video_variant=0.6, clip=0.3,
                  side=0.3, lapse=0.02),
    "high": Spread(participant=0.8, participant_variant=0.3, video=0.7, video_variant=0.9, clip=0.4,
                   side=0.3, lapse=0.02),
}  # fmt: skip
DESIGNS = ((600, 50, 244), (300, 100, 244), (300, 50, 244), (300, 25, 977), (300, 50, 977))
COLUMNS = ("paper's", "clustered", "deff", "t-test", "clustered", "videos paired")


def covers(truth: float, *estimates: Estimate) -> NDArray[np.bool_]:
    """Say which intervals hold the truth."""
    return np.array([found.low < truth < found.high for found in estimates])


def one_study(drawn: Drawn, truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say which intervals cover, the mean deff, and which tests of an equal pair reject."""
    fooled, variant = drawn.fooled.ravel(), drawn.variant.ravel()
    clusters = Clusters(participant=drawn.participant.ravel(), video=drawn.video.ravel())
    covered, deffs = np.zeros(2), []
    for i, rate in enumerate(truth):
        rows = variant == i
        default = share_clustered(fooled[rows], clusters.select(rows))
        deffs.append(default.deff)
        covered += covers(rate, share(fooled[rows]), default)
    rows = variant < 2  # the pair of equal rates
    second, pair = variant[rows] == 1, clusters.select(rows)
    answers = fooled[rows]
    tests = (
        contrast(answers[~second], answers[second]),
        contrast_clustered(answers, second, pair),
        contrast_paired(answers, second, pair.video),
    )
    rejected = [test.p < ALPHA for test in tests]
    return np.array([*(covered / len(truth)), np.mean(deffs), *rejected])


def measured(spread: Spread, design: tuple[int, int, int], *, n_studies: int) -> NDArray[np.float64]:
    """Return the mean of `one_study` over studies, in the order of `COLUMNS`."""
    rng = np.random.default_rng(2026)
    n_participants, n_trials, n_videos = design
    truth = np.array([mean_rate(rate, spread) for rate in RATES.values()])
    rows = [
        one_study(
            draw(RATES, n_participants=n_participants, n_trials=n_trials, n_videos=n_videos,
                 spread=spread, rng=rng),
            truth,
        )
        for _ in range(n_studies)
    ]  # fmt: skip
    return np.mean(rows, axis=0)


def class_coverage(rate: float, n_videos: int, n: int, *, n_studies: int) -> list[float]:
    """Cover a class's rate with n answers about few videos, by almost as many people, "mid" spread."""
    spread, rng = SPREADS["mid"], np.random.default_rng(2026)
    truth, covered = mean_rate(rate, spread), np.zeros(3)
    deffs = []
    for _ in range(n_studies):
        participant, video = rng.integers(600, size=n), rng.integers(n_videos, size=n)
        clip = video * 15 + rng.integers(15, size=n)
        logit = np.log(rate / (1 - rate)) + rng.normal(0, spread.side, 600)[participant] * rng.choice(
            (-1, 1), size=n
        )
        for codes, size, deviations in (
            (participant, 600, (spread.participant, spread.participant_variant)),
            (video, n_videos, (spread.video, spread.video_variant)),
            (clip, 15 * n_videos, (spread.clip,)),
        ):
            for deviation in deviations:
                logit += rng.normal(0, deviation, size)[codes]
        chance = (1 - spread.lapse) / (1 + np.exp(-logit)) + spread.lapse / 2
        fooled = rng.random(n) < chance
        default = share_clustered(fooled, Clusters(participant=participant, video=video))
        deffs.append(default.deff or np.nan)
        covered += covers(truth, share(fooled), share_wilson(fooled), default)
    return [float(np.nanmean(deffs)), *(100 * covered / n_studies).tolist()]


def clips_coverage(design: tuple[int, int, int], *, n_studies: int) -> list[float]:
    """Cover the rate of exactly these clips, "mid" spread: the videos stay, the people change."""
    n_participants, n_trials, n_videos = design
    spread, rng = SPREADS["mid"], np.random.default_rng(2026)
    videos = rng.normal(0, np.hypot(spread.video, spread.video_variant), n_videos)
    people = np.hypot(spread.participant, spread.participant_variant)
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    within = float(np.hypot(people, spread.side))
    logits = videos[:, None] + within * nodes + np.log(0.4 / 0.6)
    truth = float(np.mean((1 / (1 + np.exp(-logits))) @ weights) / np.sqrt(2 * np.pi))
    covered = np.zeros(3)
    for _ in range(n_studies):
        video = np.argpartition(rng.random((n_participants, n_videos)), n_trials - 1)[:, :n_trials]
        side = rng.normal(0, spread.side, (n_participants, 1)) * rng.choice((-1, 1), size=video.shape)
        logit = videos[video] + rng.normal(0, people, (n_participants, 1)) + side + np.log(0.4 / 0.6)
        kept = rng.random(video.shape) < 1 / len(RATES)  # one variant's trials
        fooled = rng.random(video.shape)[kept] < 1 / (1 + np.exp(-logit[kept]))
        clusters = Clusters(participant=np.nonzero(kept)[0], video=video[kept])
        these = share_clustered(fooled, replace(clusters, these_clips=True))
        covered += covers(truth, share(fooled), these, share_clustered(fooled, clusters))
    return (100 * covered / n_studies).tolist()


def print_classes(n_studies: int) -> None:
    """Print the table of classes."""
    print(
        "\n| videos, answers | rate of the average (%) | deff | covers: paper's | Wilson | clustered |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for n_videos, n in ((6, 80), (12, 160), (18, 250), (40, 550)):
        for rate in (0.18, 0.4, 0.62):
            deff, *covered = class_coverage(rate, n_videos, n, n_studies=n_studies)
            row(f"{n_videos}, {n}", f"{100 * rate:.0f}", f"{deff:.2f}", *(f"{v:.1f}" for v in covered))


def print_clips(n_studies: int) -> None:
    """Print the table of the target "these clips"."""
    print("\n| participants x trials, videos | covers: paper's | these clips | new videos |")
    print("| --- | ---: | ---: | ---: |")
    for design in ((600, 50, 244), (300, 100, 244), (150, 200, 244)):
        covered = clips_coverage(design, n_studies=n_studies)
        row(f"{design[0]} x {design[1]}, {design[2]}", *(f"{v:.1f}" for v in covered))


def print_studies(n_studies: int) -> None:
    """Print the main table."""
    print("| spread | participants x trials, videos | covers: paper's | clustered | deff |"
          " rejects: t-test | clustered | videos paired |")  # fmt: skip
    print("| --- | --- |" + " ---: |" * len(COLUMNS))
    for name, spread in SPREADS.items():
        for design in DESIGNS:
            found = measured(spread, design, n_studies=n_studies)
            cells = [f"{100 * value:.1f}" for value in found]
            cells[2] = f"{found[2]:.2f}"
            row(name, f"{design[0]} x {design[1]}, {design[2]}", *cells)


TABLES = {"studies": print_studies, "classes": print_classes, "clips": print_clips}


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    asked = parser.parse_args()
    for name in asked.tables:
        TABLES[name](asked.studies)


if __name__ == "__main__":
    main()

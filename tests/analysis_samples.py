"""Made-up answers that several tests of the analysis share."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis import report
from analysis.inputs import columns
from analysis.inputs.sources import Source
from analysis.planning.simulate import Spread, simulate
from analysis.summary import Report, summarize
from experiment_server.exports.records import Record

CROSSED = Path(__file__).parent / "data" / "crossed_answers.csv"
SPREAD = Spread(participant=0.6, participant_variant=0.4, video=0.6, video_variant=0.6)
TRUTH = {"full": 0.45, "random": 0.25, "scratch": 0.4}


def write_crossed() -> None:
    """Write the answers that `data/crossed_answers.R` reads, 4000 of them."""
    trials = simulate(
        TRUTH, n_participants=100, n_trials=40, n_videos=60, spread=SPREAD,
        rng=np.random.default_rng(20),
    )  # fmt: skip
    with CROSSED.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("participant", "video", "variant", "fooled"))
        writer.writerows(
            (f"p{int(row.participant[1:])}", f"v{int(row.video[6:])}", row.variant, int(row.fooled))
            for row in trials
        )


def summary(
    trials: Sequence[Record],
    *,
    title: str = "t",
    highlight: Sequence[str] = (),
    with_mixed: bool = False,
    **known: Any,
) -> Report:
    """What a report of these records says; `known` are fields of their `Source`."""
    responses, n_repeated = columns.from_records(trials)
    source = Source(name=title, responses=responses, n_repeated=n_repeated, **known)
    return summarize(source, highlight=highlight, with_mixed=with_mixed)


def write_report(trials: Sequence[Record], *, out: Path, **options: Any) -> Report:
    """Write a report of these records."""
    made = summary(trials, **options)
    report.write(made, out)
    return made

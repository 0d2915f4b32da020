"""Made-up answers that several tests of the analysis share."""

import csv
import dataclasses
import os
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner, Result

from analysis import report
from analysis.cli import main
from analysis.inputs import columns
from analysis.inputs.sources import Source
from analysis.planning.simulate import Spread, simulate
from analysis.summary import Report, summarize
from experiment_server.exports import records
from experiment_server.exports.records import Record

GOLDEN = Path(os.environ.get("GOLDEN_DIR", Path(__file__).parents[2] / "shared" / "golden"))
FIGURE_5A = {  # counts that give both figures printed there
    "full": (1339, 3347), "scratch": (1150, 3154), "no-spacetime": (1228, 3242),
    "parametric": (1149, 3315), "no-rnn": (1005, 3355), "image-match": (1108, 3360),
    "spacetime-match": (1095, 3430), "image-spacetime-match": (1162, 3441), "random": (671, 3394),
}  # fmt: skip
VOID = {"meta", "link", "br", "img", "input", "hr", "col", "path", "use", "rect"}
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


def equal_answers(k: int, n: int) -> np.ndarray:
    """Answers of n trials, k of them fooled."""
    return np.repeat([True, False], [k, n - k])


def people(trials: Sequence[Record]) -> list[Record]:
    """The same, answered by people."""
    return [dataclasses.replace(row, simulated=False) for row in trials]


def unanswered(row: Record) -> Record:
    """The same, shown and not answered."""
    return dataclasses.replace(row, response_interval=None, fooled=None, rt_ms=None, answered_utc=None)


def reported(folder: Path, trials: Sequence[Record], *options: object) -> Result:
    """Run the command on a file of responses; its report is in the folder ``r``."""
    records.write(trials, folder / "responses.csv")
    given = ["report", "--responses", folder / "responses.csv", "--out", folder / "r", *options]
    return CliRunner().invoke(main, list(map(str, given)))


class Page(HTMLParser):
    """Checks that tags close in order and collects what a browser would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href", "srcset", "action", "data"):
                self.fetched.append(value or "")
        assert tag not in ("script", "iframe", "link", "img", "object")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

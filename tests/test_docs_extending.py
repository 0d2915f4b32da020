"""The page on extending: its code runs, and its lists name every place."""

import dataclasses
import re
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from recruiting_samples import Fuse, Killed, a_campaign, a_recruiting_study, an_offer, come, fused_books
from server_samples import serving_site

from analysis.inputs.columns import from_records
from analysis.planning.simulate import Spread, simulate
from analysis.quality import exclusions
from experiment_server import payables
from experiment_server.screening import sounds
from experiment_server.studies import sections
from mturk import opening
from mturk.markets import link
from mturk.payments import paying

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")


def code(heading):
    """The blocks of Python under a heading."""
    part = PAGE.split(f"\n## {heading}\n")[1].partition("\n## ")[0]
    return re.findall(r"^```python\n(.*?)^```", part, re.M | re.S)


def test_an_exclusion_rule_leaves_out_whom_it_names(monkeypatch):
    key, judge, entry = code("An exclusion rule")
    names = {**vars(sections), "dataclass": dataclasses.dataclass}
    exec(
        "@dataclass(frozen=True, kw_only=True)\nclass Wider(Exclusions):\n"
        + textwrap.indent(key, "    "),
        names,
    )
    exec(judge, vars(exclusions) | (known := {}), known)
    scope = {**vars(exclusions), **known}
    monkeypatch.setattr(exclusions, "RULES", {**exclusions.RULES, **eval("{" + entry + "}", scope)})
    trials = simulate(
        {"full": 0.4, "random": 0.2},
        n_participants=12,
        n_trials=10,
        n_videos=20,
        spread=Spread(),
        rng=np.random.default_rng(1),
    )
    hasty = trials[0].participant
    timed = [
        dataclasses.replace(row, rt_ms=150.0 if row.participant == hasty else 900.0) for row in trials
    ]
    outcome = exclusions.apply(from_records(timed)[0], names["Wider"](median_ms=300, fast_percent=0))
    met = [one for one in outcome.log if one.rule == "median_ms"]
    assert [(one.participant, one.value) for one in met] == [(hasty, 150.0)]
    assert next(row for row in outcome.rows if row.rule == "median_ms").n_answers == 10


def test_a_headphone_tests_target_can_be_heard_by_one_ear_and_its_level_is_that_of_the_others(
    monkeypatch,
):
    made = {}
    exec(code("A headphone test")[0], {**vars(sounds)}, made)
    monkeypatch.setitem(sounds.MAKERS, "beat", made["beat"])
    sizes = {len(sounds.trial_wav("beat", seed=seed, target=1 + seed % 3)) for seed in range(6)}
    assert len(sizes) == 1
    waveform = made["beat"](target=2, rng=np.random.default_rng(1))
    every = int(1.5 * sounds.SAMPLE_RATE)
    middles = [waveform[n * every + 8_820 : n * every + 35_280] for n in range(3)]
    levels = [10 * np.log10(np.mean(middle**2)) for middle in middles]
    assert np.ptp(levels) < 0.3
    crests = [np.abs(middle[:, 0]).max() / np.sqrt(np.mean(middle[:, 0] ** 2)) for middle in middles]
    assert np.argmax(crests) == 1


def test_the_page_names_every_file_in_which_a_headphone_test_is_named():
    part = PAGE.split("\n## A headphone test\n")[1].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `(experiment_server/\S+)`", part, re.M))
    package = ROOT / "experiment_server"
    naming = {
        str(path.relative_to(ROOT))
        for path in package.rglob("*.*")
        if path.suffix in {".py", ".js", ".html"}
        and "migrations" not in path.parts
        and "antiphase" in path.read_text(encoding="utf-8")
    }
    assert listed == naming


def test_a_recruiter_pays_each_once_wherever_the_program_is_stopped(tmp_path):
    scope = {**vars(opening), **vars(link), "Path": Path}
    exec(code("A recruiter")[0], scope)
    offer = an_offer("link")
    study = a_recruiting_study(tmp_path, offer)
    with serving_site(study) as app:
        for label in ("ada", "bob"):
            come(app, {"id": label})

    def pay(file, fuse):
        with payables.opened(study) as opened:
            books = fused_books(opened, fuse)
            market = scope["CreditFile"](offer, books.study, books, lambda line: None, file=file)
            market.market = file.stem  # books of its own for each round
            paying.pay(a_campaign(books, market, lambda: datetime.now(UTC)), "approve")

    pay(tmp_path / "whole.csv", whole := Fuse())
    assert whole.steps >= 8
    for at in range(1, whole.steps + 1):
        file = tmp_path / f"round-{at}.csv"
        with pytest.raises(Killed):
            pay(file, Fuse(at))
        pay(file, Fuse())
        paid = [line.split(",")[1:] for line in file.read_text(encoding="utf-8").splitlines()]
        assert sorted(paid) == [["ada", "150"], ["bob", "150"]]

"""The report on paper: in Chromium's print, nothing is wider than a page of A4."""

from pathlib import Path

import numpy as np
import pytest
from analysis_samples import people, write_report
from evaluation_samples import measured, score, written
from page_samples import chromium

from analysis.findings import paper
from analysis.inputs import evaluation
from analysis.inputs.declared import Declared, Plan
from analysis.planning.simulate import simulate
from experiment_server.studies.sections import Exclusions

A4_PX = round((210 - 2 * 15) / 25.4 * 96)  # of A4's width what report.css leaves, in CSS pixels
DECLARED = Declared(
    exclusions=Exclusions(fast_ms=400),
    plan=Plan(declared=True, contrasts=(("full", "random"),)),
    cents={"complete": 100},
    currency="USD",
)
TOO_WIDE = """() => [...document.querySelectorAll('table, figure svg, .pair')]
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => `${e.tagName} ${e.className}`)"""
CUT_OFF = """() => [...document.querySelectorAll('td, th')]
  .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"""


@pytest.mark.parametrize(
    "names",
    [list(paper.ROWS), ["full", "random", *(f"syncfusion-large-finetuned-v{i}" for i in range(11))]],
    ids=["the paper's thirteen", "long names"],
)
def test_thirteen_variants_fit_on_a_page_of_a4(names: list[str], tmp_path: Path) -> None:
    trials = simulate(
        dict.fromkeys(names, 0.4), n_participants=40, n_trials=60, n_videos=60,
        rng=np.random.default_rng(2),
    )  # fmt: skip
    metrics = measured(*(score(name, "sound") for name in names))
    write_report(
        people(trials), out=tmp_path, declared=DECLARED,
        evaluation=evaluation.read(written(tmp_path, metrics)),
    )  # fmt: skip
    with chromium() as browser:
        page = browser.new_page(viewport={"width": A4_PX, "height": 1000})
        page.goto((tmp_path / "index.html").as_uri())
        page.emulate_media(media="print")
        assert page.locator("table").count() > 10
        assert page.evaluate(TOO_WIDE) == []
        assert page.evaluate(CUT_OFF) == []

"""From a study's folder to a report: robots through the real site, their truth back out."""

import dataclasses
import json
from pathlib import Path

import pytest
from analysis_samples import summary
from click.testing import CliRunner
from server_samples import make_study

from analysis import provenance
from analysis.cli import main
from analysis.inputs import sources
from experiment_server.exports.export import read_study
from experiment_server.simulation.listeners import simulate

RATES = {"image-match": 0.5, "spacetime-match": 1.0, "random": 0.1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_study(
        tmp_path_factory.mktemp("reported"), trials={"main": 12, "practice": 2}, n_videos=14
    )
    simulate(made, participants=8, seed=5, fool_rates=RATES)
    return made


def test_the_known_fool_rates_come_out_of_the_report(folder: Path, tmp_path: Path) -> None:
    arguments = ["report", "--study", str(folder), "--out", str(tmp_path / "r"), "--title", "Robots"]
    run = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert run.exit_code == 0
    assert run.output.startswith("SIMULATED PARTICIPANTS")
    data = json.loads((tmp_path / "r" / "report.json").read_text(encoding="utf-8"))
    assert data["flow"]["practice_answered"] == 16
    for row in data["variants"]:
        assert row["rate"]["n"] == 32
        low, high = row["rate"]["wilson"]["low"], row["rate"]["wilson"]["high"]
        assert low - 0.08 < RATES[row["variant"]] < high + 0.08
    best = max(data["variants"], key=lambda row: row["rate"]["k"])
    assert (best["variant"], best["rate"]["k"]) == ("spacetime-match", 32)


def test_the_report_names_what_it_was_made_from(folder: Path) -> None:
    source = sources.load(study=folder, responses=None)
    known = source.provenance
    assert len(known["study"]["sha256"]) == len(known["stimulus_set"]["sha256"]) == 64
    assert known["stimulus_set"]["seed"] == 1
    assert known["command"] == f"analysis report --study {folder.name}"
    assert set(provenance.LIBRARIES) < set(known["versions"])
    assert str(folder.parent) not in json.dumps(known)


def test_a_folder_without_git_has_no_commit(tmp_path: Path) -> None:
    assert provenance.git_commit(tmp_path) is None
    (tmp_path / ".git").mkdir()  # none that git knows
    assert provenance.git_commit(tmp_path) is None


def test_a_variant_without_all_clips_is_pointed_out(folder: Path) -> None:
    data = read_study(folder)
    assert sources.unequal_clips(data) is None
    fewer = {name: sound for name, sound in data.manifest.clips[0].stimuli.items() if name != "random"}
    clips = (dataclasses.replace(data.manifest.clips[0], stimuli=fewer), *data.manifest.clips[1:])
    odd = dataclasses.replace(data, manifest=dataclasses.replace(data.manifest, clips=clips))
    said = sources.unequal_clips(odd)
    assert said is not None and f"random {len(clips) - 1}" in said and "image-match" not in said


def test_caveats_stand_among_the_notices(folder: Path) -> None:
    report = summary(read_study(folder).records, title="Robots", caveats=("Look here.",))
    assert report.notices[-1] == "Look here."

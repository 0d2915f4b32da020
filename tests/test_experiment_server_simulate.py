"""Robots through the real site: the truth they were given comes back out of the export."""

import json
import re
import subprocess
import sys
from collections import defaultdict

import pytest
from click.testing import CliRunner
from server_samples import VARIANTS, make_study, serving_site, write_set

from experiment_server import export, records, server, study
from experiment_server.cli import main
from experiment_server.simulate import PAPER_FOOL_RATES, default_fool_rates, simulate
from experiment_server.study import StudyError

RATES = {"image-match": 0.0, "spacetime-match": 1.0, "random": 0.3}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = make_study(
        tmp_path_factory.mktemp("simulated"), trials={"main": 12, "practice": 2}, n_videos=14
    )
    told = []
    result = simulate(folder, participants=20, seed=3, fool_rates=RATES, on_trial=told.append)
    return folder, result, told


def test_the_known_fool_rates_are_recovered(done):
    answers = defaultdict(list)
    for record in export.read_study(done[0]).records:
        if record.phase == "main":
            answers[record.variant].append(record.fooled)
    assert {variant: len(fooled) for variant, fooled in answers.items()} == dict.fromkeys(VARIANTS, 80)
    assert sum(answers["image-match"]) == 0
    assert sum(answers["spacetime-match"]) == 80
    assert 9 <= sum(answers["random"]) <= 40  # 24 expected; sd 4.1


def test_a_simulation_tells_what_it_did(done):
    _, result, told = done
    assert (result.participants, result.trials) == (20, 280)
    assert told == [280] * 280
    assert result.answered == dict.fromkeys(sorted(VARIANTS), 80)
    assert result.fooled["spacetime-match"] == 80


def test_every_robot_is_complete_and_marked_as_simulated(done):
    rows = export.read_study(done[0]).records
    assert len(rows) == 280
    assert {row.participant_state for row in rows} == {"complete"}
    assert all(row.simulated and row.presented_utc < row.answered_utc for row in rows)
    assert all(row.practice_revealed == (row.phase == "practice") for row in rows)
    for count in (sum(row.real_interval == interval for row in rows) for interval in (1, 2)):
        assert count == 140


def test_an_export_is_read_back_and_described(done, tmp_path):
    data = export.read_study(done[0])
    assert export.write(data, tmp_path / "out") == 280
    assert records.read(tmp_path / "out" / export.RESPONSES_NAME) == data.records
    columns = json.loads((tmp_path / "out" / export.COLUMNS_NAME).read_text())["columns"]
    assert [column["name"] for column in columns] == list(records.COLUMNS)
    assert {c["name"]: c["type"] for c in columns}["rt_ms"] == "number"
    assert {c["name"] for c in columns if not c["required"]} >= {"fooled", "material"}
    description = json.loads((tmp_path / "out" / export.DESCRIPTION_NAME).read_text())
    assert description["stimulusSetSha256"] == data.digests["stimuli"] == data.records[0].stimulus_set


def test_the_same_seed_gives_the_same_plans_and_answers(tmp_path):
    rows = []
    for place in ("one", "two"):
        folder = make_study(tmp_path / place)
        simulate(folder, participants=3, seed=5, with_media=False)
        rows.append(
            [
                (r.participant_seed, r.clip, r.variant, r.real_interval, r.response_interval, r.rt_ms)
                for r in export.read_study(folder).records
            ]
        )
    assert rows[0] == rows[1]


def test_robots_visit_a_site_that_runs_elsewhere(tmp_path):
    folder = make_study(tmp_path)
    with serving_site(folder) as app, server.running(app) as url:
        assert simulate(folder, participants=2, seed=1, url=f"{url}/").trials == 12
    with pytest.raises(StudyError, match="is the server up"):
        simulate(folder, participants=1, seed=1, url=url)


@pytest.mark.parametrize(
    ("rates", "message"),
    [({"full": 0.4}, "no variant named 'full'.*image-match"), ({"random": 1.4}, "from 0 to 1")],
)
def test_a_rate_that_can_not_be_is_refused(tmp_path, rates, message):
    with pytest.raises(StudyError, match=message):
        simulate(make_study(tmp_path), participants=1, seed=1, fool_rates=rates)


def test_the_default_rates_are_the_papers():
    rates = default_fool_rates(["full", "syncfusion"])
    assert rates == {"full": PAPER_FOOL_RATES["full"], "syncfusion": 0.35}


def test_the_commands_lead_from_a_stimulus_set_to_a_table(tmp_path):
    run = CliRunner().invoke
    write_set(tmp_path / "set", n_videos=6)
    site = str(tmp_path / "pilot")
    made = run(main, ["init", site, "--stimuli", str(tmp_path / "set"), "--seed", "4"])
    assert "6 videos, 2 practice and 4 main trials" in made.output
    assert study.read(tmp_path / "pilot" / "study.toml").name == "pilot"
    again = run(main, ["init", site, "--stimuli", str(tmp_path / "set")])
    assert again.exit_code == 1
    assert "exists already" in again.output
    simulated = run(main, ["simulate", site, "--participants", "2", "--fool-rate", "random=1"])
    assert re.search(r"random +100\.0% +100\.0% +\d", simulated.output), simulated.output
    exported = run(main, ["export", site, "--out", str(tmp_path / "out")])
    assert "12 trials written" in exported.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trials", "9"], "stimulus set has 6 videos"),
        (["--practice", "5", "--trials", "4"], "need 9 videos"),
        (["--variants", "random,full"], "no variant named 'full'"),
        (["--name", "my study"], "letters, digits"),
        (["--stimuli", "nowhere"], "no manifest.json"),
    ],
)
def test_init_says_what_can_not_be(tmp_path, arguments, message):
    write_set(tmp_path / "set", n_videos=6)
    folder = tmp_path / "pilot"
    done = CliRunner().invoke(
        main, ["init", str(folder), "--stimuli", str(tmp_path / "set"), *arguments]
    )
    assert done.exit_code == 1
    assert message in done.output
    assert not folder.exists()


def test_init_can_reuse_videos_for_practice(tmp_path):
    write_set(tmp_path / "set", n_videos=6)
    arguments = ["--practice", "5", "--practice-videos", "reuse", "--variants", "random"]
    done = CliRunner().invoke(
        main, ["init", str(tmp_path / "pilot"), "--stimuli", str(tmp_path / "set"), *arguments]
    )
    assert "5 practice and 6 main trials" in done.output, done.output


@pytest.mark.parametrize(
    "code", ["import experiment_server", "from experiment_server import app, simulate"]
)
def test_a_web_host_needs_no_torch(code):
    program = f"import sys; {code}; print([m for m in ('torch', 'av', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

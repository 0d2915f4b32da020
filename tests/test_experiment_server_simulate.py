"""Robots through the real site: the truth they were given comes back out of the export."""

import json
import re
import resource
import socket
import subprocess
import sys
from collections import Counter, defaultdict
from subprocess import PIPE

import pytest
from click.testing import CliRunner
from server_samples import VARIANTS, Visitor, make_study, serving_site, write_set

from experiment_server.cli import main
from experiment_server.database import db
from experiment_server.errors import StudyError
from experiment_server.exports import export, records
from experiment_server.simulation.simulate import PAPER_FOOL_RATES, default_fool_rates, simulate
from experiment_server.studies import folder as folders
from experiment_server.studies import study
from experiment_server.web import server
from stimuli.manifest import CATCH

RATES = {"image-match": 0.0, "spacetime-match": 1.0, "random": 0.3}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = make_study(
        tmp_path_factory.mktemp("simulated"),
        trials={"main": 12, "practice": 2, "catch": 2},
        screening={
            "sound_check": True,
            "headphones": "both",
            "headphone_trials": 1,
            "headphone_pass": 1,
        },
        variants=(*VARIANTS, *CATCH),
        n_videos=16,
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
    assert (result.participants, result.dropouts, result.trials) == (20, 0, 320)
    assert told == [320] * 320
    assert result.answered == dict.fromkeys(sorted(VARIANTS), 80)
    assert result.fooled["spacetime-match"] == 80


def test_every_robot_is_complete_and_marked_as_simulated(done):
    rows = export.read_study(done[0]).records
    assert len(rows) == 320
    assert {row.participant_state for row in rows} == {"complete"}
    assert all(row.simulated and row.presented_utc < row.answered_utc for row in rows)
    assert {row.presentations for row in rows} == {1}
    assert all(row.practice_revealed == (row.phase == "practice") for row in rows)
    for count in (sum(row.real_interval == interval for row in rows) for interval in (1, 2)):
        assert count == 160


def test_catch_trials_are_told_apart_in_the_records_and_answered_right(done):
    caught = [row for row in export.read_study(done[0]).records if row.phase == "catch"]
    assert len(caught) == 40
    assert Counter(row.variant for row in caught) == dict.fromkeys(CATCH, 20)
    assert sum(row.fooled for row in caught) <= 5  # 0.8 expected
    assert {row.position for row in caught} <= set(range(2, 15))
    assert len({row.position for row in caught}) > 5


def test_every_record_tells_of_door_consent_headphones_and_playing(done):
    rows = export.read_study(done[0]).records
    told = {(r.recruiter, r.headphones_passed, r.headphones_correct, r.headphones_trials) for r in rows}
    assert told == {("robot", True, 2, 2)}
    assert {(row.lapsed, row.invalid, row.hidden_ms, row.stalls) for row in rows} == {
        (False, None, 0.0, 0)
    }
    assert {len(row.consent_sha256) for row in rows} == {64}


def test_places_of_robots_that_leave_go_to_others(tmp_path, database):
    folder = make_study(tmp_path)
    result = simulate(folder, participants=30, seed=1, with_media=False, dropouts=0.3)
    rows = export.read_study(folder).records
    states = {row.participant: (row.participant_state, row.lapsed) for row in rows}
    assert Counter(states.values()) == {
        ("complete", False): 30 - result.dropouts,
        ("active", True): result.dropouts,
    }
    assert 4 <= result.dropouts <= 15  # 9 expected
    assert result.trials == sum(row.response_interval is not None for row in rows)
    assert simulate(folder, participants=3, seed=1, with_media=False).dropouts == 0


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_of_dropouts_that_can_not_be_is_refused(tmp_path, share):
    with pytest.raises(StudyError, match="from 0 to 1"):
        simulate(make_study(tmp_path), participants=1, seed=1, dropouts=share)


def test_an_export_is_read_back_and_described(done, tmp_path):
    data = export.read_study(done[0])
    assert export.write(data, tmp_path / "out") == 320
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


@pytest.mark.parametrize(("folder", "name"), [("my study (2)", "my-study-2"), ("…", "study")])
def test_init_makes_a_name_of_any_folders(tmp_path, folder, name):
    write_set(tmp_path / "set", n_videos=6)
    done = CliRunner().invoke(main, ["init", str(tmp_path / folder), "--stimuli", str(tmp_path / "set")])
    assert done.exit_code == 0, done.output
    assert study.read(tmp_path / folder / "study.toml").name == name


def test_a_study_file_that_changed_under_participants_is_told_apart(tmp_path):
    site = make_study(tmp_path)
    file = site / "study.toml"
    simulate(site, participants=2, seed=1, with_media=False)
    first = study.digest(file)
    assert export.read_study(site).warning is None
    file.write_text(file.read_text().replace("main = 4", "main = 3"))
    simulate(site, participants=1, seed=2, with_media=False)
    data = export.read_study(site)
    assert dict(data.study_versions) == {first: 2, data.digests["study"]: 1}
    rows = {(row.participant, row.study_sha256) for row in data.records}
    assert Counter(version for _, version in rows) == data.study_versions
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["export", str(site), "--out", str(out)])
    assert done.exit_code == 0
    assert f"2 were served version {first[:12]}, 1 were served version" in done.stderr
    description = json.loads((out / export.DESCRIPTION_NAME).read_text())
    assert description["studyFileVersionsServed"] == dict(data.study_versions)


def test_run_says_that_the_study_file_changed_under_participants(tmp_path):
    site = make_study(tmp_path)
    opened = folders.read(site)
    with serving_site(site) as app:
        assert export.served_warning(opened) is None
        Visitor(app).enrol()
    assert export.served_warning(opened) is None
    (site / "study.toml").write_text((site / "study.toml").read_text() + "\n")
    lines, errors = run_until_it_serves(site, "--port", "0")
    assert "study.toml was changed after participants came: 1 were served version" in errors
    assert "http://127.0.0.1:" in lines[0]


def test_a_link_on_all_addresses_names_the_machine(tmp_path):
    lines, _ = run_until_it_serves(make_study(tmp_path), "--port", "0", "--host", "0.0.0.0")
    assert re.search(rf"http://{re.escape(socket.gethostname())}:\d+/", lines[0]), lines
    assert "this machine's address" in lines[1]
    assert re.search(r"Dashboard: http://.*:\d+/dashboard/", lines[2])
    assert "experiment-server password" in lines[3]


def run_until_it_serves(site, *options):
    """Run the command; return its two lines or more, and what it said on stderr."""
    command = [sys.executable, "-u", "-m", "experiment_server.cli", "run", str(site), *options]
    with subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True) as running:
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(running.stdout.readline())
            assert lines[-1], running.stderr.read()
        running.terminate()
        return lines, running.stderr.read()


@pytest.mark.parametrize("command", [["run", "--port", "0"], ["export", "--out", "out"]])
def test_a_database_that_can_not_be_used_is_a_sentence(tmp_path, command):
    site = make_study(tmp_path)
    (site / db.DATABASE_NAME).write_bytes(b"no database at all" * 100)
    done = CliRunner().invoke(main, [command[0], str(site), *command[1:]])
    assert done.exit_code == 1
    assert "file is not a database; look whether it runs" in done.output


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path):
    write_set(tmp_path / "set", n_videos=6)
    command = [sys.executable, "-m", "experiment_server.cli", "init", str(tmp_path / "pilot")]
    done = subprocess.run(
        [*command, "--stimuli", str(tmp_path / "set")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: the database can't be used: ")
    assert not (tmp_path / "pilot").exists()


def test_init_can_reuse_videos_for_practice(tmp_path):
    write_set(tmp_path / "set", n_videos=6)
    arguments = ["--practice", "5", "--practice-videos", "reuse", "--variants", "random"]
    done = CliRunner().invoke(
        main, ["init", str(tmp_path / "pilot"), "--stimuli", str(tmp_path / "set"), *arguments]
    )
    assert "5 practice and 6 main trials" in done.output, done.output


@pytest.mark.parametrize(
    "code",
    [
        "import experiment_server",
        "from experiment_server import app; from experiment_server.simulation import simulate",
    ],
)
def test_a_web_host_needs_no_torch(code):
    program = f"import sys; {code}; print([m for m in ('torch', 'av') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_init_writes_catch_trials_headphones_and_doors(tmp_path):
    write_set(tmp_path / "set", n_videos=9, variants=(*VARIANTS, *CATCH))
    options = ["--catch", "2", "--headphones", "both", "--door", "prolific", "--door", "panel"]
    done = CliRunner().invoke(
        main, ["init", str(tmp_path / "pilot"), "--stimuli", str(tmp_path / "set"), *options]
    )
    assert "3 practice and 4 main trials a participant, and 2 catch trials" in done.output, done.output
    made = study.read(tmp_path / "pilot" / "study.toml")
    assert made.trials.variants == tuple(sorted(VARIANTS))
    assert made.screening.headphones == "both"
    assert made.recruiting.doors == ("prolific", "panel")
    assert made.recruiting.panel_id != ""


def test_init_refuses_catch_trials_of_a_set_without_catch_sounds(tmp_path):
    write_set(tmp_path / "set", n_videos=6)
    done = CliRunner().invoke(
        main, ["init", str(tmp_path / "pilot"), "--stimuli", str(tmp_path / "set"), "--catch", "1"]
    )
    assert done.exit_code == 1
    assert "0 of the stimulus set's 6 videos have catch sounds" in done.output

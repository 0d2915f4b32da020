"""The command `experiment-server`: from a stimulus set to a table, and what it says where it can't."""

import re
import resource
import socket
import subprocess
import sys
from subprocess import PIPE

import pytest
from click.testing import CliRunner
from server_samples import VARIANTS, Visitor, make_study, serving_site, write_set

from experiment_server.cli import main
from experiment_server.database import db
from experiment_server.exports import export
from experiment_server.folders import folder as folders
from experiment_server.studies import study
from stimuli.manifest import CATCH


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
        "from experiment_server import app; from experiment_server.simulation import listeners",
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


def test_a_link_that_lets_nobody_in_by_itself_says_so(tmp_path):
    lines, _ = run_until_it_serves(
        make_study(tmp_path, recruiting={"doors": ("prolific",)}), "--port", "0"
    )
    assert lines[1] == 'It needs the ids of prolific; to take part yourself, add "link" to doors.\n'


def test_a_file_in_place_of_a_stimulus_set_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.html").write_text("no set")
    done = CliRunner().invoke(main, ["init", "s", "--stimuli", "page.html"])
    assert done.exit_code == 1
    assert "no manifest.json in page.html; give the folder" in done.stderr

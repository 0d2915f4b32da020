"""The tutorial: every command in it runs, in an empty folder, and prints what the page says."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
ANYTHING = "…"
WAIT_S = 60.0  # for the site to answer


def steps():
    """The page's commands in order, each with the lines that it is said to print."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S):
        for line in block.replace("\\\n", "").splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
    return found


def environment(folder):
    scripts = Path(sys.executable).parent
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("COV")},
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "PYTHONUNBUFFERED": "1",
    }


def run(command, folder):
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment(folder), capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def serve(command, folder):
    """Start the site, ask for its first page, and stop it as Ctrl-C does."""
    address = f"http://127.0.0.1:{command.rpartition(' ')[2]}/"
    with subprocess.Popen(
        command.split(),
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # jobs in the background ignore it
    ) as server:
        try:
            page = first_page(address)
            server.send_signal(signal.SIGINT)
            said, _ = server.communicate(timeout=WAIT_S)
        finally:
            server.kill()
    assert "Real or fake sound?" in page
    return said


def first_page(address):
    stop = time.monotonic() + WAIT_S
    while True:
        try:
            with urllib.request.urlopen(address) as reply:
                return reply.read().decode()
        except OSError:
            assert time.monotonic() < stop, f"no site at {address}"
            time.sleep(0.1)


def is_as_said(said, expected):
    """Whether a program printed these lines and no others; `ANYTHING` is lines, or part of one."""
    lines = [
        "(?:.*\n)*?" if line == ANYTHING else ".*".join(map(re.escape, line.split(ANYTHING))) + " *\n"
        for line in expected
    ]
    return re.fullmatch("".join(lines), said.lstrip("\n")) is not None


def test_output_is_compared_line_by_line():
    assert is_as_said("a 1\nb\nc\n", ["a …", ANYTHING, "c"])
    assert is_as_said("a 1\n", [ANYTHING])
    assert not is_as_said("a 1\nb\nc\n", ["a 1", "c"])
    assert not is_as_said("a 1\n", ["a"])


def test_every_block_of_the_page_is_a_command_and_what_it_prints():
    commands = [command.split()[0] for command, _ in steps()]
    assert set(commands) == {"models", "stimuli", "experiment-server", "analysis"}
    assert all(expected for _, expected in steps())


def test_every_command_of_the_tutorial_prints_what_the_page_says(tmp_path):
    for command, expected in steps():
        is_site = command.startswith("experiment-server run")
        said = serve(command, tmp_path) if is_site else run(command, tmp_path)
        assert is_as_said(said, expected), f"$ {command}\n{said}"
    assert (tmp_path / "report" / "index.html").stat().st_size > 10_000

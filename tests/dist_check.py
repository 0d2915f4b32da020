"""`make dist-check`: the wheel, installed alone and with each extra, does what it says.

    python tests/dist_check.py dist/NAME.whl

Needs nothing but Python, make, and what pip needs to find packages. It makes an environment for each
extra in a temporary folder (that with torch has several GB), and works in an empty folder.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
NAME = "visually-indicated-sounds"
PATIENCE_S = 120
SMALL = (
    "VIDEOS=--materials 3 --videos-per-material 3 --impacts-per-video 6",
    "EPOCHS=1",
    "PARTICIPANTS=10",
)
HELPS = """
from importlib import import_module
for package in ("models", "stimuli", "experiment_server", "analysis", "mturk"):
    main = import_module(package + ".cli").main
    for words in ([], *([verb] for verb in main.commands)):
        main([*words, "--help"], standalone_mode=False)
"""
HAS_TORCH = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is not None)"


class Environment:
    """An environment with the wheel, and an empty folder to work in."""

    def __init__(self, wheel: Path, extra: str, place: Path) -> None:
        self.bin, self.folder = place / f"environment-{extra}" / "bin", place / "work"
        self.folder.mkdir(exist_ok=True)
        venv.create(self.bin.parent, with_pip=True)
        wanted = f"{NAME}[{extra}]" if extra else NAME
        self.run("python", "-m", "pip", "install", "--quiet", f"{wanted} @ {wheel.resolve().as_uri()}")

    def run(self, command: str, *words: str) -> str:
        """Run a command of the environment; stop everything if it fails."""
        print(f"$ {command} {' '.join(words)}"[:200], flush=True)
        done = subprocess.run(
            [self.bin / command, *words], cwd=self.folder, capture_output=True, text=True, env=clean()
        )
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return done.stdout


def clean() -> dict[str, str]:
    """Return this program's environment without what leads to the source tree."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@contextmanager
def serving(environment: Environment, study: str) -> Iterator[str]:
    """Serve a study with gunicorn."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [environment.bin / "gunicorn", "--config", ROOT / "deploy" / "gunicorn.conf.py"]
    variables = {**clean(), "EXPERIMENT_SERVER_STUDY": study, "BIND": address}
    with subprocess.Popen(command, cwd=environment.folder, env=variables) as site:
        try:
            yield f"http://{address}"
        finally:
            site.terminate()


def fetch(url: str) -> str:
    """Fetch a page from a site that may have to start first."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(url, timeout=PATIENCE_S) as reply:
                return str(reply.read().decode())
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def check_plain(plain: Environment) -> None:
    """Every command and verb explains itself without any extra."""
    shown = plain.run("python", "-c", HELPS)
    print(f"{shown.count('Usage: ')} pages of help")


def check_demo(everything: Environment) -> None:
    """The demo's own recipe runs from nothing to a report."""
    print(f"$ make demo {' '.join(SMALL)}", flush=True)
    subprocess.run(
        ["make", "--file", ROOT / "Makefile", "demo", f"BIN={everything.bin}", *SMALL],
        cwd=everything.folder,
        env=clean(),
        check=True,
    )
    page = everything.folder / "demo" / "report" / "index.html"
    print(f"the report has {page.stat().st_size:,} bytes")


def check_server(server: Environment) -> None:
    """A study is made, served and simulated without torch."""
    server.run("python", "-c", HAS_TORCH)
    server.run("experiment-server", "init", "study", "--stimuli", "demo/stimuli")
    print(server.run("experiment-server", "simulate", "study", "--participants", "4", "--seed", "1"))
    with serving(server, "study") as url:
        print(fetch(f"{url}/health").strip())
        assert "<html" in fetch(url)
    server.run("experiment-server", "export", "study", "--out", "export")


def check_analysis(analysis: Environment) -> None:
    """A report is written without torch."""
    analysis.run("python", "-c", HAS_TORCH)
    analysis.run("analysis", "report", "--study", "study", "--out", "report")
    analysis.run("analysis", "report", "--responses", "export/responses.csv", "--out", "report-of-file")


def check_mturk(mturk: Environment) -> None:
    """Prices are told, and a study is offered without a market."""
    mturk.run("python", "-c", HAS_TORCH)
    print(mturk.run("mturk", "cost", "50", "--reward-cents", "100"))


CHECKS = {  # by extra, in an order in which each finds the folders that it needs
    "": check_plain,
    "all": check_demo,
    "server": check_server,
    "analysis": check_analysis,
    "mturk": check_mturk,
}


def main(wheel: Path) -> None:
    """Check the wheel, or exit with what failed."""
    with tempfile.TemporaryDirectory(prefix="dist-check-") as name:
        for extra, check in CHECKS.items():
            print(f"\n{NAME}{f'[{extra}]' if extra else ' alone'}", flush=True)
            check(Environment(wheel, extra, Path(name)))
    print("\nThe wheel does what it says.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The example package, installed and used as its reader would."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from stimuli_samples import CLICKS_S, write_small_dataset

from stimuli import manifest

PACKAGE = Path(__file__).parents[1] / "examples" / "backend_package"
NAME = "tone-from-motion"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in it, and with its tests beside it."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(PACKAGE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    python(folder, "-m", "pip", "install", "--quiet", *offline, "--target", "site", "./source")
    return folder


def python(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder / "site")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def command(folder: Path, package: str, *arguments: str) -> str:
    return python(folder, "-c", f"from {package}.cli import main; main()", *arguments)


def test_the_example_is_listed_among_the_variants(installed: Path):
    assert NAME in command(installed, "models", "list").splitlines()


def test_the_examples_own_tests_pass(installed: Path):
    said = python(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "source")
    assert "2 passed" in said


def test_the_example_makes_a_stimulus_set(installed: Path):
    write_small_dataset(installed / "dataset", test=("q1",))
    command(
        *(installed, "stimuli", "build", "--dataset", "dataset", "--out", "set", "--models", NAME),
        *("--workers", "1", "--device", "cpu", "--cache", "cache"),
    )
    made = manifest.read(installed / "set")
    assert list(made.variants) == [NAME]
    assert made.variants[NAME]["backend"] == "tone_from_motion.ToneFromMotion"
    assert len(made.clips) == len(CLICKS_S)
    assert all(clip.stimuli[NAME].source["motion"] > 0 for clip in made.clips)


def test_the_page_on_backends_shows_the_example_as_it_is():
    page = (PACKAGE.parents[1] / "docs" / "backends.md").read_text(encoding="utf-8")
    module = (PACKAGE / "tone_from_motion.py").read_text(encoding="utf-8")
    assert module in page
    entry = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))
    points = entry["project"]["entry-points"]["visually_indicated_sounds.backends"]
    assert all(f'{name} = "{value}"' in page for name, value in points.items())

"""The wheel and the source distribution hold what they should, and nothing else."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("analysis", "experiment_server", "models", "mturk", "stimuli")
BESIDE = ("deploy", "docs", "examples")
PAGES = [path.name for path in ROOT.iterdir() if path.suffix in (".md", ".cff")]
FILES = (*PAGES, "MANIFEST.in", "Makefile", "pyproject.toml")
MADE = ("dist-info/", "egg-info/", "PKG-INFO", "setup.cfg")  # by the build itself
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def files_under(*folders: str) -> set[str]:
    """List the tree's own files, by their path in it."""
    return {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both distributions, built from a copy of the tree: the build leaves files where it works."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in (*PACKAGES, *BESIDE, "tests"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return out


def ours(names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith("/") and not any(m in name for m in MADE)}


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(built):
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        assert ours(wheel.namelist()) == files_under(*PACKAGES)


def test_the_source_distribution_holds_what_one_needs_and_no_tests(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = [member.name.split("/", 1)[1] for member in archive if member.isfile()]
    assert ours(names) == files_under(*PACKAGES, *BESIDE) | set(FILES)


def test_no_extra_but_models_asks_for_torch():
    asking = {
        extra
        for extra, needed in PROJECT["optional-dependencies"].items()
        if any(name.startswith("torch") or "[models" in name for name in needed)
    }
    assert asking == {"models", "all"}

"""What a report was made from and by: digests, seeds, versions, the commit."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiment_server.exports.export import StudyData

LIBRARIES = ("visually-indicated-sounds", "numpy", "scipy", "statsmodels", "matplotlib")


def of_study(study: StudyData) -> dict[str, Any]:
    """Name a study's parts down to their bytes, and the seeds they were drawn from."""
    dataset = study.manifest.dataset
    return {
        "study": {"name": study.name, "sha256": study.digests["study"], "seed": study.study.seed},
        "stimulus_set": {
            "sha256": study.digests["stimuli"],
            "seed": study.manifest.seed,
            "clips": len(study.manifest.clips),
            "dataset": {key: dataset[key] for key in sorted(dataset) if key != "root"},
            "built_with": dict(study.manifest.versions),
        },
    }


def of_program(*, command: str) -> dict[str, Any]:
    """Name the program: command, commit of a checkout (None in an installed package), versions."""
    versions = {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
    commit = git_commit(Path(__file__).parents[1])
    return {"command": command, "git_commit": commit, "versions": versions}


def git_commit(checkout: Path) -> str | None:
    """Name the commit of a checkout, with ``+changes`` if files differ from it; None if it is none."""
    if not (checkout / ".git").exists():
        return None
    commit = _git(checkout, "rev-parse", "HEAD")
    changes = _git(checkout, "status", "--porcelain")
    return f"{commit}+changes" if commit and changes else commit


def _git(checkout: Path, *arguments: str) -> str | None:
    try:
        run = subprocess.run(
            ["git", "-C", str(checkout), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None  # no git here, or a checkout that git does not trust: the report says nothing
    return run.stdout.strip() or None

"""The site that robots visit: one that runs already, or one that is started for them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from experiment_server.errors import StudyError
from experiment_server.operations.logs import LEVEL_VARIABLE


@contextmanager
def site(study_folder: Path, url: str | None) -> Iterator[str]:
    """Yield the address of a study's site: the one given, or one that is started for the robots."""
    if url is not None:
        yield url.rstrip("/")
        return
    # A process of its own: in one process robots and site would wait for each other's interpreter.
    command = [sys.executable, "-m", "experiment_server.cli", "run", str(study_folder), "--port", "0"]
    quiet = {**os.environ, LEVEL_VARIABLE: "WARNING"}  # robots' requests are nothing to read
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet) as site:
        try:
            yield _address(site)
        finally:
            site.terminate()


def _address(site: "subprocess.Popen[str]") -> str:
    found = re.search(r"http://\S+", site.stdout.readline() if site.stdout else "")
    if found is None:
        raise StudyError("the site for the robots did not start; try `experiment-server run` to see why")
    return found[0].rstrip("/")

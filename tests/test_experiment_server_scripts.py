"""The page's scripts, in node."""

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "script",
    [
        "trial_page_state.mjs", "trial_page_api.mjs", "trial_page_events.mjs", "page_controls.mjs",
        "headphones_page_state.mjs", "annotate_page_state.mjs",
    ],
)  # fmt: skip
def test_the_pages_scripts_pass_their_own_tests(script):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine; the browser tests run the same scripts")
    path = Path(__file__).with_name(script)
    done = subprocess.run([node, "--test", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""Commands that compute behave: idle threads soon sleep, and a SIGTERM leaves no process behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOO_LONG_S = 60


def is_alive(group: int) -> bool:
    """Tell whether a process group has a process left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(is_so, *, what: str) -> None:
    end = time.monotonic() + TOO_LONG_S
    while not is_so():
        assert time.monotonic() < end, f"never {what}"
        time.sleep(0.1)


def test_a_sigterm_ends_the_whole_pool_and_leaves_nothing(tmp_path: Path) -> None:
    code = (
        f"from models.cli import main; main(['demo-data', {str(tmp_path / 'demo')!r}, '--workers', '2'])"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL) as running:
        wait_until(lambda: any(tmp_path.rglob("*.mp4")), what="at work")
        running.send_signal(signal.SIGTERM)
        assert running.wait(TOO_LONG_S) != 0
        wait_until(lambda: not is_alive(running.pid), what="gone")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "20000 None"),
        ({"GOMP_SPINCOUNT": "7"}, "7 None"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, "None ACTIVE"),
    ],
)
def test_idle_threads_soon_sleep_unless_the_user_says_otherwise(given: dict, expected: str) -> None:
    ours = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {name: value for name, value in os.environ.items() if name not in ours} | given
    code = (
        "import os; from models.processes import share_the_machine; share_the_machine(); "
        "print(*map(os.environ.get, ['GOMP_SPINCOUNT', 'OMP_WAIT_POLICY']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == expected

"""What people see while commands work, and when they fail."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from models.cli import main
from models.progress import bars


def test_a_log_gets_a_line_for_each_tenth_of_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    with bars() as report:
        for done in range(1, 201):
            report("reading", done, 200)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"reading: {done} of 200" for done in range(20, 201, 20)]


def test_a_step_that_begins_again_is_told_again(capsys: pytest.CaptureFixture[str]) -> None:
    with bars() as report:
        for done in (1, 2, 1, 2):
            report("reading", done, 2)
        report("nothing", 0, 0)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [*2 * ["reading: 1 of 2", "reading: 2 of 2"], "nothing: 0 of 0"]


def test_a_terminal_gets_a_bar_for_each_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # which rich takes for a terminal
    with bars() as report:
        report("reading", 3, 4)
        report("writing (s)", 1.5, 6.0)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "reading" in shown.err and "3/4" in shown.err
    assert "writing (s)" in shown.err and "1/6" in shown.err


def test_a_path_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = CliRunner().invoke(main, ["demo-data", str(tmp_path / "file" / "demo")])
    assert done.exit_code == 1
    assert "give a path that can be read, or written" in done.output

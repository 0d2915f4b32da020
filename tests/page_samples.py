"""What tests of the pages share: Chromium, and the steps of a participant."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, sync_playwright
from server_samples import make_study, records_of, rows_of

from experiment_server.database.tables import Event
from experiment_server.exports.records import Record

CHROMIUM_ARGS = ("--no-sandbox", "--disable-background-networking")
SIZES: Mapping[str, Any] = {
    "wide": {"width": 1280, "height": 800},
    "frame": {"width": 600, "height": 600},
}
ALL_SIZES: Mapping[str, Any] = {**SIZES, "telephone": {"width": 360, "height": 640}}
VIEWPORTS: Mapping[str, Any] = {
    **ALL_SIZES,
    "narrow": {"width": 600, "height": 900},
    "low": {"width": 1280, "height": 600},
}


def chromium_path() -> str:
    """Tell where Chromium is; without it the test is skipped."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium on this machine; tests/install_chromium.sh gets it")
    return path


@contextmanager
def chromium(*args: str) -> Iterator[Browser]:
    """Run Chromium."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_ARGS, *args])
        yield browser
        browser.close()


@contextmanager
def watched_page(context: BrowserContext) -> Iterator[Page]:
    """Open a page, on which no script may fail and no rule of the site be broken."""
    page = context.new_page()
    page.set_default_timeout(15_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(error.message))
    page.on(
        "console", lambda line: problems.append(line.text) if "Content Security" in line.text else None
    )
    yield page
    page.close()
    assert not problems


def photograph(page: Page, name: str) -> None:
    """Keep a picture of the page, where SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def make_fast(study: Path) -> Path:
    """Shorten a study's cues."""
    path = study / "study.toml"
    path.write_text(path.read_text().replace("cue_ms = 800", "cue_ms = 60"))
    return study


def make_short_study(tmp_path: Path, stimuli: Path) -> Path:
    """Make a study of one practice and two main trials with a replay, which two media failures end."""
    numbers = {"main": 2, "practice": 1, "replays": 1}
    return make_fast(
        make_study(tmp_path, trials=numbers, screening={"media_failures": 2}, stimuli=stimuli)
    )


def agree(page: Page, url: str) -> None:
    """Agree to take part, and read the instructions."""
    page.goto(f"{url}/")
    page.click("#agree:enabled")
    page.click("#begin:enabled")


def wait_for(page: Page | Frame, *states: str) -> None:
    """Wait for a state of the trial."""
    page.wait_for_selector(", ".join(f'#pair[data-state="{state}"]' for state in states))


def hear(page: Page) -> None:
    """Play the pair by the keyboard, up to the question."""
    wait_for(page, "ready")
    page.keyboard.press("Space")
    wait_for(page, "asking")


def wait_until(page: Page | Frame, expression: str) -> None:
    """Wait for a JavaScript expression to be true; the page's own policy forbids `wait_for_function`."""
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{expression} never came true")


def kinds_in(study: Path) -> list[str]:
    """Read the kinds of events that pages told of."""
    return [event.kind for event in rows_of(study, Event) if event.client_ms is not None]


def answers_in(study: Path) -> list[Record]:
    """Read the answers that are kept, as the analysis would."""
    return [record for record in records_of(study) if record.response_interval]

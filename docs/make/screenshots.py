"""Photograph a trial and the report's first figure for the README.

Usage: python docs/make/screenshots.py STUDY REPORT docs/images

The study must have no headphone test. Pictures of every page, for those who change the pages, come from
``SCREENSHOTS=/tmp/pages pytest tests/test_experiment_server_looks.py``.
"""

import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ADDRESS = "http://127.0.0.1:8765"
CHROMIUM_ARGS = ["--no-sandbox", "--disable-background-networking"]


def trial(browser: Browser, out: Path) -> None:
    """Go through the pages before the trials, play a pair, and photograph it while it plays."""
    page = browser.new_page(viewport={"width": 900, "height": 660})
    page.goto(f"{ADDRESS}/")
    page.click("#agree:enabled")
    page.wait_for_selector("body.sound, body.instructions")
    if page.url.partition("#")[0].endswith("/sound"):
        page.click("#play:enabled")
        page.click("#comfortable:enabled")
    page.click("#begin:enabled")
    page.click("#action:enabled")
    page.wait_for_selector('#pair[data-state="play2"]')
    page.wait_for_timeout(280)  # past the middle of the clip, where the stick has landed
    page.screenshot(path=out)


def figure(browser: Browser, report: Path, out: Path) -> None:
    """Photograph the fool rates with the notice that they are simulated."""
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.goto((report / "index.html").resolve().as_uri())
    page.locator("figure").first.screenshot(path=out)


def wait_for_site() -> None:
    """Wait until the site answers."""
    for _ in range(100):
        try:
            urllib.request.urlopen(ADDRESS)
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"no site at {ADDRESS}")


def main(study: Path, report: Path, out: Path) -> None:
    """Serve the study, take both pictures, stop the server."""
    command = ["experiment-server", "run", str(study), "--port", ADDRESS.rpartition(":")[2]]
    server = subprocess.Popen(command)
    try:
        wait_for_site()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_ARGS
            )
            trial(browser, out / "trial.png")
            figure(browser, report, out / "report.png")
    finally:
        server.terminate()


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))

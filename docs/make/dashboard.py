"""Photograph the dashboard of an invented study: ``python docs/make/dashboard.py docs/images``."""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from dashboard_samples import FOOL_RATES, N_MAIN, N_PRACTICE, fill
from server_samples import make_study, serving_site

from experiment_server.dashboard import accounts
from experiment_server.folders import folder
from experiment_server.studies.sections import Pay
from experiment_server.web import server, serving

PAY = Pay(complete_cents=250, screened_out_cents=40, failed_media_cents=60)


def make(root: Path) -> Path:
    """Make a study of seven variants for two hundred participants."""
    return make_study(
        root,
        trials={"main": N_MAIN, "practice": N_PRACTICE},
        recruiting={"participants": 200},
        screening={"headphones": "huggins"},
        changes={"name": "invented-study", "pay": PAY},
        n_videos=30,
        clips_per_video=1,
        variants=tuple(FOOL_RATES),
    )


def photograph(page: Page, url: str, password: str, out: Path) -> None:
    """Log in, and take the whole overview."""
    page.goto(f"{url}/dashboard/")
    page.fill("#password", password)
    page.click("button")
    page.wait_for_selector("#tiles")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=out, full_page=True)


def main(images: Path) -> None:
    """Write dashboard.png."""
    with tempfile.TemporaryDirectory() as root:
        study = make(Path(root))
        password = accounts.write_password(study)
        with serving_site(study) as app, server.running(app) as url, sync_playwright() as playwright:
            engine = app.extensions[serving.EXTENSION].engine
            fill(engine, folder.read(study).stimulus_set, now=serving.now())
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            photograph(page, url, password, images / "dashboard.png")
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

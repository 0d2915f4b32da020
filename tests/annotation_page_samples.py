"""A page on which impacts are labelled, and the steps of who labels them in a real browser."""

from pathlib import Path

from annotation_site_samples import make_annotation_study
from page_samples import agree
from playwright.sync_api import FloatRect, Page

from experiment_server.exports import labels
from experiment_server.exports.labels import LabelRecord
from experiment_server.studies.sections import Screening

ANSWERING = '#labelling[data-state="answering"]'


def make_two_impacts(tmp_path: Path, stimuli: Path) -> Path:
    """Make a study of two impacts on a set that browsers can play."""
    changes = {"screening": Screening(media_failures=2)}
    return make_annotation_study(tmp_path, impacts=2, stimuli=stimuli, changes=changes)


def labels_in(study: Path) -> list[LabelRecord]:
    """Read the labels that are kept."""
    return [row for row in labels.read_study(study) if row.is_answered]


def begin(page: Page, url: str) -> None:
    """Agree, read the instructions, and wait for the first impact."""
    agree(page, url)
    page.wait_for_selector(ANSWERING)


def point(page: Page, x: float, y: float) -> FloatRect:
    """Click a place of the still picture; return the picture's box (pixels)."""
    box = page.locator("#still").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    return box


def choose(page: Page, material: str = "wood", action: str = "hit", reaction: str = "static") -> None:
    """Click one choice of each kind; `""` stands for can't tell."""
    for kind, name in (("material", material), ("action", action), ("reaction", reaction)):
        page.locator(f'input[name="{kind}"][value="{name}"]').click()


def answer(page: Page, **choices: str) -> None:
    """Point at the middle, choose, and submit."""
    point(page, 0.5, 0.5)
    choose(page, **choices)
    page.click("#submit")

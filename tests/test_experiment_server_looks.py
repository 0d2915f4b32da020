"""How the pages look: contrast, focus, room, nothing that moves; photographs where SCREENSHOTS says.

``SCREENSHOTS=/tmp/pages pytest tests/test_experiment_server_looks.py`` leaves a picture of every page.
"""

import os
import re
from pathlib import Path

import pytest
from page_samples import SIZES, make_fast, wait_for, watched_page
from screening_samples import SHORT
from server_samples import make_study, serving_site, write_set

import experiment_server
from experiment_server.database import db
from experiment_server.database.tables import HeadphoneTrial
from experiment_server.studies.sections import Pay
from experiment_server.web import server

STYLES = Path(experiment_server.__file__).parent / "static"
ALL_SIZES = {**SIZES, "low": {"width": 1280, "height": 600}}
SHEETS = (
    *("shared.css", "base.css", "choices.css", "trial.css", "thanks.css", "screening.css"),
    *("annotate.css", "chips.css"),
)

# Text and what it stands on; WCAG 2 AA asks for 4.5 to 1.
TEXTS = (
    ("ink", "card"), ("ink", "ground"), ("ink-soft", "card"), ("ink-soft", "ground"),
    ("accent-deep", "card"), ("accent-deep", "accent-pale"), ("card", "accent"), ("card", "accent-deep"),
    ("ink-soft", "pale"), ("ink-soft", "accent-pale"), ("good", "good-pale"), ("bad", "bad-pale"),
    ("bad-deep", "bad-pale"), ("stage-ink", "stage"), ("stage", "lit"),
)  # fmt: skip
# What must be told apart to use the pages; 3 to 1.
SHAPES = (
    ("edge", "card"),
    ("accent", "card"),
    ("accent", "ground"),
    ("accent", "line"),
    ("bad", "ground"),
)


def luminance(colour):
    """Relative luminance, WCAG 2: ``#rrggbb`` to 0..1."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(scope="module")
def colours():
    text = "".join((STYLES / sheet).read_text() for sheet in ("shared.css", "base.css"))
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text))


@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, 4.5), (SHAPES, 3.0)])
def test_colours_that_stand_together_are_told_apart(colours, pairs, least):
    assert contrast("#000000", "#ffffff") == 21
    too_faint = {pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < least}
    assert not too_faint


@pytest.mark.parametrize("sheet", SHEETS)
def test_colours_are_named_once_and_nothing_moves_for_those_who_want_rest(sheet):
    text = re.sub(r":root \{.*?\}", "", (STYLES / sheet).read_text(), flags=re.DOTALL)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl", text)
    moving = re.split(r"@media \(prefers-reduced-motion: no-preference\)", text)[0]
    assert not re.search(r"transition|animation|scroll-behavior", moving)
    assert not re.search(r"outline: *(none|0)", text)


@pytest.fixture
def study(tmp_path):
    stimuli = write_set(
        tmp_path / "set", n_videos=3, clips_per_video=1, is_playable=True, width=640, height=360
    )
    return make_fast(
        make_study(
            tmp_path,
            trials={"main": 1, "practice": 1, "replays": 2},
            recruiting={"doors": ("link", "mturk")},
            screening={**SHORT, "headphone_trials": 1, "headphone_pass": 1, "media_failures": 9},
            changes={"pay": Pay(complete_cents=150, withdrawn_cents=40)},
            stimuli=stimuli,
        )
    )


@pytest.mark.parametrize("size", [*SIZES, "low"])
def test_every_page_can_be_read_used_and_seen_whole(browser, study, size):
    seen = []
    context = browser.new_context(viewport=ALL_SIZES[size], reduced_motion="reduce")
    with serving_site(study) as app, server.running(app) as url, watched_page(context) as page:
        for name in walk(page, url, study):
            photograph(page, f"{name}-{size}")
            seen.append(name)
            assert page.evaluate(LOWEST_CONTRAST) >= 4.5, name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            if name.startswith(("trial", "headphones")):
                assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), name
            if name in ("consent", "sound", "instructions", "stop", "trial-asking", "thanks-complete"):
                assert page.evaluate(FOCUSABLE) == tab_through(page), name
    context.close()
    assert len(seen) == len(set(seen)) == 18


def photograph(page, name):
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def tab_through(page):
    """Press Tab through the page; return how many places were reached with a ring to be seen."""
    places = set()
    page.evaluate("document.activeElement.blur()")
    for _ in range(12):
        page.keyboard.press("Tab")
        place, ring = page.evaluate(FOCUSED)
        if place:
            places.add(place)
            assert ring >= 2, place
    return len(places)


def walk(page, url, study):
    """Go through every page; yield the name of each when it is there."""
    page.goto(f"{url}/nowhere")
    yield "error"
    page.goto(f"{url}/?workerId=A1")
    yield "refused"
    page.goto(f"{url}/?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE")
    yield "preview"
    page.goto(f"{url}/")
    page.wait_for_selector("#agree:enabled")
    yield "consent"
    page.click("#agree")
    page.wait_for_selector("#play:enabled")
    yield "sound"
    page.click("#play")
    page.click("#comfortable:enabled")
    page.wait_for_selector("#start:visible")
    yield "headphones-intro"
    for kind in range(2):
        page.click("#start:visible")
        page.evaluate("document.getElementById('audio').defaultPlaybackRate = 4")
        page.click("#play:enabled")
        page.wait_for_selector('#test[data-state="asking"]')
        if kind == 0:
            yield "headphones-asking"
        page.click(f"#choice-{last_target(study)}")
    page.wait_for_selector("#begin:enabled")
    yield "instructions"
    page.click("#begin")
    yield from walk_trials(page)


def walk_trials(page):
    wait_for(page, "ready")
    yield "trial-ready"
    page.click("#action")
    wait_for(page, "play2")
    yield "trial-playing"
    wait_for(page, "asking")
    yield "trial-asking"
    page.context.set_offline(True)
    page.click("#choice-1")
    page.wait_for_selector("#notice:not([hidden])")
    yield "trial-offline"
    page.context.set_offline(False)
    wait_for(page, "revealed")
    yield "trial-revealed"
    page.click("#action")
    page.wait_for_selector("#go-on:visible")
    yield "interlude"
    page.click("#go-on")
    wait_for(page, "ready")
    page.click("#stop")
    yield "stop"
    page.keyboard.press("Escape")
    page.evaluate("document.getElementById('video').defaultPlaybackRate = 0.25")
    page.click("#action")
    wait_for(page, "told")
    yield "trial-told"
    page.click("#action")
    page.wait_for_selector('[data-outcome="complete"]:visible')
    yield "thanks-complete"
    page.goto(page.url.replace("/thanks", "/thanks?").split("#")[0] + "#forged")
    page.wait_for_selector("#notice:not([hidden])")
    yield "thanks-bad-link"


def last_target(study):
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        newest = session.query(HeadphoneTrial).order_by(HeadphoneTrial.id.desc()).first()
        return newest.target_interval


LOWEST_CONTRAST = """() => {
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (c) => c.slice(0, 3).map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (e) => {
        const colour = parts(getComputedStyle(e).backgroundColor);
        return colour[3] === 0 ? behind(e.parentElement) : colour;
    };
    const texts = [...document.querySelectorAll("body *")].filter((e) =>
        e.checkVisibility({ visibilityProperty: true }) && !e.closest("noscript")
        && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()));
    return Math.min(...texts.map((e) => {
        const [a, b] = [light(parts(getComputedStyle(e).color)), light(behind(e))].sort();
        return (b + 0.05) / (a + 0.05);
    }));
}"""

# What Tab should reach: within an open dialog, that alone.
FOCUSABLE = """() => [...(document.querySelector("dialog[open]") ?? document).querySelectorAll("button")]
    .filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true })).length"""

# The element that has the focus, and how wide its ring is (px).
FOCUSED = """() => {
    const e = document.activeElement;
    if (e === document.body || e.matches("dialog")) return [null, 0];
    const { outlineStyle, outlineWidth } = getComputedStyle(e);
    return [e.id || e.textContent, outlineStyle === "none" ? 0 : parseFloat(outlineWidth)];
}"""

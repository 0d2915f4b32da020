"""The dashboard in Chromium: by keyboard, at two widths, and fresh while it is open."""

import pytest
from dashboard_samples import FOOL_RATES, N_MAIN, fill
from server_samples import make_study

from experiment_server.dashboard import accounts
from experiment_server.database import db
from experiment_server.database.tables import PAUSED
from experiment_server.folders import folder
from experiment_server.participation import states
from experiment_server.web import server, serving


@pytest.fixture
def study(tmp_path, dashboard_stimuli):
    return make_study(tmp_path, stimuli=dashboard_stimuli, trials={"main": N_MAIN, "practice": 2})


SIZES = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 600, "height": 800}}


@pytest.mark.parametrize("size", SIZES)
def test_an_experimenter_logs_in_looks_and_pauses_by_keyboard(browser, app, crowd, password, size):
    problems = []
    with server.running(app) as url, browser.new_context(viewport=SIZES[size]) as context:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(error.message))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        page.goto(f"{url}/dashboard/")
        page.wait_for_selector("#password:focus")
        page.keyboard.type(password)
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:has-text('Overview')")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("svg .dot").count() == len(FOOL_RATES)
        page.focus("button[value=paused]")
        page.keyboard.press("Enter")
        page.wait_for_selector("#state:has-text('paused')")
        for link in ("Participants", "Overview"):
            page.click(f"nav >> text={link}")
            page.wait_for_selector(f"h1:has-text('{link}')")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert context.request.get(f"{url}/dashboard/responses.zip").ok
    assert not problems


def test_the_page_stays_fresh_and_says_so_when_it_does_not(browser, app, study, password, engine):
    with server.running(app) as url, browser.new_context(viewport=SIZES["wide"]) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{url}/dashboard/login")
        page.fill("#password", password)
        page.click("button")
        page.wait_for_selector("h1:has-text('Overview')")
        place = page.evaluate(PLACES)
        fill(engine, folder.read(study).stimulus_set, now=serving.now(), states=["complete"] * 2)
        press_in(engine, PAUSED)
        page.clock.run_for(11_000)
        page.wait_for_selector("#tiles >> text='2'")
        page.wait_for_selector("#state.is-paused")
        assert page.evaluate(PLACES) == place, "something moved"
        page.route("**/dashboard/", lambda route: route.abort())
        page.clock.run_for(11_000)
        page.wait_for_selector("#stale:visible:has-text('did not answer')")
        page.unroute("**/dashboard/")
        accounts.write_password(study)
        page.clock.run_for(11_000)
        page.wait_for_url("**/dashboard/login")


PLACES = """JSON.stringify([...document.querySelectorAll("h1, #tiles, #fool-rates, #states")]
    .map(e => e.getBoundingClientRect()).map(r => [r.x, r.y]))"""


def press_in(engine, state):
    with db.writing(engine) as session:
        states.change(session, state, serving.now())

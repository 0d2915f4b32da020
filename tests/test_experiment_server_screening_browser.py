"""Sound level and headphone test in a real browser: keys, clicks, one play, refresh, refused play."""

import secrets

import pytest
from crowd import consent_on
from page_samples import ALL_SIZES
from screening_samples import make_screened_study

from experiment_server.database import db
from experiment_server.database.tables import Event, HeadphoneTrial

FASTER = "document.getElementById('audio').defaultPlaybackRate = 4"


@pytest.fixture
def study(tmp_path):
    return make_screened_study(tmp_path, headphone_trials=1, headphone_pass=1)


def let_in(page, url):
    """Agree to take part; return the participant's token."""
    shown = consent_on(page.request.get(url).text())
    wish = {"request": secrets.token_hex(16), "consent_sha256": shown}
    return page.request.post(f"{url}/api/participants", data=wish).json()["token"]


def enrol(page, url):
    """Agree to take part, and open the page of the sound level."""
    token = let_in(page, url)
    page.goto(f"{url}/sound#{token}")
    page.wait_for_selector("#play:enabled")


def reach_test(page, url):
    """Set the volume, and open the headphone test at its first trial."""
    enrol(page, url)
    page.click("#play")
    page.click("#comfortable:enabled")
    page.click("#start")
    wait_for(page, "ready")


def wait_for(page, state):
    page.wait_for_selector(f'#test[data-state="{state}"]')


def targets(study):
    """Look up the right intervals, in the order in which they were drawn."""
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        return [t.target_interval for t in session.query(HeadphoneTrial).order_by(HeadphoneTrial.id)]


def take_attempt(page, study, *, rightly):
    """Take one trial of each kind by keyboard."""
    for kind in range(2):
        page.wait_for_selector("#start:visible")
        page.keyboard.press("Enter")
        page.evaluate(FASTER)
        wait_for(page, "ready")
        target = targets(study)[-2 + kind]
        page.keyboard.press("Space")
        wait_for(page, "asking")
        page.keyboard.press(str(target if rightly else target % 3 + 1))


@pytest.mark.parametrize("page", ["wide", "frame"], indirect=True)
def test_people_set_the_volume_and_pass_the_second_attempt_by_keyboard(page, url, study):
    enrol(page, url)
    assert page.is_disabled("#comfortable")
    page.keyboard.press("Enter")
    page.wait_for_selector("#comfortable:enabled")
    assert page.evaluate("!audio.paused && audio.loop && audio.duration === 4")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#start:visible")
    assert not page.is_visible("#again")
    take_attempt(page, study, rightly=False)
    page.wait_for_selector("#again:visible")
    take_attempt(page, study, rightly=True)
    page.wait_for_selector("body.instructions #begin:enabled")
    assert page.context.cookies() == []


def test_who_does_not_pass_is_thanked(page, url, study):
    reach_test(page, url)
    page.reload()
    take_attempt(page, study, rightly=False)
    take_attempt(page, study, rightly=False)
    page.wait_for_selector("body.thanks h1")


@pytest.mark.parametrize("page", ALL_SIZES, indirect=True)
def test_a_sound_plays_once_and_whole_and_nothing_moves(page, url):
    reach_test(page, url)
    page.evaluate(WATCH)
    page.keyboard.press("Space")
    wait_for(page, "asking")
    assert page.evaluate("[...new Set(heard)].filter(Boolean)") == [1, 2, 3]
    assert page.evaluate("audio.played.length === 1 && audio.played.end(0)") == pytest.approx(5, abs=0.1)
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("Space")
    page.keyboard.press("4")
    page.wait_for_timeout(100)
    assert page.get_attribute("#test", "data-state") == "asking"
    assert not page.is_visible("#play")
    assert page.evaluate("new Set(places).size") == 1, "something moved on the page"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_refresh_leads_to_the_same_sound(page, url):
    sounds = []
    page.on("request", lambda request: sounds.append(request.url) if "/sounds/" in request.url else None)
    reach_test(page, url)
    page.keyboard.press("Space")
    wait_for(page, "playing")
    page.reload()
    page.click("#start")
    wait_for(page, "ready")
    assert page.inner_text("#count") == "Test sound 1 of 2"
    first, second = (sound for sound in sounds if not sound.endswith("level.wav"))
    assert first == second


def test_an_answer_waits_for_a_lost_connection(page, url, study):
    reach_test(page, url)
    page.evaluate(FASTER)
    page.keyboard.press("Space")
    wait_for(page, "asking")
    page.context.set_offline(True)
    page.click("#choice-2")
    page.wait_for_selector("#notice:not([hidden])")
    page.keyboard.press("3")  # too late
    page.context.set_offline(False)
    page.wait_for_selector("#start:visible")
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        assert [t.response_interval for t in session.query(HeadphoneTrial)] == [2, None]


def test_a_sound_that_the_browser_holds_back_is_offered_again_and_noted(page, url, study):
    enrol(page, url)
    page.evaluate(HOLD_BACK)
    with page.expect_response("**/api/events"):
        page.click("#play")
    page.wait_for_selector("#status:has-text('held the sound back')")
    assert page.is_disabled("#comfortable")
    page.click("#play")
    page.click("#comfortable:enabled")
    page.click("#start")
    wait_for(page, "ready")
    page.evaluate(HOLD_BACK)
    with page.expect_response("**/api/events"):
        page.click("#play")
    page.wait_for_selector("#status:has-text('held the sound back')")
    page.click("#play:enabled")
    wait_for(page, "playing")
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        assert session.query(Event).filter_by(kind="blocked").count() == 2


def test_sounds_that_do_not_load_are_offered_again(page, url):
    page.route("**/sounds/*", lambda route: route.fulfill(status=404, body="{}"))
    token = let_in(page, url)
    page.goto(f"{url}/sound#{token}")
    page.wait_for_selector("#status:has-text('could not be loaded')")
    page.unroute("**/sounds/*")
    page.click("#play:enabled")
    page.wait_for_selector("#status:has-text('is off')")
    page.click("#play:enabled")
    page.route("**/sounds/*", lambda route: route.fulfill(status=404, body="{}"))
    page.click("#comfortable:enabled")
    page.click("#start")
    wait_for(page, "failed")
    page.unroute("**/sounds/*")
    page.click("#play:enabled")
    wait_for(page, "ready")


@pytest.mark.parametrize("place", ["sound", "headphones", "headphones#forged"])
def test_a_link_without_a_true_token_says_so(page, url, place):
    page.goto(f"{url}/{place}")
    page.wait_for_selector("#notice:not([hidden])")
    assert "not complete" in page.inner_text("#notice")
    assert not page.is_visible("#test")


HOLD_BACK = """() => {
    const audio = document.getElementById("audio");
    audio.play = () => {
        delete audio.play;
        return Promise.reject(new DOMException("no gesture", "NotAllowedError"));
    };
}"""

# Which interval lights up, and where everything stands, in every state of the test.
WATCH = """() => {
    window.heard = [];
    window.places = [];
    const choices = [...document.querySelectorAll(".choice")];
    const note = () => {
        heard.push(choices.findIndex((button) => button.classList.contains("sounding")) + 1);
        places.push(JSON.stringify([...choices, document.getElementById("play")]
            .map((e) => e.getBoundingClientRect())));
    };
    note();
    new MutationObserver(note).observe(document.getElementById("test"), {
        attributeFilter: ["class", "data-state"], subtree: true });
}"""

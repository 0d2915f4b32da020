"""Whole participants in a real browser: pictures, sound, keys, clicks, refresh, lost connections."""

import shutil

import pytest
from playwright.sync_api import sync_playwright
from server_samples import make_study, serving_site, write_set

from experiment_server import export, server

CHROMIUM_ARGS = ["--no-sandbox", "--disable-background-networking"]
SIZES = {"wide": {"width": 1280, "height": 800}, "frame": {"width": 600, "height": 600}}


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium on this machine; tests/install_chromium.sh gets it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def stimuli(tmp_path_factory):
    folder = tmp_path_factory.mktemp("playable") / "set"
    return write_set(folder, n_videos=3, clips_per_video=1, is_playable=True)


@pytest.fixture
def study(tmp_path, stimuli):
    study = make_study(tmp_path, trials={"main": 2, "practice": 1, "replays": 1}, stimuli=stimuli)
    path = study / "study.toml"
    path.write_text(path.read_text().replace("cue_ms = 800", "cue_ms = 60"))
    return study


@pytest.fixture
def url(study):
    with serving_site(study) as app, server.running(app) as url:
        yield url


@pytest.fixture
def page(request, browser):
    """Open a page in a fresh profile, 600 px wide unless told otherwise."""
    context = browser.new_context(viewport=SIZES[getattr(request, "param", "frame")])
    page = context.new_page()
    page.set_default_timeout(15_000)
    problems = []
    page.on("pageerror", lambda error: problems.append(error.message))
    page.on(
        "console", lambda line: problems.append(line.text) if "Content Security" in line.text else None
    )
    yield page
    assert not problems
    context.close()


def agree(page, url):
    page.goto(f"{url}/")
    page.click("#agree:enabled")
    page.click("#begin:enabled")


def wait_for(page, *states):
    page.wait_for_selector(", ".join(f'#pair[data-state="{state}"]' for state in states))


def wait_until(page, expression):
    """Wait for a JavaScript expression to be true; the page's own policy forbids `wait_for_function`."""
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{expression} never came true")


def answers_in(study):
    return [record for record in export.read_study(study).records if record.response_interval]


@pytest.mark.parametrize("page", SIZES, indirect=True)
def test_a_participant_goes_from_consent_to_thanks_by_mouse_and_keyboard(page, url, study):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    agree(page, url)
    wait_for(page, "ready")
    page.evaluate(WATCH_PLACES)
    page.click("#action")
    wait_for(page, "asking")
    page.keyboard.press("Space")  # once more
    wait_until(page, "states.length === 11")
    page.click("#choice-2")
    wait_for(page, "revealed")
    assert page.evaluate("states.join(' ')") == " ".join(["ready", *PAIR, *PAIR, "saving", "revealed"])
    assert page.evaluate("new Set(places).size") == 1, "something moved on the page"
    assert "was the real one" in page.inner_text("#status")
    page.keyboard.press("Space")
    page.click("#go-on")
    for position in (1, 2):
        page.wait_for_selector(f"#count:has-text('{position} of 2')")
        wait_for(page, "ready")
        page.keyboard.press("Space")
        wait_for(page, "asking")
        page.evaluate(FRENCH_ONE)
    page.wait_for_selector("body.thanks #copy:enabled")
    assert len(page.inner_text("#code")) == 8
    assert [(r.response_interval, r.replays) for r in answers_in(study)] == [(2, 1), (1, 0), (1, 0)]
    assert all(0 < record.rt_ms < 10_000 for record in answers_in(study))
    assert {r.participant_state for r in answers_in(study)} == {"complete"}
    assert page.context.cookies() == []
    assert all(request.startswith((url, f"blob:{url}")) for request in requests)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_pictures_and_sound_really_play(page, url):
    agree(page, url)
    wait_for(page, "ready")
    page.evaluate("""
        window.played = [];
        const video = document.getElementById("video");
        video.addEventListener("ended", () => played.push([
            video.currentTime, video.videoWidth, video.webkitAudioDecodedByteCount > 0,
            video.getVideoPlaybackQuality().totalVideoFrames,
        ]));
    """)
    page.keyboard.press("Space")
    wait_for(page, "asking")
    played = page.evaluate("played")
    assert len(played) == 2
    for seconds, width, has_sound, n_frames in played:
        assert seconds == pytest.approx(0.5, abs=0.1)
        assert width == 160
        assert has_sound
        assert n_frames > 0


def test_a_refresh_leads_back_to_the_same_trial_and_its_own_progress(page, url, study):
    agree(page, url)
    wait_for(page, "ready")
    page.keyboard.press("Space")
    wait_for(page, "asking")
    page.reload()
    wait_for(page, "ready")
    assert "1 of 1" in page.inner_text("#count")
    page.keyboard.press("Space")
    wait_for(page, "asking")
    page.keyboard.press("2")
    wait_for(page, "revealed")
    page.reload()
    wait_for(page, "ready")
    assert "1 of 2" in page.inner_text("#count")
    assert len(answers_in(study)) == 1


def test_an_answer_waits_for_a_lost_connection_and_is_kept_once(page, url, study):
    agree(page, url)
    wait_for(page, "ready")
    page.keyboard.press("Space")
    wait_for(page, "asking")
    assert not page.evaluate(LEAVING_IS_ASKED_ABOUT)
    page.context.set_offline(True)
    page.keyboard.press("1")
    page.wait_for_selector("#notice:not([hidden])")
    page.keyboard.press("2")  # too late
    assert page.evaluate(LEAVING_IS_ASKED_ABOUT)
    page.context.set_offline(False)
    wait_for(page, "revealed")
    assert not page.evaluate(LEAVING_IS_ASKED_ABOUT)
    assert page.is_hidden("#notice")
    assert [record.response_interval for record in answers_in(study)] == [1]


def test_an_answer_whose_reply_got_lost_is_kept_once(page, url, study):
    lost = []

    def lose_once(route):
        route.fetch()  # the server has it
        lost.append(route)
        route.abort() if len(lost) == 1 else route.continue_()

    agree(page, url)
    wait_for(page, "ready")
    page.route("**/api/answer", lose_once)
    page.keyboard.press("Space")
    wait_for(page, "asking")
    page.keyboard.press("1")
    wait_for(page, "revealed")
    assert len(lost) == 2
    assert len(answers_in(study)) == 1


def test_a_play_that_the_browser_holds_back_is_offered_again(page, url):
    agree(page, url)
    wait_for(page, "ready")
    page.evaluate("""() => {
        const video = document.getElementById("video");
        video.play = () => {
            delete video.play;
            return Promise.reject(new DOMException("no gesture", "NotAllowedError"));
        };
    }""")
    page.click("#action")
    page.wait_for_selector("#status:has-text('held the video back')")
    page.click("#action:enabled")
    wait_for(page, "asking")


def test_media_that_fail_are_offered_again(page, url):
    page.route("**/media/*", lambda route: route.fulfill(status=404, body="{}"))
    agree(page, url)
    wait_for(page, "failed")
    page.unroute("**/media/*")
    page.click("#action:enabled")
    wait_for(page, "ready")


@pytest.mark.parametrize("place", ["trial", "instructions", "thanks", "trial#forged", "thanks#forged"])
def test_a_link_without_a_true_token_says_so(page, url, place):
    page.goto(f"{url}/{place}")
    page.wait_for_selector("#notice:not([hidden])")
    assert "not complete" in page.inner_text("#notice")
    assert not page.is_visible("#pair")


def test_every_text_of_a_trial_has_enough_contrast(page, url):
    """WCAG 2 AA: 4.5 to 1, in the trial before and after the pair; all pages share these colours."""
    agree(page, url)
    for state in ("ready", "asking"):
        wait_for(page, state)
        assert page.evaluate(LOWEST_CONTRAST) >= 4.5
        page.keyboard.press("Space")


# What the key of 1 says on a French keyboard; Playwright can press American ones alone.
FRENCH_ONE = "document.body.dispatchEvent(" + (
    "new KeyboardEvent('keydown', { key: '&', code: 'Digit1', bubbles: true }))"
)

PAIR = ["cue1", "play1", "cue2", "play2", "asking"]

# Every state the page shows, and where the stage and the buttons stand in it.
WATCH_PLACES = """() => {
    window.states = [];
    window.places = [];
    const pair = document.getElementById("pair");
    const note = () => {
        states.push(pair.dataset.state);
        places.push(JSON.stringify([...document.querySelectorAll(".stage, .choice, #action")]
            .map((e) => e.getBoundingClientRect())));
    };
    note();
    new MutationObserver(note).observe(pair, { attributeFilter: ["data-state"] });
}"""

LEAVING_IS_ASKED_ABOUT = """() => {
    const leaving = new Event("beforeunload", { cancelable: true });
    dispatchEvent(leaving);
    return leaving.defaultPrevented;
}"""

LOWEST_CONTRAST = """() => {
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (c) => c.slice(0, 3).map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (e) => {
        const colour = parts(getComputedStyle(e).backgroundColor);
        return colour[3] === 0 ? behind(e.parentElement) : colour;
    };
    const texts = [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility()
        && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()));
    return Math.min(...texts.map((e) => {
        const [a, b] = [light(parts(getComputedStyle(e).color)), light(behind(e))].sort();
        return (b + 0.05) / (a + 0.05);
    }));
}"""

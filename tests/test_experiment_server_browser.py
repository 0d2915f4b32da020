"""Whole participants in a real browser: pictures, sound, keys, clicks, refresh, lost connections."""

import pytest
from page_samples import (
    SIZES,
    agree,
    answers_in,
    hear,
    kinds_in,
    make_fast,
    make_short_study,
    wait_for,
    wait_until,
)
from server_samples import make_study, rows_of, serving_site

from experiment_server.database.tables import Event, Participant, Trial
from experiment_server.web import server


@pytest.fixture
def study(tmp_path, playable_stimuli):
    return make_short_study(tmp_path, playable_stimuli)


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
        hear(page)
        page.evaluate(FRENCH_ONE)
    page.wait_for_selector("body.thanks #copy:enabled")
    assert len(page.inner_text("#code")) == 8
    assert "You may close this page" in page.inner_text("#way-back")
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


def test_the_log_tells_what_happened_in_the_page_in_its_order(page, url, study):
    agree(page, url)
    hear(page)
    page.keyboard.press("Space")
    wait_until(page, "document.getElementById('pair').dataset.state !== 'asking'")
    wait_for(page, "asking")
    page.evaluate("dispatchEvent(new Event('blur'))")
    page.keyboard.press("1")
    wait_for(page, "revealed")
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.close(run_before_unload=True)  # the last events leave with the page
    for _ in range(100):
        kinds = [kind for kind in kinds_in(study) if kind not in ("hidden", "waiting")]
        if "focus" in kinds:
            break
        page.context.pages or page.context.new_page().wait_for_timeout(50)
    pair = ["playing", "ended"] * 2
    assert [k for k in kinds if k not in ("resize",)] == [*pair, "replay", *pair, "blur", "focus"]
    told = [e for e in rows_of(study, Event) if e.kind in ("playing", "ended")]
    assert [e.interval for e in told] == [1, 1, 2, 2] * 2
    assert {e.trial_id for e in told} == {rows_of(study, Trial)[0].id}
    assert all(e.client_utc is not None and "ms over" in e.detail for e in told if e.kind == "ended")


def test_stopping_is_asked_about_and_then_for_good(page, url, study):
    agree(page, url)
    wait_for(page, "ready")
    page.click("#stop")
    page.keyboard.press("Escape")
    page.click("#stop")
    page.keyboard.press("Space")  # what is chosen at first is to go on
    assert page.is_hidden("#stop-dialog")
    page.click("#action")
    wait_for(page, "asking")
    page.click("#stop")
    page.keyboard.press("1")  # no answer: the question is another one
    page.click("#stop-yes")
    page.wait_for_selector('[data-outcome="withdrawn"]:visible')
    assert answers_in(study) == []
    assert [p.state for p in rows_of(study, Participant)] == ["withdrawn"]
    page.goto(page.url.replace("thanks", "trial"))
    page.wait_for_selector('[data-outcome="withdrawn"]:visible')


@pytest.fixture
def prolific(tmp_path, playable_stimuli):
    codes = {"prolific_complete": "CDONE", "prolific_withdrawn": "CSTOP"}
    study = make_study(
        tmp_path,
        trials={"main": 1, "practice": 0},
        recruiting={"doors": ("prolific",), **codes},
        stimuli=playable_stimuli,
    )
    with serving_site(make_fast(study)) as app, server.running(app) as url:
        yield url


@pytest.mark.parametrize(("is_stopped", "code"), [(False, "CDONE"), (True, "CSTOP")])
def test_the_way_back_to_prolific_is_taken_by_itself_or_by_a_button(page, prolific, is_stopped, code):
    page.route("https://app.prolific.com/**", lambda route: route.fulfill(body="back"))
    page.goto(f"{prolific}/?PROLIFIC_PID={'a' * 24}&STUDY_ID={'b' * 24}&SESSION_ID={'c' * 24}")
    page.click("#agree:enabled")
    page.click("#begin:enabled")
    assert "aaaa" not in page.url
    if is_stopped:
        page.click("#stop:enabled")
        page.click("#stop-yes")
        page.wait_for_selector("#leave:visible")
        assert page.inner_text("#wait") == ""
        page.click("#leave")
    else:
        hear(page)
        page.keyboard.press("1")
        page.wait_for_selector("#wait:has-text('seconds')")
    page.wait_for_url(f"https://app.prolific.com/submissions/complete?cc={code}")


@pytest.mark.parametrize("place", ["trial", "instructions", "thanks", "trial#forged", "thanks#forged"])
def test_a_link_without_a_true_token_says_so(page, url, place):
    page.goto(f"{url}/{place}")
    page.wait_for_selector("#notice:not([hidden])")
    assert "not complete" in page.inner_text("#notice")
    assert not page.is_visible("#pair")


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

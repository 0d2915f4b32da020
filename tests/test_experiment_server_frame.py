"""A whole session as panels show it: in a frame of another site that may keep nothing, in Chromium."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from page_samples import CHROMIUM_ARGS, chromium_path, make_fast, wait_for, wait_until, watched_page
from playwright.sync_api import sync_playwright
from server_samples import make_study, serving_site, write_set

from experiment_server.exports import export
from experiment_server.web import server

SUBMIT_TO = "https://workersandbox.mturk.com"
WORKER = {
    "assignmentId": "3ASSIGNMENT",
    "hitId": "3HIT",
    "workerId": "A1WORKER",
    "turkSubmitTo": SUBMIT_TO,
}
NO_THIRD_PARTY_COOKIES = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
NO_AUTOPLAY = "--autoplay-policy=document-user-activation-required"


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """Run Chromium with a profile that blocks third parties' cookies and play without a gesture."""
    path, profile = chromium_path(), tmp_path_factory.mktemp("profile")
    (profile / "Default").mkdir()
    (profile / "Default" / "Preferences").write_text(json.dumps(NO_THIRD_PARTY_COOKIES))
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=path,
            args=[*CHROMIUM_ARGS, NO_AUTOPLAY],
            viewport={"width": 620, "height": 620},
        )
        yield context
        context.close()


@pytest.fixture
def page(context):
    with watched_page(context) as page:
        yield page


@pytest.fixture
def study(tmp_path):
    stimuli = write_set(tmp_path / "set", n_videos=2, clips_per_video=1, is_playable=True)
    return make_fast(
        make_study(
            tmp_path,
            trials={"main": 1, "practice": 1},
            recruiting={"doors": ("mturk",), "frame_ancestors": ("http://localhost:*",)},
            screening={"sound_check": True, "media_failures": 9},
            stimuli=stimuli,
        )
    )


@pytest.fixture
def site(study):
    """Serve the study, and a page of another site that shows it in a frame; yield both addresses."""
    panel = Flask(__name__)
    with serving_site(study) as app, server.running(app) as url:
        frame = f"<iframe src='{url}/?{urlencode(WORKER)}' width=600 height=600></iframe>"
        panel.add_url_rule("/", view_func=lambda: f"<body style='margin:0'>{frame}")
        with server.running(panel) as panel_url:
            yield url, f"http://localhost:{urlsplit(panel_url).port}"


def answer(frame, choice):
    wait_for(frame, "ready")
    assert frame.evaluate("document.documentElement.scrollHeight <= innerHeight"), "it must be scrolled"
    frame.click("#action")
    wait_for(frame, "asking")
    frame.click(choice)


def test_a_session_in_a_frame_without_storage_ends_with_the_panel(page, site, study):
    panel_url = site[1]
    submitted = []

    def take(route):
        submitted.append((route.request.method, route.request.url, route.request.post_data))
        route.fulfill(body="taken")

    page.route(f"{SUBMIT_TO}/**", take)
    page.goto(panel_url)
    frame = page.frames[1]
    frame.wait_for_selector("#agree:enabled")
    assert frame.evaluate(WHAT_IT_CAN_KEEP) == []
    frame.click("#agree")
    frame.wait_for_selector("body.sound")
    assert WORKER["workerId"] not in frame.url
    frame.click("#play:enabled")
    frame.click("#comfortable:enabled")
    frame.click("#begin:enabled")
    answer(frame, "#choice-1")
    wait_for(frame, "revealed")
    page.context.set_offline(True)
    frame.click("#action")  # the next pair, which can't be had
    frame.wait_for_selector("#notice:not([hidden])")
    page.context.set_offline(False)
    frame.click("#go-on")
    answer(frame, "#choice-2")
    frame.wait_for_selector("body.thanks")
    frame.wait_for_selector("#leave:visible")
    code = frame.inner_text("#code")
    frame.click("#leave")
    wait_until(page, "frames.length === 1")
    for _ in range(100):
        if submitted:
            break
        page.wait_for_timeout(50)
    [(method, where, body)] = submitted
    assert (method, where) == ("POST", f"{SUBMIT_TO}/mturk/externalSubmit")
    fields = parse_qs(body)
    assert (fields["assignmentId"], fields["code"]) == (["3ASSIGNMENT"], [code])
    records = export.read_study(study).records
    assert [r.response_interval for r in records] == [1, 2]
    assert {r.participant_state for r in records} == {"complete"}


def test_a_play_without_a_gesture_is_refused_and_offered_again(page, context, site):
    page.goto(f"{site[0]}/?{urlencode(WORKER)}")
    page.click("#agree:enabled")
    page.click("#play:enabled")
    assert page.evaluate(WHAT_IT_CAN_KEEP) == ["cookie", "localStorage"], "outside a frame it can"
    page.click("#comfortable:enabled")
    page.click("#begin:enabled")
    wait_for(page, "ready")
    with watched_page(context) as other:
        other.add_init_script(PRESS_PLAY)
        with other.expect_console_message() as said:  # Playwright's own looks would count as gestures
            other.goto(page.url)
        assert said.value.text == "cue1 play1 ready"
        assert "held the video back" in other.inner_text("#status")
        other.click("#action:enabled")
        wait_for(other, "asking")


# What the frame can keep beyond a page: cookies and storage that the browser lets it have.
WHAT_IT_CAN_KEEP = """() => {
    const kept = [];
    document.cookie = "kept=1; SameSite=None; Secure";
    if (document.cookie) kept.push("cookie");
    try {
        localStorage.setItem("kept", "1");
        kept.push("localStorage");
    } catch {}
    return kept;
}"""

# Press Play by a script, once, and say which states that leads through until one stays.
PRESS_PLAY = """(() => {
    const seen = [];
    const timer = setInterval(() => {
        const state = document.getElementById("pair")?.dataset.state;
        if (state !== "ready") return;
        clearInterval(timer);
        new MutationObserver(([{ target }]) => {
            seen.push(target.dataset.state);
            if (["ready", "asking"].includes(seen.at(-1))) console.log(seen.join(" "));
        }).observe(document.getElementById("pair"), { attributeFilter: ["data-state"] });
        document.getElementById("action").click();
    }, 5);
})()"""

"""Annotators in a real browser: by mouse, by keyboard alone, with refreshes and lost connections.

``SCREENSHOTS=/tmp/pages pytest tests/test_experiment_server_annotation_browser.py`` leaves pictures.
"""

import os
from contextlib import closing
from pathlib import Path

import pytest
from annotation_site_samples import IMPACT_S, make_annotation_study, write_silent_set
from page_samples import SIZES, agree, wait_until, watched_page
from server_samples import rows_of

from experiment_server.database.labellings import Label, Labelling
from experiment_server.database.tables import Event, Participant
from experiment_server.exports import labels
from experiment_server.studies.sections import Screening

ALL_SIZES = {**SIZES, "narrow": {"width": 600, "height": 900}}
ANSWERING = '#labelling[data-state="answering"]'


@pytest.fixture(scope="module")
def stimuli(tmp_path_factory):
    folder = tmp_path_factory.mktemp("silent") / "set"
    return write_silent_set(
        folder, n_videos=1, clips_per_video=3, width=640, height=360, is_playable=True
    )


@pytest.fixture
def study(tmp_path, stimuli):
    changes = {"screening": Screening(media_failures=2)}
    return make_annotation_study(tmp_path, impacts=2, stimuli=stimuli, changes=changes)


@pytest.fixture
def page(request, browser):
    """Open a page in a fresh profile, 1280 px wide unless told otherwise."""
    size = ALL_SIZES[getattr(request, "param", "wide")]
    with closing(browser.new_context(viewport=size)) as context, watched_page(context) as page:
        yield page


def labels_in(study):
    return [row for row in labels.read_study(study) if row.is_answered]


def begin(page, url):
    """Agree, read the instructions, and wait for the first impact."""
    agree(page, url)
    page.wait_for_selector(ANSWERING)


def point(page, x, y):
    """Click a place of the still picture; return the picture's box (pixels)."""
    box = page.locator("#still").bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    return box


def choose(page, material="wood", action="hit", reaction="static"):
    """Click one choice of each kind; `""` stands for can't tell."""
    for kind, name in (("material", material), ("action", action), ("reaction", reaction)):
        page.locator(f'input[name="{kind}"][value="{name}"]').click()


def answer(page, **choices):
    """Click the middle and one choice of each kind, and submit."""
    point(page, 0.5, 0.5)
    choose(page, **choices)
    page.click("#submit")


def photograph(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("page", ["wide", "narrow"], indirect=True)
def test_a_participant_labels_by_mouse_alone(page, url, study, request):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    begin(page, url)
    size = request.node.callspec.params["page"]
    photograph(page, f"annotate-fresh-{size}")
    page.wait_for_selector("#frame.lit")
    photograph(page, f"annotate-lit-{size}")
    assert page.locator("#submit").is_disabled()
    assert page.inner_text("#status") == "Still missing: place, material, action, reaction"
    point(page, 0.2, 0.5)
    box = point(page, 0.25, 0.75)  # thought better of it
    choose(page, material="metal")
    choose(page, material="plastic-bag", reaction="rigid-motion")
    assert page.inner_text("#status") == "Everything is answered."
    photograph(page, f"annotate-answered-{size}")
    page.click("#submit")
    page.wait_for_selector("#count:has-text('2 of 2')")
    page.wait_for_selector(ANSWERING)
    assert page.locator("#labelling input:checked").count() == 0
    assert page.locator("#point").is_hidden()
    page.click("#unseen")
    choose(page, material="", action="scratch", reaction="")
    page.click("#submit")
    page.wait_for_selector("body.thanks #copy:enabled")
    one, two = labels_in(study)
    assert (one.material, one.action, one.reaction) == ("plastic-bag", "hit", "rigid-motion")
    assert abs(one.x - 0.25) * box["width"] < 1  # pixel
    assert abs(one.y - 0.75) * box["height"] < 1
    assert (two.material, two.action, two.reaction, two.x, two.y) == (None, "scratch", None, None, None)
    assert all(0 < row.rt_ms < 60_000 and row.state == "complete" for row in (one, two))
    assert page.context.cookies() == []
    assert all(request.startswith((url, f"blob:{url}")) for request in requests)


def test_a_participant_labels_by_keyboard_alone(page, url, study):
    page.goto(f"{url}/")
    page.wait_for_selector("#agree:enabled")
    press(page, "Tab", "Enter")
    page.wait_for_selector("#begin:enabled")
    press(page, "Tab", "Enter")
    page.wait_for_selector(ANSWERING)
    assert page.evaluate("document.activeElement.id") == "place"
    press(page, "ArrowRight", "ArrowRight", "Shift+ArrowDown", "ArrowUp", "Enter")  # from the middle
    press(page, "e", "2", "6", "Enter")
    page.wait_for_selector("#count:has-text('2 of 2')")
    page.wait_for_selector(ANSWERING)
    press(page, "Enter", "Tab", "Space")  # in the middle; then: the place can't be seen
    assert page.evaluate("document.activeElement.id") == "unseen"
    assert page.get_attribute("#unseen", "aria-pressed") == "true"
    press(page, "Tab", "Space", "ArrowRight", "ArrowRight")  # materials, as radio buttons go
    press(page, "Tab", "Space", "Tab", "Space")
    press(page, "Tab", "Enter")
    page.wait_for_selector("body.thanks #copy:enabled")
    one, two = labels_in(study)
    assert (one.material, one.action, one.reaction) == ("concrete", "scratch", "deform")
    assert (one.x, one.y) == (0.52, 0.54)
    assert (two.material, two.action, two.reaction, two.x) == ("ceramic", "hit", "static", None)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_the_clip_loops_silently_and_lights_up_at_the_impact(page, url, study):
    begin(page, url)
    assert page.evaluate(CLIP) == {
        "muted": True, "loop": True, "sound": False, "width": 640, "duration": 2.0,
    }  # fmt: skip
    lit, dark = page.evaluate(FOLLOW)
    assert lit
    assert dark
    assert all(IMPACT_S - 0.1 < s < IMPACT_S + 0.35 for s in lit)
    assert min(dark) < IMPACT_S < max(dark)
    assert page.evaluate("document.getElementById('still').paused")
    assert page.evaluate("document.getElementById('still').currentTime") == pytest.approx(25.5 / 25)
    answer(page)
    page.wait_for_selector("#count:has-text('2 of 2')")
    assert labels_in(study)[0].replays >= 1


CLIP = """(() => {
    const video = document.getElementById("clip");
    return {muted: video.muted, loop: video.loop, sound: video.webkitAudioDecodedByteCount > 0,
            width: video.videoWidth, duration: video.duration};
})()"""

# When in the clip the frame was lit, and when not, over a bit more than one loop.
FOLLOW = """new Promise((resolve) => {
    const [lit, dark] = [[], []];
    const video = document.getElementById("clip");
    const began = performance.now();
    const look = () => {
        const isLit = document.getElementById("frame").classList.contains("lit");
        (isLit ? lit : dark).push(video.currentTime);
        if (performance.now() - began < 2600) requestAnimationFrame(look);
        else resolve([lit, dark]);
    };
    requestAnimationFrame(look);
})"""


def test_the_still_picture_shows_the_impact_and_nothing_else(page, url):
    begin(page, url)
    # The stick is at the table, a quarter across, in the picture of the impact alone.
    assert page.evaluate(COLOUR_AT, [0.28, 0.6]) == pytest.approx([60, 60, 160], abs=30)


COLOUR_AT = """([x, y]) => {
    const video = document.getElementById("still");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0);
    return [...context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data].slice(0, 3);
}"""


def test_who_wants_rest_halts_the_clip(page, url):
    begin(page, url)
    page.click("#pause")
    wait_until(page, "document.getElementById('clip').paused")
    assert page.inner_text("#pause") == "Go on"
    page.locator("#place").focus()
    page.keyboard.press("Space")
    wait_until(page, "!document.getElementById('clip').paused")
    wait_until(page, "document.getElementById('pause').textContent === 'Pause'")


def test_a_refresh_leads_back_to_the_same_impact(page, url, study):
    begin(page, url)
    answer(page)
    page.wait_for_selector("#count:has-text('2 of 2')")
    page.wait_for_selector(ANSWERING)
    choose(page)
    page.reload()
    page.wait_for_selector(ANSWERING)
    assert page.inner_text("#count") == "Video 2 of 2"
    assert page.locator("#labelling input:checked").count() == 0
    assert page.locator("#submit").is_disabled()
    assert [each.presentations for each in rows_of(study, Labelling)] == [1, 2]
    assert len(rows_of(study, Participant)) == 1


def test_an_answer_waits_for_a_lost_connection_and_is_kept_once(page, url, study):
    begin(page, url)
    point(page, 0.5, 0.5)
    choose(page)
    page.context.set_offline(True)
    page.click("#submit")
    page.wait_for_selector("#notice:not([hidden])")
    assert "connection is lost" in page.inner_text("#notice")
    assert labels_in(study) == []
    page.context.set_offline(False)
    page.wait_for_selector("#count:has-text('2 of 2')")
    assert page.locator("#notice").is_hidden()
    assert len(labels_in(study)) == 1


def test_an_answer_whose_reply_got_lost_is_kept_once(page, url, study):
    sent = []

    def lose_the_first_reply(route):
        sent.append(route.request.post_data)
        reply = route.fetch()
        if len(sent) == 1:
            route.abort("connectionreset")
        else:
            route.fulfill(response=reply)

    begin(page, url)
    page.route("**/api/label", lose_the_first_reply)
    answer(page)
    page.wait_for_selector("#count:has-text('2 of 2')")
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert len(rows_of(study, Label)) == 1


def test_a_double_submit_is_one_answer(page, url, study):
    sent = []
    page.on("request", lambda request: sent.append(request.url) if "api/label" in request.url else None)
    begin(page, url)
    point(page, 0.5, 0.5)
    choose(page)
    page.evaluate("""for (let n = 0; n < 5; n += 1)
        document.getElementById("labelling").requestSubmit()""")
    page.wait_for_selector("#count:has-text('2 of 2')")
    assert len(sent) == 1
    assert len(rows_of(study, Label)) == 1


def test_two_windows_show_the_same_impact_and_the_later_answer_gives_way(page, url, study):
    begin(page, url)
    with watched_page(page.context) as other:
        other.goto(page.url)
        other.wait_for_selector(ANSWERING)
        for window, material in ((page, "wood"), (other, "metal")):
            answer(window, material=material)
            if window is page:
                page.wait_for_selector("#count:has-text('2 of 2')")
        other.wait_for_selector("#trouble:not([hidden])")
        assert "another window" in other.inner_text("#trouble-text")
        other.click("#go-on")
        other.wait_for_selector("#count:has-text('2 of 2')")
    assert [row.material for row in labels_in(study)] == ["wood"]


def test_clips_that_fail_are_offered_again_and_then_lead_on_and_out(page, url, study):
    page.route("**/media/*", lambda route: route.fulfill(body=b"no clip", content_type="video/mp4"))
    agree(page, url)
    for _ in range(2):
        page.wait_for_selector("#trouble:not([hidden])")
        assert page.inner_text("#go-on") == "Try again"
        page.keyboard.press("Enter")
        page.wait_for_selector("#go-on:has-text('Go on')")
        assert "does not count" in page.inner_text("#trouble-text")
        page.keyboard.press("Enter")
    page.wait_for_selector("body.thanks #copy:enabled")
    (participant,) = rows_of(study, Participant)
    assert (participant.state, participant.media_failures) == ("failed_media", 2)
    told = [event for event in rows_of(study, Event) if event.kind == "load_failed"]
    assert len(told) == 4
    assert all(event.detail.startswith("impact ") for event in told)


@pytest.mark.parametrize("page", ["wide", "frame", "narrow"], indirect=True)
def test_everything_is_seen_within_the_width_and_nothing_moves(page, url, request):
    agree(page, url)
    page.wait_for_selector("#count:has-text('1 of 2')")
    places = [page.evaluate(PLACES)]
    page.wait_for_selector(ANSWERING)
    places.append(page.evaluate(PLACES))
    point(page, 0.5, 0.5)
    choose(page, material="plastic-bag", reaction="rigid-motion")  # the longest words
    places.append(page.evaluate(PLACES))
    assert places[0] == places[1] == places[2]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if request.node.callspec.params["page"] == "wide":
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    shape = page.evaluate("(({width, height}) => width / height)(still.getBoundingClientRect())")
    assert shape == pytest.approx(640 / 360, rel=0.02)


PLACES = """[...document.querySelectorAll("#frame, #place, .chip, #submit")].map((one) => {
    const {x, y, width, height} = one.getBoundingClientRect();
    return [x, y + scrollY, width, height].map(Math.round).join(" ");
}).join("; ")"""


def test_the_still_picture_is_named_for_screen_readers_and_every_choice_has_its_name(page, url):
    begin(page, url)
    page.keyboard.press("ArrowRight")
    named = page.get_by_role("application")
    assert "cross at 51 % from the left, 50 % from the top" in named.get_attribute("aria-label")
    assert page.get_by_role("group", name="What is struck or scratched?").count() == 1
    assert page.get_by_role("radio", name="plastic bag").count() == 1
    assert page.get_by_role("radio").count() == 22 + 3 + 6


def test_whoever_stops_is_thanked_and_can_not_go_on(page, url, study):
    begin(page, url)
    page.click("#stop")
    page.keyboard.press("1")  # keys are for the question now
    page.click("#stop-yes")
    page.wait_for_selector("body.thanks #copy:enabled")
    assert rows_of(study, Participant)[0].state == "withdrawn"
    assert labels_in(study) == []

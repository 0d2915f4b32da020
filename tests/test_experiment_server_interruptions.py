"""What goes wrong in a browser: refresh, back, two windows, lost connections, clips that fail."""

import pytest
from page_samples import (
    agree,
    answers_in,
    hear,
    kinds_in,
    make_short_study,
    wait_for,
)
from server_samples import rows_of

from experiment_server.database.tables import Event, Participant, Trial


@pytest.fixture
def study(tmp_path, playable_stimuli):
    return make_short_study(tmp_path, playable_stimuli)


def test_a_refresh_leads_back_to_the_same_trial_and_its_own_progress(page, url, study):
    agree(page, url)
    hear(page)
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
    hear(page)
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


def test_media_that_fail_are_offered_again_and_then_lead_on_and_out(page, url, study):
    """Two failures are the study's limit; each comes after two tries."""
    page.route("**/media/*", lambda route: route.fulfill(status=404, body="{}"))
    agree(page, url)
    wait_for(page, "failed")
    page.unroute("**/media/*")
    page.click("#action:enabled")
    wait_for(page, "ready")
    page.route("**/media/*", lambda route: route.fulfill(status=404, body="{}"))
    page.reload()
    for follows in ("#go-on", "h1"):
        wait_for(page, "failed")
        page.click("#action:enabled")
        wait_for(page, "told")
        assert "could not be played" in page.inner_text("#status")
        page.click("#action:enabled")
        page.click(follows)
    page.wait_for_selector('[data-outcome="failed_media"]:visible')
    assert [t.invalid for t in rows_of(study, Trial)] == ["failed", "failed", None]
    assert kinds_in(study).count("load_failed") == 5


def test_a_pair_that_halts_or_comes_late_is_invalid_and_the_session_goes_on(page, url, study):
    agree(page, url)
    wait_for(page, "ready")
    page.evaluate("document.getElementById('video').defaultPlaybackRate = 0.5")
    page.keyboard.press("Space")
    wait_for(page, "told")
    assert "did not play smoothly" in page.inner_text("#status")
    page.keyboard.press("Space")
    page.click("#go-on")
    wait_for(page, "ready")
    assert "1 of 2" in page.inner_text("#count")
    trials = rows_of(study, Trial)
    assert [t.invalid for t in trials] == ["stalled", None, None]
    page.evaluate(
        "document.getElementById('video').addEventListener('playing', (e) => e.target.pause())"
    )
    page.keyboard.press("Space")
    page.wait_for_selector('[data-state="told"]')
    page.keyboard.press("Space")
    page.wait_for_selector('[data-outcome="failed_media"]:visible')


def test_two_windows_show_the_same_trial_and_the_later_answer_gives_way(page, url, study):
    agree(page, url)
    hear(page)
    other = page.context.new_page()
    other.goto(page.url)
    hear(other)
    assert other.inner_text("#count") == page.inner_text("#count")
    other.keyboard.press("1")
    wait_for(other, "revealed")
    page.bring_to_front()
    page.keyboard.press("2")
    wait_for(page, "told")
    assert "another window" in page.inner_text("#status")
    page.keyboard.press("Space")
    page.click("#go-on")
    wait_for(page, "ready")
    assert [record.response_interval for record in answers_in(study)] == [1]
    assert [e.interval for e in rows_of(study, Event) if e.kind == "refused_answer"] == [2]


def test_back_leads_out_of_the_study_and_forward_to_the_same_trial(page, url):
    page.goto("about:blank")
    agree(page, url)
    hear(page)
    page.go_back()
    assert page.url == "about:blank"
    page.go_forward()
    wait_for(page, "ready")
    assert "1 of 1" in page.inner_text("#count")


def test_who_has_the_old_consent_text_open_is_shown_the_new_one_and_asked_again(page, url, study):
    page.goto(f"{url}/")
    shown = page.get_attribute("#agree", "data-consent")
    page.evaluate("document.getElementById('agree').dataset.consent = '0'.repeat(64)")
    with page.expect_event("load"):  # a navigation alone may be the page naming its wish
        page.click("#agree")
    assert page.get_attribute("#agree", "data-consent") == shown
    assert rows_of(study, Participant) == []
    page.click("#agree")
    page.wait_for_url("**/instructions#*")
    (participant,) = rows_of(study, Participant)
    assert participant.consent_sha256 == shown


LEAVING_IS_ASKED_ABOUT = """() => {
    const leaving = new Event("beforeunload", { cancelable: true });
    dispatchEvent(leaving);
    return leaving.defaultPrevented;
}"""

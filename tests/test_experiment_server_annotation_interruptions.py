"""Annotators who are interrupted: refresh, lost connections, two windows, clips that fail, a stop."""

import pytest
from annotation_page_samples import ANSWERING, answer, begin, choose, labels_in, make_two_impacts, point
from page_samples import agree, watched_page
from server_samples import rows_of

from experiment_server.database.labellings import Label, Labelling
from experiment_server.database.tables import Event, Participant

SIZE = "wide"  # of the pages, unless told otherwise


@pytest.fixture
def study(tmp_path, silent_stimuli):
    return make_two_impacts(tmp_path, silent_stimuli)


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


def test_whoever_stops_is_thanked_and_can_not_go_on(page, url, study):
    begin(page, url)
    page.click("#stop")
    page.keyboard.press("1")  # keys are for the question now
    page.click("#stop-yes")
    page.wait_for_selector("body.thanks #copy:enabled")
    assert rows_of(study, Participant)[0].state == "withdrawn"
    assert labels_in(study) == []

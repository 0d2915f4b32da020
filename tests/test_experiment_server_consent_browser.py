"""The consent page in a real browser, when the text has changed since it was opened."""

from contextlib import closing

from page_samples import chromium, watched_page
from server_samples import make_study, rows_of, serving_site

from experiment_server.database.tables import Participant
from experiment_server.web import server


def test_who_has_the_old_text_open_is_shown_the_new_one_and_asked_again(tmp_path):
    study = make_study(tmp_path)
    with (
        serving_site(study) as app,
        server.running(app) as url,
        chromium() as browser,
        closing(browser.new_context()) as context,
        watched_page(context) as page,
    ):
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

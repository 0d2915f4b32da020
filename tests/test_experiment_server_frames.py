"""The headers as Chromium obeys them: whose frames show the site, and where its forms get."""

from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from door_samples import MTURK
from flask import Flask
from server_samples import Visitor, make_study, serving_site

from experiment_server.web import server

SUBMIT = "https://workersandbox.mturk.com/mturk/externalSubmit"


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 600, "height": 600})
    yield page
    page.close()


@contextmanager
def site(tmp_path, **recruiting):
    with serving_site(make_study(tmp_path, recruiting=recruiting)) as app, server.running(app) as url:
        yield url


@contextmanager
def panel(study_url):
    """Serve a page of another origin that shows the study in a frame."""
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: f'<iframe src="{study_url}/" width=600 height=600>')
    with server.running(app) as url:
        yield f"http://localhost:{urlsplit(url).port}"


def shows_the_study(page, panel_url):
    """Tell whether a frame shows the study; the alternative is Chromium's own page of an error."""
    page.goto(panel_url)
    frame = page.frames[1]
    frame.wait_for_load_state()
    shown = frame.locator("#agree").count() == 1
    assert shown or frame.url == "chrome-error://chromewebdata/"
    return shown


def test_a_site_that_the_study_names_shows_it_in_a_frame(page, tmp_path):
    with site(tmp_path, frame_ancestors=("http://localhost:*",)) as url, panel(url) as panel_url:
        assert shows_the_study(page, panel_url)


def test_a_site_that_the_study_does_not_name_shows_nothing(page, tmp_path):
    with site(tmp_path, frame_ancestors=("https://panel.example",)) as url, panel(url) as panel_url:
        assert not shows_the_study(page, panel_url)


FORM = """(action) => {
  const [form, field] = [document.createElement("form"), document.createElement("input")];
  Object.assign(form, { method: "post", action });
  Object.assign(field, { name: "assignmentId", value: "3AB" });
  form.append(field);
  document.body.append(form);
  form.submit();
}"""


def submitted(page, url, action):
    """Submit a form from the site's last page; return what arrived where it leads, or "refused"."""
    outcomes = []
    where = "{0.scheme}://{0.netloc}/**".format(urlsplit(action))
    page.route(where, lambda route: (outcomes.append(route.request.post_data), route.fulfill(body="ok")))
    page.on("console", lambda said: outcomes.append("refused") if "form-action" in said.text else None)
    page.goto(f"{url}/thanks")
    page.evaluate(FORM, action)
    for _ in range(100):
        if outcomes:
            break
        page.wait_for_timeout(100)
    return outcomes


def test_a_worker_submits_the_assignment_with_the_button_of_the_last_page(page, tmp_path):
    arrived = []
    page.route(f"{SUBMIT}*", lambda route: (arrived.append(route.request.post_data), route.fulfill()))
    with serving_site(make_study(tmp_path, recruiting={"doors": ("mturk",)})) as app:
        worker = Visitor(app).enrol(arrival=MTURK)
        worker.post("withdraw")
        with server.running(app) as url, page.expect_request(SUBMIT):
            page.goto(f"{url}/thanks#{worker.headers['Authorization'].removeprefix('Bearer ')}")
            page.locator("#leave").click()
    (sent,) = map(parse_qs, arrived)
    assert (sent["assignmentId"], sent["outcome"]) == (["3AB"], ["withdrawn"])
    assert set(sent) == {"assignmentId", "code", "participant", "outcome"}
    assert all(len(values) == 1 for values in sent.values())


def test_an_assignment_gets_to_nobody_else(page, tmp_path):
    with site(tmp_path, doors=("mturk",)) as url:
        assert submitted(page, url, "https://evil.example/mturk/externalSubmit") == ["refused"]


def test_a_study_without_mturk_sends_it_no_form(page, tmp_path):
    with site(tmp_path) as url:
        assert submitted(page, url, SUBMIT) == ["refused"]

"""The pages: the study's words and numbers on them, and nothing that others could use."""

import re

import pytest
from server_samples import make_study, serving_site


@pytest.fixture
def study(tmp_path):
    return make_study(tmp_path, trials={"replays": 1})


@pytest.fixture
def app(study):
    with serving_site(study) as app:
        yield app


@pytest.mark.parametrize("path", ["/", "/instructions", "/trial", "/thanks", "/nowhere", "/api/nothing"])
def test_every_reply_keeps_to_itself(app, path):
    headers = app.test_client().get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "'unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in headers


def test_pages_say_what_is_wrong_as_a_page_and_the_api_as_json(app):
    client = app.test_client()
    page, script = client.get("/nowhere"), client.get("/api/nowhere")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "open the link" in page.get_data(as_text=True)
    assert (script.status_code, script.mimetype) == (404, "application/json")
    assert client.get("/api/answer").status_code == 405


def test_a_body_beyond_all_measure_is_refused(app):
    reply = app.test_client().post("/api/participants", json={"request": "x" * 100_000})
    assert reply.status_code == 413


def test_texts_of_the_study_file_are_text_and_never_markup(study):
    path = study / "study.toml"
    path.write_text(path.read_text().replace('title = "', 'title = "<script>alert(1)</script>'))
    with serving_site(study) as app:
        page = app.test_client().get("/").get_data(as_text=True)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_pages_carry_the_studys_numbers_and_language(app):
    page = app.test_client().get("/instructions").get_data(as_text=True)
    assert '<html lang="en">' in page
    assert "We start with 2 practice pairs" in page
    assert "come 4 pairs without" in page


def test_a_study_without_practice_does_not_speak_of_it(tmp_path):
    with serving_site(make_study(tmp_path, trials={"practice": 0})) as app:
        page = app.test_client().get("/instructions").get_data(as_text=True)
    prose = re.search(r'<div class="prose">(.*?)</div>', page, re.S)[1]
    assert "There are 4 pairs." in prose
    assert "practice" not in prose

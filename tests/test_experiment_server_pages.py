"""The pages: the study's words and numbers on them, and nothing that others could use."""

import html
import re
from dataclasses import replace

import pytest
from door_samples import INJECTIONS, MTURK, PROLIFIC, a_study
from server_samples import make_study, serving_site
from sqlalchemy import func, select

from experiment_server.database import db
from experiment_server.database.tables import CLOSED, PAUSED, Participant, StudyState
from experiment_server.folders import folder
from experiment_server.studies import wording
from experiment_server.studies.sections import DOORS
from experiment_server.studies.texts import Texts
from experiment_server.web import serving

PAGES = ("/", "/sound", "/headphones", "/instructions", "/trial", "/thanks")
PREVIEW = {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "2CD"}
TELEPHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148"}


def words(reply):
    """What a person reads on a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", reply.get_data(as_text=True))).split())


def flat(text):
    return " ".join(text.split())


def count_participants(app):
    with app.app_context(), db.reading(serving.current().engine) as session:
        return session.scalar(select(func.count()).select_from(Participant))


def set_state(app, state):
    with app.app_context(), db.writing(serving.current().engine) as session:
        session.add(StudyState(state=state, changed_utc=serving.now()))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_and_has_its_script(app, path):
    reply = app.test_client().get(path)
    name = path.strip("/") or "consent"
    assert reply.status_code == 200
    assert f'src="/static/{name}.js"' in reply.get_data(as_text=True)


def test_pages_say_what_is_wrong_as_a_page_and_the_api_as_json(app):
    client = app.test_client()
    page, script = client.get("/nowhere"), client.get("/api/nowhere")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert flat(Texts().bad_link) in words(page)
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


def test_consent_names_the_version_of_the_text_that_is_kept(study, app):
    before = folder.read(study).study
    digest = wording.consent_sha256(before)
    assert f"Version {digest[:8]} " in words(app.test_client().get("/"))
    longer = replace(before, screening=replace(before.screening, headphones="both"))
    assert wording.minutes(longer) > wording.minutes(before)
    assert wording.consent_sha256(longer) != digest  # the text says how long it takes


@pytest.mark.parametrize(
    ("trials", "screening", "minutes"),
    [
        ({"main": 50, "practice": 5, "catch": 0}, {"sound_check": False}, 10),  # 585 s
        ({"main": 50, "practice": 5, "catch": 2}, {"sound_check": False}, 11),  # 603 s
        (
            {"main": 50, "practice": 5, "catch": 0},
            {"sound_check": True, "headphones": "both"},
            12,
        ),  # 701 s
    ],
)
def test_the_estimate_counts_everything_that_takes_time(trials, screening, minutes):
    study = a_study()
    study = replace(
        study,
        trials=replace(study.trials, **trials),
        screening=replace(study.screening, **screening),
    )
    assert wording.minutes(study) == minutes
    assert wording.numbers(study)["main"] == trials["main"] + trials["catch"]


# Who is told at the door that it is not possible


def test_a_preview_shows_what_one_would_agree_to_and_makes_no_row(tmp_path):
    with serving_site(make_study(tmp_path, recruiting={"doors": ("mturk",)})) as app:
        reply = app.test_client().get("/", query_string=PREVIEW)
        page = reply.get_data(as_text=True)
        assert reply.status_code == 200
        assert flat(Texts().preview) in words(reply)
        assert "18 or older" in words(reply)
        assert "<script" not in page
        assert "<button" not in page
        assert "<video" not in page
        assert count_participants(app) == 0


@pytest.mark.parametrize("state", [PAUSED, CLOSED])
def test_a_paused_or_closed_study_says_so_before_anybody_agrees(app, state):
    set_state(app, state)
    reply = app.test_client().get("/")
    assert reply.status_code == 403
    assert flat(getattr(Texts(), f"refused_{state}")) in words(reply)
    assert "<script" not in reply.get_data(as_text=True)


def test_pages_of_those_who_are_under_way_stay_open_in_a_paused_study(app):
    set_state(app, PAUSED)
    for path in PAGES[1:]:
        assert app.test_client().get(path).status_code == 200


def test_telephones_are_told_to_come_again_with_a_computer(app):
    refused = app.test_client().get("/", headers=TELEPHONE)
    hinted = app.test_client().get("/", headers={"Sec-CH-UA-Mobile": "?1"})
    assert (refused.status_code, hinted.status_code) == (403, 403)
    assert flat(Texts().refused_mobile) in words(refused)


def test_a_study_may_allow_telephones(tmp_path):
    with serving_site(make_study(tmp_path, screening={"mobile": "allow"})) as app:
        assert app.test_client().get("/", headers=TELEPHONE).status_code == 200


@pytest.mark.parametrize("params", [PROLIFIC, MTURK, {"id": ""}], ids=["prolific", "mturk", "label"])
def test_who_comes_through_a_closed_door_is_told_what_to_do(app, params):
    reply = app.test_client().get("/", query_string=params)
    assert reply.status_code == 403
    assert flat(Texts().refused_door) in words(reply)


def test_an_assignment_for_a_foreign_host_is_refused(tmp_path):
    with serving_site(make_study(tmp_path, recruiting={"doors": ("mturk",)})) as app:
        params = {**MTURK, "turkSubmitTo": "https://evil.example"}
        reply = app.test_client().get("/", query_string=params)
    assert reply.status_code == 403
    assert "evil.example" not in reply.get_data(as_text=True)


@pytest.mark.parametrize("value", INJECTIONS)
def test_no_parameter_of_the_address_comes_into_a_page(tmp_path, value):
    recruiting = {"doors": DOORS, "panel_id": "participantId"}
    with serving_site(make_study(tmp_path, recruiting=recruiting)) as app:
        for name in ("id", "participantId", *PROLIFIC, *MTURK, "unheard_of"):
            reply = app.test_client().get("/", query_string={**PROLIFIC, **MTURK, name: value})
            assert reply.status_code in (200, 403)
            assert value not in reply.get_data(as_text=True)
            assert value not in str(reply.headers)

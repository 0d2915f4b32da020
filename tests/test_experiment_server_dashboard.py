"""The dashboard: what the buttons do, and what the pages show."""

import re
from datetime import UTC, datetime

import pytest
from dashboard_samples import N_MAIN, download, fill, log_in, press
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import select

from experiment_server.dashboard import accounts
from experiment_server.database import db
from experiment_server.database.tables import CLOSED, PAUSED, Participant, StudyState
from experiment_server.folders import folder
from experiment_server.participation import states

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@pytest.fixture
def study(tmp_path, dashboard_stimuli):
    return make_study(tmp_path, stimuli=dashboard_stimuli, trials={"main": N_MAIN, "practice": 2})


def test_pause_resume_and_close_are_written_down_once_each(inside, engine):
    for state in (PAUSED, PAUSED, "open", CLOSED):
        assert press(inside, state).status_code == 303
    with db.reading(engine) as session:
        assert [row.state for row in session.scalars(select(StudyState))] == [PAUSED, "open", CLOSED]
    assert "Open again" in inside.get("/dashboard/").text


def test_a_paused_study_lets_nobody_new_in(inside, app):
    press(inside, PAUSED)
    assert Visitor(app).ask_in().get_json()["reason"] == "paused"
    press(inside, "open")
    assert Visitor(app).ask_in().status_code == 201


def test_closing_is_asked_about_first(inside):
    assert 'href="/dashboard/close"' in inside.get("/dashboard/").text
    assert 'value="closed"' not in inside.get("/dashboard/").text
    assert 'value="closed"' in inside.get("/dashboard/close").text


@pytest.mark.parametrize("state", ["ajar", "", "<script>"])
def test_a_state_that_there_is_not_is_refused(inside, engine, state):
    reply = press(inside, state)
    assert reply.status_code == 400
    assert "<script>" not in reply.text
    with db.writing(engine) as session, pytest.raises(ValueError, match="no state"):
        states.change(session, state, NOW)


def test_the_download_holds_what_the_export_writes(inside, crowd):
    assert set(download(inside).namelist()) == {
        "study/responses.csv",
        "study/responses.columns.json",
        "study/participants.csv",
        "study/participants.columns.json",
        "study/dataset_description.json",
    }


def test_a_download_goes_by_the_connections_of_the_site(inside, crowd, monkeypatch):
    monkeypatch.setattr(db, "connect", lambda url: pytest.fail(f"another engine, to {url}"))
    assert download(inside).testzip() is None


def test_an_export_that_is_not_possible_says_why(inside, study, engine):
    fill(engine, "1" * 64, now=NOW, states=["complete"])
    reply = inside.get("/dashboard/responses.zip")
    assert reply.status_code == 409
    assert "stimulus set" in reply.text


def test_an_empty_study_has_an_overview(inside):
    assert "Nobody has come yet" in inside.get("/dashboard/").text


def test_participants_are_listed_by_pseudonym_in_pages(inside, crowd):
    first = inside.get("/dashboard/participants").text
    second = inside.get("/dashboard/participants?page=2").text
    assert first.count('<th scope="row">') == second.count('<th scope="row">') == 100
    assert 'rel="next"' in first
    assert 'rel="next"' not in second
    assert inside.get("/dashboard/participants?page=0").status_code == 404


def test_nothing_on_the_dashboard_tells_who_somebody_is(tmp_path, dashboard_stimuli):
    study = make_study(tmp_path, stimuli=dashboard_stimuli, recruiting={"doors": ("prolific",)})
    password = accounts.write_password(study)
    ids = {"PROLIFIC_PID": "a" * 24, "STUDY_ID": "b" * 24, "SESSION_ID": "c" * 24}
    with serving_site(study) as app:
        Visitor(app).begin(arrival=ids)
        client = app.test_client()
        log_in(client, password)
        people = client.get("/dashboard/participants").text
        name = re.search(r"/dashboard/participants/([\w-]+)", people)[1]
        person = client.get(f"/dashboard/participants/{name}").text
        pages = people + person + client.get("/dashboard/").text
    assert "enrolled" in person
    assert not [value for value in ids.values() if value in pages]


@pytest.mark.parametrize("path", ["participants/nobody", "nowhere"])
def test_what_is_not_there_is_a_404_of_the_dashboard(inside, path):
    reply = inside.get(f"/dashboard/{path}")
    assert reply.status_code == 404
    assert "To the overview" in reply.text


def test_what_browsers_say_of_themselves_is_shown_as_text(inside, engine, study):
    fill(engine, folder.read(study).stimulus_set, now=NOW, states=["complete"])
    with db.writing(engine) as session:
        session.scalar(select(Participant)).browser = {"name": "<script>alert(1)</script>"}
    assert "<script>alert" not in inside.get("/dashboard/participants/P0001").text

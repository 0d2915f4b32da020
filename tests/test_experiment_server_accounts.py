"""Who gets into the dashboard: by its password alone, for twelve hours, and not by guessing."""

import stat
import threading
from datetime import timedelta

import pytest
from dashboard_samples import N_MAIN, log_in, token_of
from server_samples import Visitor, make_study
from sqlalchemy import func, select

from experiment_server.dashboard import accounts
from experiment_server.database import db
from experiment_server.database.tables import LoginFailure
from experiment_server.participation import states
from experiment_server.web import serving


@pytest.fixture
def study(tmp_path, dashboard_stimuli):
    return make_study(tmp_path, stimuli=dashboard_stimuli, trials={"main": N_MAIN, "practice": 2})


def test_the_password_is_kept_as_a_hash_that_its_owner_alone_can_read(study, password):
    path = study / accounts.PASSWORD_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("scrypt:")
    assert password not in path.read_text()
    assert len(password.replace("-", "")) == 20


@pytest.mark.parametrize("path", ["", "participants", "participants/P1", "close", "responses.zip"])
def test_without_the_password_every_page_leads_to_the_login(client, password, path):
    reply = client.get(f"/dashboard/{path}")
    assert reply.status_code == 303
    assert reply.location == "/dashboard/login"


def test_the_password_opens_the_overview_and_nothing_in_the_address_leads_elsewhere(client, password):
    token = token_of(client.get("/dashboard/login?next=https://evil.example"))
    reply = client.post(
        "/dashboard/login?next=https://evil.example",
        data={"password": password, "csrf_token": token, "next": "https://evil.example"},
    )
    assert reply.location == "/dashboard/"
    assert client.get("/dashboard/").status_code == 200


def test_a_wrong_password_opens_nothing(client, password):
    reply = log_in(client, password + "x")
    assert reply.status_code == 401
    assert "not the password" in reply.text
    assert client.get("/dashboard/").status_code == 303


def test_ten_wrong_passwords_bar_the_door_for_the_right_one_too_until_ten_minutes_have_passed(
    client, password, monkeypatch
):
    for _ in range(accounts.MOST_FAILURES):
        assert log_in(client, "guess").status_code == 401
    reply = log_in(client, password)
    assert reply.status_code == 429
    assert "try again in 10 minutes" in reply.text
    later = serving.now() + accounts.WINDOW + timedelta(seconds=1)
    monkeypatch.setattr(serving, "now", lambda: later)
    assert log_in(client, password).status_code == 303


def test_guesses_at_the_same_time_are_no_more_than_guesses_in_turn(app, password):
    statuses = []
    start = threading.Barrier(24)

    def guess():
        client = app.test_client()
        token = token_of(client.get("/dashboard/login"))
        start.wait()
        data = {"password": "guess", "csrf_token": token}
        statuses.append(client.post("/dashboard/login", data=data).status_code)

    threads = [threading.Thread(target=guess) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {401, 429}
    assert statuses.count(401) <= accounts.MOST_FAILURES


def test_the_right_password_is_no_failure(inside, engine):
    with db.reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == 0


def test_a_new_password_ends_the_sessions_of_the_old_one(inside, study):
    assert inside.get("/dashboard/").status_code == 200
    accounts.write_password(study)
    assert inside.get("/dashboard/").status_code == 303


def test_a_hash_in_the_environment_takes_the_place_of_the_file(client, password, monkeypatch):
    monkeypatch.setenv(accounts.HASH_VARIABLE, accounts.generate_password_hash("from outside"))
    assert log_in(client, password).status_code == 401
    assert log_in(client, "from outside").status_code == 303


def test_a_study_without_a_password_lets_nobody_in(client, password, study):
    (study / accounts.PASSWORD_NAME).unlink()
    reply = log_in(client, "")
    assert reply.status_code == 401
    assert "experiment-server password" in reply.text


def test_the_cookie_is_for_the_dashboard_alone_and_over_https_secure(client, password):
    cookie = log_in(client, password, base_url="http://localhost").headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/dashboard", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    client.delete_cookie("dashboard", path="/dashboard")
    https = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/dashboard/"}}
    assert "Secure" in log_in(client, password, **https).headers["Set-Cookie"]


def test_a_session_signed_with_another_key_is_none(app, client, password):
    log_in(client, password)
    app.secret_key = b"another key"
    assert client.get("/dashboard/").status_code == 303


def test_log_out_ends_the_session(inside):
    inside.post("/dashboard/logout", data={"csrf_token": token_of(inside.get("/dashboard/"))})
    assert inside.get("/dashboard/").status_code == 303


@pytest.mark.parametrize("data", [{"state": "closed"}, {"state": "closed", "csrf_token": "forged"}])
def test_a_forged_request_changes_nothing(inside, engine, data):
    assert inside.post("/dashboard/state", data=data).status_code == 400
    with db.reading(engine) as session:
        assert states.current(session) == "open"


def test_over_https_a_request_from_another_site_is_refused(client, password):
    how = {"base_url": "https://localhost", "headers": {"Referer": "https://evil.example/"}}
    assert log_in(client, password, **how).status_code == 400


def test_participants_need_no_token_against_forged_requests_and_get_no_cookie(client, app):
    visitor = Visitor(app).enrol()
    assert visitor.client.get_cookie("dashboard") is None
    assert "Set-Cookie" not in visitor.client.get("/").headers


def test_nobody_keeps_what_the_dashboard_shows(inside):
    assert inside.get("/dashboard/").headers["Cache-Control"] == "no-store"

"""The dashboard: who gets in, what the buttons do, what the pages show, also in Chromium."""

import io
import re
import shutil
import stat
import threading
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from dashboard_samples import FOOL_RATES, N_MAIN, fill
from playwright.sync_api import sync_playwright
from server_samples import Visitor, make_study, serving_site, write_set
from sqlalchemy import func, select

from experiment_server.dashboard import accounts, states
from experiment_server.database import db
from experiment_server.database.tables import CLOSED, PAUSED, LoginFailure, Participant, StudyState
from experiment_server.participation import enrolment
from experiment_server.studies import folder
from experiment_server.web import server, serving

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def stimuli(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stimuli") / "set"
    return write_set(folder, n_videos=30, clips_per_video=1, variants=tuple(FOOL_RATES))


@pytest.fixture
def study(tmp_path, stimuli):
    return make_study(tmp_path, stimuli=stimuli, trials={"main": N_MAIN, "practice": 2})


@pytest.fixture
def password(study):
    return accounts.write_password(study)


@pytest.fixture
def app(study, password):
    with serving_site(study) as app:
        yield app


@pytest.fixture
def engine(app):
    return app.extensions[serving.EXTENSION].engine


@pytest.fixture
def crowd(engine, study):
    """Two hundred participants, as of now."""
    fill(engine, folder.read(study).stimulus_set, now=serving.now())


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def inside(client, password):
    """A client that is logged in."""
    assert log_in(client, password).status_code == 303
    return client


def token_of(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))[1]


def log_in(client, password, **how):
    token = token_of(client.get("/dashboard/login", **how))
    return client.post("/dashboard/login", data={"password": password, "csrf_token": token}, **how)


def press(client, state):
    token = token_of(client.get("/dashboard/"))
    return client.post("/dashboard/state", data={"state": state, "csrf_token": token})


def download(client):
    with client.get("/dashboard/responses.zip") as reply:
        assert "attachment" in reply.headers["Content-Disposition"]
        return zipfile.ZipFile(io.BytesIO(reply.data))


# Who gets in


def test_the_password_is_kept_as_a_hash_that_its_owner_alone_can_read(study, password):
    path = study / accounts.PASSWORD_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("scrypt:")
    assert password not in path.read_text()
    assert len(password.replace("-", "")) == 20


@pytest.mark.parametrize("path", ["", "participants", "participants/P1", "close", "responses.zip"])
def test_without_the_password_every_page_leads_to_the_login(client, path):
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


def test_guesses_at_the_same_time_are_no_more_than_guesses_in_turn(app, engine):
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


def test_a_study_without_a_password_lets_nobody_in(client, study):
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
        assert enrolment.study_state(session) == "open"


def test_over_https_a_request_from_another_site_is_refused(client, password):
    how = {"base_url": "https://localhost", "headers": {"Referer": "https://evil.example/"}}
    assert log_in(client, password, **how).status_code == 400


def test_participants_need_no_token_against_forged_requests_and_get_no_cookie(client, app):
    visitor = Visitor(app).enrol()
    assert visitor.client.get_cookie("dashboard") is None
    assert "Set-Cookie" not in visitor.client.get("/").headers


def test_nobody_keeps_what_the_dashboard_shows(inside):
    assert inside.get("/dashboard/").headers["Cache-Control"] == "no-store"


# The buttons


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


def test_an_export_that_is_not_possible_says_why(inside, study, engine):
    fill(engine, "1" * 64, now=NOW, states=["complete"])
    reply = inside.get("/dashboard/responses.zip")
    assert reply.status_code == 409
    assert "stimulus set" in reply.text


# The pages


def test_an_empty_study_has_an_overview(inside):
    assert "Nobody has come yet" in inside.get("/dashboard/").text


def test_participants_are_listed_by_pseudonym_in_pages(inside, crowd):
    first = inside.get("/dashboard/participants").text
    second = inside.get("/dashboard/participants?page=2").text
    assert first.count('<th scope="row">') == second.count('<th scope="row">') == 100
    assert 'rel="next"' in first
    assert 'rel="next"' not in second
    assert inside.get("/dashboard/participants?page=0").status_code == 404


def test_nothing_on_the_dashboard_tells_who_somebody_is(tmp_path, stimuli):
    study = make_study(tmp_path, stimuli=stimuli, recruiting={"doors": ("prolific",)})
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


def test_a_participant_who_is_not_there_is_a_404(inside):
    reply = inside.get("/dashboard/participants/nobody")
    assert reply.status_code == 404
    assert "To the overview" in reply.text


def test_what_browsers_say_of_themselves_is_shown_as_text(inside, engine, study):
    fill(engine, folder.read(study).stimulus_set, now=NOW, states=["complete"])
    with db.writing(engine) as session:
        session.scalar(select(Participant)).browser = {"name": "<script>alert(1)</script>"}
    assert "<script>alert" not in inside.get("/dashboard/participants/P0001").text


SIZES = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 600, "height": 800}}


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium on this machine; tests/install_chromium.sh gets it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("size", SIZES)
def test_an_experimenter_logs_in_looks_and_pauses_by_keyboard(browser, app, crowd, password, size):
    problems = []
    with server.running(app) as url, browser.new_context(viewport=SIZES[size]) as context:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(error.message))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        page.goto(f"{url}/dashboard/")
        page.wait_for_selector("#password:focus")
        page.keyboard.type(password)
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:has-text('Overview')")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("svg .dot").count() == len(FOOL_RATES)
        page.focus("button[value=paused]")
        page.keyboard.press("Enter")
        page.wait_for_selector("#state:has-text('paused')")
        for link in ("Participants", "Overview"):
            page.click(f"nav >> text={link}")
            page.wait_for_selector(f"h1:has-text('{link}')")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert context.request.get(f"{url}/dashboard/responses.zip").ok
    assert not problems


def test_the_page_stays_fresh_and_says_so_when_it_does_not(browser, app, study, password, engine):
    with server.running(app) as url, browser.new_context(viewport=SIZES["wide"]) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{url}/dashboard/login")
        page.fill("#password", password)
        page.click("button")
        page.wait_for_selector("h1:has-text('Overview')")
        place = page.evaluate(PLACES)
        fill(engine, folder.read(study).stimulus_set, now=serving.now(), states=["complete"] * 2)
        press_in(engine, PAUSED)
        page.clock.run_for(11_000)
        page.wait_for_selector("#tiles >> text='2'")
        page.wait_for_selector("#state.is-paused")
        assert page.evaluate(PLACES) == place, "something moved"
        page.route("**/dashboard/", lambda route: route.abort())
        page.clock.run_for(11_000)
        page.wait_for_selector("#stale:visible:has-text('did not answer')")
        page.unroute("**/dashboard/")
        accounts.write_password(study)
        page.clock.run_for(11_000)
        page.wait_for_url("**/dashboard/login")


PLACES = """JSON.stringify([...document.querySelectorAll("h1, #tiles, #fool-rates, #states")]
    .map(e => e.getBoundingClientRect()).map(r => [r.x, r.y]))"""


def press_in(engine, state):
    with db.writing(engine) as session:
        states.change(session, state, serving.now())

"""Who is let in: new people, people who come again, robots, and nobody when the study says so."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import server_samples
from server_samples import Visitor, consent_of, make_study, serving_site
from sqlalchemy import update

from experiment_server import tokens
from experiment_server.database import db, tables
from experiment_server.participation import sessions
from experiment_server.studies import wording

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PROLIFIC = {"PROLIFIC_PID": "p" * 24, "STUDY_ID": "s" * 24, "SESSION_ID": "first"}


def engine_of(app):
    return app.extensions["experiment_server"].engine


def rows_of(app, table):
    return server_samples.rows_of(app.config["STUDY"], table)


def let_lapse(app):
    with db.writing(engine_of(app)) as session:
        session.execute(update(tables.Participant).values(lease_utc=LONG_AGO))


def change_state(app, state):
    with db.writing(engine_of(app)) as session:
        session.add(tables.StudyState(state=state, changed_utc=LONG_AGO))


@pytest.mark.usefixtures("database")
def test_asking_twice_to_take_part_makes_one_participant(app):
    visitor = Visitor(app)
    first, again = (visitor.ask_in(request="the same wish of one page") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert len(rows_of(app, tables.Participant)) == 1


@pytest.mark.parametrize(
    "wish",
    ["\ud800" * 20, "ä" * 20, "short", "x" * 65, "x\x00" * 10, 16, None],
    ids=["surrogates", "letters", "short", "long", "nothings", "number", "nothing"],
)
def test_a_wish_that_is_no_random_text_is_refused_with_a_sentence(app, wish):
    reply = app.test_client().post("/api/participants", json={"request": wish})
    assert reply.status_code == 400
    assert "request must be" in reply.get_json()["error"]


def test_an_arrival_that_holds_no_texts_is_refused(app):
    for arrival in ([], "id", {"id": 7}, {"id": ["a"]}):
        body = {"request": "r" * 32, "arrival": arrival}
        assert app.test_client().post("/api/participants", json=body).status_code == 400


def test_what_a_page_tells_of_its_browser_is_kept_short(app):
    told = {"name": "Firefox", "long": "x" * 65, "odd": "a\x00b", "number": 7}
    assert Visitor(app).ask_in(browser=told).status_code == 201
    assert rows_of(app, tables.Participant)[0].browser == {"name": "Firefox", "mobile": "false"}


@pytest.mark.usefixtures("database")
def test_the_consent_text_is_kept_once_with_the_digest_that_participants_have(app):
    for _ in range(2):
        Visitor(app).enrol()
    (kept,) = rows_of(app, tables.ConsentText)
    study = app.extensions["experiment_server"].opened.study
    assert kept.text == wording.consent_text(study)
    assert {p.consent_sha256 for p in rows_of(app, tables.Participant)} == {kept.sha256}


@pytest.mark.usefixtures("database")
def test_the_same_person_gets_the_same_session_back(tmp_path):
    study = make_study(tmp_path, recruiting={"doors": ("prolific",), "prolific_complete": "DONE"})
    with serving_site(study) as app:
        first = Visitor(app).begin(arrival=PROLIFIC)
        trial = first.next()["trial"]
        second = Visitor(app).enrol(arrival={**PROLIFIC, "SESSION_ID": "second"})
        assert second.next()["trial"] == trial
        second.take_all()
        third = Visitor(app).enrol(arrival={**PROLIFIC, "SESSION_ID": "third"})
        end = third.next()
        assert (end["page"], end["outcome"]) == ("thanks", "complete")
        assert end["departure"]["url"].endswith("cc=DONE")
        (identity,) = rows_of(app, tables.Identity)
        assert identity.session_ref == "second"
        kinds = [event.kind for event in rows_of(app, tables.Event)]
        assert kinds.count("returned") == 2
        assert kinds.count("enrolled") == 1


@pytest.mark.parametrize("state", ["paused", "closed"])
def test_a_study_that_is_not_open_lets_nobody_new_in_and_others_finish(app, state):
    under_way = Visitor(app).begin()
    change_state(app, state)
    reply = Visitor(app).ask_in()
    assert (reply.status_code, reply.get_json()["reason"]) == (403, state)
    under_way.take_all()
    assert under_way.next()["outcome"] == "complete"
    change_state(app, "open")
    assert Visitor(app).ask_in().status_code == 201


@pytest.mark.usefixtures("database")
def test_a_study_is_full_until_somebody_leaves_or_falls_silent(tmp_path):
    with serving_site(make_study(tmp_path, recruiting={"participants": 2})) as app:
        done, silent = Visitor(app).begin(), Visitor(app).enrol()
        done.take_all()
        reply = Visitor(app).ask_in()
        assert (reply.status_code, reply.get_json()["reason"]) == (403, "full")
        let_lapse(app)
        assert Visitor(app).ask_in().status_code == 201
        assert Visitor(app).ask_in().status_code == 403
        silent.post("withdraw")
        assert Visitor(app).ask_in().status_code == 403


def test_telephones_are_let_in_only_where_the_study_allows_them(tmp_path):
    for mobile, status in (("exclude", 403), ("allow", 201)):
        study = make_study(tmp_path / mobile, screening={"mobile": mobile})
        with serving_site(study) as app:
            reply = Visitor(app).ask_in(browser={"mobile": "true"})
            assert reply.status_code == status
            agent = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"}
            body = {"request": "r" * 32, "consent_sha256": consent_of(app)}
            reply = app.test_client().post("/api/participants", json=body, headers=agent)
            assert reply.status_code == status


def test_only_the_studys_own_key_makes_a_participant_a_robot(app):
    key = app.extensions["experiment_server"].key
    forged = Visitor(app).ask_in(robot=tokens.robot_token("another key, long enough"))
    assert forged.status_code == 401
    change_state(app, "closed")
    Visitor(app).enrol(robot=tokens.robot_token(key))
    (robot,) = rows_of(app, tables.Participant)
    assert (robot.simulated, robot.recruiter) == (True, "robot")


@pytest.mark.usefixtures("database")
def test_who_falls_silent_gives_the_slot_back_and_may_still_come_back(app):
    silent = Visitor(app).begin()
    first = silent.next()["trial"]
    let_lapse(app)
    Visitor(app).begin()
    second = rows_of(app, tables.Participant)[1]
    assert second.filled_before == {}
    assert silent.next()["trial"]["nonce"] == first["nonce"]
    Visitor(app).begin()
    third = rows_of(app, tables.Participant)[2]
    assert sum(map(sum, third.filled_before.values())) == 8
    kinds = [event.kind for event in rows_of(app, tables.Event)]
    assert kinds.count("lease_renewed_after_lapse") == 1


def test_who_stopped_gives_the_slots_back(app):
    Visitor(app).begin().post("withdraw")
    Visitor(app).begin()
    assert rows_of(app, tables.Participant)[1].filled_before == {}


def test_invalid_trials_do_not_count_for_balance(tmp_path):
    with serving_site(make_study(tmp_path, trials={"practice": 0})) as app:
        visitor = Visitor(app).begin()
        visitor.post("invalid", nonce=visitor.next()["trial"]["nonce"], reason="failed")
        Visitor(app).begin()
        assert sum(map(sum, rows_of(app, tables.Participant)[1].filled_before.values())) == 3


def test_all_that_a_participant_does_renews_the_lease(app):
    visitor = Visitor(app).enrol()
    for step in ("next", "sound-checked", "begin", "events"):
        let_lapse(app)
        if step == "next":
            visitor.next()
        else:
            visitor.post(step, events=[])
        (participant,) = rows_of(app, tables.Participant)
        left = participant.lease_utc - datetime.now(UTC)
        assert timedelta(minutes=29) < left <= timedelta(minutes=30)
        assert not sessions.is_lapsed(participant, now=datetime.now(UTC))


def test_who_goes_on_needs_a_computer_too_and_who_has_ended_does_not(tmp_path):
    study = make_study(tmp_path / "panel", recruiting={"doors": ("prolific",)})
    with serving_site(study) as app:
        visitor, phone = Visitor(app).begin(arrival=PROLIFIC), Visitor(app)
        refused = phone.ask_in(arrival={**PROLIFIC, "SESSION_ID": "2nd"}, browser={"mobile": "true"})
        assert (refused.status_code, refused.get_json()["reason"]) == (403, "mobile")
        assert rows_of(app, tables.Identity)[0].session_ref == "first"
        visitor.take_all()
        welcome = phone.ask_in(arrival=PROLIFIC, browser={"mobile": "true"})
        assert (welcome.status_code, welcome.get_json()["page"]) == (201, "thanks")


def test_who_agreed_to_a_text_that_has_changed_since_is_asked_again(app):
    body = {"request": "a random text of this page", "arrival": {}, "browser": {}}
    client = app.test_client()
    refused = client.post("/api/participants", json={**body, "consent_sha256": "0" * 64})
    assert (refused.status_code, "consent text has changed" in refused.get_json()["error"]) == (
        409,
        True,
    )
    assert rows_of(app, tables.Participant) == []
    shown = re.search('data-consent="([0-9a-f]{64})"', client.get("/").get_data(as_text=True))[1]
    assert client.post("/api/participants", json={**body, "consent_sha256": shown}).status_code == 201
    (participant,) = rows_of(app, tables.Participant)
    assert participant.consent_sha256 == shown


def test_who_agreed_to_nothing_is_not_let_in_unless_a_robot(app):
    client, body = app.test_client(), {"request": "a random text of this page"}
    for missing in ({}, {"consent_sha256": None}):
        reply = client.post("/api/participants", json={**body, **missing})
        assert reply.status_code == 409
        assert "consent_sha256 is missing; send that of" in reply.get_json()["error"]
    assert rows_of(app, tables.Participant) == []
    robot = tokens.robot_token(app.extensions["experiment_server"].key)
    signed = {"Authorization": f"Bearer {robot}"}
    assert client.post("/api/participants", json=body, headers=signed).status_code == 201
    assert [participant.simulated for participant in rows_of(app, tables.Participant)] == [True]


@pytest.mark.parametrize("digest", ["", "x" * 64, 5, "0" * 63])
def test_a_digest_is_a_digest(app, digest):
    body = {"request": "a random text of this page", "consent_sha256": digest}
    assert app.test_client().post("/api/participants", json=body).status_code == 400

"""Arriving and leaving over HTTP: who gets in, whose session it is, and which way leads back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from door_samples import ALL, INJECTIONS, MTURK, PANEL, PROLIFIC
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import func, select

from experiment_server.database import db
from experiment_server.database.tables import CLOSED, PAUSED, Identity, Participant, StudyState
from experiment_server.doors import identities
from experiment_server.studies.texts import Texts
from experiment_server.web import serving

PREVIEW = {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "2CD"}
NAMED = {"label": {"id": "seat-7"}, "panel": PANEL, "prolific": PROLIFIC, "mturk": MTURK}


@pytest.fixture
def app(tmp_path):
    with serving_site(make_study(tmp_path, recruiting=ALL)) as app:
        yield app


def rows(app, table):
    with app.app_context(), db.reading(serving.current().engine) as session:
        return session.scalar(select(func.count()).select_from(table))


def set_state(app, state):
    with app.app_context(), db.writing(serving.current().engine) as session:
        session.add(StudyState(state=state, changed_utc=serving.now()))


def refused(app, arrival):
    """Ask to take part, and be refused; return the reply's body."""
    before = rows(app, Participant)
    reply = Visitor(app).ask_in(arrival=arrival)
    assert reply.status_code == 403
    assert rows(app, Participant) == before
    return reply.get_json()


def test_a_preview_takes_part_in_nothing(app):
    assert refused(app, PREVIEW) == {"error": Texts().refused_preview, "reason": "preview"}
    assert rows(app, Identity) == 0


def test_a_door_that_is_not_open_lets_nobody_in(tmp_path):
    with serving_site(make_study(tmp_path, recruiting={"doors": ("prolific",)})) as app:
        for arrival in ({}, MTURK, {"id": "seat-7"}, {**PROLIFIC, "SESSION_ID": ""}):
            assert refused(app, arrival) == {"error": Texts().refused_door, "reason": "door"}


def test_an_assignment_of_a_foreign_host_takes_part_in_nothing(app):
    assert refused(app, {**MTURK, "turkSubmitTo": "https://evil.example"})["reason"] == "door"


@pytest.mark.parametrize("state", [PAUSED, CLOSED])
def test_a_paused_or_closed_study_lets_nobody_new_in_but_those_who_take_part(app, state):
    visitor = Visitor(app).begin(arrival=PROLIFIC)
    set_state(app, state)
    assert refused(app, {})["reason"] == state
    again = Visitor(app).enrol(arrival=PROLIFIC)
    assert again.next()["trial"] == visitor.next()["trial"]
    assert app.test_client().get("/", query_string=PROLIFIC).status_code == 200
    assert app.test_client().get("/").status_code == 403


def test_a_full_study_lets_nobody_new_in(tmp_path):
    with serving_site(make_study(tmp_path, recruiting={**ALL, "participants": 1})) as app:
        Visitor(app).enrol(arrival=PANEL)
        assert refused(app, {})["reason"] == "full"
        assert app.test_client().get("/").status_code == 403
        Visitor(app).enrol(arrival=PANEL)


@pytest.mark.parametrize("door", NAMED)
def test_the_same_person_has_one_session_in_every_browser(app, door):
    visitor = Visitor(app).begin(arrival=NAMED[door])
    visitor.answer(visitor.next()["trial"])
    again = Visitor(app).enrol(arrival=NAMED[door])
    assert again.next()["trial"] == visitor.next()["trial"]
    assert (rows(app, Participant), rows(app, Identity)) == (1, 1)


def test_a_person_who_comes_in_many_windows_at_once_has_one_session(tmp_path, database):
    with serving_site(make_study(tmp_path, recruiting=ALL)) as app:
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: Visitor(app).ask_in(arrival=PROLIFIC), range(16)))
        assert {reply.status_code for reply in replies} == {201}
        assert len({reply.get_json()["token"] for reply in replies}) == 1
        assert (rows(app, Participant), rows(app, Identity)) == (1, 1)


def test_people_without_a_name_are_strangers_each_time(app):
    for _ in range(2):
        Visitor(app).enrol()
    assert (rows(app, Participant), rows(app, Identity)) == (2, 0)


def test_who_was_forgotten_has_still_had_their_turn(app):
    visitor = Visitor(app).begin(arrival=PROLIFIC)
    visitor.post("withdraw")
    with app.app_context(), db.writing(serving.current().engine) as session:
        identities.forget(session.scalar(select(Identity)), now=serving.now())
    again = Visitor(app).enrol(arrival=PROLIFIC)
    assert (again.next()["page"], rows(app, Participant)) == ("thanks", 1)


@pytest.mark.parametrize("door", NAMED)
def test_who_stops_is_shown_the_way_back(app, door):
    visitor = Visitor(app).enrol(arrival=NAMED[door])
    assert visitor.post("withdraw").get_json() == {"page": "thanks"}
    end = visitor.next()
    code, way = end["code"], end["departure"]
    assert end["outcome"] == "withdrawn"
    assert {
        "label": {"method": "none", "url": "", "fields": {}},
        "panel": {
            "method": "get",
            "url": f"https://panel.example/end?who=person%201&s=&how=withdrawn&code={code}",
            "fields": {},
        },
        "prolific": {
            "method": "get",
            "url": "https://app.prolific.com/submissions/complete?cc=ST0P",
            "fields": {},
        },
        "mturk": {
            "method": "post",
            "url": "https://workersandbox.mturk.com/mturk/externalSubmit",
            "fields": {**way["fields"], "assignmentId": "3AB", "code": code, "outcome": "withdrawn"},
        },
    }[door] == way


def test_the_newest_assignment_of_a_worker_is_the_one_that_is_submitted(app):
    Visitor(app).begin(arrival=MTURK)
    again = Visitor(app).enrol(arrival={**MTURK, "assignmentId": "9ZZ", "hitId": "8YY"})
    again.take_all()
    end = again.next()
    assert (end["outcome"], end["departure"]["fields"]["assignmentId"]) == ("complete", "9ZZ")


def test_nothing_that_names_a_person_comes_out_of_the_api(app):
    ids = {"workerId": "A-WORKER", "hitId": "A-HIT", "assignmentId": "AN-ASSIGNMENT"}
    visitor = Visitor(app)
    replies = [visitor.ask_in(arrival={**MTURK, **ids}).get_data(as_text=True)]
    visitor.enrol(arrival={**MTURK, **ids})
    visitor.post("begin")
    replies.append(visitor.client.get("/api/next", headers=visitor.headers).get_data(as_text=True))
    assert not [name for name in ids.values() for reply in replies if name in reply]


@pytest.mark.parametrize("value", INJECTIONS)
def test_no_parameter_breaks_the_site(app, value):
    for name in ("id", "participantId", "session", *PROLIFIC, *MTURK, "unheard_of"):
        reply = Visitor(app).ask_in(arrival={**PROLIFIC, name: value})
        assert reply.status_code in (201, 403)


@pytest.mark.parametrize("arrival", [{"id": 7}, {"id": None}, {"id": ["a"]}, {"id": {}}, [], "id=7", 7])
def test_an_arrival_that_is_no_table_of_texts_is_a_bad_request(app, arrival):
    body = {"request": "0123456789abcdef", "arrival": arrival, "browser": {}}
    assert app.test_client().post("/api/participants", json=body).status_code == 400

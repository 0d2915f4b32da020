"""The API as a page meets it: the way from consent to thanks, stopping, and every misuse refused."""

import re

import pytest
from server_samples import Visitor, kinds_of, make_study, records_of, serving_site

from experiment_server import tokens


@pytest.mark.usefixtures("database")
def test_the_way_leads_from_consent_to_thanks(tmp_path):
    study = make_study(tmp_path, screening={"sound_check": True})
    with serving_site(study) as app:
        visitor = Visitor(app)
        assert visitor.ask_in().get_json()["page"] == "sound"
        assert visitor.enrol().next() == {"page": "sound"}
        assert visitor.post("begin").status_code == 409
        assert visitor.post("sound-checked").get_json() == {"page": "instructions"}
        assert visitor.next() == {"page": "instructions"}
        assert visitor.post("begin").get_json() == {"page": "trial"}
        trials = visitor.take_all()
        end = visitor.next()
    assert [(t["phase"], t["position"], t["count"]) for t in trials] == [
        ("practice", 1, 2), ("practice", 2, 2),
        ("main", 1, 4), ("main", 2, 4), ("main", 3, 4), ("main", 4, 4),
    ]  # fmt: skip
    assert (end["page"], end["outcome"]) == ("thanks", "complete")
    assert re.fullmatch("[A-Z2-7]{8}", end["code"])
    assert end["departure"] == {"method": "none", "url": "", "fields": {}}
    assert kinds_of(study) == ["enrolled"] * 2 + ["handed_out", "answered"] * 6 + ["complete"]


def test_who_stops_is_thanked_and_takes_no_more_trials(visitor):
    trial = visitor.begin().next()["trial"]
    assert visitor.post("withdraw").get_json() == {"page": "thanks"}
    assert visitor.next()["outcome"] == "withdrawn"
    assert visitor.answer(trial).status_code == 409
    assert visitor.post("begin").get_json() == {"page": "thanks"}


def test_who_is_complete_can_not_stop_any_more_and_codes_differ_by_outcome(app):
    done, stopped = Visitor(app).begin(), Visitor(app).enrol()
    done.take_all()
    done.post("withdraw")
    stopped.post("withdraw")
    assert (done.next()["outcome"], stopped.next()["outcome"]) == ("complete", "withdrawn")
    key = app.extensions["experiment_server"].key
    name = tokens.participant_of(key, stopped.headers["Authorization"].removeprefix("Bearer "))
    assert stopped.next()["code"] != tokens.completion_code(key, name)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"text"', b"[" * 60_000, b"\xff", b'{"a":' * 9000])
def test_a_body_that_is_no_object_is_refused_with_a_sentence(app, body):
    reply = app.test_client().post("/api/participants", data=body, content_type="application/json")
    assert reply.status_code == 400
    assert reply.get_json()["error"].endswith(".")


def test_a_body_that_is_too_large_is_refused(app):
    reply = app.test_client().post("/api/participants", json={"request": "x" * 70_000})
    assert reply.status_code == 413


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic {token}", "Bearer {token}x"])
def test_without_a_token_of_this_study_nothing_is_told(visitor, token):
    own = visitor.begin().headers["Authorization"].removeprefix("Bearer ")
    visitor.headers = {"Authorization": token.format(token=own)}
    replies = [visitor.client.get("/api/next", headers=visitor.headers)]
    replies += [visitor.post(what) for what in ("begin", "sound-checked", "withdraw")]
    replies += [visitor.post("events", events=[]), visitor.answer({"nonce": "x"})]
    for reply in replies:
        assert reply.status_code == 401
        assert "open the link" in reply.get_json()["error"]


def test_a_token_signed_with_another_key_is_nobody(visitor, study):
    name = visitor.begin() and records_of(study)[0].participant
    forged = tokens.participant_token("another key, long enough", name)
    reply = visitor.client.get("/api/next", headers={"Authorization": f"Bearer {forged}"})
    assert reply.status_code == 401

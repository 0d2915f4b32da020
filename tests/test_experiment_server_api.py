"""The API as a page meets it: the way through, answers kept once, and every misuse refused."""

import re
from collections import Counter

import numpy as np
import pytest
from flask import request
from server_samples import VARIANTS, Visitor, make_study, serving_site
from sqlalchemy import make_url

from experiment_server.app import create_app
from experiment_server.database import db, tables
from experiment_server.errors import StudyError
from experiment_server.exports import export
from experiment_server.participation import events, tokens
from experiment_server.planning import design, plans
from experiment_server.studies.study import STUDY_NAME
from experiment_server.web import serving


@pytest.fixture
def study(tmp_path):
    return make_study(tmp_path, trials={"replays": 1})


@pytest.fixture
def app(study):
    with serving_site(study) as app:
        yield app


@pytest.fixture
def visitor(app):
    return Visitor(app)


def records_of(study):
    return export.read_study(study).records


def rows_of(study, table):
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        return session.query(table).order_by(table.id).all()


def kinds_of(study):
    return [event.kind for event in rows_of(study, tables.Event)]


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


def test_a_refresh_leads_to_the_same_trial(visitor):
    assert visitor.begin().next() == visitor.next()


@pytest.mark.usefixtures("database")
def test_every_plan_is_stored_before_anything_is_shown_and_can_be_drawn_again(app, study):
    for _ in range(3):
        Visitor(app).begin()
    opened = app.extensions["experiment_server"].opened
    with db.opened(opened.database_url) as engine, db.reading(engine) as session:
        for number, participant in enumerate(session.query(tables.Participant).order_by("id")):
            assert participant.seed == plans.participant_seed(7, number)
            drawn = design.draw_plan(
                opened.videos,
                opened.study.trials,
                filled=participant.filled_before,
                rng=np.random.default_rng(participant.seed),
            )
            stored = [
                (t.phase, t.position, t.video, t.clip, t.variant, t.real_interval, t.is_catch)
                for t in participant.trials
            ]
            assert stored == [
                (t.phase, t.position, t.video, t.clip, t.variant, t.real_interval, t.is_catch)
                for t in drawn
            ]


def test_only_who_has_read_the_instructions_takes_a_slot(app, study):
    visitor = Visitor(app).enrol()
    assert rows_of(study, tables.Trial) == []
    visitor.post("begin")
    assert len(rows_of(study, tables.Trial)) == 6
    assert visitor.post("begin").get_json() == {"page": "trial"}
    assert len(rows_of(study, tables.Trial)) == 6


def test_variants_stay_even_over_all_who_come(app, study):
    for _ in range(5):
        Visitor(app).begin()
    counts = Counter(r.variant for r in records_of(study) if r.phase == "main")
    assert sum(counts.values()) == 20
    assert max(counts.values()) - min(counts.values()) <= 1


def test_intervals_of_each_variant_stay_even_over_all_who_come(tmp_path):
    study = make_study(tmp_path, trials={"main": 5, "practice": 0})
    with serving_site(study) as app:
        for _ in range(9):
            Visitor(app).begin()
    for variant in VARIANTS:
        counts = Counter(r.real_interval for r in records_of(study) if r.variant == variant)
        assert abs(counts[1] - counts[2]) <= 1


@pytest.mark.usefixtures("database")
def test_the_same_answer_twice_is_one_row_and_another_one_is_refused(visitor, study):
    trial = visitor.begin().next()["trial"]
    first = visitor.answer(trial, 2, rt_ms=500.0)
    again = visitor.answer(trial, 2, rt_ms=900.0, replays=1)
    other = visitor.answer(trial, 1)
    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert again.get_json() == first.get_json()
    assert "another answer already" in other.get_json()["error"]
    kept = [record for record in records_of(study) if record.response_interval]
    assert [(r.response_interval, r.rt_ms, r.replays) for r in kept] == [(2, 500.0, 0)]
    refused = [e for e in rows_of(study, tables.Event) if e.kind == "refused_answer"]
    assert [(e.interval, e.trial_id) for e in refused] == [(1, 1)]


def test_the_last_answer_again_is_no_conflict_though_the_session_is_over(visitor):
    *_, last = visitor.begin().take_all()
    assert visitor.answer(last).get_json() == {"kept": True, "correct_interval": None}
    assert visitor.answer(last, 2).status_code == 409


def test_an_answer_after_more_than_a_day_is_kept_without_a_response_time(visitor, study):
    trial = visitor.begin().next()["trial"]
    assert visitor.answer(trial, 2, rt_ms=90_000_000.5).status_code == 200
    kept = [record for record in records_of(study) if record.response_interval]
    assert [(r.response_interval, r.rt_ms) for r in kept] == [(2, None)]


def test_every_time_that_a_trial_is_handed_out_is_counted(visitor, study):
    trial = visitor.begin().next()["trial"]
    visitor.next()
    visitor.next()
    visitor.answer(trial)
    visitor.next()
    assert [record.presentations for record in records_of(study)] == [3, 1, 0, 0, 0, 0]


def test_a_trial_that_was_not_handed_out_can_not_be_answered(app, visitor, study):
    visitor.begin().next()
    waiting = rows_of(study, tables.Trial)[1].nonce
    others = Visitor(app).begin().next()["trial"]["nonce"]
    for nonce in (waiting, others, "nobody's"):
        for reply in (
            visitor.answer({"nonce": nonce}),
            visitor.post("invalid", nonce=nonce, reason="failed"),
        ):
            assert reply.status_code == 409
            assert "has not been handed out" in reply.get_json()["error"]


def test_practice_reveals_the_right_answer_once_the_answer_is_kept_and_main_trials_never(visitor, study):
    visitor.begin()
    replies = []
    while (due := visitor.next())["page"] == "trial":
        replies.append(visitor.answer(due["trial"]).get_json())
    expected = [r.real_interval if r.phase == "practice" else None for r in records_of(study)]
    assert [reply["correct_interval"] for reply in replies] == expected


@pytest.mark.usefixtures("database")
def test_an_invalid_trial_is_over_and_takes_no_answer(visitor, study):
    trial = visitor.begin().next()["trial"]
    for _ in range(2):
        reply = visitor.post("invalid", nonce=trial["nonce"], reason="stalled", detail="3 s\x00\ud800")
        assert reply.get_json() == {"kept": True, "page": "trial"}
    assert visitor.next()["trial"]["nonce"] != trial["nonce"]
    assert visitor.answer(trial).status_code == 409
    assert visitor.take_all()[-1]["position"] == 4
    assert visitor.next()["outcome"] == "complete"
    first, *others = rows_of(study, tables.Trial)
    assert (first.invalid_reason, first.invalid_utc is None) == ("stalled", False)
    assert all(other.invalid_reason is None for other in others)
    assert rows_of(study, tables.Participant)[0].media_failures == 1
    assert [e.detail for e in rows_of(study, tables.Event) if e.kind == "invalid"] == ["3 s  "]


def test_an_answered_trial_is_not_invalid_any_more(visitor):
    trial = visitor.begin().next()["trial"]
    visitor.answer(trial)
    reply = visitor.post("invalid", nonce=trial["nonce"], reason="failed")
    assert reply.status_code == 409
    assert "answer already" in reply.get_json()["error"]


def test_whose_clips_fail_too_often_is_thanked_and_told_so(visitor, study):
    visitor.begin()
    replies = []
    for _ in range(3):
        nonce = visitor.next()["trial"]["nonce"]
        replies.append(visitor.post("invalid", nonce=nonce, reason="failed").get_json()["page"])
    assert replies == ["trial", "trial", "thanks"]
    assert visitor.next()["outcome"] == "failed_media"
    assert visitor.post("invalid", nonce=nonce, reason="failed").get_json()["page"] == "thanks"
    assert kinds_of(study)[-1] == "failed_media"


def test_a_session_whose_last_trial_is_invalid_is_complete(visitor):
    visitor.begin()
    for _ in range(5):
        visitor.answer(visitor.next()["trial"])
    nonce = visitor.next()["trial"]["nonce"]
    assert visitor.post("invalid", nonce=nonce, reason="failed").get_json()["page"] == "thanks"
    assert visitor.next()["outcome"] == "complete"


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


@pytest.mark.usefixtures("database")
def test_events_are_kept_with_the_clocks_of_both_sides(visitor, study):
    trial = visitor.begin().next()["trial"]
    told = [
        {
            "kind": "playing", "nonce": trial["nonce"], "interval": 1,
            "ms": 12.5, "utc": "2026-01-01T01:00+01:00",
        },
        {"kind": "hidden", "ms": 20},
    ]  # fmt: skip
    assert visitor.post("events", events=told).get_json() == {"kept": 2}
    assert visitor.post("events", events=[]).get_json() == {"kept": 0}
    playing, hidden = rows_of(study, tables.Event)[-2:]
    assert (playing.kind, playing.trial_id, playing.interval, playing.client_ms) == (
        "playing",
        1,
        1,
        12.5,
    )
    assert playing.client_utc.isoformat() == "2026-01-01T00:00:00+00:00"
    assert (hidden.kind, hidden.trial_id, hidden.client_utc) == ("hidden", None, None)
    assert hidden.server_utc is not None


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "answered", "ms": 1}, {"kind": ["playing"], "ms": 1}, {"kind": "playing"},
        {"kind": "playing", "ms": -1}, {"kind": "playing", "ms": 1, "nonce": "foreign"},
        {"kind": "playing", "ms": 1, "interval": 3}, {"kind": "playing", "ms": 1, "utc": "noon"},
        {"kind": "playing", "ms": 1, "utc": "2026-01-01T12:00:00"},
        {"kind": "playing", "ms": 1, "utc": "0001-01-01T00:00:00+23:59"},
        {"kind": "playing", "ms": 1, "detail": 7}, "playing",
    ],
)  # fmt: skip
def test_an_impossible_event_is_refused_with_all_that_came_with_it(visitor, study, event):
    visitor.begin().next()
    before = len(rows_of(study, tables.Event))
    reply = visitor.post("events", events=[{"kind": "focus", "ms": 1}, event])
    assert reply.status_code == 400
    assert " must be " in reply.get_json()["error"]
    assert len(rows_of(study, tables.Event)) == before


def test_a_flood_of_events_is_not_kept_and_ends_no_session(visitor, study, monkeypatch):
    monkeypatch.setattr(events, "MOST", 3)
    visitor.enrol()  # one event
    told = [{"kind": "focus", "ms": 1}] * 2
    assert [visitor.post("events", events=told).get_json()["kept"] for _ in range(2)] == [2, 0]
    assert len(rows_of(study, tables.Event)) == 3
    visitor.post("begin")
    assert visitor.take_all() != []


def test_too_many_events_at_once_are_refused(visitor):
    visitor.enrol()
    assert visitor.post("events", events=[{"kind": "focus", "ms": 1}] * 51).status_code == 400
    assert visitor.post("events", events={"kind": "focus"}).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"interval": 0}, {"interval": 3}, {"interval": "1"}, {"interval": True}, {"interval": None},
        {"rt_ms": -1}, {"rt_ms": "fast"}, {"rt_ms": None}, {"rt_ms": 10**400}, {"rt_ms": float("inf")},
        {"rt_ms": float("nan")},
        {"replays": 2}, {"replays": -1}, {"replays": 0.5},
        {"nonce": 1}, {"nonce": ""}, {"nonce": "\ud800"}, {"nonce": "a\x00b"}, {"nonce": "x" * 33},
    ],
)  # fmt: skip
def test_an_impossible_answer_is_refused_with_a_sentence(visitor, study, changes):
    trial = visitor.begin().next()["trial"]
    reply = visitor.answer(trial, **{"interval": 1, **changes})
    assert reply.status_code == 400
    assert " must be " in reply.get_json()["error"]
    assert not any(record.response_interval for record in records_of(study))


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


def test_a_database_that_is_away_is_said_to_be_away_for_now(visitor, study):
    trial = visitor.begin().next()["trial"]
    with db.opened(db.url_of(study)) as engine, engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE responses RENAME TO elsewhere")
    reply = visitor.answer(trial)
    assert reply.status_code == 503
    assert "try again" in reply.get_json()["error"]
    assert int(reply.headers["Retry-After"]) >= 1
    with db.opened(db.url_of(study)) as engine, engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO responses")
    assert visitor.answer(trial).status_code == 200


def test_postgresql_that_goes_and_comes_back_loses_nothing(
    tmp_path, monkeypatch, postgresql_url, postgresql_server
):
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    name = make_url(postgresql_url).database
    with serving_site(make_study(tmp_path)) as app:
        visitor = Visitor(app).begin()
        trial = visitor.next()["trial"]
        postgresql_server.psql(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false; "
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        away = visitor.answer(trial)
        postgresql_server.psql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert (away.status_code, away.headers["Retry-After"]) == (503, "2")
        assert visitor.answer(trial).status_code == 200


def test_an_edited_study_file_leaves_those_under_way_their_plans(tmp_path):
    study = make_study(tmp_path)
    with serving_site(study) as app:
        visitor = Visitor(app).begin()
    path = study / STUDY_NAME
    path.write_text(path.read_text().replace("main = 4", "main = 3"))
    with serving_site(study) as app:
        visitor.client = app.test_client()
        assert [t["count"] for t in visitor.take_all()] == [2, 2, 4, 4, 4, 4]


def test_an_idle_number_of_proxies_is_refused(study):
    for wrong in ("one", -1, 1.5, True):
        with pytest.raises(StudyError, match="EXPERIMENT_SERVER_PROXIES"):
            create_app({"STUDY": study, "PROXIES": wrong})


def test_requests_by_the_site_s_proxies_are_taken_for_what_they_were(study):
    for n, secure in ((0, False), (1, True)):
        app = create_app({"STUDY": study, "PROXIES": n})
        with app.test_client() as client:
            client.get("/health", headers={"X-Forwarded-Proto": "https"})
            assert request.is_secure == secure
        serving.close(app)

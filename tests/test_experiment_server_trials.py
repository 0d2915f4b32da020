"""Trials as a page meets them: handed out, answered once or found invalid, and over."""

import pytest
from server_samples import Visitor, kinds_of, records_of, rows_of

from experiment_server.database import tables
from experiment_server.participation import events


def test_a_refresh_leads_to_the_same_trial(visitor):
    assert visitor.begin().next() == visitor.next()


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


def test_asking_again_and_again_does_not_fill_the_log(visitor, study, monkeypatch):
    trial = visitor.begin().next()["trial"]
    visitor.answer(trial)
    before = len(rows_of(study, tables.Event))
    for _ in range(20):
        visitor.next()
    assert len(rows_of(study, tables.Event)) == before + 1  # of the second trial, once
    monkeypatch.setattr(events, "MOST", before + 3)
    for _ in range(20):
        assert visitor.answer(trial, 2).status_code == 409
    assert len(rows_of(study, tables.Event)) == before + 3


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
    assert (first.invalid, first.invalid_utc is None) == ("stalled", False)
    assert all(other.invalid is None for other in others)
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

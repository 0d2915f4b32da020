"""What pages tell of events: kept with both clocks, refused whole where it can't be, and no flood."""

import pytest
from server_samples import rows_of

from experiment_server.database import tables
from experiment_server.participation import events


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

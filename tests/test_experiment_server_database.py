"""The database: its constraints hold against any program, and what it acknowledged is on the disk."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from experiment_server.database import db, tables
from experiment_server.doors.door import Arrival
from experiment_server.errors import StudyError
from experiment_server.folders import folder
from experiment_server.participation.enrolment import Wish, enrol
from experiment_server.studies import wording

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path):
    return folder.read(make_study(tmp_path))


@pytest.fixture
def engine(opened):
    with db.opened(opened.database_url) as engine:
        yield engine


@pytest.fixture
def participant(opened):
    with serving_site(opened.path) as app:
        Visitor(app).begin().next()


def wish(opened):
    agreed = wording.consent_sha256(opened.study)
    return Wish(request="s" * 32, arrival=Arrival(recruiter="link"), browser={}, consent_sha256=agreed)


@pytest.mark.usefixtures("database", "participant")
def test_the_design_can_not_be_broken(engine):
    for statement in (
        "UPDATE trials SET clip = (SELECT clip FROM trials WHERE id = 1) WHERE id = 2",
        "UPDATE trials SET video = (SELECT video FROM trials WHERE id = 3) WHERE id = 4",
        "UPDATE trials SET position = 1 WHERE phase = 'main'",
        "UPDATE trials SET real_interval = 3",
        "UPDATE trials SET phase = 'other' WHERE id = 1",
        "UPDATE trials SET is_catch = true WHERE phase = 'practice'",
        "UPDATE trials SET invalid = 'stalled'",
        "UPDATE trials SET invalid = 'boring', invalid_utc = '2026-01-01'",
        "UPDATE trials SET media_2 = media_1",
        "UPDATE trials SET nonce = 'the same'",
        "UPDATE trials SET participant_id = 99",
        "UPDATE trials SET presentations = -1",
        "UPDATE participants SET state = 'lost'",
        "UPDATE participants SET state = 'complete'",
        "UPDATE participants SET ended_utc = '2026-01-01'",
        "UPDATE participants SET filled_before = NULL",
        "UPDATE participants SET consent_sha256 = 'unknown'",
        "UPDATE participants SET media_failures = -1",
        "INSERT INTO responses VALUES (1, 1, 3, 100.0, 0, '2026-01-01')",
        "INSERT INTO responses VALUES (1, 1, 1, -1.0, 0, '2026-01-01')",
        "INSERT INTO responses VALUES (1, 1, 1, 9.0, 0, '2026-01-01'), (2, 1, 1, 9.0, 0, '2026-01-01')",
    ):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(statement))
            pytest.fail(statement)


@pytest.mark.usefixtures("database", "participant")
def test_what_happened_can_not_be_undone(engine):
    for statement in ("UPDATE events SET kind = 'other'", "DELETE FROM events"):
        with pytest.raises(DBAPIError, match="events are never"), engine.begin() as connection:
            connection.execute(text(statement))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM events")).scalar() == 2


@pytest.mark.usefixtures("database")
def test_times_come_back_in_utc(engine, opened):
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    with db.writing(engine) as session:
        enrol(session, opened, "a key", wish(opened), now=elsewhere)
    with db.reading(engine) as session:
        kept = session.query(tables.Participant).one().consented_utc
    assert kept == NOW
    assert kept.isoformat() == NOW.isoformat()


def test_a_writer_keeps_others_from_writing_until_it_is_done(engine):
    with db.writing(engine) as session:
        session.execute(text("SELECT 1"))
        with engine.connect() as other:
            other.exec_driver_sql("PRAGMA busy_timeout=0")
            with pytest.raises(Exception, match="locked"):
                other.exec_driver_sql("UPDATE participants SET seed = 1")


def test_answers_are_on_the_disk_when_postgresql_says_so(postgresql_url, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    with db.opened(db.url_of(tmp_path)) as engine, engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        assert connection.exec_driver_sql("SHOW fsync").scalar() == "on"


def test_answers_are_on_the_disk_when_a_commit_returns(engine):
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_the_environment_names_another_database(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://me:secret@there:5433/study")
    url = db.url_of(tmp_path)
    assert url.render_as_string(hide_password=False) == "postgresql+psycopg://me:secret@there:5433/study"
    monkeypatch.setenv("EXPERIMENT_SERVER_DATABASE_URL", "sqlite:////elsewhere/other.sqlite")
    assert db.url_of(tmp_path).database == "/elsewhere/other.sqlite"
    for wrong in ("mysql://there/study", "nonsense"):
        monkeypatch.setenv("EXPERIMENT_SERVER_DATABASE_URL", wrong)
        with pytest.raises(StudyError, match="no address of a database"):
            db.url_of(tmp_path)


def test_two_studies_do_not_share_a_database(tmp_path, monkeypatch, postgresql_url):
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    with serving_site(make_study(tmp_path / "one")) as app:
        Visitor(app).enrol()
    with pytest.raises(StudyError, match="participants of another study"):
        make_study(tmp_path / "two")


def test_work_that_a_rival_forestalled_is_done_once_more(engine):
    tries = []

    def add_twice_at_first(session):
        tries.append(session)
        for _ in range(3 - len(tries)):  # the second one stands for what a rival inserted
            session.execute(text("INSERT INTO study_states VALUES (1, 'open', '2026-01-01')"))
        return session.scalar(text("SELECT count(*) FROM study_states"))

    assert db.write(engine, add_twice_at_first) == 1
    assert len(tries) == 2


def test_a_constraint_that_no_rival_explains_is_an_error(engine):
    calls = []

    def break_it(session):
        calls.append(session)
        session.execute(text("INSERT INTO study_states VALUES (1, 'ajar', '2026-01-01')"))

    with pytest.raises(IntegrityError):
        db.write(engine, break_it)
    assert len(calls) == 2

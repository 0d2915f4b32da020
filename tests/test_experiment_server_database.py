"""The database: its history leads to its tables, and its constraints hold against any program."""

import json
import stat
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic import command
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from experiment_server import db, folder, sessions, tables, tokens
from experiment_server.study import StudyError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path):
    return folder.read(make_study(tmp_path))


@pytest.fixture
def engine(opened):
    with db.opened(opened.database_url) as engine:
        yield engine


@pytest.fixture
def participant(engine, opened):
    with db.writing(engine) as session:
        return sessions.enrol(session, opened, request="r" * 32, simulated=False, now=NOW)


def test_the_migrations_lead_to_the_tables(engine):
    config = db.alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.check(config)  # raises where tables and migrations differ


def test_the_migrations_lead_to_nothing_and_back(engine, opened):
    config = db.alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    with pytest.raises(StudyError, match="experiment-server run"):
        db.check_current(engine)
    folder.upgrade(opened)
    db.check_current(engine)


def test_a_database_with_answers_is_brought_up_to_date_and_back(tmp_path):
    study = make_study(tmp_path)
    with serving_site(study) as app:
        visitor = Visitor(app).begin()
        visitor.take_all()
        trial = Visitor(app).begin().next()
        assert trial["page"] == "trial"
    before = rows_of(study)
    config = db.alembic_config()
    with db.opened(db.url_of(study)) as engine:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0001")
            old = connection.exec_driver_sql("SELECT filled_before FROM participants").scalars().all()
        assert [set(json.loads(text).values()) for text in old][1] <= {1, 2}
        db.upgrade(engine)
    assert rows_of(study) == before
    assert [row[-1] for row in before[1]] == [1] * 7 + [0] * 5


def rows_of(study):
    with db.opened(db.url_of(study)) as engine, engine.connect() as connection:
        return [
            connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id").all()
            for name in ("participants", "trials", "responses")
        ]


@pytest.mark.parametrize("name", ["what?", "50%", "100%25", "a#b", "x?mode=ro", "my study"])
def test_a_folder_may_have_any_name(tmp_path, name):
    study = make_study(tmp_path / name)
    assert (study / db.DATABASE_NAME).is_file()
    with serving_site(study) as app:
        assert Visitor(app).begin().next()["page"] == "trial"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_every_constraint_has_a_name_that_migrations_can_find(engine):
    for table in tables.Base.metadata.tables:
        inspector = inspect(engine)
        found = inspector.get_unique_constraints(table) + inspector.get_check_constraints(table)
        assert all(constraint["name"] for constraint in [*found, *inspector.get_foreign_keys(table)])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trials SET clip = (SELECT clip FROM trials WHERE id = 1) WHERE id = 2",
        "UPDATE trials SET video = (SELECT video FROM trials WHERE id = 3) WHERE id = 4",
        "UPDATE trials SET position = 1 WHERE phase = 'main'",
        "UPDATE trials SET real_interval = 3",
        "UPDATE trials SET phase = 'other' WHERE id = 1",
        "UPDATE trials SET media_2 = media_1",
        "UPDATE trials SET participant_id = 99",
        "UPDATE trials SET presentations = -1",
        "UPDATE participants SET state = 'lost'",
        "UPDATE participants SET state = 'complete'",
        "INSERT INTO responses VALUES (1, 1, 3, 100.0, 0, '2026-01-01')",
        "INSERT INTO responses VALUES (1, 1, 1, -1.0, 0, '2026-01-01')",
        "INSERT INTO responses VALUES (1, 1, 1, 9.0, 0, '2026-01-01'), (2, 1, 1, 9.0, 0, '2026-01-01')",
    ],
)
@pytest.mark.usefixtures("participant")
def test_the_design_can_not_be_broken(engine, statement):
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(statement))


def test_times_come_back_in_utc(engine, opened):
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    with db.writing(engine) as session:
        sessions.enrol(session, opened, request="s" * 32, simulated=False, now=elsewhere)
    with db.reading(engine) as session:
        kept = session.query(tables.Participant).one().consented_utc
    assert kept == NOW
    assert kept.tzinfo == UTC


def test_a_writer_keeps_others_from_writing_until_it_is_done(engine):
    with db.writing(engine) as session:
        session.execute(text("SELECT 1"))
        with engine.connect() as other:
            other.exec_driver_sql("PRAGMA busy_timeout=0")
            with pytest.raises(Exception, match="locked"):
                other.exec_driver_sql("UPDATE participants SET seed = 1")


def test_answers_are_on_the_disk_when_a_commit_returns(engine):
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_study_is_made_whole_or_not_at_all(tmp_path):
    with pytest.raises(StudyError, match="stimulus set has 3 videos"):
        make_study(tmp_path, n_videos=3)
    assert not (tmp_path / "study").exists()


def test_a_study_is_never_overwritten(tmp_path):
    study = make_study(tmp_path)
    with pytest.raises(StudyError, match="exists already"):
        folder.create(study, folder.read(study).study)


def test_the_secret_key_is_its_owners_alone(tmp_path, monkeypatch):
    study = make_study(tmp_path)
    assert stat.S_IMODE((study / tokens.KEY_NAME).stat().st_mode) == 0o600
    monkeypatch.setenv(tokens.KEY_VARIABLE, "a key from the environment")
    assert tokens.read_key(study) == "a key from the environment"
    monkeypatch.setenv(tokens.KEY_VARIABLE, "short")
    with pytest.raises(StudyError, match="16 characters"):
        tokens.read_key(study)


def test_damaged_media_are_found_before_a_participant_finds_them(tmp_path):
    study = make_study(tmp_path)
    victim = next((tmp_path / "set" / "media").iterdir())
    victim.write_bytes(b"short")
    with pytest.raises(StudyError, match=f"{victim.name} of clip .* is missing or damaged"):
        folder.read(study)


def test_another_stimulus_set_under_a_running_study_is_refused(tmp_path):
    study = make_study(tmp_path)
    with serving_site(study) as app:
        Visitor(app).enrol()
    path = tmp_path / "set" / "manifest.json"
    path.write_text(path.read_text().replace('"seed": 1,', '"seed": 2,'))
    with pytest.raises(StudyError, match="put the old set back"), serving_site(study):
        pass


def test_a_missing_database_is_not_replaced_by_an_empty_one(tmp_path):
    study = make_study(tmp_path)
    (study / db.DATABASE_NAME).unlink()
    with pytest.raises(StudyError, match=r"no study\.sqlite"), serving_site(study):
        pass
    assert not (study / db.DATABASE_NAME).exists()

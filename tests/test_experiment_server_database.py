"""The database: its history leads to its tables, and its constraints hold against any program."""

import json
import stat
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic import command
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import CheckConstraint, func, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from experiment_server.database import db, schema, tables
from experiment_server.doors.arrival import Arrival
from experiment_server.errors import StudyError
from experiment_server.participation import tokens
from experiment_server.participation.enrolment import Wish, enrol
from experiment_server.studies import folder

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OLD_PARTICIPANTS = (
    # name, simulated, state, instructed, completed
    ("pdone", False, "complete", True, True),
    ("phalfway", False, "active", True, False),
    ("pnew", False, "active", False, False),
    ("probot", True, "complete", True, True),
)


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


def wish(request):
    return Wish(request=request, arrival=Arrival(recruiter="link"), browser={})


@pytest.mark.usefixtures("database")
def test_the_migrations_lead_to_the_tables(engine):
    with db.migrating(engine) as config:
        command.check(config)  # raises where tables and migrations differ
    for name, table in schema.METADATA.tables.items():
        found = {check["name"] for check in inspect(engine).get_check_constraints(name)}
        assert found == {c.name for c in table.constraints if isinstance(c, CheckConstraint)}


@pytest.mark.usefixtures("database")
def test_the_migrations_lead_to_nothing_and_back(engine, opened):
    with db.migrating(engine) as config:
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    with pytest.raises(StudyError, match="experiment-server run"):
        db.check_current(engine)
    folder.upgrade(opened)
    db.check_current(engine)


@pytest.mark.usefixtures("database")
def test_a_database_of_the_second_version_is_brought_up_to_date_with_all_its_data(engine, opened):
    with db.migrating(engine) as config:
        command.downgrade(config, "base")
        command.upgrade(config, "0002")
    with engine.begin() as connection:
        fill_second_version(connection, opened)
    folder.upgrade(opened)
    with db.migrating(engine) as config:
        command.check(config)
    with db.reading(engine) as session:
        people = {p.name: p for p in session.scalars(select(tables.Participant))}
        shown = session.scalars(select(tables.Trial).order_by(tables.Trial.id)).all()
        (consent,) = session.scalars(select(tables.ConsentText)).all()
        n_responses = session.scalar(select(func.count()).select_from(tables.Response))
    states = {name: (p.recruiter, p.state, p.filled_before is None) for name, p in people.items()}
    assert states == {
        "pdone": ("link", "complete", False),
        "phalfway": ("link", "active", False),
        "pnew": ("link", "screening", True),
        "probot": ("robot", "complete", False),
    }
    assert {(p.lease_utc, p.media_failures, str(p.browser)) for p in people.values()} == {(NOW, 0, "{}")}
    assert people["pdone"].ended_utc == NOW
    assert people["pdone"].filled_before == {"random": [1, 0]}
    assert (consent.sha256, consent.first_utc) == ("c" * 64, NOW)
    assert "were not kept" in consent.text
    assert n_responses == 3
    assert [(t.participant_id, t.is_catch, t.presentations) for t in shown] == [
        (1, False, 1), (1, False, 1), (2, False, 1), (2, False, 0), (4, False, 1), (4, False, 1),
    ]  # fmt: skip
    assert len({t.nonce for t in shown} | {t.media_1 for t in shown}) == 12


def test_who_was_under_way_in_the_second_version_goes_on(engine, opened):
    with db.migrating(engine) as config:
        command.downgrade(config, "0002")
    with engine.begin() as connection:
        fill_second_version(connection, opened)
    folder.upgrade(opened)
    with serving_site(opened.path) as app:
        for name, left in (("phalfway", 1), ("pnew", 6)):
            visitor = Visitor(app)
            token = tokens.participant_token(tokens.read_key(opened.path), name)
            visitor.headers = {"Authorization": f"Bearer {token}"}
            visitor.post("begin")
            assert len(visitor.take_all()) == left
            assert visitor.next()["outcome"] == "complete"


def fill_second_version(connection, opened):
    """Write participants of two trials each; those who began have answered their first one."""
    for number, (name, simulated, state, instructed, completed) in enumerate(OLD_PARTICIPANTS, 1):
        row = {
            "id": number, "name": name, "request": f"request of {name}", "simulated": simulated,
            "state": state, "seed": 2**62, "filled_before": json.dumps({"random": [1, 0]}),
            "study_sha256": "a" * 64, "stimulus_set": opened.stimulus_set, "consent_sha256": "c" * 64,
            "consented_utc": NOW, "instructed_utc": NOW if instructed else None,
            "completed_utc": NOW if completed else None,
        }  # fmt: skip
        insert(connection, "participants", row)
        for position in (1, 2):
            trial = 2 * number + position
            is_shown = instructed and (completed or position == 1)
            row = {
                "id": trial, "participant_id": number, "phase": "main", "position": position,
                "video": f"video-00{position}", "clip": f"clip-00{2 * position}", "variant": "random",
                "real_interval": 1, "media_1": f"first{trial}", "media_2": f"second{trial}",
                "presented_utc": NOW if is_shown else None, "presentations": int(is_shown),
            }  # fmt: skip
            insert(connection, "trials", row)
            if instructed and position == 1:
                row = {
                    "id": trial, "trial_id": trial, "chosen_interval": 1, "rt_ms": 9.0, "replays": 0,
                    "answered_utc": NOW,
                }  # fmt: skip
                insert(connection, "responses", row)


def insert(connection, table, row):
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


@pytest.mark.usefixtures("database")
def test_a_database_with_answers_is_brought_back_and_up_again(tmp_path):
    study = make_study(tmp_path, trials={"catch": 2, "main": 3}, catches=("catch-silence", "catch-tone"))
    with serving_site(study) as app:
        Visitor(app).begin().take_all()
        Visitor(app).begin().next()
    before = answers_of(study)
    with db.opened(db.url_of(study)) as engine:
        with db.migrating(engine) as config:
            command.downgrade(config, "0001")
        db.upgrade(engine)
    assert answers_of(study) == [row for row in before if not row.is_catch]


def answers_of(study):
    kept = select(
        tables.Participant.name, tables.Trial.position, tables.Trial.clip, tables.Trial.is_catch,
        tables.Response.chosen_interval, tables.Response.rt_ms,
    ).select_from(tables.Trial).join(tables.Trial.participant).join(tables.Trial.response)  # fmt: skip
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        return session.execute(kept.order_by(tables.Trial.id)).all()


@pytest.mark.parametrize("name", ["what?", "50%", "100%25", "a#b", "x?mode=ro", "my study"])
def test_a_folder_may_have_any_name(tmp_path, name):
    study = make_study(tmp_path / name)
    assert (study / db.DATABASE_NAME).is_file()
    with serving_site(study) as app:
        assert Visitor(app).begin().next()["page"] == "trial"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_every_constraint_has_a_name_that_migrations_can_find(engine):
    for table in schema.METADATA.tables:
        inspector = inspect(engine)
        found = inspector.get_unique_constraints(table) + inspector.get_check_constraints(table)
        assert all(constraint["name"] for constraint in [*found, *inspector.get_foreign_keys(table)])


@pytest.mark.usefixtures("database", "participant")
def test_the_design_can_not_be_broken(engine):
    for statement in (
        "UPDATE trials SET clip = (SELECT clip FROM trials WHERE id = 1) WHERE id = 2",
        "UPDATE trials SET video = (SELECT video FROM trials WHERE id = 3) WHERE id = 4",
        "UPDATE trials SET position = 1 WHERE phase = 'main'",
        "UPDATE trials SET real_interval = 3",
        "UPDATE trials SET phase = 'other' WHERE id = 1",
        "UPDATE trials SET is_catch = true WHERE phase = 'practice'",
        "UPDATE trials SET invalid_reason = 'stalled'",
        "UPDATE trials SET invalid_reason = 'boring', invalid_utc = '2026-01-01'",
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
        enrol(session, opened, "a key", wish("s" * 32), now=elsewhere)
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


def test_a_study_is_made_whole_or_not_at_all(tmp_path):
    with pytest.raises(StudyError, match="stimulus set has 3 videos"):
        make_study(tmp_path, n_videos=3)
    assert not (tmp_path / "study").exists()


def test_a_study_is_never_overwritten(tmp_path):
    study = make_study(tmp_path)
    with pytest.raises(StudyError, match="exists already"):
        folder.create(study, folder.read(study).study)


def test_nobody_else_on_the_machine_reads_who_took_part(tmp_path):
    study = make_study(tmp_path)
    with serving_site(study) as app:
        Visitor(app).begin()
        files = list(study.glob("study.sqlite*"))
        assert len(files) == 3  # database, log, index of the log
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


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
    with pytest.raises(StudyError, match=victim.name), serving_site(study):
        pass


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
    with pytest.raises(StudyError, match=r"no database .*study\.sqlite"), serving_site(study):
        pass
    assert not (study / db.DATABASE_NAME).exists()


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

"""The database's history: it leads to its tables and back, and old databases come along whole."""

import json
from datetime import UTC, datetime

import pytest
from alembic import command
from screening_samples import Listener, make_screened_study, rightly
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import CheckConstraint, func, inspect, select, text

from experiment_server import tokens
from experiment_server.database import db, schema, tables
from experiment_server.errors import StudyError
from experiment_server.exports import export
from experiment_server.folders import folder

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


@pytest.mark.usefixtures("database")
def test_columns_that_are_called_as_in_the_export_keep_their_contents_back_and_forth(tmp_path):
    study = make_screened_study(tmp_path, headphones="huggins")
    with serving_site(study) as app:
        visitor = Listener(app)
        visitor.post("sound-checked")
        visitor.take(rightly)
        visitor.post("begin")
        visitor.post("invalid", nonce=visitor.next()["trial"]["nonce"], reason="stalled")
        visitor.take_all()
    before = export.read_study(study, now=NOW)
    with db.opened(db.url_of(study)) as engine:
        with db.migrating(engine) as config:
            command.downgrade(config, "0005")
        names = {column["name"] for column in inspect(engine).get_columns("responses")}
        assert "chosen_interval" in names
        db.upgrade(engine)
    after = export.read_study(study, now=NOW)
    assert (after.records, after.participants) == (before.records, before.participants)
    assert before.records[0].invalid == "stalled"
    assert (before.participants[0].huggins, before.participants[0].answers) == ("3/3", 5)
    assert before.participants[0].sound_checked_utc


def answers_of(study):
    kept = select(
        tables.Participant.name, tables.Trial.position, tables.Trial.clip, tables.Trial.is_catch,
        tables.Response.response_interval, tables.Response.rt_ms,
    ).select_from(tables.Trial).join(tables.Trial.participant).join(tables.Trial.response)  # fmt: skip
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        return session.execute(kept.order_by(tables.Trial.id)).all()


def test_every_constraint_has_a_name_that_migrations_can_find(engine):
    for table in schema.METADATA.tables:
        inspector = inspect(engine)
        found = inspector.get_unique_constraints(table) + inspector.get_check_constraints(table)
        assert all(constraint["name"] for constraint in [*found, *inspector.get_foreign_keys(table)])

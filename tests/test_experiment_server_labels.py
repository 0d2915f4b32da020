"""What remains of annotators: labels on disk, people, pay, erasing, and the tables themselves."""

import csv
import json
from datetime import UTC, datetime

import pytest
from alembic import command
from annotation_site_samples import Annotator, make_annotation_study, robot_of, votes_of
from click.testing import CliRunner
from server_samples import Visitor, serving_site
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from experiment_server.cli import main
from experiment_server.commands import control
from experiment_server.database import db
from experiment_server.database.labellings import Label, Labelling
from experiment_server.doors import ledger
from experiment_server.errors import StudyError
from experiment_server.exports import export, labels
from experiment_server.exports.records import RecordsError
from experiment_server.folders import folder
from experiment_server.studies.sections import Pay

COLUMNS = [
    "study", "stimulus_set", "participant", "recruiter", "simulated", "state", "labelling", "position",
    "clip", "video", "impact_s", "material", "action", "reaction", "x", "y", "rt_ms", "replays",
    "presented_utc", "answered_utc", "known_material", "known_action", "known_reaction", "known_x",
    "known_y",
]  # fmt: skip


@pytest.fixture
def study(tmp_path, database):
    return make_annotation_study(tmp_path)


def test_labels_are_exported_with_their_dictionary_and_read_back(app, study, tmp_path):
    Annotator(app).begin().label_all(most=3)
    Annotator(app).begin(robot=robot_of(study)).label_all()
    done = CliRunner().invoke(main, ["export", str(study), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert done.output.strip() == f"8 impacts written to {tmp_path / 'out' / 'labels.csv'}"
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        "dataset_description.json", "labels.columns.json", "labels.csv", "participants.columns.json",
        "participants.csv",
    ]  # fmt: skip
    rows = labels.read(tmp_path / "out" / "labels.csv")
    assert rows == labels.read_study(study)
    assert [row.is_answered for row in rows] == [True] * 3 + [False] + [True] * 4
    assert [row.simulated for row in rows] == [False] * 4 + [True] * 4
    with (tmp_path / "out" / "labels.csv").open(newline="") as file:
        header = next(csv.reader(file))
    assert header == COLUMNS
    dictionary = json.loads((tmp_path / "out" / "labels.columns.json").read_text())
    assert [column["name"] for column in dictionary["columns"]] == header
    assert all(column["description"] for column in dictionary["columns"])
    described = json.loads((tmp_path / "out" / "dataset_description.json").read_text())
    assert described["description"].startswith("Annotation study")
    known = {clip.id: clip for clip in folder.read(study).manifest.clips}
    for row in rows:
        assert row.known_material == known[row.clip].material
        assert (row.known_x, row.known_y) == ((0.3, 0.6) if row.known_material else (None, None))


def test_people_are_exported_with_their_impacts(app, study):
    Annotator(app).begin().label_all(most=3)
    Visitor(app).enrol()
    people = export.read_study(study).participants
    assert [(one.state, one.trials, one.answers) for one in people] == [
        ("active", 4, 3), ("screening", 0, 0),
    ]  # fmt: skip


def test_a_file_of_labels_that_is_none_is_refused_with_its_place(tmp_path, study):
    path = tmp_path / "labels.csv"
    labels.write([], path)
    assert labels.read(path) == []
    path.write_text(path.read_text().replace("impact_s,", ""))
    with pytest.raises(RecordsError, match="lacks the columns impact_s; give a labels"):
        labels.read(path)
    with serving_site(study) as app:
        Annotator(app).begin().label_all(most=1)
    rows = labels.read_study(study)
    labels.write(rows, path)
    path.write_text(path.read_text().replace("0.25", "left"))
    with pytest.raises(RecordsError, match="line 2: x is 'left'; expected place"):
        labels.read(path)


def test_who_asks_for_it_is_erased_with_all_labels(app, study):
    visitor = Annotator(app).begin()
    visitor.label_all()
    code = visitor.next()["code"]
    Annotator(app).begin().label_all(most=1)
    assert control.erase(study, code, now=datetime.now(UTC)) == 4
    rows = labels.read_study(study)
    assert sum(row.is_answered for row in rows) == 1
    assert len({row.participant for row in rows}) == 1
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        assert len(session.scalars(select(Label)).all()) == 1


def test_annotators_are_paid_as_all_participants_are(tmp_path, database):
    study = make_annotation_study(
        tmp_path,
        recruiting={"doors": ("prolific",)},
        changes={"pay": Pay(complete_cents=250, withdrawn_cents=40)},
    )
    with serving_site(study) as app:
        for number in (1, 2):
            arrival = {"PROLIFIC_PID": str(number) * 24, "STUDY_ID": "s" * 24, "SESSION_ID": "e" * 24}
            visitor = Annotator(app).begin(arrival=arrival)
            visitor.label_all(most=2 * number)
            visitor.post("withdraw")
        again = Annotator(app).enrol(arrival=arrival)  # who comes again finds the session ended
        assert again.next()["page"] == "thanks"
    owed = ledger.read(study)
    assert [(entry.outcome, entry.cents) for entry in owed] == [("withdrawn", 40), ("complete", 250)]


def test_status_and_dashboard_count_labels(app, study):
    Annotator(app).begin().label_all()
    Annotator(app).begin().label_all(most=1)
    shown = CliRunner().invoke(main, ["status", str(study)]).output
    assert "0                      7\n1                      5\n2                      0" in shown
    assert "0 impacts have the 2 votes" in shown
    now = control.read_numbers(study, now=datetime.now(UTC))
    assert (now.answers, now.participants["complete"], now.participants["active"]) == (5, 1, 1)
    assert now.response_ms.median == 5200.5
    assert now.trial_s.n == 1


def test_labels_can_not_be_broken(app, study):
    visitor = Annotator(app).begin()
    visitor.label_all(most=1)
    with db.opened(db.url_of(study)) as engine:
        for statement in (
            "UPDATE labels SET x = 1.5",
            "UPDATE labels SET x = NULL",
            "UPDATE labels SET rt_ms = -1",
            "UPDATE labels SET replays = -1",
            "INSERT INTO labels VALUES (9, 1, 'wood', 'hit', 'static', 0, 0, 1, 0, '2026-01-01')",
            "INSERT INTO labels VALUES (9, 99, 'wood', 'hit', 'static', 0, 0, 1, 0, '2026-01-01')",
            "UPDATE labellings SET position = 1",
            "UPDATE labellings SET clip = (SELECT clip FROM labellings WHERE id = 1) WHERE id = 2",
            "UPDATE labellings SET nonce = 'the same'",
            "UPDATE labellings SET media = 'the same'",
            "UPDATE labellings SET presentations = -1",
        ):
            with pytest.raises(IntegrityError), engine.begin() as connection:
                connection.execute(text(statement))
                pytest.fail(statement)


def test_a_database_of_the_fourth_version_is_brought_up_to_date_and_back(study):
    with db.opened(db.url_of(study)) as engine:
        with db.migrating(engine) as config:
            command.downgrade(config, "0004")
        with pytest.raises(StudyError, match="experiment-server run"):
            db.check_current(engine)
        db.upgrade(engine)
    with serving_site(study) as app:
        Annotator(app).begin().label_all()
    assert sum(votes_of(study).values()) == 4
    with db.opened(db.url_of(study)) as engine:
        with db.migrating(engine) as config:
            command.downgrade(config, "0004")
            command.upgrade(config, "head")
        with db.reading(engine) as session:
            assert session.scalars(select(Labelling)).all() == []

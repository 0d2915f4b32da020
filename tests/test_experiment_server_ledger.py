"""The list by which people are paid: everybody whose session has ended, once, with ids and codes."""

import csv
import stat

import pytest
from click.testing import CliRunner
from door_samples import ALL, KEY, MTURK, NOW, PROLIFIC, a_participant, a_study
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import URL

from experiment_server import tokens
from experiment_server.cli import main
from experiment_server.database import db
from experiment_server.database.tables import (
    ACTIVE,
    COMPLETE,
    ENDS,
    SCREENED_OUT,
    SCREENING,
    Base,
    ConsentText,
)
from experiment_server.doors import identities, ledger
from experiment_server.doors.door import Arrival
from experiment_server.doors.ways import read_arrival
from experiment_server.studies.sections import Pay

PAY = Pay(complete_cents=300, screened_out_cents=40, failed_media_cents=50, withdrawn_cents=60)


@pytest.fixture
def session(tmp_path):
    with db.opened(URL.create("sqlite", database=str(tmp_path / "ledger.sqlite"))) as engine:
        Base.metadata.create_all(engine)
        with db.writing(engine) as session:
            session.add(ConsentText(sha256="0" * 64, language="en", text="yes", first_utc=NOW))
            session.flush()
            yield session


def take_part(session, name, arrival, state):
    participant = a_participant(name, recruiter=arrival.recruiter, state=state)
    identities.keep(participant, KEY, arrival, now=NOW)
    session.add(participant)
    session.flush()
    return participant


def test_everybody_who_ended_is_listed_with_ids_code_and_pay(session):
    take_part(session, "p1", read_arrival(PROLIFIC, a_study()), COMPLETE)
    take_part(session, "p2", read_arrival(MTURK, a_study()), SCREENED_OUT)
    first, second = ledger.entries(session, KEY, PAY)
    assert (first.recruiter, first.person, first.study_ref, first.session_ref) == (
        *("prolific", "5b3"),
        *("60d", "77e"),
    )
    assert (first.participant, first.outcome, first.cents, first.ended_utc) == ("p1", COMPLETE, 300, NOW)
    assert first.code == tokens.completion_code(KEY, "p1")
    assert (second.person, second.outcome, second.cents) == ("A1Z", SCREENED_OUT, 40)


def test_each_outcome_has_its_pay(session):
    for number, end in enumerate(ENDS):
        take_part(session, f"p{number}", Arrival(recruiter="link"), end)
    assert [entry.cents for entry in ledger.entries(session, KEY, PAY)] == [300, 40, 50, 60]


def test_who_is_under_way_and_who_is_a_robot_is_owed_nothing(session):
    take_part(session, "p1", Arrival(recruiter="link"), SCREENING)
    take_part(session, "p2", Arrival(recruiter="link"), ACTIVE)
    session.add(a_participant("r1", recruiter="robot", state=COMPLETE, simulated=True))
    session.flush()
    assert ledger.entries(session, KEY, PAY) == []


def test_the_forgotten_are_listed_without_ids(session):
    participant = take_part(session, "p1", read_arrival(MTURK, a_study()), COMPLETE)
    identities.forget(participant.identity, now=NOW)
    (entry,) = ledger.entries(session, KEY, PAY)
    assert (entry.person, entry.study_ref, entry.session_ref) == (None, None, None)
    assert entry.cents == 300


def test_a_list_on_disk_holds_text_and_no_formulas(session, tmp_path):
    for number, person in enumerate(("=1+1", "@SUM(A1)", 'a,"b"', "plain")):
        take_part(session, f"p{number}", Arrival(recruiter="panel", person=person), COMPLETE)
    ledger.write(ledger.entries(session, KEY, PAY), tmp_path / "ledger.csv")
    assert stat.S_IMODE((tmp_path / "ledger.csv").stat().st_mode) == 0o600
    with (tmp_path / "ledger.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["person"] for row in rows] == ["'=1+1", "'@SUM(A1)", 'a,"b"', "plain"]
    assert {row["ended_utc"] for row in rows} == {"2026-11-22T12:00:00+00:00"}
    assert {row["session_ref"] for row in rows} == {""}


def test_the_code_on_the_last_page_is_the_one_on_the_list(tmp_path):
    study = make_study(tmp_path, recruiting=ALL)
    with serving_site(study) as app:
        visitor = Visitor(app).enrol(arrival=PROLIFIC)
        visitor.post("withdraw")
        shown = visitor.next()["code"]
    (entry,) = ledger.read(study)
    assert (entry.person, entry.outcome, entry.code) == ("5b3", "withdrawn", shown)


def test_the_command_writes_the_list(tmp_path):
    study = make_study(tmp_path, recruiting={"doors": ("prolific",)})
    with serving_site(study) as app:
        Visitor(app).enrol(arrival=PROLIFIC).post("withdraw")
    out = tmp_path / "owed.csv"
    shown = CliRunner().invoke(main, ["ledger", str(study), "--out", str(out)])
    assert shown.output == f"1 people written to {out}\n"
    (row,) = csv.DictReader(out.read_text().splitlines())
    assert (row["person"], row["outcome"]) == ("5b3", "withdrawn")

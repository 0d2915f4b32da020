"""Who comes: known again, forgotten on request, and let in while there is room."""

from datetime import timedelta

import pytest
from door_samples import INJECTIONS, KEY, MTURK, NOW, PROLIFIC, a_participant, a_study
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from experiment_server.database import db, queries
from experiment_server.database.tables import (
    ACTIVE,
    CLOSED,
    COMPLETE,
    ENDS,
    OPEN,
    PAUSED,
    SCREENING,
    UNDER_WAY,
    Base,
    ConsentText,
    Identity,
    StudyState,
)
from experiment_server.doors import identities
from experiment_server.doors.door import NOWHERE, Arrival
from experiment_server.doors.ways import departure_of, read_arrival
from experiment_server.participation import enrolment


@pytest.fixture
def session(tmp_path, database):
    with db.opened(db.url_of(tmp_path)) as engine:
        Base.metadata.create_all(engine)
        with db.writing(engine) as session:
            session.add(ConsentText(sha256="0" * 64, language="en", text="yes", first_utc=NOW))
            session.flush()
            yield session


# Who it is


def test_a_person_is_known_again_by_recruiter_and_id(session):
    person = a_participant(recruiter="prolific")
    first = read_arrival(PROLIFIC, a_study())
    identities.keep(person, KEY, first, now=NOW)
    session.add(person)
    session.flush()
    again = read_arrival({**PROLIFIC, "SESSION_ID": "another"}, a_study())
    assert identities.find(session, KEY, again).participant is person
    assert identities.find(session, KEY, Arrival(recruiter="panel", person="5b3")) is None
    assert identities.find(session, "another key", first) is None
    assert identities.find(session, KEY, Arrival(recruiter="link")) is None


def test_the_same_person_twice_breaks_a_constraint(session):
    arrival = Arrival(recruiter="link", person="seat-7")
    for name in ("p1", "p2"):
        participant = a_participant(name)
        identities.keep(participant, KEY, arrival, now=NOW)
        session.add(participant)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_of_anonymous_people_nothing_is_kept(session):
    participant = a_participant()
    identities.keep(participant, KEY, Arrival(recruiter="link"), now=NOW)
    session.add(participant)
    session.flush()
    assert session.scalar(select(func.count()).select_from(Identity)) == 0


def test_an_assignment_taken_over_by_another_worker_is_another_person(session):
    for name, worker in (("p1", "A1Z"), ("p2", "A2Y")):
        participant = a_participant(name, recruiter="mturk")
        arrival = read_arrival({**MTURK, "workerId": worker}, a_study())
        assert identities.find(session, KEY, arrival) is None
        identities.keep(participant, KEY, arrival, now=NOW)
        session.add(participant)
        session.flush()
    kept = session.execute(select(Identity.person, Identity.session_ref).order_by(Identity.person)).all()
    assert kept == [("A1Z", "3AB"), ("A2Y", "3AB")]


@pytest.mark.parametrize("state", UNDER_WAY)
def test_who_comes_again_under_way_leaves_by_the_newest_assignment(state):
    participant = a_participant(recruiter="mturk", state=state)
    identities.keep(participant, KEY, read_arrival(MTURK, a_study()), now=NOW)
    newest = {**MTURK, "assignmentId": "9ZZ", "turkSubmitTo": "https://www.mturk.com"}
    identities.renew(participant.identity, read_arrival(newest, a_study()))
    participant.state = COMPLETE
    leaving = departure_of(participant, participant.identity, a_study(), "CODE1234")
    assert leaving.url == "https://www.mturk.com/mturk/externalSubmit"
    assert leaving.fields["assignmentId"] == "9ZZ"


@pytest.mark.parametrize("state", ENDS)
def test_who_has_ended_leaves_by_the_assignment_that_was_worked_on(state):
    participant = a_participant(recruiter="mturk", state=state)
    identities.keep(participant, KEY, read_arrival(MTURK, a_study()), now=NOW)
    identities.renew(participant.identity, read_arrival({**MTURK, "assignmentId": "9ZZ"}, a_study()))
    assert participant.identity.session_ref == "3AB"


def test_the_forgotten_leave_no_id_but_can_not_take_part_twice(session):
    participant = a_participant(recruiter="mturk", state=COMPLETE)
    arrival = read_arrival(MTURK, a_study())
    identities.keep(participant, KEY, arrival, now=NOW)
    session.add(participant)
    session.flush()
    identities.forget(participant.identity, now=NOW)
    session.flush()
    row = session.execute(select(Identity.__table__)).one()
    assert not {"A1Z", "2CD", "3AB", "https://workersandbox.mturk.com"} & set(map(str, row))
    assert participant.identity.forgotten_utc == NOW
    assert identities.find(session, KEY, arrival).participant is participant
    assert departure_of(participant, participant.identity, a_study(), "CODE1234") == NOWHERE


def test_forgetting_twice_keeps_the_first_time():
    participant = a_participant()
    identities.keep(participant, KEY, Arrival(recruiter="link", person="seat-7"), now=NOW)
    for now in (NOW, NOW + timedelta(hours=1)):
        identities.forget(participant.identity, now=now)
    assert participant.identity.forgotten_utc == NOW


@pytest.mark.parametrize("value", INJECTIONS)
def test_ids_are_data_to_the_database(session, value):
    participant = a_participant(recruiter="panel")
    arrival = read_arrival({"participantId": value}, a_study())
    identities.keep(participant, KEY, arrival, now=NOW)
    session.add(participant)
    session.flush()
    session.expire_all()
    assert identities.find(session, KEY, arrival).person == value


# Whether there is room


def test_a_new_study_is_open(session):
    assert enrolment.barrier(session, a_study(), {}, now=NOW) is None


@pytest.mark.parametrize("states", [(PAUSED,), (CLOSED,), (CLOSED, PAUSED), (PAUSED, OPEN)])
def test_the_newest_state_counts(session, states):
    for state in states:
        session.add(StudyState(state=state, changed_utc=NOW))
        session.flush()
    expected = None if states[-1] == OPEN else states[-1]
    assert enrolment.barrier(session, a_study(), {}, now=NOW) == expected


def test_a_study_is_full_with_those_who_are_complete_or_still_there(session):
    late, soon = NOW - timedelta(seconds=1), NOW + timedelta(minutes=1)
    session.add_all(
        [
            a_participant("p1", state=COMPLETE, lease=late),
            a_participant("p2", state=ACTIVE, lease=soon),
            a_participant("p3", state=SCREENING, lease=NOW),
            a_participant("p4", state=ACTIVE, lease=late),
            *(a_participant(f"q{end}", state=end, lease=soon) for end in ENDS if end != COMPLETE),
            a_participant("r1", recruiter="robot", state=COMPLETE, simulated=True),
        ]
    )
    session.flush()
    assert session.scalar(queries.count_places(now=NOW)) == 3
    assert enrolment.barrier(session, a_study(participants=4), {}, now=NOW) is None
    assert enrolment.barrier(session, a_study(participants=3), {}, now=NOW) == "full"
    assert enrolment.barrier(session, a_study(participants=0), {}, now=NOW) is None

"""The doors: by which address people come, and where everybody is sent in the end."""

from urllib.parse import parse_qs, urlsplit

import pytest
from door_samples import INJECTIONS, MTURK, PANEL, PROLIFIC, a_participant, a_study, came_by

from experiment_server.database.tables import (
    COMPLETE,
    ENDS,
    FAILED_MEDIA,
    SCREENED_OUT,
    UNDER_WAY,
    WITHDRAWN,
)
from experiment_server.doors.door import MAX_LENGTH, NOWHERE, REFUSALS, Arrival, DoorError, refusal
from experiment_server.doors.ways import DOORS, departure_of, read_arrival
from experiment_server.studies.sections import DOORS as DOOR_NAMES
from experiment_server.studies.texts import Texts


def test_every_door_of_the_study_file_is_there():
    assert set(DOORS) == set(DOOR_NAMES)


def test_anybody_comes_by_the_labs_link():
    assert read_arrival({}, a_study()) == Arrival(recruiter="link")
    assert read_arrival({"utm_source": "poster"}, a_study()) == Arrival(recruiter="link")


def test_a_label_of_the_labs_names_a_person():
    assert read_arrival({"id": "seat-7"}, a_study()) == Arrival(recruiter="link", person="seat-7")


def test_a_panel_names_a_person_and_perhaps_a_session():
    assert read_arrival(PANEL, a_study()) == Arrival(recruiter="panel", person="person 1")
    with_session = read_arrival({**PANEL, "session": "s 2"}, a_study())
    assert with_session == Arrival(recruiter="panel", person="person 1", session_ref="s 2")


def test_prolific_names_person_study_and_submission():
    assert read_arrival(PROLIFIC, a_study()) == Arrival(
        recruiter="prolific", person="5b3", study_ref="60d", session_ref="77e"
    )


def test_mturk_names_worker_hit_and_assignment():
    assert read_arrival(MTURK, a_study()) == Arrival(
        recruiter="mturk",
        person="A1Z",
        study_ref="2CD",
        session_ref="3AB",
        submit_url="https://workersandbox.mturk.com",
    )


def test_without_turk_submit_to_production_is_meant():
    params = {name: value for name, value in MTURK.items() if name != "turkSubmitTo"}
    assert read_arrival(params, a_study()).submit_url == "https://www.mturk.com"


def test_the_studys_panel_may_use_names_of_others():
    connect = {"participantId": "x", "assignmentId": "y", "projectId": "z"}
    assert read_arrival(connect, a_study()).recruiter == "panel"
    assert read_arrival(MTURK, a_study(panel_id="workerId")).recruiter == "panel"


@pytest.mark.parametrize(
    ("params", "name"),
    [*((PROLIFIC, name) for name in PROLIFIC), *((MTURK, name) for name in list(MTURK)[:3])],
)
def test_an_incomplete_link_is_refused_and_not_taken_for_an_anonymous_one(params, name):
    without = {other: value for other, value in params.items() if other != name}
    with pytest.raises(DoorError) as refused:
        read_arrival(without, a_study(doors=("prolific", "mturk", "link")))
    assert refused.value.reason == "door"


@pytest.mark.parametrize(
    ("params", "door"),
    [({}, "link"), (PROLIFIC, "prolific"), (MTURK, "mturk"), (PANEL, "panel")],
    ids=["link", "prolific", "mturk", "panel"],
)
def test_a_door_that_is_not_open_is_shut(params, door):
    others = tuple(name for name in DOOR_NAMES if name != door)
    with pytest.raises(DoorError) as refused:
        read_arrival(params, a_study(doors=others))
    assert refused.value.reason == "door"
    assert str(refused.value) == Texts().refused_door


def test_a_study_for_one_panel_lets_nobody_in_without_an_id():
    with pytest.raises(DoorError, match="link"):
        read_arrival({"participantid": "wrong case"}, a_study(doors=("panel",)))


@pytest.mark.parametrize(
    "value", ["", "x" * (MAX_LENGTH + 1), "a\x00b", "a\nb", "a\u202eb", "\ud800", 7, None]
)
@pytest.mark.parametrize(
    ("params", "name"),
    [
        *(({"id": ""}, "id"), (PANEL, "participantId"), ({**PANEL, "session": ""}, "session")),
        *((PROLIFIC, name) for name in PROLIFIC),
        *((MTURK, name) for name in MTURK),
    ],
)
def test_what_can_be_no_id_is_refused(params, name, value):
    with pytest.raises(DoorError):
        read_arrival({**params, name: value}, a_study())


def test_the_longest_id_that_the_tables_hold_is_taken():
    longest = "x" * MAX_LENGTH
    assert read_arrival({"id": longest}, a_study()).person == longest


def test_who_looks_at_a_hit_without_accepting_it_gets_no_further():
    looking = {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "2CD"}
    for params in (looking, {**looking, "workerId": "A1Z"}):
        with pytest.raises(DoorError) as refused:
            read_arrival(params, a_study())
        assert refused.value.reason == "preview"


@pytest.mark.parametrize(
    "host",
    [
        "https://evil.example",
        "http://www.mturk.com",
        "https://www.mturk.com.evil.example",
        "https://www.mturk.com@evil.example",
        "https://evil.example/https://www.mturk.com",
        "https://www.mturk.com/mturk/externalSubmit",
        "https://www.mturk.com\\.evil.example",
        "https://WWW.MTURK.COM",
        "//www.mturk.com",
        "javascript:alert(1)",
        "https://worker.mturk.com",
    ],
)
def test_an_assignment_is_submitted_to_mturk_alone(host, caplog):
    with pytest.raises(DoorError) as refused:
        read_arrival({**MTURK, "turkSubmitTo": host}, a_study())
    assert refused.value.reason == "door"
    assert "no host of MTurk's" in caplog.text
    assert "A1Z" not in caplog.text


@pytest.mark.parametrize("host", ["https://www.mturk.com", "https://workersandbox.mturk.com"])
def test_mturks_hosts_are_known_with_and_without_a_slash(host):
    for given in (host, f"{host}/"):
        assert read_arrival({**MTURK, "turkSubmitTo": given}, a_study()).submit_url == host


@pytest.mark.parametrize("reason", REFUSALS)
def test_every_refusal_is_a_sentence_of_the_study(reason):
    refused = refusal(reason, Texts())
    assert refused.reason == reason
    assert len(str(refused)) > 30


# Leaving


def test_anonymous_people_stay_and_keep_their_code():
    assert came_by({}) == NOWHERE
    assert came_by({"id": "seat-7"}) == NOWHERE


@pytest.mark.parametrize(
    ("state", "code"),
    [(COMPLETE, "C0MPLETE"), (SCREENED_OUT, "SCR33NED"), (FAILED_MEDIA, "M3DIA"), (WITHDRAWN, "ST0P")],
)
def test_prolific_takes_people_back_with_the_code_of_their_outcome(state, code):
    leaving = came_by(PROLIFIC, state=state)
    assert (leaving.method, leaving.fields) == ("get", {})
    assert leaving.url == f"https://app.prolific.com/submissions/complete?cc={code}"


def test_prolific_without_a_code_for_the_outcome_shows_our_own():
    assert came_by(PROLIFIC, state=WITHDRAWN, prolific_withdrawn="") == NOWHERE


def test_a_code_of_the_study_file_can_not_change_the_address():
    leaving = came_by(PROLIFIC, prolific_complete="A&cc=B#c d")
    assert parse_qs(urlsplit(leaving.url).query) == {"cc": ["A&cc=B#c d"]}


@pytest.mark.parametrize("state", ENDS)
def test_a_panel_takes_people_back_with_person_session_outcome_and_code(state):
    leaving = came_by({**PANEL, "session": "s/2"}, state=state)
    assert leaving.method == "get"
    assert leaving.url == (f"https://panel.example/end?who=person%201&s=s%2F2&how={state}&code=CODE1234")


def test_a_panel_without_an_address_shows_our_code():
    assert came_by(PANEL, panel_return="") == NOWHERE


def test_braces_of_a_panels_own_stay():
    leaving = came_by(PANEL, panel_return="https://panel.example/{other}/{person}/{}")
    assert leaving.url == "https://panel.example/{other}/person%201/{}"


@pytest.mark.parametrize("value", INJECTIONS)
def test_no_id_can_change_where_a_panels_people_are_sent(value):
    leaving = came_by({"participantId": value, "session": value})
    parts = urlsplit(leaving.url)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == (
        *("https", "panel.example", "/end"),
        "",
    )
    assert parse_qs(parts.query, keep_blank_values=True) == {
        "who": [value],
        "s": [value],
        "how": ["complete"],
        "code": ["CODE1234"],
    }


def test_ids_with_braces_are_not_filled_in_again():
    leaving = came_by({"participantId": "{code}", "session": "{person}"})
    assert parse_qs(urlsplit(leaving.url).query)["who"] == ["{code}"]


@pytest.mark.parametrize("state", ENDS)
def test_an_assignment_is_submitted_by_a_form_with_each_name_once(state):
    leaving = came_by(MTURK, state=state)
    assert leaving.method == "post"
    assert leaving.url == "https://workersandbox.mturk.com/mturk/externalSubmit"
    assert leaving.fields == {
        "assignmentId": "3AB",
        "code": "CODE1234",
        "participant": "p1",
        "outcome": state,
    }


@pytest.mark.parametrize("state", UNDER_WAY)
def test_nobody_leaves_before_the_end(state):
    assert came_by(PROLIFIC, state=state) == NOWHERE


def test_robots_go_nowhere():
    robot = a_participant(recruiter="robot", state=COMPLETE, simulated=True)
    assert departure_of(robot, None, a_study(), "CODE1234") == NOWHERE


@pytest.mark.parametrize("state", ENDS)
def test_a_panel_may_take_back_those_who_did_not_finish_at_an_address_of_their_own(state):
    others = "https://panel.example/others?how={outcome}"
    leaving = came_by(PANEL, state=state, panel_return_others=others)
    if state == COMPLETE:
        assert leaving == came_by(PANEL, state=state)
    else:
        assert leaving.url == f"https://panel.example/others?how={state}"

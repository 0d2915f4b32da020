"""Arrivals by every door, and people who took part, for tests."""

from datetime import UTC, datetime

from experiment_server.database.tables import ACTIVE, COMPLETE, ENDS, SCREENING, Participant
from experiment_server.doors import identities
from experiment_server.doors.ways import departure_of, read_arrival
from experiment_server.studies.sections import DOORS as DOOR_NAMES
from experiment_server.studies.sections import Recruiting, Trials
from experiment_server.studies.study import Study

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "a key of a study for tests"
PROLIFIC = {"PROLIFIC_PID": "5b3", "STUDY_ID": "60d", "SESSION_ID": "77e"}
MTURK = {
    "assignmentId": "3AB",
    "hitId": "2CD",
    "workerId": "A1Z",
    "turkSubmitTo": "https://workersandbox.mturk.com",
}
PANEL = {"participantId": "person 1"}
ALL = {
    "doors": DOOR_NAMES,
    "panel_id": "participantId",
    "panel_return": "https://panel.example/end?who={person}&s={session}&how={outcome}&code={code}",
    "prolific_complete": "C0MPLETE",
    "prolific_screened_out": "SCR33NED",
    "prolific_failed_media": "M3DIA",
    "prolific_withdrawn": "ST0P",
}
INJECTIONS = (
    "'; DROP TABLE identities; --",
    '"><script>alert(1)</script>',
    "{{7*7}} ${7*7} %{7*7}",
    "../../etc/passwd",
    "//evil.example/",
    "https://evil.example/?a=b&c=d#e",
    "a&outcome=complete#x",
    "ähnlich 音",
)


def a_study(**recruiting):
    return Study(
        name="tests",
        stimuli="set",
        seed=1,
        trials=Trials(main=4),
        recruiting=Recruiting(**{**ALL, **recruiting}),
    )


def a_participant(name="p1", *, recruiter="link", state=SCREENING, lease=NOW, simulated=False):
    return Participant(
        name=name,
        request=f"request of {name}",
        recruiter=recruiter,
        simulated=simulated,
        state=state,
        seed=1,
        filled_before={} if state in (ACTIVE, COMPLETE) else None,
        study_sha256="0" * 64,
        stimulus_set="0" * 64,
        consent_sha256="0" * 64,
        browser={},
        lease_utc=lease,
        consented_utc=NOW,
        ended_utc=NOW if state in ENDS else None,
    )


def came_by(params, *, state=COMPLETE, **recruiting):
    """Arrive, end, and leave; return the departure."""
    study = a_study(**recruiting)
    arrival = read_arrival(params, study)
    participant = a_participant(recruiter=arrival.recruiter, state=state)
    identities.keep(participant, KEY, arrival, now=NOW)
    return departure_of(participant, participant.identity, study, "CODE1234")

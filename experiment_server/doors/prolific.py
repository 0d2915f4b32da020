"""Prolific: three ids in the address, and back with the completion code of the outcome."""

from collections.abc import Mapping
from urllib.parse import urlencode

from experiment_server.database.tables import COMPLETE, FAILED_MEDIA, SCREENED_OUT, WITHDRAWN, Identity
from experiment_server.doors.door import NOWHERE, Arrival, Departure, id_in
from experiment_server.studies.sections import Recruiting

PERSON, STUDY, SUBMISSION = "PROLIFIC_PID", "STUDY_ID", "SESSION_ID"
COMPLETION = "https://app.prolific.com/submissions/complete"


def recognizes(params: Mapping[str, object], recruiting: Recruiting) -> bool:
    """Take those whose address has one of Prolific's parameters."""
    return any(name in params for name in (PERSON, STUDY, SUBMISSION))


def read(params: Mapping[str, object], recruiting: Recruiting) -> Arrival | None:
    """Read person, study and submission; all three are needed."""
    person, study, submission = (id_in(params, name) for name in (PERSON, STUDY, SUBMISSION))
    if person is None or study is None or submission is None:
        return None
    return Arrival(recruiter="prolific", person=person, study_ref=study, session_ref=submission)


def departure(
    identity: Identity | None, recruiting: Recruiting, *, name: str, outcome: str, code: str
) -> Departure:
    """Send people back with the outcome's code; nowhere if the study has none for it.

    Prolific's codes are the study's, the same for everybody: that a person came to the end is
    proved by the database, where the submission's id stands.
    """
    codes = {
        COMPLETE: recruiting.prolific_complete,
        SCREENED_OUT: recruiting.prolific_screened_out,
        FAILED_MEDIA: recruiting.prolific_failed_media,
        WITHDRAWN: recruiting.prolific_withdrawn,
    }
    if not codes[outcome]:
        return NOWHERE
    return Departure(method="get", url=f"{COMPLETION}?{urlencode({'cc': codes[outcome]})}")

"""Mechanical Turk, as the paper used it: an ExternalQuestion in a frame of the worker site.

AWS's pages say that MTurk closed for good on 30 September 2026. This is its protocol, word for word,
for those who repeat the paper's way of recruiting on something that speaks it.
"""

import logging
from collections.abc import Mapping

from experiment_server.database.tables import Identity
from experiment_server.doors.door import NOWHERE, Arrival, Departure, id_in
from experiment_server.studies.sections import Recruiting

ASSIGNMENT, HIT, WORKER, SUBMIT_TO = "assignmentId", "hitId", "workerId", "turkSubmitTo"
NOT_AVAILABLE = "ASSIGNMENT_ID_NOT_AVAILABLE"  # the assignment of who has not accepted the HIT
SUBMIT_PATH = "/mturk/externalSubmit"
PRODUCTION, SANDBOX = "https://www.mturk.com", "https://workersandbox.mturk.com"
FRAMES = (PRODUCTION, "https://worker.mturk.com", SANDBOX)  # sites that show HITs in a frame

log = logging.getLogger(__name__)


def recognizes(params: Mapping[str, object], recruiting: Recruiting) -> bool:
    """Take those whose address has one of MTurk's parameters."""
    return any(name in params for name in (ASSIGNMENT, HIT, WORKER, SUBMIT_TO))


def is_preview(params: Mapping[str, object]) -> bool:
    """Tell whether a worker looks at the HIT without having accepted it."""
    return params.get(ASSIGNMENT) == NOT_AVAILABLE


def read(params: Mapping[str, object], recruiting: Recruiting) -> Arrival | None:
    """Read worker, HIT, assignment, and where to submit; a host that is not MTurk's is refused."""
    assignment, hit, worker = (id_in(params, name) for name in (ASSIGNMENT, HIT, WORKER))
    submit_url = _submit_url(params.get(SUBMIT_TO, PRODUCTION))
    if assignment is None or hit is None or worker is None or submit_url is None:
        return None
    return Arrival(
        recruiter="mturk",
        person=worker,
        study_ref=hit,
        session_ref=assignment,
        submit_url=submit_url,
    )


def departure(
    identity: Identity | None, recruiting: Recruiting, *, name: str, outcome: str, code: str
) -> Departure:
    """Submit the assignment, with what lets the answer be found in the database."""
    if identity is None or identity.session_ref is None or identity.submit_url is None:
        return NOWHERE
    fields = {
        ASSIGNMENT: identity.session_ref,
        "code": code,
        "participant": name,
        "outcome": outcome,
    }
    return Departure(method="post", url=identity.submit_url + SUBMIT_PATH, fields=fields)


def _submit_url(given: object) -> str | None:
    """Return which of MTurk's two hosts is meant, None if neither: nobody's ids go elsewhere."""
    host = given.removesuffix("/") if isinstance(given, str) else ""
    if host in (PRODUCTION, SANDBOX):
        return host
    log.warning("refused an arrival whose %s is no host of MTurk's: %.80r", SUBMIT_TO, given)
    return None

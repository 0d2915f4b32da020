"""Any panel that adds a person's id to the study's address and takes people back at an address.

CloudResearch Connect, SONA, a university's own pool: what differs is in the study file.
"""

from collections.abc import Mapping
from urllib.parse import quote

from experiment_server.database.tables import COMPLETE, Identity
from experiment_server.doors.door import NOWHERE, Arrival, Departure, id_in
from experiment_server.studies import wording
from experiment_server.studies.sections import Recruiting

SESSION = "session"  # name of the parameter that {session} gives back


def recognizes(params: Mapping[str, object], recruiting: Recruiting) -> bool:
    """Take those whose address has the study's `panel_id`."""
    return recruiting.panel_id != "" and recruiting.panel_id in params


def read(params: Mapping[str, object], recruiting: Recruiting) -> Arrival | None:
    """Read the person's id, and the session if the panel gives one."""
    person, session = id_in(params, recruiting.panel_id), id_in(params, SESSION)
    if person is None or (SESSION in params and session is None):
        return None
    return Arrival(recruiter="panel", person=person, session_ref=session)


def departure(
    identity: Identity | None, recruiting: Recruiting, *, name: str, outcome: str, code: str
) -> Departure:
    """Send people to the study's address for their outcome, its braces filled in, percent-encoded."""
    address = recruiting.panel_return
    if outcome != COMPLETE:
        address = recruiting.panel_return_others or address
    if not address or identity is None or identity.person is None:
        return NOWHERE
    values = {
        "person": identity.person,
        "session": identity.session_ref or "",
        "outcome": outcome,
        "code": code,
    }
    encoded = {name: quote(value, safe="") for name, value in values.items()}
    return Departure(method="get", url=wording.fill(address, **encoded))

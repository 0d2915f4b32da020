"""The lab's own link: anybody, or people to whom the lab gave a label, as in ``?id=label``."""

from collections.abc import Mapping

from experiment_server.database.tables import Identity
from experiment_server.doors.door import NOWHERE, Arrival, Departure, id_in
from experiment_server.studies.sections import Recruiting

LABEL = "id"  # name of the parameter


def recognizes(params: Mapping[str, object], recruiting: Recruiting) -> bool:
    """Take everybody."""
    return True


def read(params: Mapping[str, object], recruiting: Recruiting) -> Arrival | None:
    """Read the label, if there is one."""
    if LABEL not in params:
        return Arrival(recruiter="link")
    label = id_in(params, LABEL)
    return Arrival(recruiter="link", person=label) if label else None


def departure(
    identity: Identity | None, recruiting: Recruiting, *, name: str, outcome: str, code: str
) -> Departure:
    """Let people stay where they are; the last page shows their code."""
    return NOWHERE

"""Where participants go in the end."""

from experiment_server.database.tables import ENDS, Identity, Participant
from experiment_server.doors.door import NOWHERE, Departure
from experiment_server.doors.read import DOORS
from experiment_server.studies.study import Study


def departure_of(
    participant: Participant, identity: Identity | None, study: Study, code: str
) -> Departure:
    """Say where a participant goes whose session has ended.

    Parameters
    ----------
    participant : Participant
        Who leaves; nowhere while still under way, and robots stay.
    identity : Identity or None
        Who that is; None for anonymous ones.
    study : Study
        Says where panels take people back.
    code : str
        The participant's completion code.
    """
    if participant.state not in ENDS or participant.recruiter not in DOORS:
        return NOWHERE
    return DOORS[participant.recruiter].departure(
        identity, study.recruiting, name=participant.name, outcome=participant.state, code=code
    )

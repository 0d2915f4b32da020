"""In and out: which door somebody came through and whether it is open, and where they go in the end."""

from collections.abc import Mapping

from experiment_server.database.tables import ENDS, Identity, Participant
from experiment_server.doors import link, mturk, panel, prolific
from experiment_server.doors.door import DOOR, NOWHERE, PREVIEW, Arrival, Departure, Door, refusal
from experiment_server.studies.study import Study

# In the order in which they are asked: the study's own panel may use names that others use as well.
DOORS: Mapping[str, Door] = {"panel": panel, "prolific": prolific, "mturk": mturk, "link": link}


def read_arrival(params: Mapping[str, object], study: Study) -> Arrival:
    """Read who comes from the parameters of the address that they followed.

    Who comes with the ids of a panel whose door is closed is not taken for an anonymous visitor.

    Raises
    ------
    DoorError
        If that door is not open, the parameters are incomplete or impossible, or an MTurk worker is
        only looking; nothing may be shown or kept then.
    """
    recruiting, texts = study.recruiting, study.texts
    name = next(name for name, door in DOORS.items() if door.recognizes(params, recruiting))
    if name not in recruiting.doors:
        raise refusal(DOOR, texts)
    if name == "mturk" and mturk.is_preview(params):
        raise refusal(PREVIEW, texts)
    arrival = DOORS[name].read(params, recruiting)
    if arrival is None:
        raise refusal(DOOR, texts)
    return arrival


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

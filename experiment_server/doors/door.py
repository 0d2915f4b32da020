"""A door: how it knows its people, reads what it says of them, says no, and sends them back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from experiment_server.database.tables import Identity
from experiment_server.errors import StudyError
from experiment_server.studies.sections import Recruiting
from experiment_server.studies.texts import Texts

MAX_LENGTH = 255  # characters of an id, as the tables hold it

# Why somebody is not let in. Each has a text of the study, `refused_<reason>`.
PREVIEW = "preview"  # looks at an MTurk HIT without having accepted it
DOOR = "door"  # came through a door that is not open, or with an incomplete link
MOBILE = "mobile"  # has a telephone or tablet, which the study excludes
PAUSED = "paused"
CLOSED = "closed"
FULL = "full"
REFUSALS = (PREVIEW, DOOR, MOBILE, PAUSED, CLOSED, FULL)


class DoorError(StudyError):
    """Somebody is not let in; the message is for that person, and says what to do.

    Attributes
    ----------
    reason : str
        One of `REFUSALS`.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """Somebody who comes, as the address that they followed says it.

    Attributes
    ----------
    recruiter : str
        The door: "link", "panel", "prolific" or "mturk".
    person : str or None
        The person's id at the recruiter's; None for those who come anonymously.
    study_ref, session_ref : str or None
        Prolific's study and submission, MTurk's HIT and assignment, a panel's session.
    submit_url : str or None
        Where an MTurk assignment is submitted: one of MTurk's two hosts.
    """

    recruiter: str
    person: str | None = None
    study_ref: str | None = None
    session_ref: str | None = None
    submit_url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Departure:
    """Where the last page sends a participant.

    Attributes
    ----------
    method : {"none", "get", "post"}
        Nowhere; by a link; by a form with `fields`.
    url : str
        The address, empty if there is none.
    fields : mapping of str to str
        What the form says, each name once.
    """

    method: Literal["none", "get", "post"] = "none"
    url: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


NOWHERE = Departure()


class Door(Protocol):
    """What every door can do; its modules are of this form."""

    def recognizes(self, params: Mapping[str, object], recruiting: Recruiting) -> bool:
        """Tell whether an address with these parameters leads through this door."""

    def read(self, params: Mapping[str, object], recruiting: Recruiting) -> Arrival | None:
        """Read who comes; None if the parameters are incomplete or impossible."""

    def departure(
        self, identity: Identity | None, recruiting: Recruiting, *, name: str, outcome: str, code: str
    ) -> Departure:
        """Say where a participant of this `name`, `outcome` and completion `code` goes."""


def refusal(reason: str, texts: Texts) -> DoorError:
    """Say no for one of the `REFUSALS`, in the study's words."""
    return DoorError(reason, str(getattr(texts, f"refused_{reason}")))


def id_in(params: Mapping[str, object], name: str) -> str | None:
    """Return an id from an address's parameters; None if it is missing, empty or no possible id."""
    value = params.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_LENGTH or not value.isprintable():
        return None
    return value

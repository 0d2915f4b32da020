"""A door: how it knows its people, reads what it says of them, and sends them back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from experiment_server.database.tables import Identity
from experiment_server.doors.arrival import Arrival
from experiment_server.studies.sections import Recruiting


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

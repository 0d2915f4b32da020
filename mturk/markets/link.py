"""A lab's own people, and any panel that takes an address: nothing is posted, pay is given by hand.

What is written down is who was paid what, once.
"""

from collections.abc import Callable, Sequence
from typing import NoReturn

from experiment_server.doors.link import LABEL
from experiment_server.payables import Books, Operation, Person
from experiment_server.studies.study import Study
from mturk.errors import RecruitingError
from mturk.markets.recruiter import SUBMITTED, Payment, Posting, Recruiter, Submission
from mturk.offer import Offer


class LinkRecruiter(Recruiter):
    """People who were given an address."""

    shows_bonuses = False

    def __init__(self, offer: Offer, study: Study, books: Books, show: Callable[[str], None]) -> None:
        super().__init__(offer, study)
        self.market = self.door = "panel" if "panel" in study.recruiting.doors else "link"
        self._books, self._show = books, show

    def base_cents(self, person: Person | None) -> int:
        """Tell what a person gets: all that the outcome is worth, at once."""
        return self.study.pay.complete_cents if person is None else person.cents

    def fee_cents(self, *, base_cents: int, bonus_cents: int, places: int) -> int:
        """Tell that nobody takes a fee."""
        return 0

    def post(self, posting: Posting) -> str:
        """Show the address to hand out."""
        name = self.study.recruiting.panel_id if self.door == "panel" else LABEL
        address = self.offer.address_with(f"{name}={{ID}}")
        self._show(f"Give {posting.places} people this address, {{ID}} replaced by their own: {address}")
        return address

    def find_post(self, posting: Posting) -> str | None:
        """Find nothing: showing the address again does no harm."""
        return None

    def submissions(self, posts: Sequence[str]) -> list[Submission]:
        """Take everybody who ended, by our own record."""
        return [
            Submission(
                session=one.session_ref or one.participant,
                person=one.person,
                post="",
                status=SUBMITTED,
            )
            for one in self._books.people(self.door)
            if one.has_ended and one.person
        ]

    def approve(self, payment: Payment) -> str:
        """Show whom to pay by hand."""
        self._show(f"Pay {payment.person}: {payment.cents / 100:.2f} {self.study.pay.currency}")
        return "by hand"

    def find_approval(self, payment: Payment) -> str | None:
        """Find nothing: showing it again pays nobody."""
        return None

    def bonus(self, payment: Payment) -> str:
        """Show whom to pay by hand."""
        return self.approve(payment)

    def find_bonus(self, payment: Payment, *, asked: Operation) -> str | None:
        """Find nothing."""
        return None

    def reject(self, submission: Submission, reason: str) -> None:
        """Say that there is nothing to reject."""
        _not_here("reject")

    def block(self, person: str, reason: str) -> None:
        """Say that there is nobody to block."""
        _not_here("block")

    def expire(self, post: str) -> None:
        """Say how a link is closed."""
        raise RecruitingError("a link can't expire; close the study: experiment-server close STUDY")

    def prolong(self, post: str, *, hours: int) -> None:
        """Say how a link is opened again."""
        raise RecruitingError("a link has no end; open the study: experiment-server resume STUDY")

    def notify(self, told: Submission, *, subject: str, text: str) -> None:
        """Say that people have no address here."""
        _not_here("notify")

    def balance_cents(self) -> int | None:
        """Tell that there is no account."""
        return None


def _not_here(verb: str) -> NoReturn:
    raise RecruitingError(f"people of a link can't be reached from here, so there is no {verb}")

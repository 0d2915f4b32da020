"""A lab's own people, and any panel that takes an address: nothing is posted, pay is given by hand.

What is written down is who was paid what, once.
"""

from collections.abc import Callable, Sequence

from experiment_server.doors.link import LABEL
from experiment_server.payables import Books, Operation, Person
from experiment_server.studies.study import Study
from mturk.markets.recruiter import SUBMITTED, Payment, Posting, RecruitingError, Submission
from mturk.offer import Offer
from mturk.payments.money import Till


class LinkRecruiter:
    """People who were given an address."""

    pays_returned = True
    shows_bonuses = False

    def __init__(self, offer: Offer, study: Study, books: Books, show: Callable[[str], None]) -> None:
        self.door = "panel" if "panel" in study.recruiting.doors else "link"
        self.market = self.door
        self._offer, self._study, self._books, self._show = offer, study, books, show

    def owns(self, person: Person) -> bool:
        """Tell that everybody of this door did."""
        return True

    def base_cents(self, person: Person | None) -> int:
        """Tell what a person gets: all that the outcome is worth, at once."""
        return self._study.pay.complete_cents if person is None else person.cents

    def screen_out_cents(self) -> int:
        """Tell that nobody else pays."""
        return 0

    def sizes(self, places: int) -> tuple[int, ...]:
        """Keep all places together."""
        return (places,) if places else ()

    def fee_cents(self, *, base_cents: int, bonus_cents: int, places: int) -> int:
        """Tell that nobody takes a fee."""
        return 0

    def check_pay(self, cents: int) -> None:
        """Allow every reward, and none."""

    def prepare(self, till: Till) -> None:
        """Need nothing."""

    def post(self, posting: Posting) -> str:
        """Show the address to hand out."""
        name = self._study.recruiting.panel_id if self.door == "panel" else LABEL
        separator = "&" if "?" in self._offer.address else "?"
        address = f"{self._offer.address}{separator}{name}={{ID}}"
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
        self._show(f"Pay {payment.person}: {payment.cents / 100:.2f} {self._study.pay.currency}")
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

    def compensate(self, payment: Payment, till: Till) -> str:
        """Show whom to pay by hand."""
        return self.approve(payment)

    def find_compensation(self, payment: Payment, *, asked: Operation) -> str | None:
        """Find nothing."""
        return None

    def reject(self, submission: Submission, reason: str) -> None:
        """Say that there is nothing to reject."""
        raise _not_here("reject")

    def block(self, person: str, reason: str) -> None:
        """Say that there is nobody to block."""
        raise _not_here("block")

    def keep_out(self, person: str, till: Till) -> str:
        """Do nothing: the server knows who comes again."""
        return ""

    def expire(self, post: str) -> None:
        """Say how a link is closed."""
        raise RecruitingError("a link can't expire; close the study: experiment-server close STUDY")

    def prolong(self, post: str, *, hours: int) -> None:
        """Say how a link is opened again."""
        raise RecruitingError("a link has no end; open the study: experiment-server resume STUDY")

    def notify(self, told: Sequence[Submission], *, subject: str, text: str) -> None:
        """Say that people have no address here."""
        raise _not_here("notify")

    def balance_cents(self) -> int | None:
        """Tell that there is no account."""
        return None


def _not_here(verb: str) -> RecruitingError:
    return RecruitingError(f"people of a link can't be reached from here, so there is no {verb}")

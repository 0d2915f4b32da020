"""What every recruiter can do, and how it says that it did not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from experiment_server.payables import Operation, Person

if TYPE_CHECKING:
    from mturk.payments.money import Till

# What became of somebody's submission at the recruiter's.
WORKING = "working"  # taken up, not handed in
SUBMITTED = "submitted"  # waits for an approval
APPROVED = "approved"
REJECTED = "rejected"
SCREENED_OUT = "screened out"  # paid by the recruiter itself, a fixed amount
RETURNED = "returned"  # given back, or out of time


class RecruitingError(Exception):
    """Recruiting can't go on; the message says why and what to do."""


class RefusedError(RecruitingError):
    """The recruiter said no: this call did nothing.

    Attributes
    ----------
    may_be_done : bool
        Whether the reason may be that an earlier call did it.
    """

    def __init__(self, sentence: str, *, may_be_done: bool = False) -> None:
        super().__init__(sentence)
        self.may_be_done = may_be_done


class UnsureError(RecruitingError):
    """No answer came, or none that settles it: what was asked may be done or not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """Places to be offered together: one HIT, or places of a Prolific study.

    Attributes
    ----------
    token : str
        Name of the operation.
    batch : int
        Number, from 1.
    places : int
        People that it is for.
    before : int
        Places that earlier postings have.
    first : str or None
        What the recruiter calls the first posting.
    """

    token: str
    batch: int
    places: int
    before: int = 0
    first: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """One person's work at the recruiter's: MTurk's assignment, Prolific's submission.

    Attributes
    ----------
    session, person, post : str
        What the recruiter calls it, the person, and the posting.
    status : str
        One of this module's words.
    bonuses : tuple of int
        Bonuses paid on it so far (cents), where the list tells.
    """

    session: str
    person: str
    post: str
    status: str
    bonuses: tuple[int, ...] = field(default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """Money for one person.

    Attributes
    ----------
    token : str
        Name of the operation.
    person, session, post : str
        Ids at the recruiter's.
    cents : int
        Amount.
    reason : str
        What the person is told.
    same_before : int
        Bonuses of the same amount on the same submission that the books have as done.
    """

    token: str
    person: str
    session: str
    post: str
    cents: int
    reason: str = ""
    same_before: int = 0


class Recruiter(Protocol):
    """A market where people are found and paid.

    Each `find_…` says what an earlier call of the same operation led to, None if it surely led to
    nothing, and raises `UnsureError` if that can't be told yet.
    """

    market: str
    door: str
    pays_returned: bool  # whether who gave it back can be paid a bonus
    shows_bonuses: bool  # whether submissions list the bonuses that were paid

    def owns(self, person: Person) -> bool:
        """Tell whether a person of this door came by this market."""

    def base_cents(self, person: Person | None) -> int:
        """Tell what an approval pays a person, or anybody (cents)."""

    def screen_out_cents(self) -> int:
        """Tell what the recruiter itself pays those who are screened out (cents)."""

    def sizes(self, places: int) -> tuple[int, ...]:
        """Split places into postings."""

    def fee_cents(self, *, base_cents: int, bonus_cents: int, places: int) -> int:
        """Tell the fee for one person of a posting of so many places (cents)."""

    def check_pay(self, cents: int) -> None:
        """Raise `RecruitingError` if the recruiter allows no such reward."""

    def prepare(self, till: "Till") -> None:
        """Ask for what postings need, once."""

    def post(self, posting: Posting) -> str:
        """Offer places; return what the recruiter calls the posting."""

    def find_post(self, posting: Posting) -> str | None:
        """Find a posting that may have been made."""

    def submissions(self, posts: Sequence[str]) -> list[Submission]:
        """List all submissions of postings."""

    def approve(self, payment: Payment) -> str:
        """Approve a submission, which pays it."""

    def find_approval(self, payment: Payment) -> str | None:
        """Find whether a submission is approved."""

    def bonus(self, payment: Payment) -> str:
        """Pay a bonus."""

    def find_bonus(self, payment: Payment, *, asked: Operation) -> str | None:
        """Find a bonus that may have been paid."""

    def compensate(self, payment: Payment, till: "Till") -> str:
        """Pay somebody who has no submission that can be paid."""

    def find_compensation(self, payment: Payment, *, asked: Operation) -> str | None:
        """Find a compensation that may have been posted."""

    def reject(self, submission: Submission, reason: str) -> None:
        """Reject a submission."""

    def block(self, person: str, reason: str) -> None:
        """Keep a person away from all that is ever posted."""

    def keep_out(self, person: str, till: "Till") -> str:
        """Keep a person who took part away from this study's later postings."""

    def expire(self, post: str) -> None:
        """Let nobody new take a posting up."""

    def prolong(self, post: str, *, hours: int) -> None:
        """Let a posting be taken up for so many hours from now."""

    def notify(self, told: Sequence[Submission], *, subject: str, text: str) -> None:
        """Write to the people of submissions."""

    def balance_cents(self) -> int | None:
        """Tell what money is there; None if the recruiter has no account."""

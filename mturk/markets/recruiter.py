"""What every recruiter can do, and what most of them do alike."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from experiment_server.payables import Operation, Person
from experiment_server.studies.study import Study
from mturk.offer import Offer
from mturk.till import Till

# What became of somebody's submission at the recruiter's.
WORKING = "working"  # taken up, not handed in
SUBMITTED = "submitted"  # waits for an approval
APPROVED = "approved"
REJECTED = "rejected"
SCREENED_OUT = "screened out"  # paid by the recruiter itself, a fixed amount
RETURNED = "returned"  # given back, or out of time


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """Places to be offered together: one HIT, or places of a Prolific study.

    Attributes
    ----------
    token : str
        Name of the operation.
    places : int
        People that it is for.
    before : int
        Places that earlier postings have.
    first : str or None
        What the recruiter calls the first posting.
    mark : str
        What those bear who took part, and can't take it up; empty where the recruiter knows them.
    """

    token: str
    places: int
    before: int
    first: str | None
    mark: str


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
    bonuses: tuple[int, ...] = ()


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
    reason: str
    same_before: int


class Recruiter(ABC):
    """A market where people are found and paid.

    What asks for something returns what the recruiter calls it, if it has a name. Each `find_…` says
    what an earlier call of the same operation led to, None if it surely led to nothing, and raises
    `UnsureError` if that can't be told yet.
    """

    market: str
    door: str
    pays_returned = True  # whether who gave it back can be paid a bonus
    shows_bonuses = True  # whether submissions list the bonuses that were paid

    def __init__(self, offer: Offer, study: Study) -> None:
        self.offer, self.study = offer, study

    def owns(self, person: Person) -> bool:
        """Tell whether a person of this door came by this market."""
        return True

    def base_cents(self, person: Person | None) -> int:
        """Tell what an approval pays a person, or anybody (cents)."""
        return self.offer.base_cents or self.study.pay.complete_cents

    def screen_out_cents(self) -> int:
        """Tell what the recruiter itself pays those who are screened out (cents)."""
        return 0

    def sizes(self, places: int) -> tuple[int, ...]:
        """Split places into postings."""
        return (places,) if places else ()

    @abstractmethod
    def fee_cents(self, *, base_cents: int, bonus_cents: int, places: int) -> int:
        """Tell the fee for one person of a posting of so many places (cents)."""

    def check_pay(self, cents: int) -> None:  # noqa: B027  a recruiter may allow any reward
        """Raise `RecruitingError` if the recruiter allows no such reward."""

    def prepare(self, till: Till) -> str:
        """Make, once, the mark of who took part; "" where the recruiter knows them without."""
        return ""

    @abstractmethod
    def post(self, posting: Posting) -> str:
        """Offer places; return what the recruiter calls the posting."""

    @abstractmethod
    def find_post(self, posting: Posting) -> str | None:
        """Find a posting that may have been made."""

    @abstractmethod
    def submissions(self, posts: Sequence[str]) -> list[Submission]:
        """List all submissions of postings."""

    @abstractmethod
    def approve(self, payment: Payment) -> str | None:
        """Approve a submission, which pays it."""

    @abstractmethod
    def find_approval(self, payment: Payment) -> str | None:
        """Find whether a submission is approved."""

    @abstractmethod
    def bonus(self, payment: Payment) -> str | None:
        """Pay a bonus."""

    @abstractmethod
    def find_bonus(self, payment: Payment, *, asked: Operation) -> str | None:
        """Find a bonus that may have been paid."""

    def compensate(self, payment: Payment) -> str | None:
        """Pay somebody who has no submission that can be paid."""
        return self.bonus(payment)

    def find_compensation(self, payment: Payment, *, asked: Operation) -> str | None:
        """Find a compensation that may have been paid."""
        return self.find_bonus(payment, asked=asked)

    @abstractmethod
    def reject(self, submission: Submission, reason: str) -> None:
        """Reject a submission."""

    @abstractmethod
    def block(self, person: str, reason: str) -> None:
        """Keep a person away from all that is ever posted."""

    def keep_out(self, person: str, mark: str) -> None:  # noqa: B027  most know who comes again
        """Keep a person who took part away from this study's later postings."""

    @abstractmethod
    def expire(self, post: str) -> None:
        """Let nobody new take a posting up."""

    @abstractmethod
    def prolong(self, post: str, *, hours: int) -> None:
        """Let a posting be taken up for so many hours from now."""

    @abstractmethod
    def notify(self, told: Submission, *, subject: str, text: str) -> None:
        """Write to the person of a submission."""

    @abstractmethod
    def balance_cents(self) -> int | None:
        """Tell what money is there; None if the recruiter has no account."""

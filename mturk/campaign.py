"""A study's recruitment at one market: its books, its price, its postings.

All amounts are integer cents. Nothing is posted beyond the offer's cap.
"""

from dataclasses import dataclass
from typing import NamedTuple

from experiment_server.payables import DONE, INTENDED, REFUSED, Operation, Person
from experiment_server.studies.study import Study
from mturk.cost import Cost, cost_of
from mturk.errors import RecruitingError
from mturk.markets.recruiter import Posting, Recruiter
from mturk.till import Till

# Kinds of operation that cost money.
POST, APPROVE, BONUS, COMPENSATE, EXTRA = "post", "approve", "bonus", "compensate", "extra"
PAYING = (APPROVE, BONUS, COMPENSATE, EXTRA)
NOTHING = Cost(hits=(), reward_cents=0, fee_cents=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """A study's recruitment at one market.

    Attributes
    ----------
    till : Till
        Where its operations go through.
    recruiter : Recruiter
        The market, with the study and what is offered.
    """

    till: Till
    recruiter: Recruiter

    @property
    def study(self) -> Study:
        """The study."""
        return self.recruiter.study

    def operations(self, *kinds: str) -> list[Operation]:
        """List what was asked for, of some kinds, that was not refused."""
        listed = self.till.books.operations(self.recruiter.market)
        return [one for one in listed if one.kind in kinds and one.state != REFUSED]

    def posts(self) -> list[str]:
        """List what the recruiter calls the postings."""
        return list(dict.fromkeys(one.ref for one in self.operations(POST) if one.ref))

    def people(self) -> list[Person]:
        """List who came by this market with an id that is still known."""
        listed = self.till.books.people(self.recruiter.door)
        return [one for one in listed if one.person is not None and self.recruiter.owns(one)]


class Spent(NamedTuple):
    """What was promised, fees included, and what was paid to people (cents)."""

    promised_cents: int
    paid_cents: int


def spent(campaign: Campaign) -> Spent:
    """Add up what was promised and paid so far."""
    promised = campaign.operations(POST, COMPENSATE, EXTRA)
    paid = [one for one in campaign.operations(*PAYING) if one.state == DONE]
    return Spent(
        promised_cents=sum(one.cents + one.fee_cents for one in promised),
        paid_cents=sum(one.cents for one in paid),
    )


def price(campaign: Campaign, places: int) -> Cost:
    """Price places at the most that they can cost: everybody has the best-paid outcome.

    Raises
    ------
    RecruitingError
        If the recruiter allows no such pay.
    """
    recruiter, pay = campaign.recruiter, campaign.study.pay
    base = recruiter.base_cents(None)
    recruiter.check_pay(base)
    most = max(pay.complete_cents, pay.screened_out_cents, pay.failed_media_cents, pay.withdrawn_cents)
    bonus = max(0, most - base)
    return cost_of(
        recruiter.sizes(places),
        reward_cents=base + bonus,
        fee_cents=lambda n: recruiter.fee_cents(base_cents=base, bonus_cents=bonus, places=n),
    )


def check_money(campaign: Campaign, more_cents: int) -> None:
    """Make sure that what is to be promised is below the cap, and in the account.

    Raises
    ------
    RecruitingError
        If it is not.
    """
    promised, cap = spent(campaign).promised_cents, campaign.recruiter.offer.cap_cents
    if promised + more_cents > cap:
        raise RecruitingError(
            f"{promised} cents are promised and this is {more_cents} more, beyond cap_cents = {cap}; "
            "nothing was posted. Ask for fewer, or raise the cap"
        )
    if campaign.till.dry or not more_cents:
        return
    balance = campaign.recruiter.balance_cents()
    if balance is not None and balance < more_cents:
        raise RecruitingError(
            f"the account holds {balance} cents and this needs {more_cents}; nothing was posted"
        )


def launch(campaign: Campaign, places: int) -> list[str]:
    """Have places for so many people in all; what is posted already counts, so this can be repeated.

    Returns
    -------
    list of str
        What the recruiter calls the postings, old and new.

    Raises
    ------
    RecruitingError
        If the cap, the balance or the recruiter forbids it; nothing is posted then.
    """
    posted = campaign.operations(POST)
    missing = places - sum(one.places for one in posted)
    cost = price(campaign, missing) if missing > 0 else NOTHING
    check_money(campaign, cost.total_cents)
    mark = campaign.recruiter.prepare(campaign.till)
    for operation in posted:
        if operation.state == INTENDED:
            _post(campaign, operation, mark)
    every = campaign.till.books.operations(campaign.recruiter.market)
    first = max((one.batch for one in every), default=0) + 1
    for batch, size in enumerate(cost.hits, start=first):
        each = price(campaign, size)
        money = {"cents": each.reward_cents, "fee_cents": each.fee_cents}
        _post(campaign, campaign.till.operation(POST, batch, batch=batch, places=size, **money), mark)
    return campaign.posts()


def _post(campaign: Campaign, operation: Operation, mark: str) -> None:
    earlier = [one for one in campaign.operations(POST) if one.batch < operation.batch]
    posting = Posting(
        token=operation.token,
        places=operation.places,
        before=sum(one.places for one in earlier),
        first=next((one.ref for one in earlier if one.ref), None),
        mark=mark,
    )
    recruiter = campaign.recruiter
    campaign.till.once(
        operation,
        send=lambda: recruiter.post(posting),
        find=lambda asked: recruiter.find_post(posting),
    )

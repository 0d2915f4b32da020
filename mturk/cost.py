"""What people cost, fees included, before anything is posted; all money in integer cents.

Amazon's published prices, as of Mechanical Turk's last year: 20 % of reward and bonus; 20 % more of the
reward where a HIT has ten or more assignments; 5 % more for Masters; at least one cent each. Prolific's
(prolific.com/pricing, September 2026): 42.8 % of all that people get, 33.3 % for universities; and its
least pay an hour, of the same time.
"""

from collections.abc import Callable
from dataclasses import dataclass

FEE_PERCENT = 20
LARGE_HIT_FEE_PERCENT = 20
LARGE_HIT_ASSIGNMENTS = 10
MASTERS_FEE_PERCENT = 5
MINIMUM_FEE_CENTS = 1
PROLIFIC_FEE_PERMILLE = 428
PROLIFIC_ACADEMIC_FEE_PERMILLE = 333  # of universities
PROLIFIC_HOURLY_CENTS = 800  # least pay an hour in USD; in GBP 600
SMALL_HIT = LARGE_HIT_ASSIGNMENTS - 1  # the most assignments that avoid the fee for large HITs


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """The price of a number of people.

    Attributes
    ----------
    hits : tuple of int
        Places in each posting.
    reward_cents, fee_cents, total_cents : int
        What participants get, what the recruiter gets, and both together.
    """

    hits: tuple[int, ...]
    reward_cents: int
    fee_cents: int

    @property
    def total_cents(self) -> int:
        """Reward and fee together."""
        return self.reward_cents + self.fee_cents


def cost_of(hits: tuple[int, ...], *, reward_cents: int, fee_cents: Callable[[int], int]) -> Cost:
    """Price postings.

    Parameters
    ----------
    hits : tuple of int
        Places in each.
    reward_cents : int
        What each person gets (cents).
    fee_cents : callable
        Tells the fee for one person of a posting of so many places (cents).

    Examples
    --------
    >>> cost_of((9, 1), reward_cents=100, fee_cents=lambda places: 20).total_cents
    1200
    """
    fee = sum(places * fee_cents(places) for places in hits)
    return Cost(hits=hits, reward_cents=sum(hits) * reward_cents, fee_cents=fee)


def split(places: int, *, most: int) -> tuple[int, ...]:
    """Split places into postings of at most `most`: full ones, and the rest."""
    full, rest = divmod(places, most)
    return (most,) * full + ((rest,) if rest else ())


def assignment_fee_cents(reward_cents: int, assignments_in_hit: int, *, masters: bool = False) -> int:
    """Fee for one assignment on Mechanical Turk (cents), fractions rounded up."""
    large = LARGE_HIT_FEE_PERCENT if assignments_in_hit >= LARGE_HIT_ASSIGNMENTS else 0
    percent = FEE_PERCENT + large + MASTERS_FEE_PERCENT * masters
    return max(MINIMUM_FEE_CENTS, share_cents(reward_cents, permille=10 * percent))


def bonus_fee_cents(bonus_cents: int) -> int:
    """Fee for a bonus on Mechanical Turk (cents), fractions rounded up."""
    return max(MINIMUM_FEE_CENTS, share_cents(bonus_cents, permille=10 * FEE_PERCENT))


def share_cents(cents: int, *, permille: int) -> int:
    """Take a share of an amount (cents), fractions rounded up."""
    return -(-cents * permille // 1000)


def hourly_cents(reward_cents: int, *, minutes: int) -> int:
    """Tell what a reward is an hour (cents), fractions dropped."""
    return reward_cents * 60 // minutes


def least_reward_cents(hourly_cents: int, *, minutes: int) -> int:
    """Tell the least reward for so many minutes that is so much an hour (cents), rounded up."""
    return -(-hourly_cents * minutes // 60)


def dollars(cents: int) -> str:
    """Write an amount as the recruiters' APIs want it: "1.05"."""
    return f"{cents // 100}.{cents % 100:02d}"

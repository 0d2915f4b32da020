"""What a batch of HITs costs on Amazon Mechanical Turk; all money in integer cents.

Fees: 20 % of the reward; 20 % more where a HIT has ten or more assignments; at least one cent per
assignment (Amazon's published prices, as of the service's last year).
"""

from dataclasses import dataclass

FEE_PERCENT = 20
LARGE_HIT_FEE_PERCENT = 20
LARGE_HIT_ASSIGNMENTS = 10
MINIMUM_FEE_CENTS = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """The price of a number of assignments.

    Attributes
    ----------
    hits : tuple of int
        Assignments in each HIT.
    reward_cents, fee_cents, total_cents : int
        What participants get, what Amazon gets, and both together.
    """

    hits: tuple[int, ...]
    reward_cents: int
    fee_cents: int

    @property
    def total_cents(self) -> int:
        """Reward and fee together."""
        return self.reward_cents + self.fee_cents


def batch_cost(
    participants: int, *, reward_cents: int, per_hit: int = LARGE_HIT_ASSIGNMENTS - 1
) -> Cost:
    """Price a batch split into HITs of at most `per_hit` assignments.

    Parameters
    ----------
    participants : int
        Assignments wanted, at least 1.
    reward_cents : int
        Reward per assignment (cents), at least 1.
    per_hit : int
        Assignments a HIT; nine is the most that avoids the fee for large HITs.

    Examples
    --------
    >>> batch_cost(50, reward_cents=100).total_cents
    6000
    >>> batch_cost(50, reward_cents=100, per_hit=50).total_cents
    7000
    """
    for name, value in (("participants", participants), ("reward", reward_cents), ("per_hit", per_hit)):
        if value < 1:
            raise ValueError(f"{name} is {value}; give a number of at least 1")
    full, rest = divmod(participants, per_hit)
    hits = (per_hit,) * full + ((rest,) if rest else ())
    fee = sum(n * assignment_fee_cents(reward_cents, assignments_in_hit=n) for n in hits)
    return Cost(hits=hits, reward_cents=participants * reward_cents, fee_cents=fee)


def assignment_fee_cents(reward_cents: int, *, assignments_in_hit: int) -> int:
    """Fee for one assignment (cents), fractions rounded up."""
    large = LARGE_HIT_FEE_PERCENT if assignments_in_hit >= LARGE_HIT_ASSIGNMENTS else 0
    return max(MINIMUM_FEE_CENTS, -(-reward_cents * (FEE_PERCENT + large) // 100))

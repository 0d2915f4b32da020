import pytest
from click.testing import CliRunner

from mturk.cli import main
from mturk.cost import assignment_fee_cents, batch_cost


def test_batches_of_nine_avoid_the_fee_for_large_hits():
    assert batch_cost(50, reward_cents=100).total_cents == 6000
    assert batch_cost(50, reward_cents=100, per_hit=50).total_cents == 7000


@pytest.mark.parametrize(("participants", "hits"), [(1, (1,)), (9, (9,)), (10, (9, 1)), (18, (9, 9))])
def test_hits_hold_nine_and_the_rest(participants, hits):
    assert batch_cost(participants, reward_cents=50).hits == hits


def test_the_least_fee_is_one_cent():
    assert assignment_fee_cents(1, assignments_in_hit=1) == 1


def test_fractions_of_a_cent_are_rounded_up():
    assert assignment_fee_cents(33, assignments_in_hit=9) == 7


def test_nobody_can_be_had_for_nothing():
    with pytest.raises(ValueError, match="reward is 0"):
        batch_cost(5, reward_cents=0)


def test_the_command_prints_reward_fee_and_total():
    shown = CliRunner().invoke(main, ["cost", "50", "--reward-cents", "100"]).output
    assert [line.split() for line in shown.splitlines()][1:] == [
        ["reward", "$50.00"],
        ["fee", "$10.00"],
        ["total", "$60.00"],
    ]

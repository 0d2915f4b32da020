"""What people cost, before anything is posted."""

import pytest
from recruiting_samples import run

from mturk.cost import assignment_fee_cents, split


def test_batches_of_nine_avoid_the_fee_for_large_hits():
    assert "total   $60.00" in run("cost", 50, "--reward-cents", 100)
    assert "total   $70.00" in run("cost", 50, "--reward-cents", 100, "--per-hit", 50)


@pytest.mark.parametrize(("participants", "hits"), [(1, (1,)), (9, (9,)), (10, (9, 1)), (18, (9, 9))])
def test_hits_hold_nine_and_the_rest(participants, hits):
    assert split(participants, most=9) == hits
    shown = run("cost", participants, "--reward-cents", 50)
    assert f"HITs    {len(hits)} of at most 9 assignments" in shown


def test_the_least_fee_is_one_cent():
    assert assignment_fee_cents(1, 1) == 1


def test_fractions_of_a_cent_are_rounded_up():
    assert assignment_fee_cents(33, 9) == 7


def test_nobody_can_be_had_for_nothing():
    assert "0 is not in the range" in run("cost", 5, "--reward-cents", 0, fails=True)


def test_the_command_prints_reward_fee_and_total():
    shown = run("cost", 50, "--reward-cents", 100)
    assert [line.split() for line in shown.splitlines()][1:] == [
        ["reward", "$50.00"],
        ["fee", "$10.00"],
        ["total", "$60.00"],
    ]

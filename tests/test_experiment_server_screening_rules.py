"""The headphone test's rules: even targets, every kind passed, and the page's own state machine."""

from collections import Counter

import pytest

from experiment_server.screening import rules, sounds
from experiment_server.studies.sections import HEADPHONES, Screening

BOTH = Screening(headphones="both")


def answered(trials, right):
    """Answer trials, `right` of each kind rightly."""
    left = Counter({trial.kind: right for trial in trials})
    for trial in trials:
        is_right = left[trial.kind] > 0
        left[trial.kind] -= 1
        trial.response_interval = trial.target_interval if is_right else trial.target_interval % 3 + 1
    return trials


def test_every_kind_of_test_that_a_study_can_ask_for_has_a_sound():
    assert {kind for kinds in HEADPHONES.values() for kind in kinds} == set(sounds.MAKERS)


def test_an_attempt_holds_each_kind_in_order_with_every_target_equally_often():
    trials = rules.draw_attempt(5, BOTH, attempt=1)
    assert [trial.position for trial in trials] == list(range(1, 13))
    assert [trial.kind for trial in trials] == ["huggins"] * 6 + ["antiphase"] * 6
    for kind in ("huggins", "antiphase"):
        assert Counter(t.target_interval for t in trials if t.kind == kind) == {1: 2, 2: 2, 3: 2}


def test_targets_are_uniform_at_every_place_over_participants():
    """Chi-square with 2 degrees of freedom: 99.99 % of fair draws lie below 18.4."""
    screening = Screening(headphones="huggins", headphone_trials=4)
    drawn = [rules.draw_attempt(seed, screening, attempt=1) for seed in range(900)]
    for place in range(4):
        counts = Counter(trials[place].target_interval for trials in drawn)
        assert sum((counts[k] - 300) ** 2 / 300 for k in (1, 2, 3)) < 18.4


def test_the_same_seed_draws_the_same_trials_under_new_names_and_each_attempt_others():
    first, again, second = (rules.draw_attempt(5, BOTH, attempt=n) for n in (1, 1, 2))
    drawn = [[(t.target_interval, t.seed) for t in trials] for trials in (first, again, second)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len({t.sound for t in (*first, *again, *second)}) == 36
    assert len({t.seed for t in (*first, *second)}) == 24


@pytest.mark.parametrize(("right", "passed"), [(6, True), (5, True), (4, False), (0, False)])
def test_five_of_six_of_each_kind_pass(right, passed):
    trials = answered(rules.draw_attempt(5, BOTH, attempt=1), right)
    assert rules.score(trials, least=5) == rules.Score(correct=2 * right, trials=12, passed=passed)
    assert rules.has_passed(trials, BOTH) is passed


def test_one_kind_does_not_make_up_for_the_other():
    trials = rules.draw_attempt(5, BOTH, attempt=1)
    answered(trials[:6], 6)
    answered(trials[6:], 4)
    assert rules.score(trials, least=5).passed is False


def test_an_attempt_that_is_not_over_is_neither_passed_nor_failed():
    trials = answered(rules.draw_attempt(5, BOTH, attempt=1), 6)
    trials[-1].response_interval = None
    assert rules.score(trials, least=5).passed is None
    assert not rules.has_passed(trials, BOTH)


def test_the_last_attempt_counts_whatever_order_trials_come_in():
    failed = answered(rules.draw_attempt(5, BOTH, attempt=1), 3)
    passed = answered(rules.draw_attempt(5, BOTH, attempt=2), 6)
    assert rules.last_attempt([*passed[::-1], *failed]) == passed
    assert rules.has_passed([*passed, *failed], BOTH)
    assert not rules.has_passed([], BOTH)

"""Who is paid what follows from our own record, matched on person and submission."""

import pytest

from experiment_server.payables import Person
from mturk.markets.recruiter import (
    APPROVED,
    REJECTED,
    RETURNED,
    SCREENED_OUT,
    SUBMITTED,
    WORKING,
    Submission,
)
from mturk.payments.settle import NO_SUBMISSION, decide, matched


class Market:
    """A recruiter whose approvals pay 100, and who pays 30 for being screened out."""

    def __init__(self, *, pays_returned):
        self.pays_returned = pays_returned

    def base_cents(self, person):
        return 100

    def screen_out_cents(self):
        return 30


def a_person(person="A1", session="S1", state="complete", cents=150):
    return Person(
        participant=f"p-{person}",
        recruiter="mturk",
        person=person,
        study_ref="H",
        session_ref=session,
        submit_url=None,
        state=state,
        cents=cents,
    )


def a_submission(person="A1", session="S1", status=SUBMITTED):
    return Submission(session=session, person=person, post="H", status=status)


def due(state, cents, status, *, pays_returned=False):
    submission = a_submission(status=status) if status else None
    market = Market(pays_returned=pays_returned)
    case = decide(a_person(state=state, cents=cents), submission, market)
    return case.approve_cents, case.bonus_cents, case.hold


@pytest.mark.parametrize(
    ("state", "cents", "status", "approve", "bonus"),
    [
        ("complete", 150, SUBMITTED, 100, 50),
        ("complete", 150, APPROVED, None, 50),
        ("complete", 100, SUBMITTED, 100, 0),
        ("failed_media", 70, SUBMITTED, 100, 0),  # an approval can't pay less
        ("screened_out", 30, SCREENED_OUT, None, 0),
        ("screened_out", 50, SCREENED_OUT, None, 20),
        ("active", 0, WORKING, None, 0),
        ("active", 0, None, None, 0),
        ("complete", 150, WORKING, None, 0),
        ("withdrawn", 0, RETURNED, None, 0),
        ("complete", 150, REJECTED, None, 0),  # a person has decided
    ],
)
def test_what_is_due_by_rule_needs_nobody(state, cents, status, approve, bonus):
    assert due(state, cents, status) == (approve, bonus, "")


def test_who_gave_a_submission_back_is_paid_where_that_is_possible():
    assert due("complete", 150, RETURNED, pays_returned=True) == (None, 150, "")
    assert due("complete", 150, RETURNED) == (None, 0, NO_SUBMISSION)
    assert due("complete", 150, None) == (None, 0, NO_SUBMISSION)


@pytest.mark.parametrize(
    ("state", "cents", "status", "why"),
    [
        ("withdrawn", 0, SUBMITTED, "worth nothing"),
        ("active", 0, SUBMITTED, "no end of the session"),
    ],
)
def test_what_no_rule_decides_is_left_to_a_person(state, cents, status, why):
    approve, bonus, hold = due(state, cents, status)
    assert (approve, bonus, why in hold) == (None, 0, True)


def test_an_assignment_that_went_to_another_worker_is_not_the_first_ones():
    first, second = a_person("AFIRST"), a_person("ASECOND")
    market = Market(pays_returned=False)
    found = matched([first, second], [a_submission("ASECOND")], market)
    assert [(case.person.person, case.approve_cents) for case in found] == [
        ("AFIRST", None),
        ("ASECOND", 100),
    ]


def test_nobody_unknown_is_paid():
    (case,) = matched([], [a_submission("AWHO")], Market(pays_returned=True))
    assert (case.approve_cents, case.bonus_cents) == (None, 0)
    assert "does not have this person" in case.hold


def test_who_is_forgotten_is_left_alone():
    assert matched([a_person(person=None)], [], Market(pays_returned=True)) == []

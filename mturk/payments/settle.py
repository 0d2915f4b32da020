"""Who is to be paid what, decided from our own record and the recruiter's list: pure, no calls.

Approvals and bonuses follow from the outcome that our database has, for the person and the submission
that it names; never from what a page or a form said. What no rule decides is left to a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from experiment_server.payables import Person
from mturk.markets.recruiter import (
    APPROVED,
    REJECTED,
    RETURNED,
    SCREENED_OUT,
    SUBMITTED,
    WORKING,
    Recruiter,
    Submission,
)

APPROVE, BONUS = "approve", "bonus"
NO_SUBMISSION = "no submission that can be paid: mturk compensate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One person, or one submission of nobody we know, and what is to be done.

    Attributes
    ----------
    person : Person or None
        Our record.
    submission : Submission or None
        The recruiter's.
    approve_cents : int or None
        What the approval that is due pays; None if none is due.
    bonus_cents : int
        Bonus that belongs to it by the study's rules, paid or not; 0 for none.
    hold : str
        Why a person must decide; empty if none must.
    """

    person: Person | None
    submission: Submission | None
    approve_cents: int | None = None
    bonus_cents: int = 0
    hold: str = ""


def cases(
    people: Iterable[Person], submissions: Iterable[Submission], recruiter: Recruiter
) -> list[Case]:
    """Match our people with the recruiter's submissions, by person and submission, and decide each.

    A submission's id alone says nothing: MTurk gives an assignment that was returned to another worker.
    """
    listed = {(one.person, one.session): one for one in submissions}
    known = {
        (one.person, one.session_ref or one.participant): one for one in people if one.person
    }  # who came by a link has no submission's id
    ours = [decide(person, listed.get(key), recruiter) for key, person in known.items()]
    persons = {person for person, _ in known}
    return ours + [
        Case(person=None, submission=one, hold=_why_unknown(one, persons))
        for key, one in listed.items()
        if key not in known and one.status == SUBMITTED
    ]


def decide(person: Person, submission: Submission | None, recruiter: Recruiter) -> Case:
    """Say what is due to one person."""

    def case(approve: int | None = None, bonus: int = 0, hold: str = "") -> Case:
        return Case(
            person=person,
            submission=submission,
            approve_cents=approve,
            bonus_cents=max(0, bonus),
            hold=hold,
        )

    base = recruiter.base_cents(person)
    status = submission.status if submission else None
    if not person.has_ended:
        waits = status in (None, WORKING, RETURNED)
        return case() if waits else case(hold="handed in, but our record has no end of the session")
    if status == SUBMITTED:
        if person.cents == 0:
            return case(
                hold="worth nothing by [pay] of the study file: approve it, or ask for its return"
            )
        return case(approve=base, bonus=person.cents - base)
    if status == APPROVED:
        return case(bonus=person.cents - base)
    if status == SCREENED_OUT:
        return case(bonus=person.cents - recruiter.screen_out_cents())
    if status in (REJECTED, WORKING) or person.cents == 0:
        return case()
    if status == RETURNED and recruiter.pays_returned:
        return case(bonus=person.cents)
    return case(hold=NO_SUBMISSION)


def _why_unknown(submission: Submission, persons: set[str]) -> str:
    if submission.person in persons:
        return "this person took part, with another submission"
    return "our record does not have this person"

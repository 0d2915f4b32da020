"""Who is to be paid what, decided from our own record and the recruiter's list.

Approvals and bonuses follow from the outcome that our database has, for the person and the submission
that it names; never from what a page or a form said. What no rule decides is left to a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from experiment_server.payables import Person
from mturk.campaign import COMPENSATE, Campaign
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


def cases(campaign: Campaign) -> list[Case]:
    """Match our people with the recruiter's submissions, and decide each."""
    submissions = campaign.recruiter.submissions(campaign.posts())
    compensated = {one.participant for one in campaign.operations(COMPENSATE)}
    return [
        _compensated(case) if case.person and case.person.participant in compensated else case
        for case in matched(campaign.people(), submissions, campaign.recruiter)
    ]


def matched(
    people: Iterable[Person], submissions: Iterable[Submission], recruiter: Recruiter
) -> list[Case]:
    """Match people and submissions by both their ids, and decide each; no calls.

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
    """Say what is due to one person; no calls."""
    case = partial(Case, person=person, submission=submission)
    base = recruiter.base_cents(person)
    beyond = max(0, person.cents - base)
    status = submission.status if submission else None
    if not person.has_ended:
        waits = status in (None, WORKING, RETURNED)
        return case(hold="" if waits else "handed in, but our record has no end of the session")
    if status == SUBMITTED and person.cents == 0:
        return case(hold="worth nothing by [pay] of the study file: approve it, or ask for its return")
    if status == SUBMITTED:
        return case(approve_cents=base, bonus_cents=beyond)
    if status == APPROVED:
        return case(bonus_cents=beyond)
    if status == SCREENED_OUT:
        return case(bonus_cents=max(0, person.cents - recruiter.screen_out_cents()))
    if status in (REJECTED, WORKING) or person.cents == 0:
        return case()
    if status == RETURNED and recruiter.pays_returned:
        return case(bonus_cents=person.cents)
    return case(hold=NO_SUBMISSION)


def _compensated(case: Case) -> Case:
    """Pay nobody twice: not a submission that is handed in after its compensation."""
    is_late = case.submission is not None and case.submission.status == SUBMITTED
    hold = "handed in after it was compensated: reject it, or pay it again" if is_late else ""
    return replace(case, approve_cents=None, bonus_cents=0, hold=hold)


def _why_unknown(submission: Submission, persons: set[str]) -> str:
    if submission.person in persons:
        return "this person took part, with another submission"
    return "our record does not have this person"

"""Comparing the books with what the recruiter shows, to the cent."""

from experiment_server.payables import DONE, INTENDED
from mturk.campaign import APPROVE, BONUS, COMPENSATE, EXTRA, PAYING, POST, Campaign
from mturk.markets.recruiter import APPROVED
from mturk.payments.paying import operation_for
from mturk.payments.people import GRANT, NOTIFY
from mturk.payments.settle import Case, cases


def differences(campaign: Campaign) -> list[str]:
    """Say what does not agree, or waits for a person; empty if nothing does."""
    unknown = [
        f"{one.kind} {one.participant or one.batch}: begun at {one.started_utc:%Y-%m-%d %H:%M} UTC, and "
        "not known to be done; run its command again"
        for one in campaign.operations(POST, NOTIFY, GRANT, *PAYING)
        if one.state == INTENDED
    ]
    return unknown + [text for case in cases(campaign) for text in _of_case(campaign, case)]


def adopt(campaign: Campaign) -> int:
    """Book the approvals that were made elsewhere: by hand, or by the recruiter's own clock.

    Returns
    -------
    int
        How many there were.
    """
    booked = {one.participant for one in campaign.operations(APPROVE)}
    found = 0
    for case in cases(campaign):
        if case.person is None or case.submission is None or case.submission.status != APPROVED:
            continue
        if case.person.participant not in booked:
            cents = campaign.recruiter.base_cents(case.person)
            operation = operation_for(campaign, APPROVE, case.person.participant, cents)
            campaign.till.once(operation, send=lambda: "elsewhere", find=lambda asked: "elsewhere")
            found += 1
    return found


def _of_case(campaign: Campaign, case: Case) -> list[str]:
    who = (
        case.person.participant
        if case.person
        else f"submission {case.submission and case.submission.session}"
    )
    found = [f"{who}: {case.hold}"] if case.hold else []
    if case.person is None or case.submission is None:
        return found
    kinds = (BONUS, EXTRA, *((COMPENSATE,) if campaign.recruiter.pays_returned else ()))
    paid = [one for one in campaign.operations(*kinds) if one.state == DONE and one.participant == who]
    shown, booked = sum(case.submission.bonuses), sum(one.cents for one in paid)
    if campaign.recruiter.shows_bonuses and shown != booked:
        found.append(f"{who}: the books have bonuses of {booked} cents, the recruiter shows {shown}")
    return found

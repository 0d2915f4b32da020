"""What is done with people beside paying: messages, keeping out, and a person's hard decisions."""

from collections.abc import Callable, Sequence
from functools import partial

from mturk.campaign import Campaign
from mturk.errors import RecruitingError
from mturk.payments.settle import cases

GRANT, NOTIFY, REJECT, BLOCK = "grant", "notify", "reject", "block"


def notify(campaign: Campaign, *, subject: str, text: str, outcomes: Sequence[str] = ()) -> int:
    """Write the same message to everybody who submitted, at most once each.

    Parameters
    ----------
    campaign : Campaign
        The recruitment.
    subject, text : str
        The message.
    outcomes : sequence of str
        Only to people of these outcomes; to all by default.

    Returns
    -------
    int
        People to whom it is sent.
    """
    told = 0
    for case in cases(campaign):
        if case.person is None or case.submission is None:
            continue
        if outcomes and case.person.state not in outcomes:
            continue
        name = case.person.participant
        campaign.till.once(
            campaign.till.operation(NOTIFY, name, subject, text, participant=name, reason=subject),
            send=partial(campaign.recruiter.notify, case.submission, subject=subject, text=text),
            find=lambda asked: "perhaps",  # what may have come is not sent again
        )
        told += 1
    return told


def keep_out(campaign: Campaign) -> int:
    """Keep everybody who took part away from later postings; return how many are kept away.

    It needs no notices: whoever enrolled stands in our own record.
    """
    till, people = campaign.till, campaign.people()
    mark = campaign.recruiter.prepare(till) if people else ""
    for one in people:
        till.once(
            till.operation(GRANT, one.participant, participant=one.participant),
            send=partial(campaign.recruiter.keep_out, one.person or "", mark),
            find=lambda asked: None,  # to do it again does no harm
        )
    return len(people)


def reject(campaign: Campaign, session: str, *, reason: str) -> None:
    """Reject one submission, as a person decided.

    Raises
    ------
    RecruitingError
        If there is no such submission, or no reason.
    """
    listed = campaign.recruiter.submissions(campaign.posts())
    found = next((one for one in listed if one.session == session), None)
    if found is None:
        raise RecruitingError(f"no submission {session!r} in this study's postings")
    _by_hand(campaign, REJECT, session, reason, partial(campaign.recruiter.reject, found, reason))


def block(campaign: Campaign, person: str, *, reason: str) -> None:
    """Block one person, as a person decided.

    Raises
    ------
    RecruitingError
        If there is no reason, or the recruiter has no blocks.
    """
    _by_hand(campaign, BLOCK, person, reason, partial(campaign.recruiter.block, person, reason))


def _by_hand(campaign: Campaign, kind: str, subject: str, reason: str, deed: Callable[[], None]) -> None:
    if not reason.strip():
        raise RecruitingError(f"say why: a {kind} needs a reason that the person can understand")
    operation = campaign.till.operation(kind, subject, reason=reason)
    campaign.till.once(operation, send=deed, find=lambda asked: None)

"""Paying people: approvals and bonuses by rule, bonuses beside it, compensation; each once."""

from dataclasses import replace

from experiment_server.payables import DONE, INTENDED, REFUSED, Operation
from mturk.campaign import COMPENSATE, EXTRA, Campaign, check_money
from mturk.markets.recruiter import Payment, RecruitingError, RefusedError, Submission, UnsureError
from mturk.payments.settle import APPROVE, BONUS, NO_SUBMISSION, Case

BONUS_REASON = "For your time in the listening study. Thank you."
COMPENSATION = "Thank you for your time in the study {name}. Submit this to be paid."

Due = tuple[Operation, Payment]


def due(campaign: Campaign, *kinds: str) -> list[list[Due]]:
    """List what is due by rule and not done, person by person, the approval first.

    Parameters
    ----------
    campaign : Campaign
        The recruitment.
    kinds : str
        "approve", "bonus" or both; a bonus is due only with or after its approval.
    """
    return [found for case in campaign.cases() if (found := due_of(campaign, case, *kinds))]


def pay(campaign: Campaign, *kinds: str) -> tuple[list[Operation], list[str]]:
    """Make the approvals, or pay the bonuses, that are due by rule.

    Returns
    -------
    list of Operation
        What is done now.
    list of str
        What could not be done, and why; the next run tries again.
    """
    done, failed = [], []
    for of_one in due(campaign, *kinds):
        for operation, payment in of_one:
            try:
                _pay(campaign, operation, payment)
            except (RefusedError, UnsureError) as error:
                failed.append(f"{operation.kind} {operation.participant}: {error}")
                break  # no bonus before its approval
            done.append(operation)
    return done, failed


def extra(campaign: Campaign, participant: str, *, cents: int, reason: str) -> None:
    """Pay a bonus beside the rules, once for the same reason.

    Raises
    ------
    RecruitingError
        If the person has no submission, or the cap forbids it.
    """
    submission = one_case(campaign, participant).submission
    if submission is None:
        raise RecruitingError(f"{participant} has no submission; use mturk compensate")
    if cents < 1 or not reason.strip():
        raise RecruitingError("a bonus needs an amount of at least 1 cent, and a reason")
    operation = operation_for(campaign, EXTRA, participant, cents, reason=reason)
    fee = campaign.recruiter.fee_cents(base_cents=0, bonus_cents=cents, places=1)
    _check_new(campaign, operation, cents + fee)
    operation = replace(operation, fee_cents=fee)
    _pay(campaign, operation, _payment(campaign, operation, submission, reason))


def compensate(campaign: Campaign, participant: str) -> str | None:
    """Pay somebody what their outcome is worth who has no submission that can be paid; once.

    Raises
    ------
    RecruitingError
        If nothing is owed, or the usual way is open, or the cap forbids it.
    """
    case = one_case(campaign, participant)
    person = case.person
    is_compensated = any(one.participant == participant for one in campaign.operations(COMPENSATE))
    if person is None or not (is_compensated or case.hold == NO_SUBMISSION):
        raise RecruitingError(
            f"{participant} is owed nothing, or is paid in the usual way: mturk review"
        )
    operation = operation_for(campaign, COMPENSATE, participant, person.cents)
    fee = campaign.recruiter.fee_cents(base_cents=person.cents, bonus_cents=0, places=1)
    _check_new(campaign, operation, person.cents + fee)
    payment = Payment(
        token=operation.token,
        person=person.person or "",
        session=person.session_ref or "",
        post=person.study_ref or "",
        cents=person.cents,
        reason=COMPENSATION.format(name=campaign.study.name),
        same_before=_same_before(campaign, operation),
    )
    recruiter = campaign.recruiter
    return campaign.till.once(
        replace(operation, fee_cents=fee),
        send=lambda: recruiter.compensate(payment, campaign.till),
        find=lambda asked: recruiter.find_compensation(payment, asked=asked),
    )


def one_case(campaign: Campaign, participant: str) -> Case:
    """Find a participant's case by the pseudonym.

    Raises
    ------
    RecruitingError
        If nobody of that name came through this door with an id.
    """
    for case in campaign.cases():
        if case.person is not None and case.person.participant == participant:
            return case
    raise RecruitingError(
        f"no participant {participant!r} came through the door {campaign.recruiter.door}"
    )


def due_of(campaign: Campaign, case: Case, *kinds: str) -> list[Due]:
    """List what is due to one person by rule and not done."""
    if case.person is None or case.submission is None:
        return []
    if case.approve_cents is not None and APPROVE not in kinds:
        return []  # the bonus waits for the approval
    found = []
    for kind, cents in ((APPROVE, case.approve_cents), (BONUS, case.bonus_cents or None)):
        operation = operation_for(campaign, kind, case.person.participant, cents or 0)
        known = campaign.till.books.find(operation.token)
        is_begun = known is not None and known.state == INTENDED
        is_new = cents is not None and (known is None or known.state == REFUSED)
        if kind in kinds and (is_begun or is_new):
            operation = known if known is not None else operation
            found.append((operation, _payment(campaign, operation, case.submission, BONUS_REASON)))
    return found


def operation_for(
    campaign: Campaign, kind: str, participant: str, cents: int, *, reason: str | None = None
) -> Operation:
    """Name an operation that pays a participant; the amount is not part of its name."""
    return Operation(
        token=campaign.till.token(kind, participant, reason or ""),
        market=campaign.recruiter.market,
        kind=kind,
        participant=participant,
        cents=cents,
        reason=reason,
    )


def _payment(campaign: Campaign, operation: Operation, submission: Submission, reason: str) -> Payment:
    return Payment(
        token=operation.token,
        person=submission.person,
        session=submission.session,
        post=submission.post,
        cents=operation.cents,
        reason=reason,
        same_before=_same_before(campaign, operation),
    )


def _same_before(campaign: Campaign, operation: Operation) -> int:
    """Count the other bonuses of the same amount to the same person that are done."""
    return sum(
        one.participant == operation.participant
        and one.cents == operation.cents
        and one.state == DONE
        and one.token != operation.token
        for one in campaign.operations(BONUS, EXTRA, COMPENSATE)
    )


def _check_new(campaign: Campaign, operation: Operation, cents: int) -> None:
    """Hold what is new to the cap; what was begun is in it already."""
    known = campaign.till.books.find(operation.token)
    if known is None or known.state not in (DONE, operation.state):
        check_money(campaign, cents)


def _pay(campaign: Campaign, operation: Operation, payment: Payment) -> None:
    recruiter = campaign.recruiter
    if operation.kind == APPROVE:
        campaign.till.once(
            operation,
            send=lambda: recruiter.approve(payment),
            find=lambda asked: recruiter.find_approval(payment),
        )
        return
    campaign.till.once(
        operation,
        send=lambda: recruiter.bonus(payment),
        find=lambda asked: recruiter.find_bonus(payment, asked=asked),
    )

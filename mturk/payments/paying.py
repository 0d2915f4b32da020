"""Paying people: approvals and bonuses by rule, bonuses beside it, compensation; each once."""

from functools import partial

from experiment_server.payables import DONE, INTENDED, REFUSED, Operation
from mturk.campaign import APPROVE, BONUS, COMPENSATE, EXTRA, Campaign, check_money
from mturk.errors import RecruitingError, RefusedError, UnsureError
from mturk.markets.recruiter import RETURNED, Payment, Submission
from mturk.payments.settle import NO_SUBMISSION, Case, cases

BONUS_REASON = "For your time in the listening study. Thank you."
COMPENSATION = "Thank you for your time in the study {name}. Submit this to be paid."


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
    for case in cases(campaign):
        for operation, payment in due_of(campaign, case, *kinds):
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
    fee = campaign.recruiter.fee_cents(base_cents=0, bonus_cents=cents, places=1)
    operation = operation_for(campaign, EXTRA, participant, cents, fee_cents=fee, reason=reason)
    _check_new(campaign, operation)
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
    fee = campaign.recruiter.fee_cents(base_cents=person.cents, bonus_cents=0, places=1)
    operation = operation_for(campaign, COMPENSATE, participant, person.cents, fee_cents=fee)
    _check_new(campaign, operation)
    came = Submission(
        session=person.session_ref or "",
        person=person.person or "",
        post=person.study_ref or "",
        status=RETURNED,
    )
    reason = COMPENSATION.format(name=campaign.study.name)
    return _pay(campaign, operation, _payment(campaign, operation, came, reason))


def one_case(campaign: Campaign, participant: str) -> Case:
    """Find a participant's case by the pseudonym.

    Raises
    ------
    RecruitingError
        If nobody of that name came through this door with an id.
    """
    for case in cases(campaign):
        if case.person is not None and case.person.participant == participant:
            return case
    raise RecruitingError(
        f"no participant {participant!r} came through the door {campaign.recruiter.door}"
    )


def due_of(campaign: Campaign, case: Case, *kinds: str) -> list[tuple[Operation, Payment]]:
    """List what is due to one person by rule and not done, the approval first.

    Parameters
    ----------
    campaign : Campaign
        The recruitment.
    case : Case
        The person.
    kinds : str
        "approve", "bonus" or both; a bonus is due only with or after its approval.
    """
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
            operation = known or operation
            found.append((operation, _payment(campaign, operation, case.submission, BONUS_REASON)))
    return found


def operation_for(
    campaign: Campaign,
    kind: str,
    participant: str,
    cents: int,
    *,
    fee_cents: int = 0,
    reason: str | None = None,
) -> Operation:
    """Describe an operation that pays a participant; the amount is not part of its name."""
    return campaign.till.operation(
        kind,
        participant,
        reason or "",
        participant=participant,
        cents=cents,
        fee_cents=fee_cents,
        reason=reason,
    )


def _payment(campaign: Campaign, operation: Operation, submission: Submission, reason: str) -> Payment:
    same_before = sum(
        one.participant == operation.participant
        and one.cents == operation.cents
        and one.state == DONE
        and one.token != operation.token
        for one in campaign.operations(BONUS, EXTRA, COMPENSATE)
    )
    return Payment(
        token=operation.token,
        person=submission.person,
        session=submission.session,
        post=submission.post,
        cents=operation.cents,
        reason=reason,
        same_before=same_before,
    )


def _check_new(campaign: Campaign, operation: Operation) -> None:
    """Hold what is new to the cap; what was begun is in it already."""
    known = campaign.till.books.find(operation.token)
    if known is None or known.state == REFUSED:
        check_money(campaign, operation.cents + operation.fee_cents)


def _pay(campaign: Campaign, operation: Operation, payment: Payment) -> str | None:
    recruiter, once = campaign.recruiter, partial(campaign.till.once, operation)
    if operation.kind == APPROVE:
        return once(
            send=lambda: recruiter.approve(payment), find=lambda _: recruiter.find_approval(payment)
        )
    send, find = recruiter.bonus, recruiter.find_bonus
    if operation.kind == COMPENSATE:
        send, find = recruiter.compensate, recruiter.find_compensation
    return once(send=lambda: send(payment), find=lambda asked: find(payment, asked=asked))

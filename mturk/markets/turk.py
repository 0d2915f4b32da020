"""Mechanical Turk as a recruiter, the paper's way.

AWS's pages say that MTurk closed for good on 30 September 2026. All of this is proved against boto3's
service model and a local endpoint that speaks MTurk's protocol, and against nothing else.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from experiment_server.doors.mturk import PRODUCTION
from experiment_server.payables import Operation, Person
from experiment_server.studies.study import Study
from mturk.cost import assignment_fee_cents, bonus_fee_cents, dollars, split
from mturk.errors import RecruitingError, RefusedError
from mturk.markets import qualifications, question
from mturk.markets.recruiter import (
    APPROVED,
    REJECTED,
    SUBMITTED,
    Payment,
    Posting,
    Recruiter,
    Submission,
)
from mturk.markets.turk_wire import TurkWire, pages
from mturk.offer import Offer
from mturk.till import Till

STATUS = {"Submitted": SUBMITTED, "Approved": APPROVED, "Rejected": REJECTED}
TAKEN_PART = "qualification"  # kind of the operation that makes it
NOTICE_VERSION = "2006-05-05"  # by boto3's own text; AWS's pages have 2014-08-15 too
NOTICES = [
    "AssignmentAccepted",
    "AssignmentAbandoned",
    "AssignmentReturned",
    "AssignmentSubmitted",
    "HITReviewable",
    "HITExpired",
]
PAST = datetime(2015, 1, 1, tzinfo=UTC)  # a HIT that expires then has expired


class TurkRecruiter(Recruiter):
    """Workers of Mechanical Turk."""

    door = "mturk"
    pays_returned = False  # a bonus needs an assignment that was handed in

    def __init__(
        self, wire: TurkWire, offer: Offer, study: Study, *, market: str, now: Callable[[], datetime]
    ) -> None:
        super().__init__(offer, study)
        if study.pay.currency != "USD":
            raise RecruitingError(f"MTurk pays in USD; [pay] currency is {study.pay.currency!r}")
        self.market = market
        self._wire, self._now = wire, now

    def owns(self, person: Person) -> bool:
        """Tell those of the sandbox from those of production, by where they submit."""
        return (person.submit_url == PRODUCTION) == (self.market == "mturk")

    def sizes(self, places: int) -> tuple[int, ...]:
        """Split places into HITs."""
        return split(places, most=self.offer.mturk.per_hit)

    def fee_cents(self, *, base_cents: int, bonus_cents: int, places: int) -> int:
        """Tell Amazon's fee for one assignment and its bonus."""
        masters = self.offer.mturk.masters
        fee = assignment_fee_cents(base_cents, places, masters=masters)
        return fee + (bonus_fee_cents(bonus_cents) if bonus_cents else 0)

    def check_pay(self, cents: int) -> None:
        """Make sure that there is a reward at all."""
        if cents < 1:
            raise RecruitingError("the reward is 0; set [pay] complete_cents in study.toml")

    def prepare(self, till: Till) -> str:
        """Have the qualification by which nobody takes part twice."""
        operation = till.operation(TAKEN_PART)
        made = till.once(
            operation,
            send=lambda: self._make_qualification(operation.token, purpose="taken part"),
            find=lambda asked: self._find_qualification(operation.token),
        )
        return made or ""

    def post(self, posting: Posting) -> str:
        """Post a HIT that shows the study."""
        turk, base = self.offer.mturk, self.base_cents(None)
        needed = qualifications.requirements(turk, market=self.market, taken_part=posting.mark)
        hit_type = self._hit_type(base, needed, days=self.offer.review_days)
        if turk.sns_topic:
            self._ask_for_notices(hit_type)
        shown = question.external(self.offer.address, frame_height=turk.frame_height)
        return self._hit(hit_type, shown, token=posting.token, places=posting.places)

    def find_post(self, posting: Posting) -> str | None:
        """Find the HIT that bears the posting's token as its annotation."""
        return self._find_hit(posting.token)

    def submissions(self, posts: Sequence[str]) -> list[Submission]:
        """List the assignments that were handed in, with their bonuses."""
        found = []
        for hit in posts:
            bonuses = defaultdict(list)
            for one in pages(self._wire, "ListBonusPayments", "BonusPayments", HITId=hit):
                bonuses[one["AssignmentId"]].append(_cents(one["BonusAmount"]))
            found += [
                Submission(
                    session=one["AssignmentId"],
                    person=one["WorkerId"],
                    post=hit,
                    status=STATUS[one["AssignmentStatus"]],
                    bonuses=tuple(bonuses[one["AssignmentId"]]),
                )
                for one in pages(self._wire, "ListAssignmentsForHIT", "Assignments", HITId=hit)
            ]
        return found

    def approve(self, payment: Payment) -> None:
        """Approve an assignment, which pays the reward; a rejection stays one."""
        self._wire.ask("ApproveAssignment", AssignmentId=payment.session, OverrideRejection=False)

    def find_approval(self, payment: Payment) -> str | None:
        """Find whether this worker's assignment is approved."""
        one = self._wire.ask("GetAssignment", AssignmentId=payment.session)["Assignment"]
        return "" if (one["AssignmentStatus"], one["WorkerId"]) == ("Approved", payment.person) else None

    def bonus(self, payment: Payment) -> None:
        """Pay a bonus; MTurk knows a repeated token."""
        self._wire.ask(
            "SendBonus",
            WorkerId=payment.person,
            BonusAmount=dollars(payment.cents),
            AssignmentId=payment.session,
            Reason=f"{payment.reason} [{_mark(payment.token)}]",
            UniqueRequestToken=payment.token,
        )

    def find_bonus(self, payment: Payment, *, asked: Operation) -> str | None:
        """Find a bonus by the mark in its reason."""
        listed = pages(self._wire, "ListBonusPayments", "BonusPayments", AssignmentId=payment.session)
        return "" if any(_mark(payment.token) in one["Reason"] for one in listed) else None

    def compensate(self, payment: Payment) -> str:
        """Post a HIT for one worker alone, who gets its reward at once for submitting it."""
        token = payment.token
        allowed = self._find_qualification(token) or self._make_qualification(
            token, purpose="compensation"
        )
        self._grant(allowed, payment.person)
        hit_type = self._hit_type(payment.cents, [qualifications.must(allowed, "Exists")], days=0)
        return self._hit(hit_type, question.note(payment.reason), token=token, places=1)

    def find_compensation(self, payment: Payment, *, asked: Operation) -> str | None:
        """Find the HIT that bears the payment's token."""
        return self._find_hit(payment.token)

    def reject(self, submission: Submission, reason: str) -> None:
        """Reject an assignment."""
        self._wire.ask("RejectAssignment", AssignmentId=submission.session, RequesterFeedback=reason)

    def block(self, person: str, reason: str) -> None:
        """Block a worker, which harms the worker's account: a qualification does not."""
        self._wire.ask("CreateWorkerBlock", WorkerId=person, Reason=reason)

    def keep_out(self, person: str, mark: str) -> None:
        """Give a worker the qualification that says who took part; nobody is told."""
        self._grant(mark, person)

    def expire(self, post: str) -> None:
        """Let a HIT expire now; who has accepted it may finish."""
        self._wire.ask("UpdateExpirationForHIT", HITId=post, ExpireAt=PAST)

    def prolong(self, post: str, *, hours: int) -> None:
        """Let a HIT expire so many hours from now."""
        ends = self._now() + timedelta(hours=hours)
        self._wire.ask("UpdateExpirationForHIT", HITId=post, ExpireAt=ends.replace(microsecond=0))

    def notify(self, told: Submission, *, subject: str, text: str) -> None:
        """Write to a worker."""
        workers = [told.person]
        reply = self._wire.ask("NotifyWorkers", Subject=subject, MessageText=text, WorkerIds=workers)
        if failed := reply.get("NotifyWorkersFailureStatuses"):
            raise RefusedError(f"the worker was not written to: {failed[0]}")

    def balance_cents(self) -> int | None:
        """Tell what the account can spend."""
        return _cents(self._wire.ask("GetAccountBalance")["AvailableBalance"])

    def _make_qualification(self, token: str, *, purpose: str) -> str:
        """Make a qualification of the study's own; its keyword finds it again."""
        reply = self._wire.ask(
            "CreateQualificationType",
            Name=f"{self.study.name} {purpose} {token[:12]}",
            Keywords=token,
            Description=f"Given by the study {self.study.name}: {purpose}.",
            QualificationTypeStatus="Active",
        )
        return str(reply["QualificationType"]["QualificationTypeId"])

    def _find_qualification(self, token: str) -> str | None:
        """Find a qualification of ours by its keyword."""
        listed = pages(
            self._wire,
            "ListQualificationTypes",
            "QualificationTypes",
            Query=token,
            MustBeRequestable=False,
            MustBeOwnedByCaller=True,
        )
        found = (q for q in listed if token in q.get("Keywords", ""))
        return next((str(q["QualificationTypeId"]) for q in found), None)

    def _hit_type(self, cents: int, needed: list[dict[str, Any]], *, days: int) -> str:
        offer = self.offer
        reply = self._wire.ask(
            "CreateHITType",
            AutoApprovalDelayInSeconds=days * 24 * 3600,
            AssignmentDurationInSeconds=offer.limit_minutes * 60,
            Reward=dollars(cents),
            Title=offer.title,
            Keywords=", ".join(offer.keywords),
            Description=offer.description,
            QualificationRequirements=needed,
        )
        return str(reply["HITTypeId"])

    def _hit(self, hit_type: str, shown: str, *, token: str, places: int) -> str:
        reply = self._wire.ask(
            "CreateHITWithHITType",
            HITTypeId=hit_type,
            MaxAssignments=places,
            LifetimeInSeconds=self.offer.open_hours * 3600,
            Question=shown,
            RequesterAnnotation=token,
            UniqueRequestToken=token,
        )
        return str(reply["HIT"]["HITId"])

    def _find_hit(self, token: str) -> str | None:
        """Look through all HITs: a token that MTurk has forgotten (24 h) still stands on its HIT."""
        listed = pages(self._wire, "ListHITs", "HITs")
        return next((str(h["HITId"]) for h in listed if h.get("RequesterAnnotation") == token), None)

    def _grant(self, qualification: str, person: str) -> None:
        self._wire.ask(
            "AssociateQualificationWithWorker",
            QualificationTypeId=qualification,
            WorkerId=person,
            IntegerValue=1,
            SendNotification=False,
        )

    def _ask_for_notices(self, hit_type: str) -> None:
        self._wire.ask(
            "UpdateNotificationSettings",
            HITTypeId=hit_type,
            Notification={
                "Destination": self.offer.mturk.sns_topic,
                "Transport": "SNS",
                "Version": NOTICE_VERSION,
                "EventTypes": NOTICES,
            },
            Active=True,
        )


def _mark(token: str) -> str:
    return f"ref {token[:16]}"


def _cents(amount: str) -> int:
    return int(100 * Decimal(amount))

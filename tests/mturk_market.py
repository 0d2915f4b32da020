"""A local Mechanical Turk for tests, as a market: what each operation of its API does.

It keeps HITs, assignments, workers, qualifications, bonuses, tokens (24 h) and the balance, and can be
told to be busy, to fail, or to lose its answer after it has acted.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from mturk_shapes import cents_of, check_question, check_request

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKEN_LIFE = timedelta(hours=24)
BUSY, FAILS, LOST, LATE, HALF = "busy", "fails", "lost", "late", "half"


class TurkError(Exception):
    def __init__(self, code: str, message: str, *, kind: str = "RequestError") -> None:
        super().__init__(message)
        self.code, self.kind = f"AWS.MechanicalTurk.{code}", kind


class NoAnswerError(Exception):
    """The request was acted on, and the answer is lost."""


@dataclass
class Hit:
    id: str
    type: str
    places: int
    expires: datetime
    question: str
    annotation: str
    taken: dict[str, str] = field(default_factory=dict)  # assignment -> worker, in hand
    ever: set[str] = field(default_factory=set)  # workers


class Turk:
    """The market; `faults` says what happens to the next requests of an operation."""

    def __init__(self, *, balance_cents: int = 1_000_000, per_page: int = 2) -> None:
        self.now = START
        self.balance_cents = balance_cents
        self.per_page = per_page
        self.types: dict[str, dict[str, Any]] = {}
        self.hits: dict[str, Hit] = {}
        self.assignments: dict[str, dict[str, Any]] = {}
        self.bonuses: list[dict[str, Any]] = []
        self.qualifications: dict[str, dict[str, Any]] = {}
        self.granted: Counter[tuple[str, str]] = Counter()
        self.tokens: dict[str, tuple[datetime, str]] = {}
        self.paid: Counter[str] = Counter()  # cents, by worker
        self.fees_cents = 0
        self.messages: list[tuple[str, str]] = []
        self.blocked: list[str] = []
        self.notices: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[tuple[str, str]] = []
        self._serial = 0

    # The protocol

    def act(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Check a request against the service model, and act on it."""
        check_request(operation, params)
        self.asked.append((operation, params))
        fault = take_fault(self.faults, operation)
        if fault == BUSY:
            raise TurkError("Throttled", "Rate exceeded", kind="ThrottlingException")
        if fault == FAILS:
            raise TurkError("Internal", "internal", kind="ServiceFault")
        reply = getattr(self, operation)(**params)
        if fault in (LOST, LATE):
            raise NoAnswerError(fault)
        return reply or {}

    def _id(self, prefix: str) -> str:
        self._serial += 1
        return f"{prefix}{self._serial:028d}"

    def _once(self, token: str | None, made: str) -> None:
        """Refuse a token that is known; MTurk forgets them after a day."""
        if token is None:
            return
        when, ref = self.tokens.get(token, (START - 2 * TOKEN_LIFE, ""))
        if self.now - when < TOKEN_LIFE:
            raise TurkError("HitAlreadyExists", f"already exists: {ref}")
        self.tokens[token] = (self.now, made)

    def _page(self, of: str, items: list[Any], token: str | None, most: int) -> dict[str, Any]:
        start, size = int(token or 0), min(most, self.per_page)
        page = {of: items[start : start + size], "NumResults": len(items[start : start + size])}
        return {**page, "NextToken": str(start + size)} if start + size < len(items) else page

    # Operations

    def CreateHITType(self, **params: Any) -> dict[str, Any]:
        key = json.dumps(params, sort_keys=True)
        found = next((i for i, t in self.types.items() if json.dumps(t, sort_keys=True) == key), None)
        hit_type = found or self._id("TYPE")
        self.types[hit_type] = params
        return {"HITTypeId": hit_type}

    def CreateHITWithHITType(self, **params: Any) -> dict[str, Any]:
        hit_id = self._id("HIT")
        hit_type = self.types[params["HITTypeId"]]
        check_question(params["Question"])
        self._once(params.get("UniqueRequestToken"), hit_id)
        assert cents_of(hit_type["Reward"]) >= 1
        self.hits[hit_id] = Hit(
            id=hit_id,
            type=params["HITTypeId"],
            places=params["MaxAssignments"],
            expires=self.now + timedelta(seconds=params["LifetimeInSeconds"]),
            question=params["Question"],
            annotation=params.get("RequesterAnnotation", ""),
        )
        return {"HIT": {"HITId": hit_id, "HITTypeId": params["HITTypeId"]}}

    def ListHITs(self, NextToken: str | None = None, MaxResults: int = 10) -> dict[str, Any]:
        listed = [{"HITId": h.id, "RequesterAnnotation": h.annotation} for h in self.hits.values()]
        return self._page("HITs", listed, NextToken, MaxResults)

    def UpdateExpirationForHIT(self, HITId: str, ExpireAt: Any) -> None:
        self.hits[HITId].expires = as_time(ExpireAt)

    def ListAssignmentsForHIT(
        self, HITId: str, NextToken: str | None = None, MaxResults: int = 10
    ) -> dict[str, Any]:
        listed = [a for a in self.assignments.values() if a["HITId"] == HITId]
        return self._page("Assignments", listed, NextToken, MaxResults)

    def GetAssignment(self, AssignmentId: str) -> dict[str, Any]:
        return {"Assignment": self._assignment(AssignmentId)}

    def ApproveAssignment(self, AssignmentId: str, OverrideRejection: bool = False) -> None:
        one = self._assignment(AssignmentId)
        if one["AssignmentStatus"] != "Submitted":
            raise TurkError("InvalidAssignmentState", f"this is {one['AssignmentStatus']}")
        hit = self.hits[one["HITId"]]
        cents = cents_of(self.types[hit.type]["Reward"])
        self._pay(one["WorkerId"], cents, percent=40 if hit.places >= 10 else 20)
        one["AssignmentStatus"] = "Approved"

    def RejectAssignment(self, AssignmentId: str, RequesterFeedback: str) -> None:
        one = self._assignment(AssignmentId)
        if one["AssignmentStatus"] != "Submitted":
            raise TurkError("InvalidAssignmentState", f"this is {one['AssignmentStatus']}")
        one["AssignmentStatus"] = "Rejected"

    def SendBonus(
        self, WorkerId: str, BonusAmount: str, AssignmentId: str, Reason: str, UniqueRequestToken: str
    ) -> None:
        if self._assignment(AssignmentId)["WorkerId"] != WorkerId:
            raise TurkError("WorkerMismatch", "this worker did not submit this assignment")
        self._once(UniqueRequestToken, UniqueRequestToken)
        self._pay(WorkerId, cents_of(BonusAmount), percent=20)
        self.bonuses.append(
            {
                "WorkerId": WorkerId,
                "BonusAmount": BonusAmount,
                "AssignmentId": AssignmentId,
                "Reason": Reason,
                "GrantTime": self.now.timestamp(),
            }
        )

    def ListBonusPayments(
        self,
        HITId: str | None = None,
        AssignmentId: str | None = None,
        NextToken: str | None = None,
        MaxResults: int = 10,
    ) -> dict[str, Any]:
        listed = [
            one
            for one in self.bonuses
            if AssignmentId == one["AssignmentId"]
            or (HITId and self.assignments[one["AssignmentId"]]["HITId"] == HITId)
        ]
        return self._page("BonusPayments", listed, NextToken, MaxResults)

    def CreateQualificationType(self, **params: Any) -> dict[str, Any]:
        if any(q["Name"] == params["Name"] for q in self.qualifications.values()):
            raise TurkError("QualificationTypeAlreadyExists", "there is one of this name")
        made = {"QualificationTypeId": self._id("QUAL"), **params}
        self.qualifications[made["QualificationTypeId"]] = made
        return {"QualificationType": made}

    def ListQualificationTypes(
        self,
        Query: str,
        MustBeRequestable: bool,
        MustBeOwnedByCaller: bool,
        NextToken: str | None = None,
        MaxResults: int = 10,
    ) -> dict[str, Any]:
        listed = [q for q in self.qualifications.values() if Query in q["Keywords"]]
        return self._page("QualificationTypes", listed, NextToken, MaxResults)

    def AssociateQualificationWithWorker(
        self, QualificationTypeId: str, WorkerId: str, IntegerValue: int, SendNotification: bool
    ) -> None:
        assert QualificationTypeId in self.qualifications
        self.granted[QualificationTypeId, WorkerId] = IntegerValue

    def NotifyWorkers(self, Subject: str, MessageText: str, WorkerIds: list[str]) -> dict[str, Any]:
        assert len(WorkerIds) <= 100
        self.messages += [(worker, Subject) for worker in WorkerIds]
        return {"NotifyWorkersFailureStatuses": []}

    def CreateWorkerBlock(self, WorkerId: str, Reason: str) -> None:
        self.blocked.append(WorkerId)

    def UpdateNotificationSettings(self, HITTypeId: str, Notification: Any, Active: bool) -> None:
        self.notices[HITTypeId] = Notification

    def GetAccountBalance(self) -> dict[str, Any]:
        return {"AvailableBalance": f"{self.balance_cents / 100:.2f}"}

    def _assignment(self, assignment: str) -> dict[str, Any]:
        if assignment not in self.assignments:
            raise TurkError("AssignmentDoesNotExist", assignment)
        return self.assignments[assignment]

    def _pay(self, worker: str, cents: int, *, percent: int) -> None:
        fee = max(1, -(-cents * percent // 100))
        if cents + fee > self.balance_cents:
            raise TurkError("InsufficientFunds", "not enough money")
        self.balance_cents -= cents + fee
        self.fees_cents += fee
        self.paid[worker] += cents

    # Workers

    def accept(self, hit_id: str, worker: str) -> str | None:
        """Let a worker take a HIT up; None where it is full, over, or not for them."""
        hit = self.hits[hit_id]
        done = sum(a["HITId"] == hit_id for a in self.assignments.values())
        if done + len(hit.taken) >= hit.places or self.now >= hit.expires or worker in hit.ever:
            return None
        for needed in self.types[hit.type]["QualificationRequirements"]:
            has = (needed["QualificationTypeId"], worker) in self.granted
            if (needed["Comparator"], has) in (("DoesNotExist", True), ("Exists", False)):
                return None
        assignment = self._id("ASG")
        hit.taken[assignment] = worker
        hit.ever.add(worker)
        return assignment

    def give_back(self, hit_id: str, assignment: str) -> None:
        """Return an assignment: another worker may get it, the same one not again."""
        del self.hits[hit_id].taken[assignment]

    def take_over(self, hit_id: str, assignment: str, worker: str) -> str:
        """Give a returned assignment's id to another worker, as MTurk may."""
        self.hits[hit_id].taken[assignment] = worker
        return assignment

    def submit(self, hit_id: str, assignment: str) -> None:
        """Hand in; a second time changes nothing."""
        worker = self.hits[hit_id].taken.pop(assignment, None)
        if worker is not None:
            self.assignments[assignment] = {
                "AssignmentId": assignment,
                "WorkerId": worker,
                "HITId": hit_id,
                "AssignmentStatus": "Submitted",
            }


def take_fault(faults: list[tuple[str, str]], request: str) -> str | None:
    """Take the first fault whose pattern a request has."""
    for index, (pattern, fault) in enumerate(faults):
        if re.search(pattern, request):
            del faults[index]
            return fault
    return None


def as_time(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)

"""A local Prolific for tests: its HTTP API as documented, where bonuses are paid minutes later.

As its reference says of paying bonuses, the same request twice pays twice.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mturk_endpoint import Answering, listening
from mturk_market import BUSY, FAILS, LATE, LOST, NoAnswerError, take_fault

from mturk.errors import RefusedError, UnsureError

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
BONUS_DELAY = timedelta(minutes=5)
TOKEN = "a token for tests"
STUDY_KEYS = {
    "name", "internal_name", "description", "external_study_url", "prolific_id_option",
    "completion_codes", "total_available_places", "estimated_completion_time",
    "maximum_allowed_time", "reward", "device_compatibility", "peripheral_requirements", "filters",
}  # fmt: skip
ACTIONS = {"PUBLISH": "ACTIVE", "STOP": "COMPLETED", "START": "ACTIVE", "PAUSE": "PAUSED"}


class ProlificError(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Market:
    """The market; `faults` says what happens to the next requests whose path matches."""

    def __init__(self, *, per_page: int = 2, balance_cents: int = 1_000_000) -> None:
        self.now = START
        self.per_page, self.balance_cents = per_page, balance_cents
        self.studies: dict[str, dict[str, Any]] = {}
        self.submissions: dict[str, dict[str, Any]] = {}
        self.bulks: dict[str, tuple[str, int]] = {}
        self.coming: list[tuple[datetime, str, int]] = []
        self.paid: Counter[str] = Counter()
        self.messages: list[dict[str, str]] = []
        self.asked: list[tuple[str, str, Any]] = []
        self.faults: list[tuple[str, str]] = []

    def act(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Act on a request."""
        self.asked.append((method, path, body))
        fault = take_fault(self.faults, f"{method} {path}")
        if fault == BUSY:
            raise ProlificError(429, "slow down")
        if fault == FAILS:
            raise ProlificError(503, "sorry")
        reply = self._do(method, path, body)
        if fault in (LOST, LATE):
            raise NoAnswerError(fault)
        return reply

    def _do(self, method: str, path: str, body: Any) -> dict[str, Any]:
        parts = urlsplit(path)
        words = parts.path.strip("/").split("/")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match (method, *words):
            case ("GET", "studies"):
                return self._page(list(self.studies.values()), path, query)
            case ("POST", "studies"):
                return self._draft(body)
            case ("GET", "studies", study):
                return self._study(study)
            case ("PATCH", "studies", study):
                assert set(body) == {"total_available_places"}
                self._study(study).update(body)
                return self._study(study)
            case ("POST", "studies", study, "transition"):
                self._study(study)["status"] = ACTIONS[body["action"]]
                return self._study(study)
            case ("GET", "studies", study, "submissions"):
                listed = [s for s in self.submissions.values() if s["study_id"] == study]
                return self._page([self._listed(one) for one in listed], path, query)
            case ("GET", "submissions", submission):
                return self._submission(submission)
            case ("POST", "submissions", "bonus-payments"):
                return self._set_up(body)
            case ("POST", "submissions", submission, "transition"):
                return self._review(submission, body)
            case ("POST", "bulk-bonus-payments", bulk, "pay"):
                session, cents = self.bulks[bulk]
                self.coming.append((self.now + BONUS_DELAY, session, cents))
                return {}
            case ("POST", "messages"):
                self.messages.append(body)
                return {}
            case ("GET", "workspaces", _, "balance"):
                return {"available_balance": self.balance_cents, "currency_code": "USD"}
        raise ProlificError(404, f"{method} {path}")

    def _draft(self, body: dict[str, Any]) -> dict[str, Any]:
        assert STUDY_KEYS <= set(body) <= STUDY_KEYS | {"project"}
        assert body["reward"] * 60 >= 800 * body["estimated_completion_time"]
        for code in body["completion_codes"]:
            assert set(code) == {"code", "code_type", "actor", "actions"}
        study = f"study{len(self.studies) + 1}"
        self.studies[study] = {"id": study, "status": "UNPUBLISHED", **body}
        return self.studies[study]

    def _study(self, study: str) -> dict[str, Any]:
        if study not in self.studies:
            raise ProlificError(404, f"no study {study}")
        return self.studies[study]

    def _submission(self, submission: str) -> dict[str, Any]:
        if submission not in self.submissions:
            raise ProlificError(404, f"no submission {submission}")
        return self.submissions[submission]

    def _listed(self, one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "participant_id": one["participant"]}

    def _review(self, submission: str, body: dict[str, Any]) -> dict[str, Any]:
        one = self._submission(submission)
        if one["status"] != "AWAITING REVIEW":
            raise ProlificError(400, f"this submission is {one['status']}")
        if body["action"] == "APPROVE":
            one["status"] = "APPROVED"
            self._pay(one["participant"], self._study(one["study_id"])["reward"])
        else:
            assert body["action"] == "REJECT" and len(body["message"]) >= 100
            one["status"] = "REJECTED"
        return one

    def _set_up(self, body: dict[str, Any]) -> dict[str, Any]:
        session, amount = body["csv_bonuses"].split(",")
        if self._submission(session)["study_id"] != body["study_id"]:
            raise ProlificError(400, f"{session} did not take part")
        bulk = f"bulk{len(self.bulks) + 1}"
        self.bulks[bulk] = (session, round(100 * float(amount)))
        return {"id": bulk, "amount": float(self.bulks[bulk][1])}

    def _page(self, items: list[Any], path: str, query: dict[str, str]) -> dict[str, Any]:
        number, size = int(query["page"]), min(int(query["page_size"]), self.per_page)
        start = (number - 1) * size
        following = f"https://api.prolific.com{path}" if start + size < len(items) else None
        return {"results": items[start : start + size], "_links": {"next": {"href": following}}}

    def _pay(self, person: str, cents: int) -> None:
        self.paid[person] += cents
        self.balance_cents -= cents + -(-cents * 428 // 1000)

    def pass_time(self, *, minutes: int) -> None:
        """Let time go by; bonuses that were asked for are paid."""
        self.now += timedelta(minutes=minutes)
        for one in [one for one in self.coming if one[0] <= self.now]:
            self.coming.remove(one)
            _, session, cents = one
            self.submissions[session]["bonus_payments"].append(float(cents))
            self._pay(self.submissions[session]["participant"], cents)

    def hand_in(self, study: str, session: str, person: str, *, status: str = "AWAITING REVIEW") -> None:
        """Let a person hand in, or do whatever leads to a status."""
        self.submissions[session] = {
            "id": session,
            "participant": person,
            "study_id": study,
            "status": status,
            "bonus_payments": [],
        }


class DirectWire:
    """`prolific_wire.ProlificWire` without HTTP between, for many runs."""

    def __init__(self, market: Market) -> None:
        self.market = market

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        try:
            return self.market.act(method, path, body)
        except NoAnswerError as error:
            raise UnsureError(path) from error
        except ProlificError as error:
            raise (UnsureError if error.status >= 500 else RefusedError)(str(error)) from error


@contextmanager
def serving(market: Market) -> Iterator[str]:
    """Serve the market over HTTP; yield its address."""

    class Handler(Answering):
        def _ask(self) -> None:
            assert self.headers["Authorization"] == f"Token {TOKEN}"
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.answer(lambda: self._act(self.path.removeprefix("/api/v1"), body))

        def _act(self, path: str, body: bytes) -> tuple[int, Any]:
            try:
                return 200, market.act(self.command, path, json.loads(body) if body else None)
            except ProlificError as error:
                return error.status, {"error": {"status": error.status, "detail": str(error)}}

        do_GET = do_POST = do_PATCH = _ask

    with listening(Handler) as address:
        yield f"{address}/api/v1"

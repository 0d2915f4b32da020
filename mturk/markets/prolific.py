"""Prolific as a recruiter, by its HTTP API as documented in November 2026.

It was tested against that description, not against Prolific itself. Prolific has no tokens that make a
repeated request harmless, and says of paying bonuses that the same request twice pays twice: so before
anything is asked again, what Prolific shows must have had time to tell that the first one did nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from experiment_server.doors.prolific import PERSON, STUDY, SUBMISSION
from experiment_server.payables import Operation
from experiment_server.studies.study import Study
from mturk.cost import dollars, hourly_cents, least_reward_cents, share_cents
from mturk.errors import RecruitingError, RefusedError, UnsureError
from mturk.markets.prolific_wire import ProlificWire, pages
from mturk.markets.recruiter import (
    APPROVED,
    REJECTED,
    RETURNED,
    SCREENED_OUT,
    SUBMITTED,
    WORKING,
    Payment,
    Posting,
    Recruiter,
    Submission,
)
from mturk.offer import Offer

STATUS = {
    "RESERVED": WORKING,
    "ACTIVE": WORKING,
    "AWAITING REVIEW": SUBMITTED,
    "APPROVED": APPROVED,
    "REJECTED": REJECTED,
    "SCREENED OUT": SCREENED_OUT,
    "RETURNED": RETURNED,
    "TIMED-OUT": RETURNED,
}
IDS = "&".join(f"{name}={{{{%{name}%}}}}" for name in (PERSON, STUDY, SUBMISSION))
# Bonuses are paid "in the following minutes" after they are asked for (Prolific's reference).
PATIENCE = timedelta(hours=1)
LEAST_REASON = 100  # characters of the message that goes with a rejection


class ProlificRecruiter(Recruiter):
    """Participants of Prolific."""

    market = door = "prolific"

    def __init__(
        self, wire: ProlificWire, offer: Offer, study: Study, *, now: Callable[[], datetime]
    ) -> None:
        super().__init__(offer, study)
        self._wire, self._now = wire, now

    def screen_out_cents(self) -> int:
        """Tell what Prolific pays by itself to those who come back with the code for it."""
        has_code = self.study.recruiting.prolific_screened_out
        return self.study.pay.screened_out_cents if has_code else 0

    def fee_cents(self, *, base_cents: int, bonus_cents: int, places: int) -> int:
        """Tell Prolific's fee for one person."""
        permille = self.offer.prolific.fee_permille
        return share_cents(base_cents, permille=permille) + share_cents(bonus_cents, permille=permille)

    def check_pay(self, cents: int) -> None:
        """Make sure that the reward is not below Prolific's minimum an hour."""
        least, minutes = self.offer.prolific.hourly_cents, self.offer.minutes
        hourly = hourly_cents(cents, minutes=minutes)
        if hourly < least:
            enough = least_reward_cents(least, minutes=minutes)
            raise RecruitingError(
                f"complete_cents = {cents} for {minutes} minutes is {hourly} an hour; Prolific asks for "
                f"{least}: pay {enough} or more (complete_cents under [pay] in study.toml), or say how "
                "long it really takes (minutes in recruiting.toml); all of these are cents"
            )

    def post(self, posting: Posting) -> str:
        """Make a draft and publish it; further places are added to the study that there is."""
        if posting.first is not None:
            places = {"total_available_places": posting.before + posting.places}
            self._wire.ask("PATCH", f"/studies/{posting.first}/", places)
            return posting.first
        draft = self._find_study(posting.token) or self._wire.ask(
            "POST", "/studies/", self._body(posting)
        )
        study = str(draft["id"])
        self._wire.ask("POST", f"/studies/{study}/transition/", {"action": "PUBLISH"})
        return study

    def find_post(self, posting: Posting) -> str | None:
        """Find a study by the token in its internal name; a draft that was not published is none."""
        if posting.first is not None:
            study = self._wire.ask("GET", f"/studies/{posting.first}/")
            enough = study["total_available_places"] >= posting.before + posting.places
            return posting.first if enough else None
        found = self._find_study(posting.token)
        return str(found["id"]) if found and found["status"] != "UNPUBLISHED" else None

    def submissions(self, posts: Sequence[str]) -> list[Submission]:
        """List submissions, with the bonuses that Prolific shows on them."""
        return [
            Submission(
                session=one["id"],
                person=one["participant_id"],
                post=post,
                status=STATUS.get(one["status"].upper().replace("_", " "), WORKING),
                bonuses=_bonuses(one),
            )
            for post in posts
            for one in pages(self._wire, f"/studies/{post}/submissions/")
        ]

    def approve(self, payment: Payment) -> None:
        """Approve a submission, which pays the reward."""
        self._wire.ask("POST", f"/submissions/{payment.session}/transition/", {"action": "APPROVE"})

    def find_approval(self, payment: Payment) -> str | None:
        """Find whether this person's submission is approved."""
        one = self._wire.ask("GET", f"/submissions/{payment.session}/")
        return "" if (one["status"], one["participant"]) == ("APPROVED", payment.person) else None

    def bonus(self, payment: Payment) -> str:
        """Set a bonus up, which costs nothing, and pay it."""
        made = self._set_up(payment)
        self._wire.ask("POST", f"/bulk-bonus-payments/{made}/pay/")
        return made

    def find_bonus(self, payment: Payment, *, asked: Operation) -> str | None:
        """Find a bonus of this amount among those that Prolific shows as paid.

        Raises
        ------
        UnsureError
            If there is none, but it was asked for less than `PATIENCE` ago.
        """
        paid = _bonuses(self._wire.ask("GET", f"/submissions/{payment.session}/"))
        if paid.count(payment.cents) > payment.same_before:
            return ""
        if asked.started_utc is not None and self._now() - asked.started_utc < PATIENCE:
            until = asked.started_utc + PATIENCE
            raise UnsureError(
                f"a bonus of {payment.cents} cents for {asked.participant} was asked for, and Prolific "
                f"does not show it yet; run this again after {until:%H:%M} UTC. Nothing is paid twice."
            )
        return None

    def reject(self, submission: Submission, reason: str) -> None:
        """Reject a submission, with the words that Prolific asks for."""
        if len(reason) < LEAST_REASON:
            raise RecruitingError(
                f"the reason has {len(reason)} characters; Prolific wants {LEAST_REASON} or more, so "
                "that the participant can understand it"
            )
        body = {"action": "REJECT", "message": reason, "rejection_category": "OTHER"}
        self._wire.ask("POST", f"/submissions/{submission.session}/transition/", body)

    def block(self, person: str, reason: str) -> None:
        """Say that Prolific has no block by API."""
        raise RecruitingError("Prolific's API blocks nobody; report the participant on Prolific's site")

    def expire(self, post: str) -> None:
        """Stop a study; who takes part may finish."""
        self._wire.ask("POST", f"/studies/{post}/transition/", {"action": "STOP"})

    def prolong(self, post: str, *, hours: int) -> None:
        """Start a stopped study again; Prolific's studies have no end of their own."""
        self._wire.ask("POST", f"/studies/{post}/transition/", {"action": "START"})

    def notify(self, told: Submission, *, subject: str, text: str) -> None:
        """Write to a participant; Prolific's messages have no subject."""
        body = {"recipient_id": told.person, "body": f"{subject}\n\n{text}", "study_id": told.post}
        self._wire.ask("POST", "/messages/", body)

    def balance_cents(self) -> int | None:
        """Tell what the workspace can spend; None if the offer names none."""
        workspace = self.offer.prolific.workspace
        if not workspace:
            return None
        return int(self._wire.ask("GET", f"/workspaces/{workspace}/balance/")["available_balance"])

    def _set_up(self, payment: Payment) -> str:
        """Announce a bonus; this pays nothing, so that no answer is as good as a no."""
        rows = f"{payment.session},{dollars(payment.cents)}"
        body = {"study_id": payment.post, "csv_bonuses": rows}
        try:
            made = self._wire.ask("POST", "/submissions/bonus-payments/", body)
        except UnsureError as error:
            raise RefusedError(f"{error}; nothing was paid") from error
        if "amount" in made and round(made["amount"]) != payment.cents:
            raise RefusedError(
                f"Prolific read {payment.cents} cents as {made['amount']}; nothing was paid"
            )
        return str(made["id"])

    def _find_study(self, token: str) -> dict[str, Any] | None:
        listed = pages(self._wire, "/studies/")
        return next((one for one in listed if token in (one.get("internal_name") or "")), None)

    def _body(self, posting: Posting) -> dict[str, Any]:
        offer = self.offer
        body: dict[str, Any] = {
            "name": offer.title,
            "internal_name": f"{self.study.name} {posting.token}",
            "description": offer.description,
            "external_study_url": offer.address_with(IDS),
            "prolific_id_option": "url_parameters",
            "completion_codes": self._codes(posting.places),
            "total_available_places": posting.places,
            "estimated_completion_time": offer.minutes,
            "maximum_allowed_time": offer.limit_minutes,
            "reward": self.base_cents(None),
            "device_compatibility": ["desktop"],
            "peripheral_requirements": ["audio"],
            "filters": self._filters(),
        }
        return {**body, "project": offer.prolific.project} if offer.prolific.project else body

    def _codes(self, places: int) -> list[dict[str, Any]]:
        recruiting, prolific = self.study.recruiting, self.offer.prolific
        by_hand = {"action": "MANUALLY_REVIEW"}
        screened = {
            "action": "FIXED_SCREEN_OUT_PAYMENT",
            "fixed_screen_out_reward": self.study.pay.screened_out_cents,
            "slots": prolific.screen_out_places or places,
        }
        codes = (
            (recruiting.prolific_complete, "COMPLETED", by_hand),
            (recruiting.prolific_screened_out, "FIXED_SCREEN_OUT", screened),
            (recruiting.prolific_failed_media, "OTHER", by_hand),
            (recruiting.prolific_withdrawn, "OTHER", by_hand),
        )
        if not recruiting.prolific_complete:
            raise RecruitingError(
                "[recruiting] prolific_complete is empty in study.toml; set a code there"
            )
        return [
            {"code": code, "code_type": kind, "actor": "participant", "actions": [action]}
            for code, kind, action in codes
            if code
        ]

    def _filters(self) -> list[dict[str, Any]]:
        prolific = self.offer.prolific
        filters: list[dict[str, Any]] = []
        if prolific.approval_percent:
            wanted = {"lower": prolific.approval_percent, "upper": 100}
            filters.append({"filter_id": "approval_rate", "selected_range": wanted})
        if prolific.excluded_studies:
            known = list(prolific.excluded_studies)
            filters.append({"filter_id": "previous_studies_blocklist", "selected_values": known})
        return filters


def _bonuses(submission: dict[str, Any]) -> tuple[int, ...]:
    return tuple(round(cents) for cents in submission.get("bonus_payments") or ())

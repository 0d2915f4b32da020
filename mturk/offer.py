"""What people are offered: ``recruiting.toml`` in a study's folder, written by people."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from experiment_server.studies import toml_text
from experiment_server.studies.toml_text import key
from mturk.cost import PROLIFIC_FEE_PERMILLE, PROLIFIC_HOURLY_CENTS, SMALL_HIT
from mturk.errors import RecruitingError

FORMAT = 1
OFFER_NAME = "recruiting.toml"
RECRUITERS = ("mturk", "prolific", "link")
MOST_DAYS = 30  # after which MTurk approves at the latest


@dataclass(frozen=True, kw_only=True, slots=True)
class Turk:
    """Mechanical Turk's own settings."""

    per_hit: int = key(
        "Assignments a HIT, 1 or more. Nine is the most that costs no fee for large HITs.",
        default=SMALL_HIT,
    )
    frame_height: int = key("Height of the frame that shows the study (pixels).", default=600)
    approval_percent: int = key(
        "Least share of a worker's assignments that were approved (percent); 0 for no rule. It is 100 "
        "of every worker until their 100th HIT, so have approved_hits too.",
        default=95,
    )
    approved_hits: int = key("Least number of a worker's approved HITs; 0 for no rule.", default=100)
    countries: tuple[str, ...] = key(
        'Where workers are to be, by two letters, such as ["US", "CA"]; [] for anywhere; 30 at most.',
        default=(),
    )
    adult: bool = key("Only workers who agreed to see adult content.", default=False)
    masters: bool = key("Only Masters, which costs 5 % more.", default=False)
    sns_topic: str = key(
        "ARN of the SNS topic that is told of submissions; empty for none, since nothing depends on it.",
        default="",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Prolific:
    """Prolific's own settings."""

    fee_permille: int = key(
        "Prolific's fee (per mille of what people get): 428, or 333 for universities.",
        default=PROLIFIC_FEE_PERMILLE,
    )
    hourly_cents: int = key(
        "Least pay an hour (cents of the study's currency): Prolific asks for 800 in USD, 600 in GBP.",
        default=PROLIFIC_HOURLY_CENTS,
    )
    screen_out_places: int = key(
        "How many people may be paid for being screened out; 0 for as many as there are places.",
        default=0,
    )
    approval_percent: int = key("Least approval rate (percent); 0 for no rule.", default=0)
    excluded_studies: tuple[str, ...] = key(
        "Ids of Prolific studies whose participants are kept out.", default=()
    )
    project: str = key(
        "Id of the Prolific project to put the study in; empty for the default one.", default=""
    )
    workspace: str = key("Id of the workspace whose balance is shown and checked.", default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What is offered, to whom, and how much it may cost; amounts are in the study's currency."""

    recruiter: str = key('"mturk", "prolific" or "link" (a lab\'s own people, or any other panel).')
    address: str = key("Where participants reach the study, from https:// on.")
    title: str = key("What people see first.")
    description: str = key("What they are to do, with what, for how long.")
    keywords: tuple[str, ...] = key(
        "Words that it is found by.", default=("sound", "video", "listening", "experiment")
    )
    cap_cents: int = key(
        "The most that all of this may ever cost, fees included (cents). Nothing is posted beyond it."
    )
    base_cents: int = key(
        "What an approval pays (cents); what an outcome is worth beyond it is paid as a bonus, and an "
        "outcome worth less is paid this much. 0 for what a complete session is worth.",
        default=0,
    )
    minutes: int = key("How long it takes (minutes).", default=10)
    limit_minutes: int = key("After so long it must be handed in (minutes).", default=60)
    open_hours: int = key("How long a posting can be taken up (hours).", default=72)
    review_days: int = key(
        "After so many days MTurk approves by itself, 1 to 30.",
        default=3,
    )
    mturk: Turk = field(default_factory=Turk)
    prolific: Prolific = field(default_factory=Prolific)

    def address_with(self, query: str) -> str:
        """Return the address with more parameters."""
        return f"{self.address}{'&' if '?' in self.address else '?'}{query}"


TABLES: dict[str, Any] = {"mturk": Turk, "prolific": Prolific}


def read(path: Path) -> Offer:
    """Read an offer.

    Raises
    ------
    RecruitingError
        If there is none, or a key is missing, unknown or has a wrong value.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise RecruitingError(f"no {path}; make one: mturk init {path.parent}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecruitingError(f"{path} is not valid TOML: {error}") from None
    if data.pop("format", None) != FORMAT:
        raise RecruitingError(f"{path} must say format = {FORMAT}, the one this version reads")
    tables = {
        name: toml_text.to_fields(kind, data.pop(name, {}), f"{path} [{name}]", error=RecruitingError)
        for name, kind in TABLES.items()
    }
    offer = toml_text.to_fields(Offer, {**data, **tables}, str(path), error=RecruitingError)
    check(offer, path)
    return offer


def write(offer: Offer, path: Path) -> None:
    """Write an offer in which every key is explained.

    Raises
    ------
    RecruitingError
        If there is one already, which is never written over.
    """
    lines = [
        *toml_text.comment("What people are offered. Look with: mturk cost, mturk launch --dry-run."),
        f"format = {FORMAT}",
        "",
        *toml_text.from_fields(offer),
    ]
    for name in TABLES:
        lines += [f"[{name}]", *toml_text.from_fields(getattr(offer, name))]
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(lines))
    except FileExistsError:
        raise RecruitingError(f"{path} exists already; edit it, or rename it first") from None


def check(offer: Offer, path: Path) -> None:
    """Make sure that an offer is possible.

    Raises
    ------
    RecruitingError
        If a value is not allowed.
    """
    turk, prolific = offer.mturk, offer.prolific
    rules = (
        (offer, "recruiter", offer.recruiter in RECRUITERS),
        (offer, "address", offer.address.startswith("https://")),
        (offer, "cap_cents", offer.cap_cents >= 0),
        (offer, "base_cents", offer.base_cents >= 0),
        (offer, "minutes", offer.minutes >= 1),
        (offer, "limit_minutes", offer.limit_minutes >= offer.minutes),
        (offer, "open_hours", 1 <= offer.open_hours <= 24 * 365),
        (offer, "review_days", 1 <= offer.review_days <= MOST_DAYS),
        (turk, "per_hit", turk.per_hit >= 1),
        (turk, "countries", len(turk.countries) <= 30),
        (turk, "approval_percent", 0 <= turk.approval_percent <= 100),
        (turk, "approved_hits", turk.approved_hits >= 0),
        (prolific, "fee_permille", prolific.fee_permille >= 0),
        (prolific, "hourly_cents", prolific.hourly_cents >= 0),
    )
    for part, name, is_allowed in rules:
        if not is_allowed:
            value = getattr(part, name)
            meanings = {one.name: one.metadata.get("meaning") for one in fields(part)}
            raise RecruitingError(f"{path}: {name} = {value!r} is not allowed. {meanings[name]}")

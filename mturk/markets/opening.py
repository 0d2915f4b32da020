"""Opening a study's recruitment: its books, its offer, and the market that the offer names."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from experiment_server import payables
from experiment_server.payables import Books
from mturk import offer as offers
from mturk.campaign import Campaign
from mturk.markets import prolific_wire, turk_wire
from mturk.markets.link import LinkRecruiter
from mturk.markets.prolific import ProlificRecruiter
from mturk.markets.recruiter import Recruiter, RecruitingError
from mturk.markets.turk import TurkRecruiter
from mturk.offer import OFFER_NAME, Offer
from mturk.payments.money import Till

# Addresses in place of the recruiters' own, for tests against a local endpoint.
TURK_ENDPOINT, PROLIFIC_ENDPOINT = "MTURK_ENDPOINT", "PROLIFIC_ENDPOINT"
PROLIFIC_TOKEN = "PROLIFIC_API_TOKEN"

Show = Callable[[str], None]
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


@contextmanager
def opened(
    study_folder: Path,
    *,
    show: Show,
    production: bool = False,
    dry: bool = False,
    now: Clock = utc_now,
) -> Iterator[Campaign]:
    """Open a study's recruitment, alone.

    Parameters
    ----------
    study_folder : Path
        The study; ``recruiting.toml`` lies in it.
    show : callable
        Shows a line: requests of a dry run, people to pay by hand.
    production : bool
        Whether real money is meant; MTurk's sandbox otherwise.
    dry : bool
        Whether requests that change something are only shown.
    now : callable
        Tells the time.

    Raises
    ------
    RecruitingError
        If there is no offer, or it is not possible.
    StudyError
        If the study can't be opened, or another command is at work on it.
    """
    offer = offers.read(study_folder / OFFER_NAME)
    with payables.opened(study_folder) as books:
        if offer.recruiter != "link" and offer.recruiter not in books.study.recruiting.doors:
            raise RecruitingError(
                f"{offer.recruiter!r} is no door of the study; add it to doors in study.toml"
            )
        with _recruiter(offer, books, production=production, dry=dry, show=show, now=now) as recruiter:
            till = Till(books=books, market=recruiter.market, now=now, dry=dry)
            yield Campaign(till=till, recruiter=recruiter, offer=offer)


@contextmanager
def _recruiter(
    offer: Offer, books: Books, *, production: bool, dry: bool, show: Show, now: Clock
) -> Iterator[Recruiter]:
    if offer.recruiter == "mturk":
        market = "mturk" if production else "mturk-sandbox"
        with closing(turk_wire.TurkWire(market, endpoint=os.environ.get(TURK_ENDPOINT))) as wire:
            asked = turk_wire.DryWire(wire, turk_wire.service_model(), show) if dry else wire
            yield TurkRecruiter(asked, offer, books.study, market=market, now=now)
    elif offer.recruiter == "prolific":
        address = os.environ.get(PROLIFIC_ENDPOINT, prolific_wire.ADDRESS)
        token = os.environ.get(PROLIFIC_TOKEN, "")
        with closing(prolific_wire.ProlificWire(token, address=address)) as real:
            wanted = prolific_wire.DryWire(real, show, address=address) if dry else real
            yield ProlificRecruiter(wanted, offer, books.study, now=now)
    else:
        yield LinkRecruiter(offer, books.study, books, show)

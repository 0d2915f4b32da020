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
from mturk.errors import RecruitingError
from mturk.markets.link import LinkRecruiter
from mturk.markets.prolific import ProlificRecruiter
from mturk.markets.prolific_wire import ADDRESS, ProlificWire
from mturk.markets.recruiter import Recruiter
from mturk.markets.turk import TurkRecruiter
from mturk.markets.turk_wire import TurkWire
from mturk.offer import OFFER_NAME, Offer
from mturk.till import Till

# Addresses in place of the recruiters' own, for tests against a local endpoint.
TURK_ENDPOINT, PROLIFIC_ENDPOINT = "MTURK_ENDPOINT", "PROLIFIC_ENDPOINT"
PROLIFIC_TOKEN = "PROLIFIC_API_TOKEN"

Show = Callable[[str], None]


@contextmanager
def opened(study_folder: Path, *, show: Show, production: bool, dry: bool) -> Iterator[Campaign]:
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
        with _recruiter(offer, books, production=production, dry=dry, show=show) as recruiter:
            till = Till(books=books, market=recruiter.market, now=_now, dry=dry)
            yield Campaign(till=till, recruiter=recruiter)


@contextmanager
def _recruiter(
    offer: Offer, books: Books, *, production: bool, dry: bool, show: Show
) -> Iterator[Recruiter]:
    study, dry_show = books.study, show if dry else None
    if offer.recruiter == "mturk":
        market, endpoint = "mturk" if production else "mturk-sandbox", os.environ.get(TURK_ENDPOINT)
        with closing(TurkWire(market, endpoint=endpoint, show=dry_show)) as wire:
            yield TurkRecruiter(wire, offer, study, market=market, now=_now)
    elif offer.recruiter == "prolific":
        token, address = os.environ.get(PROLIFIC_TOKEN, ""), os.environ.get(PROLIFIC_ENDPOINT, ADDRESS)
        with closing(ProlificWire(token, address=address, show=dry_show)) as wire:
            yield ProlificRecruiter(wire, offer, study, now=_now)
    else:
        yield LinkRecruiter(offer, study, books, show)


def _now() -> datetime:
    return datetime.now(UTC)

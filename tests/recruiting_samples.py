"""Studies with offers, people who come by a recruiter, and the command `mturk`, for tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from flask import Flask
from mturk_market import Turk
from server_samples import Visitor, make_study

from experiment_server.payables import Books
from experiment_server.studies.sections import Pay
from mturk import offer as offers
from mturk.campaign import Campaign
from mturk.cli import main
from mturk.offer import OFFER_NAME, Offer, write
from mturk.till import Till

SANDBOX = "https://workersandbox.mturk.com"
PAY = Pay(complete_cents=150, screened_out_cents=30, failed_media_cents=100, withdrawn_cents=0)


def an_offer(recruiter: str = "mturk", **changes: Any) -> Offer:
    """Offer 100 cents at once and the rest as a bonus."""
    plain: dict[str, Any] = {
        "recruiter": recruiter,
        "address": "https://study.example/?a=1&b=2",
        "title": "Which sound is real?",
        "description": "Listen to short clips with headphones.",
        "cap_cents": 100_000,
        "base_cents": 100,
        "minutes": 5,
        "mturk": offers.Turk(countries=("US", "CA")),
    }
    return Offer(**{**plain, **changes})


def a_recruiting_study(
    tmp_path: Path, offer: Offer, *, pay: Pay = PAY, recruiting: Mapping[str, Any] | None = None
) -> Path:
    """Make a study with an offer beside it."""
    study = make_study(
        tmp_path,
        trials={"main": 2, "practice": 0},
        recruiting={"doors": (offer.recruiter,), **(recruiting or {})},
        changes={"pay": pay},
        n_videos=3,
        clips_per_video=1,
        variants=("random",),
    )
    write(offer, study / OFFER_NAME)
    return study


def come(app: Flask, arrival: Mapping[str, str], *, until: str = "complete") -> Visitor:
    """Arrive, and come to an end: "complete", "withdrawn", or "active" for none."""
    visitor = Visitor(app).enrol(arrival=arrival)
    if until == "withdrawn":
        visitor.post("withdraw")
        return visitor
    visitor.post("begin")
    if until == "complete":
        visitor.take_all()
    return visitor


def arrival(worker: str, hit: str, assignment: str) -> dict[str, str]:
    """Name what MTurk's sandbox adds to the address of a HIT's frame."""
    return {"assignmentId": assignment, "hitId": hit, "workerId": worker, "turkSubmitTo": SANDBOX}


def take_part(app: Flask, turk: Turk, worker: str, hit: str, *, until: str = "complete") -> str:
    """Accept, take part in the frame, and submit."""
    assignment = turk.accept(hit, worker)
    assert assignment is not None
    come(app, arrival(worker, hit, assignment), until=until)
    turk.submit(hit, assignment)
    turk.submit(hit, assignment)  # the form is sent twice
    return assignment


def run(*words: object, fails: bool = False, typed: str | None = None) -> str:
    """Run `mturk` with these words; return what it said."""
    done = CliRunner().invoke(main, [str(word) for word in words], input=typed)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    assert (done.exit_code != 0) == fails, done.output
    return done.output


def a_posted_study(tmp_path: Path, *, places: int = 9) -> Path:
    """Make a study of which places are posted on the local Mechanical Turk."""
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", places)
    return study


def a_campaign(books: Books, recruiter: Any, now: Any) -> Campaign:
    """Put a campaign together."""
    return Campaign(till=Till(books=books, market=recruiter.market, now=now), recruiter=recruiter)


class Killed(BaseException):
    """The program is stopped, as by a power cut: nothing may catch it."""


class Fuse:
    """Stops the program at its nth step; counts them all."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.steps = at, 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise Killed


class Fused:
    """Somebody before and after each of whose deeds of some names the program may stop."""

    def __init__(self, inner: Any, fuse: Fuse, *names: str) -> None:
        self._inner, self._fuse, self._names = inner, fuse, names

    def __getattr__(self, name: str) -> Any:
        deed = getattr(self._inner, name)
        if name not in self._names:
            return deed

        def stepwise(*args: Any, **named: Any) -> Any:
            self._fuse.step()
            reply = deed(*args, **named)
            self._fuse.step()
            return reply

        return stepwise


def fused_books(books: Any, fuse: Fuse) -> Any:
    """Books before and after each of whose entries the program may stop."""
    return Fused(books, fuse, "begin", "finish")

"""Money exactly once: the program is stopped at every point, and everybody is paid what is due."""

from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mturk_endpoint import DirectWire
from mturk_market import BUSY, FAILS, LOST, Turk
from prolific_endpoint import DirectWire as ProlificDirectWire
from prolific_endpoint import Market
from recruiting_samples import (
    Fuse,
    Fused,
    Killed,
    a_campaign,
    a_recruiting_study,
    an_offer,
    arrival,
    come,
    fused_books,
)
from server_samples import serving_site

from experiment_server import payables
from mturk import campaign as campaigns
from mturk.errors import RecruitingError
from mturk.markets.prolific import ProlificRecruiter
from mturk.markets.turk import TurkRecruiter
from mturk.payments import paying, people, reconcile

PLACES = 10
WORKERS = ("AONE", "ATWO")
START_CENTS = 1_000_000
A_DAY = timedelta(hours=25)  # after which MTurk has forgotten every token
OFFERS = {"mturk": an_offer(), "prolific": an_offer("prolific")}


class Run:
    """One run of a study's life on books of its own, though many share a database."""

    def __init__(self, books, name, door, market):
        self._books, self._name, self.door, self.market = books, name, door, market
        self.fuse = Fuse()

    def __getattr__(self, name):
        return getattr(self._books, name)

    def token(self, *parts):
        return self._books.token(self._name, *parts)

    def campaign(self):
        """Start the program anew."""
        offer, clock = OFFERS[self.door], lambda: self.market.now
        if self.door == "mturk":
            wire = Fused(DirectWire(self.market), self.fuse, "ask")
            recruiter = TurkRecruiter(wire, offer, self.study, market=self._name, now=clock)
        else:
            wire = Fused(ProlificDirectWire(self.market), self.fuse, "ask")
            recruiter = ProlificRecruiter(wire, offer, self.study, now=clock)
            recruiter.market = self._name
        return a_campaign(fused_books(self, self.fuse), recruiter, clock)

    def is_done(self, kind):
        """Tell how many operations of a kind are done."""
        return sum(o.state == "done" and o.kind == kind for o in self.operations(self._name))


def open_study(stack, tmp_path, door, arrivals, **recruiting):
    study = a_recruiting_study(tmp_path, OFFERS[door], recruiting=recruiting)
    app = stack.enter_context(serving_site(study))
    for one in arrivals:
        come(app, one)
    return stack.enter_context(payables.opened(study))


def workers(*names):
    return [arrival(name, "HIT", f"ASG{name}") for name in names]


def test_the_program_may_stop_anywhere_on_mturk(tmp_path):
    """Stopped at its nth step, for every n, and run again a day later: the same end every time."""
    with ExitStack() as stack:
        books = open_study(stack, tmp_path, "mturk", workers(*WORKERS, "ALOST"))
        n_steps = live_on_mturk(Run(books, "count", "mturk", Turk(per_page=1)), at=None)
        assert n_steps > 60
        for at in range(1, n_steps + 1):
            live_on_mturk(Run(books, f"stop {at}", "mturk", Turk(per_page=1)), at=at)


def live_on_mturk(run, *, at):
    turk, run.fuse = run.market, Fuse(at)

    def do(work):
        try:
            work(run.campaign())
        except Killed:
            turk.now += A_DAY
            work(run.campaign())

    do(lambda c: campaigns.launch(c, PLACES))
    assert sorted(hit.places for hit in turk.hits.values()) == [1, 9]
    big = next(hit for hit in turk.hits.values() if hit.places == 9)
    for name in WORKERS:
        turk.take_over(big.id, f"ASG{name}", name)
        turk.submit(big.id, f"ASG{name}")
    do(people.keep_out)
    do(lambda c: paying.pay(c, "approve", "bonus"))
    (lost,) = [one.participant for one in run.people("mturk") if one.person == "ALOST"]
    do(lambda c: paying.compensate(c, lost))
    n_steps, run.fuse = run.fuse.steps, Fuse()
    (own,) = [hit for hit in turk.hits.values() if "HTMLQuestion" in hit.question]
    assert (own.places, turk.types[own.type]["Reward"]) == (1, "1.50")
    assert turk.paid == {"AONE": 150, "ATWO": 150}
    assert turk.balance_cents == START_CENTS - 2 * 180
    assert reconcile.differences(run.campaign()) == []
    assert campaigns.spent(run.campaign()).paid_cents == 3 * 150
    return n_steps


def test_the_program_may_stop_anywhere_on_prolific(tmp_path):
    """Prolific has no tokens, pays twice what is asked twice, and shows bonuses minutes later."""
    arrivals = [
        {"PROLIFIC_PID": name, "STUDY_ID": "s", "SESSION_ID": f"session-{name}"}
        for name in ("one", "two")
    ]
    with ExitStack() as stack:
        books = open_study(stack, tmp_path, "prolific", arrivals, prolific_complete="DONE1")
        n_steps = live_on_prolific(Run(books, "count", "prolific", Market()), at=None)
        assert n_steps > 30
        for at in range(1, n_steps + 1):
            live_on_prolific(Run(books, f"stop {at}", "prolific", Market()), at=at)


def live_on_prolific(run, *, at):
    market, run.fuse = run.market, Fuse(at)

    def do(work):
        try:
            work(run.campaign())
        except Killed:
            market.pass_time(minutes=1)  # too soon to tell: nothing may be asked for again
            with suppress(RecruitingError):
                work(run.campaign())
            market.pass_time(minutes=90)
            work(run.campaign())

    do(lambda c: campaigns.launch(c, 5))
    do(lambda c: campaigns.launch(c, 8))
    ((study, posted),) = market.studies.items()
    assert (posted["total_available_places"], posted["status"]) == (8, "ACTIVE")
    for person in ("one", "two"):
        market.hand_in(study, f"session-{person}", person)
    do(lambda c: paying.pay(c, "approve", "bonus"))
    n_steps, run.fuse = run.fuse.steps, Fuse()
    market.pass_time(minutes=10)
    assert market.paid == {"one": 150, "two": 150}
    assert [one["bonus_payments"] for one in market.submissions.values()] == [[50], [50]]
    assert campaigns.spent(run.campaign()).paid_cents == 2 * 150
    assert reconcile.differences(run.campaign()) == []
    return n_steps


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    with ExitStack() as stack:
        tmp_path = tmp_path_factory.mktemp("mixed")
        yield open_study(stack, tmp_path, "mturk", workers(*WORKERS)), iter(range(1000))


FAULTY = ("CreateHITWithHITType", "ApproveAssignment", "SendBonus", "ListBonusPayments", "ListHITs")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    stops=st.lists(st.integers(1, 60), max_size=6),
    faults=st.lists(
        st.tuples(st.sampled_from(FAULTY), st.sampled_from([BUSY, FAILS, LOST])), max_size=8
    ),
)
def test_stops_and_faults_in_any_order_pay_nobody_twice_and_nobody_never(mixed, stops, faults):
    books, number = mixed
    run = Run(books, f"mixed {next(number)}", "mturk", Turk())
    turk = run.market
    turk.faults, fuses = list(faults), [Fuse(at) for at in stops]

    def do(work, is_over):
        while not is_over():
            run.fuse = fuses.pop() if fuses else Fuse()
            with suppress(Killed, RecruitingError):
                work(run.campaign())
            turk.now += timedelta(hours=1)

    do(lambda c: campaigns.launch(c, PLACES), lambda: run.is_done("post") == 2)
    assert len(turk.hits) == 2
    big = next(hit.id for hit in turk.hits.values() if hit.places == 9)
    for worker in WORKERS:
        turk.take_over(big, f"ASG{worker}", worker)
        turk.submit(big, f"ASG{worker}")
    do(
        lambda c: paying.pay(c, "approve", "bonus"),
        lambda: run.is_done("approve") == run.is_done("bonus") == 2,
    )
    assert turk.paid == {"AONE": 150, "ATWO": 150}
    assert turk.balance_cents == START_CENTS - 2 * 180

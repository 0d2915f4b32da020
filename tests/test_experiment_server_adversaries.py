"""People who cheat over HTTP score at chance; people whose fool rates are known get them back."""

import threading
import time
from base64 import urlsafe_b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from crowd import Page, answer_of
from scipy.stats import binomtest
from server_samples import VARIANTS, make_study, serving_site
from sqlalchemy import func, select

from analysis.findings.rates import rate_of_variant
from analysis.findings.summary import summarize
from analysis.inputs.sources import from_study
from experiment_server.database import db, queries
from experiment_server.database.tables import Event, Participant, Response
from experiment_server.exports import export
from experiment_server.participation import tokens
from experiment_server.web import server, serving

RATES = {"image-match": 0.3, "spacetime-match": 0.45, "random": 0.15}
HONEST, CHEATERS = 24, 8  # people; of each kind of cheater
TRIALS = 12
LEAST_P = 1e-6  # of a cheater's score under chance; timing is not seeded, so generous


@contextmanager
def site_of(study):
    with serving_site(study) as app, server.running(app) as url:
        yield Site(app, url)


class Site:
    def __init__(self, app, url):
        here = app.extensions[serving.EXTENSION]
        self.url, self.engine, self.key = url, here.engine, here.key

    def name_of(self, page):
        return tokens.participant_of(self.key, page.token)

    def pairs(self, page):
        """Read a participant's plan, as only the experimenter can: nonce -> variant, real interval."""
        with db.reading(self.engine) as session:
            participant = session.scalars(queries.participant_named(self.name_of(page))).one()
            return {trial.nonce: (trial.variant, trial.real_interval) for trial in participant.trials}

    def count(self, *conditions):
        with db.reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(Event).where(*conditions))

    def n_answers(self):
        with db.reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(Response))


def chance(rng, page, clips):
    return int(rng.integers(1, 3))


def side_biased(rng, page, clips):
    return 1


def biggest_file(rng, page, clips):
    return larger(rng, [len(page.ask("GET", clip)[1]) for clip in clips])


def longest_download(rng, page, clips):
    took = []
    for clip in clips:
        began = time.perf_counter()
        page.ask("GET", clip)
        took.append(time.perf_counter() - began)
    return larger(rng, took)


def slowest_of_many(rng, page, clips):
    """Download each clip thrice, in turn, and compare the shortest times."""
    took = [[], []]
    for _ in range(3):
        for times, clip in zip(took, clips, strict=True):
            began = time.perf_counter()
            page.ask("GET", clip)
            times.append(time.perf_counter() - began)
    return larger(rng, [min(times) for times in took])


def header_reader(rng, page, clips):
    """Compare all headers, of a whole reply, of ranges, and of questions for a newer version."""
    seen = []
    for clip in clips:
        told = []
        for asked in (
            {},
            {"Range": "bytes=0-0"},
            {"Range": "bytes=-1"},
            {"If-None-Match": "*"},
            {"If-Modified-Since": "Sun, 01 Jan 2012 00:00:00 GMT"},
        ):
            status, _ = page.ask("GET", clip, headers=asked)
            told += [str(status), *(f"{k}: {v}" for k, v in page.headers.items() if k != "Date")]
        seen.append("\n".join(told))
    return larger(rng, seen)


def name_reader(rng, page, clips):
    return larger(rng, clips)


def larger(rng, pair):
    first, second = pair
    return int(rng.integers(1, 3)) if first == second else 1 + (second > first)


STRATEGIES = (
    *(chance, side_biased, biggest_file, longest_download, slowest_of_many),
    *(header_reader, name_reader),
)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Send honest people, an ideal observer and every kind of cheater through one study."""
    study = make_study(
        tmp_path_factory.mktemp("adversaries"),
        trials={"main": TRIALS, "practice": 2},
        n_videos=TRIALS + 2,
        clips_per_video=1,
    )
    names = {}
    with site_of(study) as site:
        for number in range(HONEST):
            run(site, names, "honest", honest(RATES), number)
        run(site, names, "ideal", honest(dict.fromkeys(VARIANTS, 0.0)), 0)
        for strategy in STRATEGIES:
            for number in range(CHEATERS):
                run(site, names, strategy.__name__, cheating(strategy), number)
    return study, names


def run(site, names, kind, take, number):
    rng = np.random.default_rng([1, number, *kind.encode()])
    with Page(site.url) as page:
        page.begin()
        names.setdefault(kind, set()).add(site.name_of(page))
        pairs = site.pairs(page)
        while (due := page.due())["page"] == "trial":
            status, reply = page.answer(due["trial"], take(rng, page, due["trial"], pairs))
            assert (status, reply["kept"]) == (200, True)


def honest(rates):
    def take(rng, page, trial, pairs):
        variant, real = pairs[trial["nonce"]]
        return 3 - real if rng.random() < rates[variant] else real

    return take


def cheating(strategy):
    return lambda rng, page, trial, pairs: strategy(rng, page, trial["clips"])


def of(done, kind):
    """Return the main trials of one kind of people, as the analysis reads them."""
    study, names = done
    responses = from_study(study).responses
    chosen = np.isin(responses.participant.levels, list(names[kind]))
    return responses.select(responses.main & responses.of_participants(chosen))


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.__name__)
def test_who_cheats_scores_at_chance(done, strategy):
    trials = of(done, strategy.__name__)
    assert (len(trials), trials.answered.all()) == (CHEATERS * TRIALS, True)
    found = binomtest(int(trials.fooled.sum()), len(trials))
    assert found.pvalue > LEAST_P, f"{found.statistic:.2f} fooled"


@pytest.mark.parametrize("kind", ["biggest_file", "header_reader"])
def test_sizes_and_headers_of_a_pair_are_equal(done, kind):
    """Make sure that these cheaters tossed a coin each time: theirs is seeded, so it can be redone."""
    study, names = done
    answers = {}
    for row in export.read_study(study).records:
        if row.participant in names[kind]:
            answers.setdefault(row.participant, []).append(row.response_interval)
    assert len(answers) == CHEATERS
    for number, chosen in enumerate(answers.values()):
        rng = np.random.default_rng([1, number, *kind.encode()])
        assert chosen == [int(rng.integers(1, 3)) for _ in chosen]


def test_who_always_takes_one_side_is_right_half_of_the_time_exactly(done):
    trials = of(done, "side_biased")
    assert trials.fooled.sum() * 2 == len(trials)


def test_an_ideal_observer_is_never_fooled(done):
    assert not of(done, "ideal").fooled.any()


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_known_fool_rates_come_back_with_their_intervals(done, variant):
    rate = rate_of_variant(of(done, "honest"), variant)
    assert (rate.n, rate.n_participants) == (HONEST * TRIALS // len(VARIANTS), HONEST)
    for interval in (rate.paper, rate.wilson, rate.clustered):
        assert interval.low < RATES[variant] < interval.high
        assert interval.high - interval.low < 0.4


def test_the_report_shows_them_in_their_order(done):
    report = summarize(of(done, "honest"), title="honest")
    assert not report.simulated
    rates = {row.variant: row.rate.paper.value for row in report.variants}
    assert sorted(rates, key=rates.get) == sorted(RATES, key=RATES.get)


def test_who_refreshes_gets_the_same_pair_and_is_found_out(tmp_path):
    study = make_study(tmp_path)
    with site_of(study) as site, Page(site.url) as page:
        first = page.begin().due()
        clips = [page.ask("GET", clip) for clip in first["trial"]["clips"]]
        for _ in range(5):
            assert page.due() == first
            assert [page.ask("GET", clip) for clip in first["trial"]["clips"]] == clips
        assert page.answer(first["trial"], 1)[0] == 200
    record = next(row for row in export.read_study(study).records if row.response_interval)
    assert record.presentations == 6


@pytest.mark.parametrize("intervals", [(1,) * 6, (1, 2) * 3])
def test_double_clicks_and_two_tabs_leave_one_answer(tmp_path, database, intervals):
    study = make_study(tmp_path, trials={"practice": 0})
    with site_of(study) as site, Page(site.url) as page:
        trial = page.begin().due()["trial"]
        start = threading.Barrier(len(intervals))

        def click(interval):
            with Page(site.url, token=page.token) as tab:
                assert tab.due()["trial"] == trial
                start.wait()
                return tab.answer(trial, interval)[0]

        with ThreadPoolExecutor(len(intervals)) as pool:
            statuses = Counter(pool.map(click, intervals))
        assert statuses == Counter({200: intervals.count(1), 409: intervals.count(2)})
        assert site.n_answers() == site.count(Event.kind == "answered") == 1
        assert site.count(Event.kind == "refused_answer") == statuses[409]
        assert page.due()["trial"]["position"] == 2


def test_a_stale_tab_can_not_change_an_answer_and_is_led_on(tmp_path):
    study = make_study(tmp_path)
    with site_of(study) as site, Page(site.url) as tab:
        trial = tab.begin().due()["trial"]
        with Page(site.url, token=tab.token) as other:
            assert other.answer(trial, 1)[0] == 200
            after = other.due()
        assert tab.answer(trial, 2)[0] == 409
        assert tab.due() == after
        assert site.count(Event.kind == "refused_answer") == 1


def test_who_stalls_until_the_limit_is_paid_and_not_scored(tmp_path):
    study = make_study(tmp_path, screening={"media_failures": 3})
    with site_of(study) as site, Page(site.url) as page:
        page.begin()
        for _ in range(3):
            trial = page.due()["trial"]
            wish = {"nonce": trial["nonce"], "reason": "stalled"}
            assert page.insist("POST", "api/invalid", wish)[0] == 200
            assert page.insist("POST", "api/invalid", wish)[0] == 200, "the same again is harmless"
            assert page.answer(trial, 1)[0] == 409
        assert page.due()["outcome"] == "failed_media"
        assert site.n_answers() == 0
    assert {row.invalid for row in export.read_study(study).records} == {"stalled", None}
    assert not from_study(study).responses.answered.any()


def test_who_drops_out_leaves_a_place_and_an_unfinished_plan(tmp_path):
    study = make_study(tmp_path, recruiting={"participants": 1})
    with site_of(study) as site, Page(site.url) as page, Page(site.url) as next_page:
        page.begin()
        page.answer(page.due()["trial"], 1)
        assert next_page.enrol()[0] == 403
        with db.writing(site.engine) as session:
            gone = session.scalars(select(Participant)).one()
            gone.lease_utc = gone.consented_utc
        next_page.begin()
        while next_page.due()["page"] == "trial":
            next_page.answer(next_page.due()["trial"], 1)
    rows = export.read_study(study).records
    assert {(row.participant_state, row.lapsed) for row in rows} == {
        ("active", True),
        ("complete", False),
    }


ARRIVALS = [
    {"PROLIFIC_PID": "5" * 24, "STUDY_ID": "s" * 24, "SESSION_ID": f"{n}" * 24} for n in range(6)
]


def test_who_comes_again_and_again_has_one_session(tmp_path, database):
    study = make_study(tmp_path, recruiting={"doors": ("prolific",), "prolific_complete": "C1"})
    with site_of(study) as site:

        def come(arrival):
            with Page(site.url) as page:
                return site.name_of(page.begin(arrival=arrival))

        with ThreadPoolExecutor(len(ARRIVALS)) as pool:
            assert len(set(pool.map(come, ARRIVALS))) == 1
        with Page(site.url) as page:
            page.begin(arrival=ARRIVALS[0])
            plan = site.pairs(page)
            while page.due()["page"] == "trial":
                page.answer(page.due()["trial"], 1)
            end = page.due()
        with Page(site.url) as again:
            assert again.enrol(ARRIVALS[1])[1]["page"] == "thanks"
            assert (again.due(), site.pairs(again)) == (end, plan)
        assert site.count(Event.kind == "enrolled") == 1


def test_forged_and_borrowed_names_open_nothing(tmp_path):
    study = make_study(tmp_path)
    with site_of(study) as site, Page(site.url) as victim, Page(site.url) as forger:
        hers, his = victim.begin().due()["trial"], forger.begin().due()["trial"]
        before = site.n_answers()
        assert forger.answer(hers, 1)[0] == 409
        told = {"events": [{"kind": "replay", "ms": 1, "nonce": hers["nonce"]}]}
        assert forger.ask("POST", "api/events", told)[0] == 400
        assert forger.ask("POST", "api/invalid", {"nonce": hers["nonce"], "reason": "failed"})[0] == 409
        for nonce in set(site.pairs(forger)) - {his["nonce"]}:
            assert forger.answer({"nonce": nonce}, 1)[0] == 409, "not handed out yet"
        with db.reading(site.engine) as session:
            hidden = [
                name
                for trial in session.scalars(queries.all_trials())
                if trial.presented_utc is None
                for name in (trial.media_1, trial.media_2)
            ]
        assert len(hidden) == 20
        assert {forger.ask("GET", f"media/{name}")[0] for name in hidden} == {404}
        assert {forger.ask("GET", f"sounds/{name}")[0] for name in (*hidden, his["nonce"])} == {404}
        assert site.n_answers() == before
        assert victim.due()["trial"] == hers


def payload(name):
    return urlsafe_b64encode(f'"{name}"'.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "forge",
    [
        lambda token, name: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token, name: token.swapcase(),
        lambda token, name: f"{payload('p' + '0' * 12)}.{token.rpartition('.')[2]}",
        lambda token, name: f"{payload(name)}.",
        lambda token, name: name,
        lambda token, name: f'"{name}".',
        lambda token, name: tokens.participant_token("another study's key", name),
        lambda token, name: tokens.robot_token("another study's key"),
        lambda token, name: "",
    ],
)
def test_forged_tokens_speak_for_nobody(tmp_path, forge):
    study = make_study(tmp_path)
    with site_of(study) as site, Page(site.url) as page:
        trial = page.begin().due()["trial"]
        page.token = forge(page.token, site.name_of(page))
        assert page.ask("GET", "api/next")[0] == 401
        for what, body in (
            ("answer", answer_of(trial, 1)),
            ("begin", {}),
            ("withdraw", {}),
            ("invalid", {"nonce": trial["nonce"], "reason": "failed"}),
            ("events", {"events": []}),
        ):
            assert page.ask("POST", f"api/{what}", body)[0] == 401, what
        if page.token:
            wish = {"request": "r" * 16, "arrival": {}, "browser": {}}
            assert page.ask("POST", "api/participants", wish)[0] == 401, "no robot either"
        assert site.n_answers() == 0


def test_nobody_can_call_themselves_a_robot(tmp_path):
    study = make_study(tmp_path)
    with site_of(study) as site, Page(site.url) as page:
        wish = {"request": "r" * 16, "arrival": {"simulated": "1"}, "browser": {"name": "robot"}}
        page.token = page.insist("POST", "api/participants", {**wish, "simulated": True})[1]["token"]
        with db.reading(site.engine) as session:
            assert not session.scalars(select(Participant.simulated)).one()

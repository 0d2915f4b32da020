"""People who cheat over HTTP score at chance; people whose fool rates are known get them back."""

import time

import numpy as np
import pytest
from crowd import Page
from scipy.stats import binomtest
from server_samples import VARIANTS, make_study
from site_samples import site_of

from analysis.findings.rates import rate_of_variant
from analysis.inputs.sources import Source, from_study
from analysis.summary import summarize
from experiment_server.exports import export

RATES = {"image-match": 0.3, "spacetime-match": 0.45, "random": 0.15}
HONEST, CHEATERS = 24, 8  # people; of each kind of cheater
TRIALS = 12
LEAST_P = 1e-6  # of a cheater's score under chance; timing is not seeded, so generous


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
    report = summarize(Source(name="honest", responses=of(done, "honest")))
    assert not report.simulated
    rates = {row.variant: row.rate.paper.value for row in report.variants}
    assert sorted(rates, key=rates.get) == sorted(RATES, key=RATES.get)

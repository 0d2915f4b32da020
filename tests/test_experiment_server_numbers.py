"""The dashboard's numbers: checked against the rows they were counted from, and how they are written."""

from datetime import UTC, datetime, timedelta

import pytest
from dashboard_samples import FOOL_RATES, N_MAIN, fill
from server_samples import make_study
from sqlalchemy import select

from experiment_server.dashboard import charts, formats, numbers
from experiment_server.dashboard.arrivals import binned
from experiment_server.dashboard.estimates import share, spread
from experiment_server.dashboard.numbers import Balance
from experiment_server.database import db
from experiment_server.database.tables import Participant
from experiment_server.exports import export
from experiment_server.folders import folder
from experiment_server.studies.sections import Pay

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@pytest.fixture
def study(tmp_path, dashboard_stimuli):
    return make_study(
        tmp_path,
        stimuli=dashboard_stimuli,
        trials={"main": N_MAIN, "practice": 2},
        screening={"headphones": "huggins", "headphone_pass": 5},
        recruiting={"participants": 200},
        changes={"pay": Pay(complete_cents=250, screened_out_cents=40, failed_media_cents=60)},
    )


@pytest.fixture
def engine(study):
    with db.opened(folder.read(study).database_url) as engine:
        yield engine


@pytest.fixture
def crowd(engine, study):
    """Two hundred participants."""
    fill(engine, folder.read(study).stimulus_set, now=NOW)


def read_numbers(engine, study):
    return numbers.read(engine, folder.read(study), now=NOW)


def test_an_empty_study_has_numbers_too(engine, study):
    found = read_numbers(engine, study)
    assert (found.total, found.simulated, found.answers, found.cost_cents) == (0, False, 0, 0)
    assert set(found.fool_rates) == set(FOOL_RATES)
    assert all(rate.rate is None for rate in found.fool_rates.values())


def test_people_are_counted_by_state_and_the_lapsed_apart(engine, study, crowd):
    found = read_numbers(engine, study)
    assert found.participants == {
        "complete": 139,
        "active": 11,
        "screening": 9,
        "lapsed": 9,
        "screened_out": 19,
        "failed_media": 5,
        "withdrawn": 8,
    }
    assert (found.total, found.wanted, found.taken) == (200, 200, 139 + 11 + 9)


def test_pay_counts_ends_of_people(engine, study, crowd):
    found = read_numbers(engine, study)
    assert found.costs_cents == {
        "complete": 139 * 250,
        "screened_out": 19 * 40,
        "failed_media": 5 * 60,
        "withdrawn": 0,
    }
    assert found.cost_cents == 139 * 250 + 19 * 40 + 5 * 60


def test_robots_count_only_while_no_person_has_come_and_cost_nothing(engine, study):
    digest = folder.read(study).stimulus_set
    fill(engine, digest, now=NOW, simulated=True, states=["complete"] * 3)
    alone = read_numbers(engine, study)
    assert (alone.simulated, alone.total, alone.others, alone.cost_cents) == (True, 3, 0, 0)
    assert alone.answers > 0
    with db.writing(engine) as session:
        session.scalar(select(Participant).limit(1)).simulated = False
    among = read_numbers(engine, study)
    assert (among.simulated, among.total, among.others, among.cost_cents) == (False, 1, 2, 250)


def test_fool_rates_are_those_of_the_exported_main_answers(engine, study, crowd):
    counted = {variant: [0, 0] for variant in FOOL_RATES}
    for record in export.read_study(study).records:
        if record.phase == "main" and record.fooled is not None and not record.invalid:
            counted[record.variant][0] += record.fooled
            counted[record.variant][1] += 1
    found = read_numbers(engine, study).fool_rates
    assert {variant: [rate.hits, rate.n] for variant, rate in found.items()} == counted
    assert all(abs(rate.rate - FOOL_RATES[variant]) < 0.08 for variant, rate in found.items())


def test_wilson_intervals_are_those_of_other_programs():
    # statsmodels: proportion_confint(62, 100, method="wilson")
    found = share(62, 100)
    assert found.rate == 0.62
    assert (found.low, found.high) == pytest.approx((0.5220976, 0.7090240), abs=1e-6)
    assert share(0, 0).rate is None


def test_a_headphone_test_counts_once_all_its_trials_are_answered(engine, study, crowd):
    first, second = read_numbers(engine, study).screening
    assert (first.kind, first.attempt, second.attempt) == ("huggins", 1, 2)
    assert first.passed.n - first.passed.hits == second.passed.n
    assert second.passed.n - second.passed.hits == 19  # the screened out


def test_balance_counts_the_valid_main_trials_of_the_complete(engine, study, crowd):
    found = read_numbers(engine, study)
    total = sum(row.first + row.second for row in found.balance)
    assert [row.variant for row in found.balance] == sorted(FOOL_RATES)
    assert 0.97 * 139 * N_MAIN < total < 139 * N_MAIN  # about one in a hundred stalled
    assert found.variant_spread == max(
        abs(a.first + a.second - b.first - b.second) for a in found.balance for b in found.balance
    )


def test_times_are_those_of_complete_sessions(engine, study, crowd):
    found = read_numbers(engine, study)
    assert found.session_min.n == found.trial_s.n == 139
    assert 10 < found.trial_s.median < 13
    assert found.session_min.q1 < found.session_min.median < found.session_min.q3
    assert found.response_ms.n == found.answers


def test_catch_trials_and_stalls_have_numbers_of_their_own(engine, study, crowd):
    found = read_numbers(engine, study)
    assert found.catch.rate == pytest.approx(0.96, abs=0.04)
    assert found.invalid["stalled"] > 0
    assert found.media_failures >= 15


def test_the_numbers_are_the_same_on_postgresql(
    tmp_path, dashboard_stimuli, postgresql_url, monkeypatch
):
    here = make_study(
        tmp_path / "lite", stimuli=dashboard_stimuli, trials={"main": N_MAIN, "practice": 2}
    )
    monkeypatch.setenv("EXPERIMENT_SERVER_DATABASE_URL", postgresql_url)
    there = make_study(
        tmp_path / "post", stimuli=dashboard_stimuli, trials={"main": N_MAIN, "practice": 2}
    )
    found = []
    for study in (there, here):
        opened = folder.read(study)
        with db.opened(opened.database_url) as engine:
            fill(engine, opened.stimulus_set, now=NOW)
            found.append(numbers.read(engine, opened, now=NOW))
            assert engine.dialect.name == ("postgresql", "sqlite")[len(found) - 1]
        monkeypatch.delenv("EXPERIMENT_SERVER_DATABASE_URL", raising=False)
    assert found[0] == found[1]


def test_arrivals_are_binned_as_finely_as_there_is_room_for():
    people = [(NOW, True), (NOW + timedelta(minutes=7), False), (NOW + timedelta(hours=1), True)]
    found = binned(people, until=None)
    assert found.step == timedelta(minutes=5)
    assert [(step.arrived, step.complete) for step in found.steps[:2]] == [(1, 1), (1, 0)]
    assert sum(step.arrived for step in found.steps) == 3
    assert binned(people, until=NOW + timedelta(hours=9)).step == timedelta(minutes=15)
    years = binned(people, until=NOW + timedelta(days=3000))
    assert len(years.steps) <= 48
    assert binned([], until=NOW).steps == ()


def test_medians_and_quartiles():
    found = spread([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.q1, found.median, found.q3, found.n) == (2.0, 3.0, 4.0, 5)
    assert spread([]).median is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (formats.percent(0.123), "12 %"),
        (formats.percent(None), formats.NONE),
        (formats.minutes(6.54), "6.5 min"),
        (formats.minutes(130.0), "2 h 10 min"),
        (formats.money(123450, "USD"), "1,234.50 USD"),
        (formats.ago(NOW - timedelta(hours=3, minutes=4), NOW), "3 h ago"),
        (formats.ago(NOW + timedelta(seconds=3), NOW), "0 s ago"),
        (formats.moment(NOW, timedelta(days=1)), "22 Nov"),
    ],
)
def test_numbers_are_written_with_their_units(written, expected):
    assert written == expected


def test_charts_put_names_in_no_markup_and_bars_in_proportion():
    drawn = charts.stacked({"complete": 3, "failed_media": 1})
    assert 'class="complete" x="0.00%" y="0" width="75.00%"' in drawn
    assert 'class="failed-media" x="75.00%"' in drawn
    assert "style=" not in drawn
    assert 'width="50.00%"' in charts.sides(Balance(variant="<b>", first=1, second=2), 2)
    assert charts.reach([share(1, 100)]) == 0.6
    assert charts.reach([share(99, 100)]) == 1.0

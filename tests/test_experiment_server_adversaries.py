"""Refreshing, double clicks, stale tabs, stalling, coming again, forged names: none of it pays."""

import string
import threading
from base64 import urlsafe_b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from crowd import Page, answer_of
from server_samples import make_study
from site_samples import site_of
from sqlalchemy import select

from analysis.inputs.sources import from_study
from experiment_server import tokens
from experiment_server.database import db, queries
from experiment_server.database.tables import Event, Participant
from experiment_server.exports import export


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


def test_a_token_has_one_spelling():
    for number in range(40):  # base64's last character can be any of sixteen
        token = tokens.participant_token("a key of some length", f"p{number}")
        others = {token[:-1] + last for last in string.ascii_letters + string.digits + "-_"} - {token}
        assert tokens.participant_of("a key of some length", token) == f"p{number}"
        assert {tokens.participant_of("a key of some length", other) for other in others} == {None}


def test_nobody_can_call_themselves_a_robot(tmp_path):
    study = make_study(tmp_path)
    with site_of(study) as site, Page(site.url) as page:
        wish = {"request": "r" * 16, "arrival": {"simulated": "1"}, "browser": {"name": "robot"}}
        wish["consent_sha256"] = page.consent(wish["arrival"])
        page.token = page.insist("POST", "api/participants", {**wish, "simulated": True})[1]["token"]
        with db.reading(site.engine) as session:
            assert not session.scalars(select(Participant.simulated)).one()

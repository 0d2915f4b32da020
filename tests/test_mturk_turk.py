"""Postings at Mechanical Turk, over HTTP, against a local endpoint of its protocol."""

import json
from contextlib import ExitStack

import pytest
from mturk_market import FAILS, LOST
from recruiting_samples import a_posted_study, a_recruiting_study, an_offer, run

from experiment_server import payables
from experiment_server.studies.sections import Pay


def test_a_token_that_mturk_has_forgotten_posts_nothing_twice(tmp_path, turk, asked, monkeypatch):
    monkeypatch.setattr("botocore.retries.standard.time.sleep", lambda seconds: None)
    study = a_recruiting_study(tmp_path, an_offer())
    turk.faults = [("CreateHITWithHITType", LOST)] + [("ListHITs", FAILS)] * 50
    run("launch", study, "--participants", 9, fails=True)
    turk.faults.clear()
    turk.tokens.clear()  # a day has gone by
    run("launch", study, "--participants", 9)
    assert len(turk.hits) == 1


def test_nothing_is_posted_beyond_the_cap(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer(cap_cents=9 * 180))
    assert "beyond cap_cents = 1620" in run("launch", study, "--participants", 10, fails=True)
    assert not turk.hits
    run("launch", study, "--participants", 9)
    run("launch", study, "--participants", 9)
    assert len(turk.hits) == 1
    assert "beyond" in run("extend", study, "--to", 10, fails=True)


def test_nothing_is_posted_beyond_the_balance(tmp_path, asked, turk):
    turk.balance_cents = 100
    study = a_recruiting_study(tmp_path, an_offer())
    assert "the account holds 100 cents" in run("launch", study, "--participants", 9, fails=True)
    assert not turk.hits


def test_fifty_people_at_a_dollar_cost_sixty_in_nines_and_seventy_in_one(tmp_path, turk, asked):
    pay = Pay(complete_cents=100)
    for folder, offer, total in (
        ("nines", an_offer(), "$60.00"),
        ("one", an_offer(mturk=an_offer().mturk.__class__(per_hit=50)), "$70.00"),
    ):
        (tmp_path / folder).mkdir()
        study = a_recruiting_study(tmp_path / folder, offer, pay=pay)
        assert total in run("launch", study, "--participants", 50, "--dry-run")
    assert not turk.hits


def test_a_dry_run_shows_exact_requests_and_asks_for_nothing(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    shown = run("launch", study, "--participants", 10, "--dry-run")
    assert not turk.asked
    hit = shown[shown.index("CreateHITWithHITType {") :].removeprefix("CreateHITWithHITType ")
    request, _ = json.JSONDecoder().raw_decode(hit)
    assert request["MaxAssignments"] == 9
    assert "<ExternalURL>https://study.example/?a=1&amp;b=2</ExternalURL>" in request["Question"]
    run("launch", study, "--participants", 10)
    posted = dict(reversed(turk.asked))["CreateHITWithHITType"]
    assert {**posted, "HITTypeId": ""} == {
        **request,
        "HITTypeId": "",
    }  # the same token, before and after


def test_production_is_typed_and_confirmed(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    assert "nothing was done" in run(
        *("launch", study, "--participants", 9, "--production"), typed="yes\n", fails=True
    )
    assert not turk.hits
    run("launch", study, "--participants", 9, "--production", typed="study\n")
    assert len(turk.hits) == 1
    assert "0 postings" in run("status", study)  # the sandbox's books are apart


@pytest.mark.parametrize(
    ("production", "masters"),
    [(True, "2F1QJWKUDD8XADTFD2Q0G6UTO95ALH"), (False, "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6")],
)
def test_qualifications_have_the_ids_of_their_market(tmp_path, turk, asked, production, masters):
    rules = type(an_offer().mturk)(countries=("US", "CA"), adult=True, masters=True)
    study = a_recruiting_study(tmp_path, an_offer(mturk=rules))
    words = ("--production",) if production else ()
    run("launch", study, "--participants", 9, *words, typed="study\n")
    (made,) = turk.qualifications
    (kind,) = turk.types.values()
    needed = {q["QualificationTypeId"]: q for q in kind["QualificationRequirements"]}
    assert set(needed) == {
        made,
        "000000000000000000L0",
        "00000000000000000040",
        "00000000000000000071",
        "00000000000000000060",
        masters,
    }
    assert needed["00000000000000000071"]["Comparator"] == "In"
    assert {q["ActionsGuarded"] for q in needed.values()} == {"DiscoverPreviewAndAccept"}


def test_hits_expire_and_are_prolonged(tmp_path, turk, asked):
    study = a_posted_study(tmp_path)
    (hit,) = turk.hits.values()
    run("expire", study)
    assert turk.accept(hit.id, "ALATE") is None
    run("extend", study, "--hours", 24 * 365 * 9)
    assert turk.accept(hit.id, "ALATE") is not None


def test_two_commands_at_once_are_not_let_in(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    with ExitStack() as stack:
        stack.enter_context(payables.opened(study))
        assert "another mturk command" in run("launch", study, "--participants", 9, fails=True)


def test_notices_are_asked_for_where_a_topic_is_named(tmp_path, turk, asked):
    rules = type(an_offer().mturk)(sns_topic="arn:aws:sns:us-east-1:123456789012:study")
    run("launch", a_recruiting_study(tmp_path, an_offer(mturk=rules)), "--participants", 18)
    ((hit_type, asked_for),) = turk.notices.items()
    assert {hit.type for hit in turk.hits.values()} == {hit_type}
    assert (asked_for["Transport"], asked_for["Destination"]) == ("SNS", rules.sns_topic)

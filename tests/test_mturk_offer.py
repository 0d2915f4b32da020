"""The offer that people write, and the recruiter that only hands out an address."""

import csv

import pytest
from recruiting_samples import PAY, a_recruiting_study, an_offer, come, run
from server_samples import make_study, serving_site

from mturk.errors import RecruitingError
from mturk.offer import OFFER_NAME, Offer, read, write


def test_an_offer_is_read_as_it_was_written(tmp_path):
    offer = an_offer(title='Which "sound" is real?', keywords=("sound", "ä"))
    write(offer, tmp_path / OFFER_NAME)
    assert read(tmp_path / OFFER_NAME) == offer
    with pytest.raises(RecruitingError, match="exists already; edit it"):
        write(offer, tmp_path / OFFER_NAME)
    assert read(tmp_path / OFFER_NAME) == offer


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("format = 1", "format = 2", "format = 1"),
        ('"https://study', '"http://study', "address = "),
        ("cap_cents = 100000", 'cap_cents = "much"', "cap_cents = 'much' is not allowed"),
        ("cap_cents = 100000", "", "lacks 'cap_cents'"),
        ("cap_cents = 100000", "cap_cents = 1\ncap = 2", "has no key 'cap'"),
        ("minutes = 5", "minutes = 0", "minutes = 0"),
        ("review_days = 3", "review_days = 31", "review_days = 31"),
        ('recruiter = "mturk"', 'recruiter = "turk"', "recruiter = 'turk'"),
        ("[mturk]", "mturk = 1\n[other]", "must be a table"),
        ("[mturk]", "[", "not valid TOML"),
    ],
)
def test_a_wrong_offer_is_refused_with_the_reason(tmp_path, old, new, reason):
    path = tmp_path / OFFER_NAME
    write(an_offer(), path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(RecruitingError, match=reason):
        read(path)


def test_a_missing_offer_says_how_to_make_one(tmp_path):
    assert "mturk init" in run("status", make_study(tmp_path), fails=True)


def test_init_writes_an_offer_that_can_be_read(tmp_path):
    study = make_study(tmp_path)
    words = ("--recruiter", "link", "--address", "https://study.example/", "--cap-cents", 5000)
    run("init", study, *words)
    made = read(study / OFFER_NAME)
    assert isinstance(made, Offer)
    assert (made.recruiter, made.cap_cents) == ("link", 5000)
    assert "exists" in run("init", study, *words, fails=True)


def test_a_recruiter_needs_its_door(tmp_path):
    study = make_study(tmp_path)
    write(an_offer("prolific"), study / OFFER_NAME)
    assert "no door of the study" in run("status", study, fails=True)


def test_a_currency_that_mturk_does_not_pay_is_refused(tmp_path):
    pay = type(PAY)(currency="EUR", complete_cents=100)
    study = a_recruiting_study(tmp_path, an_offer(), pay=pay)
    assert "MTurk pays in USD" in run("status", study, fails=True)


def test_prolific_is_not_asked_without_a_token(tmp_path, monkeypatch):
    monkeypatch.delenv("PROLIFIC_API_TOKEN", raising=False)
    study = a_recruiting_study(tmp_path, an_offer("prolific"))
    assert "PROLIFIC_API_TOKEN" in run("status", study, fails=True)


def test_people_of_a_link_are_paid_by_hand_from_a_list_that_names_each_once(tmp_path):
    study = a_recruiting_study(tmp_path, an_offer("link"))
    shown = run("launch", study, "--participants", 3)
    assert "https://study.example/?a=1&b=2&id={ID}" in shown
    with serving_site(study) as app:
        come(app, {"id": "ann"})
        come(app, {"id": "bob"}, until="active")
        come(app, {})  # nobody knows who
    assert "Pay ann: 1.50 USD" in run("approve", study, "--dry-run")
    assert "Pay ann: 1.50 USD" in run("approve", study)
    assert run("approve", study) == "approve: 0 people, $0.00\n"
    assert "paid $1.50" in run("status", study)
    assert "agree" in run("reconcile", study)
    for verb in (["notify", "--subject", "x", "--text", "y"], ["expire"]):
        run(verb[0], study, *verb[1:], fails=True)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--reward-cents", 100, "--prolific", "--minutes", 5], "total   $71.50"),
        (["--reward-cents", 100, "--prolific", "--minutes", 5, "--academic"], "total   $67.00"),
    ],
)
def test_the_cost_of_fifty_people_on_prolific(words, shown):
    assert shown in run("cost", 50, *words)


def test_prolifics_minimum_pay_is_enforced():
    words = ("cost", 50, "--reward-cents", 100, "--prolific")
    assert "give --minutes" in run(*words, fails=True)
    assert "pay $1.34 or more" in run(*words, "--minutes", 10, fails=True)


def test_the_ledger_and_the_books_agree_on_what_is_owed(tmp_path):
    from experiment_server.doors import ledger

    study = a_recruiting_study(tmp_path, an_offer("link"))
    with serving_site(study) as app:
        come(app, {"id": "ann"})
    run("launch", study, "--participants", 3)
    ledger.write(ledger.read(study), tmp_path / "owed.csv")
    (row,) = csv.DictReader((tmp_path / "owed.csv").read_text().splitlines())
    assert f"{row['participant']} " in run("review", study)
    assert row["cents"] == "150"

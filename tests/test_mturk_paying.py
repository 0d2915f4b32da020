"""Workers of Mechanical Turk are paid what they are owed, to the cent and once."""

import random
import re

import pytest
from mturk_endpoint import PATIENCE_S
from mturk_market import BUSY, FAILS, HALF, LATE, LOST
from recruiting_samples import (
    a_posted_study,
    a_recruiting_study,
    an_offer,
    arrival,
    come,
    run,
    take_part,
)
from server_samples import Visitor, serving_site

from experiment_server import payables

KINDS = ("finishes", "finishes", "again", "stops", "returns", "abandons", "unseen")
UNTIL = {"stops": "withdrawn", "returns": "active", "abandons": "active"}


@pytest.fixture
def study(tmp_path, asked):
    return a_posted_study(tmp_path)


def test_a_study_runs_from_launch_to_bonus_and_every_cent_is_accounted_for(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    assert "$216.00" in run("launch", study, "--participants", 120)  # 120 x (1.00 + 0.50) and 20 %
    assert [hit.places for hit in turk.hits.values()] == [9] * 13 + [3]
    first, second, *_ = turk.hits
    with serving_site(study) as app:
        for number in range(5):
            take_part(app, turk, f"AW{number}", first)
        take_part(app, turk, "ASTOPS", first, until="withdrawn")
        returned = turk.accept(first, "ARETURNS")
        come(app, arrival("ARETURNS", first, returned), until="active")
        turk.give_back(first, returned)
        turk.take_over(first, returned, "AOTHER")
        come(app, arrival("AOTHER", first, returned))
        turk.submit(first, returned)
        abandoned = turk.accept(second, "AGONE")
        come(app, arrival("AGONE", second, abandoned), until="active")
        never_came = turk.accept(second, "ABLIND")
        turk.submit(second, never_came)
    assert re.search("to be decided +2\n", run("status", study))  # who stopped, and who never came
    assert "approve: 6 people, $6.00" in run("approve", study)
    assert "bonus: 6 people, $3.00" in run("bonus", study)
    assert "approve: 0 people" in run("approve", study)
    assert "bonus: 0 people" in run("bonus", study)
    people = [f"AW{number}" for number in range(5)] + ["AOTHER"]
    assert turk.paid == dict.fromkeys(people, 150)
    assert turk.balance_cents == 1_000_000 - 6 * 180
    shown = run("status", study)
    assert "paid $9.00" in shown
    assert run("balance", study) == "$9,989.20\n"
    differing = run("reconcile", study, fails=True)
    assert "our record does not have this person" in differing
    assert "worth nothing" in differing


@pytest.mark.parametrize("fault", [BUSY, FAILS, LOST, LATE])
@pytest.mark.parametrize(
    "operation",
    ["CreateQualificationType", "CreateHITWithHITType", "ApproveAssignment", "SendBonus", "ListHITs"],
)
def test_a_fault_of_mturk_costs_nobody_a_cent(tmp_path, turk, asked, monkeypatch, operation, fault):
    monkeypatch.setattr("mturk.markets.turk_wire.TIMEOUT_S", PATIENCE_S if fault == LATE else 20)
    if fault != LATE:
        monkeypatch.setattr("botocore.retries.standard.time.sleep", lambda seconds: None)
    study = a_recruiting_study(tmp_path, an_offer())
    turk.faults = [(operation, fault)] * 2
    run("launch", study, "--participants", 9)
    with serving_site(study) as app:
        take_part(app, turk, "AONE", *turk.hits)
    run("approve", study)
    run("bonus", study)
    assert len(turk.hits) == 1
    assert turk.paid == {"AONE": 150}
    assert "agree" in run("reconcile", study)


def test_half_a_page_is_read_again(study, app, turk, monkeypatch):
    monkeypatch.setattr("botocore.retries.standard.time.sleep", lambda seconds: None)
    for number in range(5):  # three pages
        take_part(app, turk, f"AW{number}", *turk.hits)
    turk.faults = [("ListAssignmentsForHIT", HALF)]
    assert "5 people" in run("approve", study)


def test_who_could_not_submit_is_compensated_by_a_hit_of_their_own_once(study, app, turk):
    (hit,) = turk.hits
    lost = turk.accept(hit, "ALOST")
    come(app, arrival("ALOST", hit, lost))
    turk.give_back(hit, lost)
    take_part(app, turk, "AFINE", hit)
    lines = run("review", study).splitlines()
    (who,) = [line.split()[0] for line in lines if "mturk compensate" in line]
    (fine,) = [line.split()[0] for line in lines if "approve $1.00, bonus $0.50" in line]
    assert "paid in the usual way" in run("compensate", study, "--participant", fine, fails=True)
    run("compensate", study, "--participant", who)
    run("compensate", study, "--participant", who)
    made = list(turk.hits)[1:]
    assert len(made) == 1
    assert turk.accept(made[0], "AFINE") is None
    assert turk.accept(made[0], "ALOST") is not None
    (kind,) = [t for t in turk.types.values() if t["AutoApprovalDelayInSeconds"] == 0]
    assert kind["Reward"] == "1.50"
    turk.take_over(hit, lost, "ALOST")
    turk.submit(hit, lost)  # it comes after all
    run("approve", study)
    assert turk.paid == {"AFINE": 100}
    assert "handed in after it was compensated" in run("reconcile", study, fails=True)


def test_an_extra_bonus_is_paid_once_for_its_reason(study, app, turk):
    take_part(app, turk, "AONE", *turk.hits)
    who = run("review", study).split()[0]
    for reason in ("You found a mistake.", "You found a mistake.", "You found another."):
        run("bonus", study, "--participant", who, "--cents", 25, "--reason", reason)
    assert turk.paid == {"AONE": 50}


def test_the_books_are_kept_on_either_database(database, study, app, turk):
    take_part(app, turk, "AONE", *turk.hits)
    for verb in ("approve", "bonus", "approve", "bonus"):
        run(verb, study)
    assert turk.paid == {"AONE": 150}
    assert "agree" in run("reconcile", study)
    with payables.opened(study):
        assert "another mturk command" in run("approve", study, fails=True)


def test_what_mturk_approved_by_itself_is_booked(study, app, turk):
    one = take_part(app, turk, "AONE", *turk.hits)
    turk.ApproveAssignment(one)
    assert "1 approvals that were made elsewhere" in run("reconcile", study)
    assert "elsewhere" not in run("reconcile", study)
    assert "approve: 0 people" in run("approve", study)
    assert "bonus: 1 people, $0.50" in run("bonus", study)
    assert "paid $1.50" in run("status", study)


def test_forty_workers_of_every_kind_are_paid_to_the_cent(tmp_path, turk, asked):
    """Some finish, some stop, return, abandon, submit unseen, or come again for another HIT."""
    study = a_posted_study(tmp_path, places=60)
    rng, expected = random.Random(6), {}
    with serving_site(study) as app:
        for number in range(40):
            worker, kind = f"AW{number}", rng.choice(KINDS)
            hit, assignment = taken_up(turk, worker)
            if kind != "unseen":
                come(app, arrival(worker, hit, assignment), until=UNTIL.get(kind, "complete"))
            if kind == "returns":
                turk.give_back(hit, assignment)
            elif kind != "abandons":
                turk.submit(hit, assignment)
            if kind in ("finishes", "again"):
                expected[worker] = 150
            if kind == "again":
                other, second = taken_up(turk, worker)
                Visitor(app).enrol(arrival=arrival(worker, other, second))
                turk.submit(other, second)
    shown = run("pay", study)
    assert shown.splitlines()[0].startswith(f"approve: {len(expected)} people, ")
    assert run("pay", study) == "approve: 0 people, $0.00\nbonus: 0 people, $0.00\n"
    assert len(expected) > 10
    assert turk.paid == expected
    assert turk.balance_cents == 1_000_000 - 180 * len(expected)
    assert turk.fees_cents == 30 * len(expected)


def taken_up(turk, worker):
    """Accept the first HIT that this worker can have."""
    return next((hit, made) for hit in turk.hits if (made := turk.accept(hit, worker)))

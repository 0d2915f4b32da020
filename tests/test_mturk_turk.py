"""Mechanical Turk from launch to bonus, over HTTP, against a local endpoint of its protocol."""

import json
import random
import re
from contextlib import ExitStack

import pytest
from click.testing import CliRunner
from mturk_endpoint import BUSY, FAILS, HALF, LATE, LOST, PATIENCE_S, Turk, check_question, serving
from recruiting_samples import a_recruiting_study, an_offer, come
from server_samples import Visitor, serving_site

from experiment_server import payables
from experiment_server.studies.sections import Pay
from mturk.cli import main
from mturk.markets import question
from mturk.markets.recruiter import RecruitingError

SANDBOX = "https://workersandbox.mturk.com"
KINDS = ("finishes", "finishes", "again", "stops", "returns", "abandons", "unseen")
UNTIL = {"stops": "withdrawn", "returns": "active", "abandons": "active"}


@pytest.fixture
def turk():
    return Turk()


@pytest.fixture
def asked(turk, monkeypatch):
    """Have `mturk` speak to the local endpoint."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "for-tests")
    with serving(turk) as address:
        monkeypatch.setenv("MTURK_ENDPOINT", address)
        yield address


def run(*words, fails=False, typed=None):
    done = CliRunner().invoke(main, [str(word) for word in words], input=typed)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    assert (done.exit_code != 0) == fails, done.output
    return done.output


def arrival(worker, hit, assignment):
    return {"assignmentId": assignment, "hitId": hit, "workerId": worker, "turkSubmitTo": SANDBOX}


def take_part(app, turk, worker, hit, *, until="complete"):
    """Accept, take part in the frame, and submit."""
    assignment = turk.accept(hit, worker)
    come(app, arrival(worker, hit, assignment), until=until)
    turk.submit(hit, assignment)
    turk.submit(hit, assignment)  # the form is sent twice
    return assignment


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


def test_who_took_part_is_kept_out_of_later_batches(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 18)
    first, second = turk.hits
    with serving_site(study) as app:
        take_part(app, turk, "AAGAIN", first)
        run("reconcile", study, fails=False)
        assert turk.accept(second, "AAGAIN") is None  # the qualification
        assert turk.accept(second, "ANEW") is not None
        # One who slipped in before the sweep sees the page of the first time, and is not paid twice.
        turk.granted.clear()
        slipped = turk.accept(second, "AAGAIN")
        visitor = Visitor(app).enrol(arrival=arrival("AAGAIN", second, slipped))
        assert visitor.next()["page"] == "thanks"
        turk.submit(second, slipped)
    run("approve", study)
    assert turk.paid == {"AAGAIN": 100}
    assert "with another submission" in run("reconcile", study, fails=True)


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


def test_half_a_page_is_read_again(tmp_path, turk, asked, monkeypatch):
    monkeypatch.setattr("botocore.retries.standard.time.sleep", lambda seconds: None)
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 9)
    with serving_site(study) as app:
        for number in range(5):  # three pages
            take_part(app, turk, f"AW{number}", *turk.hits)
    turk.faults = [("ListAssignmentsForHIT", HALF)]
    assert "5 people" in run("approve", study)


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


def test_who_could_not_submit_is_compensated_by_a_hit_of_their_own_once(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 9)
    (hit,) = turk.hits
    with serving_site(study) as app:
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


def test_only_a_person_rejects_one_at_a_time_with_a_reason(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 9)
    (hit,) = turk.hits
    with serving_site(study) as app:
        one = take_part(app, turk, "AONE", hit, until="withdrawn")
    run("approve", study)
    run("reconcile", study, fails=True)
    assert not {"RejectAssignment", "CreateWorkerBlock"} & {name for name, _ in turk.asked}
    run("reject", study, one, "--reason", " ", typed="y\n", fails=True)
    run("reject", study, one, "--reason", "You asked us to.", typed="n\n", fails=True)
    assert turk.assignments[one]["AssignmentStatus"] == "Submitted"
    run("reject", study, one, "--reason", "You asked us to.", typed="y\n")
    assert turk.assignments[one]["AssignmentStatus"] == "Rejected"
    run("block", study, "AONE", "--reason", "You asked us to.", typed="y\n")
    assert turk.blocked == ["AONE"]


def test_a_message_reaches_everybody_once(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 9)
    with serving_site(study) as app:
        take_part(app, turk, "AONE", *turk.hits)
        run("notify", study, "--subject", "Thanks", "--text", "It is over.")
        take_part(app, turk, "ATWO", *turk.hits)
        run("notify", study, "--subject", "Thanks", "--text", "It is over.")
    assert sorted(turk.messages) == [("AONE", "Thanks"), ("ATWO", "Thanks")]


def test_an_extra_bonus_is_paid_once_for_its_reason(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 9)
    with serving_site(study) as app:
        take_part(app, turk, "AONE", *turk.hits)
    who = run("review", study).split()[0]
    for reason in ("You found a mistake.", "You found a mistake.", "You found another."):
        run("bonus", study, "--participant", who, "--cents", 25, "--reason", reason)
    assert turk.paid == {"AONE": 50}


def test_hits_expire_and_are_prolonged(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 9)
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


def test_ids_at_mturk_are_not_in_the_books(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 9)
    with serving_site(study) as app:
        take_part(app, turk, "AVERYSECRET", *turk.hits)
    run("approve", study)
    run("bonus", study)
    run("reconcile", study)
    with payables.opened(study) as books:
        assert "AVERYSECRET" not in repr(books.operations("mturk-sandbox"))


@pytest.mark.parametrize("height", [0, 600])
def test_external_questions_are_valid(height):
    text = question.external("https://study.example/?x=<&>\"'ä", frame_height=height)
    check_question(text)


def test_mturk_shows_no_http():
    with pytest.raises(RecruitingError, match="https:// only"):
        question.external("http://study.example/", frame_height=0)


def test_the_books_are_kept_on_either_database(tmp_path, turk, asked, database):
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 9)
    with serving_site(study) as app:
        take_part(app, turk, "AONE", *turk.hits)
    for verb in ("approve", "bonus", "approve", "bonus"):
        run(verb, study)
    assert turk.paid == {"AONE": 150}
    assert "agree" in run("reconcile", study)
    with payables.opened(study):
        assert "another mturk command" in run("approve", study, fails=True)


def test_what_mturk_approved_by_itself_is_booked(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 9)
    with serving_site(study) as app:
        one = take_part(app, turk, "AONE", *turk.hits)
    turk.ApproveAssignment(one)
    assert "1 approvals that were made elsewhere" in run("reconcile", study)
    assert "elsewhere" not in run("reconcile", study)
    assert "approve: 0 people" in run("approve", study)
    assert "bonus: 1 people, $0.50" in run("bonus", study)
    assert "paid $1.50" in run("status", study)


def test_testers_of_the_sandbox_are_nobody_in_production(tmp_path, turk, asked):
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 9)
    with serving_site(study) as app:
        take_part(app, turk, "ATESTER", *turk.hits)
    run("launch", study, "--participants", 9, "--production", typed="study\n")
    assert run("review", study, "--production") == ""
    assert "0 people are kept out" in run("reconcile", study, "--production")


def test_notices_are_asked_for_where_a_topic_is_named(tmp_path, turk, asked):
    rules = type(an_offer().mturk)(sns_topic="arn:aws:sns:us-east-1:123456789012:study")
    run("launch", a_recruiting_study(tmp_path, an_offer(mturk=rules)), "--participants", 18)
    ((hit_type, asked_for),) = turk.notices.items()
    assert {hit.type for hit in turk.hits.values()} == {hit_type}
    assert (asked_for["Transport"], asked_for["Destination"]) == ("SNS", rules.sns_topic)


def test_forty_workers_of_every_kind_are_paid_to_the_cent(tmp_path, turk, asked):
    """Some finish, some stop, return, abandon, submit unseen, or come again for another HIT."""
    study = a_recruiting_study(tmp_path, an_offer())
    run("launch", study, "--participants", 60)
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

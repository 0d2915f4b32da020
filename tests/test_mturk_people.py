"""What is done with workers beside paying: kept out, written to, rejected, blocked; and never known."""

import pytest
from recruiting_samples import a_posted_study, arrival, run, take_part
from server_samples import Visitor, serving_site

from experiment_server import payables


@pytest.fixture
def study(tmp_path, asked):
    return a_posted_study(tmp_path)


def test_who_took_part_is_kept_out_of_later_batches(tmp_path, turk, asked):
    study = a_posted_study(tmp_path, places=18)
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


def test_only_a_person_rejects_one_at_a_time_with_a_reason(study, app, turk):
    (hit,) = turk.hits
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


def test_a_message_reaches_everybody_once(study, app, turk):
    take_part(app, turk, "AONE", *turk.hits)
    run("notify", study, "--subject", "Thanks", "--text", "It is over.")
    take_part(app, turk, "ATWO", *turk.hits)
    run("notify", study, "--subject", "Thanks", "--text", "It is over.")
    assert sorted(turk.messages) == [("AONE", "Thanks"), ("ATWO", "Thanks")]


def test_ids_at_mturk_are_not_in_the_books(study, app, turk):
    take_part(app, turk, "AVERYSECRET", *turk.hits)
    run("approve", study)
    run("bonus", study)
    run("reconcile", study)
    with payables.opened(study) as books:
        assert "AVERYSECRET" not in repr(books.operations("mturk-sandbox"))


def test_testers_of_the_sandbox_are_nobody_in_production(study, app, turk):
    take_part(app, turk, "ATESTER", *turk.hits)
    run("launch", study, "--participants", 9, "--production", typed="study\n")
    assert run("review", study, "--production") == ""
    assert "0 people are kept out" in run("reconcile", study, "--production")

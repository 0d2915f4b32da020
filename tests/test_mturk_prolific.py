"""Prolific from launch to bonus, over HTTP, against a local endpoint of its documented API."""

from contextlib import closing

import pytest
import recruiting_samples as samples
from mturk_endpoint import PATIENCE_S, Answering, listening
from mturk_market import BUSY, FAILS, LATE, LOST
from prolific_endpoint import TOKEN, Market, serving
from recruiting_samples import a_recruiting_study, an_offer, come
from server_samples import serving_site

from mturk.errors import UnsureError
from mturk.markets.prolific_wire import ProlificWire
from mturk.offer import Prolific

CODES = {
    "prolific_complete": "DONE1",
    "prolific_screened_out": "OUT1",
    "prolific_failed_media": "MEDIA1",
    "prolific_withdrawn": "STOP1",
}


@pytest.fixture
def market(monkeypatch):
    """Have `mturk` speak to the local endpoint, whose clock it shares."""
    found = Market()
    monkeypatch.setenv("PROLIFIC_API_TOKEN", TOKEN)
    monkeypatch.setattr("urllib3.util.retry.time.sleep", lambda seconds: None)
    with serving(found) as address:
        monkeypatch.setenv("PROLIFIC_ENDPOINT", address)
        yield found


def run(*words, fails=False):
    return samples.run(*words, fails=fails, typed="study\n" if "--production" in words else None)


def make(tmp_path, **changes):
    prolific = Prolific(workspace="w1", approval_percent=95)
    return a_recruiting_study(
        tmp_path, an_offer("prolific", prolific=prolific, **changes), recruiting=CODES
    )


@pytest.fixture
def study(market, tmp_path):
    """A study of which ten places are posted, as the market's `study1`."""
    study = make(tmp_path)
    run("launch", study, "--participants", 10, "--production")
    return study


def take_part(app, market, person, *, until="complete", status="AWAITING REVIEW"):
    """Take part in the market's first study, and hand in or do whatever leads to a status."""
    (ref, *_), session = market.studies, f"session-{person}"
    come(app, {"PROLIFIC_PID": person, "STUDY_ID": ref, "SESSION_ID": session}, until=until)
    market.hand_in(ref, session, person, status=status)


def test_a_study_runs_from_launch_to_bonus_and_every_cent_is_accounted_for(study, app, market):
    for person in ("one", "two", "three"):
        take_part(app, market, person)
    take_part(app, market, "returned", status="RETURNED")
    take_part(app, market, "late", status="TIMED-OUT")
    take_part(app, market, "gone", until="active", status="RETURNED")
    take_part(app, market, "stops", until="withdrawn")
    market.hand_in("study1", "session-code", "shared-the-code")
    assert "approve: 3 people, $3.00" in run("approve", study, "--production")
    assert "bonus: 5 people, $4.50" in run("bonus", study, "--production")
    assert "bonus: 0 people" in run("bonus", study, "--production")
    market.pass_time(minutes=10)
    assert market.paid == {"one": 150, "two": 150, "three": 150, "returned": 150, "late": 150}
    differing = run("reconcile", study, fails=True)
    assert "our record does not have this person" in differing
    assert "worth nothing" in differing
    assert len(differing.splitlines()) == 3


def test_a_study_is_drafted_as_prolific_wants_it(study, market):
    made = market.studies["study1"]
    assert made["status"] == "ACTIVE"
    assert made["external_study_url"] == (
        "https://study.example/?a=1&b=2&PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}"
        "&SESSION_ID={{%SESSION_ID%}}"
    )
    assert made["reward"] == 100
    assert (made["device_compatibility"], made["peripheral_requirements"]) == (["desktop"], ["audio"])
    actions = {code["code"]: code["actions"][0] for code in made["completion_codes"]}
    assert actions["DONE1"] == {"action": "MANUALLY_REVIEW"}
    assert actions["OUT1"]["fixed_screen_out_reward"] == 30
    assert made["filters"][0]["selected_range"] == {"lower": 95, "upper": 100}


def test_more_places_are_added_to_the_same_study_once(study, market):
    for _ in range(2):
        run("extend", study, "--to", 15, "--production")
    assert list(market.studies) == ["study1"]
    assert market.studies["study1"]["total_available_places"] == 15


def test_less_than_prolifics_minimum_pay_is_refused(market, tmp_path):
    study = make(tmp_path, minutes=8)  # 100 cents for 8 minutes: 750 an hour
    shown = run("launch", study, "--participants", 5, "--production", fails=True)
    assert "750 an hour; Prolific asks for 800: pay 107 or more" in shown
    assert "(complete_cents under [pay] in study.toml)" in shown
    assert not market.studies


def test_a_bonus_without_an_answer_is_not_asked_for_again_too_soon(study, app, market):
    take_part(app, market, "one")
    market.faults = [("bulk-bonus-payments", LOST)]
    run("approve", study, "--production")
    assert "does not show it yet" in run("bonus", study, "--production", fails=True)
    assert "does not show it yet" in run("bonus", study, "--production", fails=True)
    assert "not known to be done" in run("reconcile", study, fails=True)
    market.pass_time(minutes=10)
    run("bonus", study, "--production")
    assert market.paid == {"one": 150}
    assert "agree" in run("reconcile", study)


@pytest.mark.parametrize("fault", [BUSY, FAILS, LOST, LATE])
@pytest.mark.parametrize(
    "request_", ["POST /studies/$", "PUBLISH|transition", "GET /studies/", "submissions/bonus-payments"]
)
def test_a_fault_of_prolific_costs_nobody_a_cent(market, tmp_path, monkeypatch, request_, fault):
    monkeypatch.setattr("mturk.markets.prolific_wire.TIMEOUT_S", PATIENCE_S if fault == LATE else 30)
    study = make(tmp_path)
    market.faults = [(request_, fault)]
    run("launch", study, "--participants", 5, "--production")
    assert [made["status"] for made in market.studies.values()].count("ACTIVE") == 1
    with serving_site(study) as app:
        take_part(app, market, "one")
    run("approve", study, "--production")
    if market.faults and fault != BUSY:
        run("bonus", study, "--production", fails=True)  # its announcement failed: nothing was paid
    run("bonus", study, "--production")
    market.pass_time(minutes=10)
    assert market.paid == {"one": 150}
    assert len(market.studies) == 1


def test_to_be_sent_elsewhere_is_no_yes():
    class Moved(Answering):
        def do_POST(self):
            self.send_response(308)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    with (
        listening(Moved) as address,
        closing(ProlificWire(TOKEN, address=address)) as wire,
        pytest.raises(UnsureError, match="with 308"),
    ):
        wire.ask("POST", "/submissions/one/transition/", {"action": "APPROVE"})


def test_who_is_screened_out_is_paid_by_prolific_itself(study, app, market):
    take_part(app, market, "one", status="SCREENED OUT")
    # Our record says complete (150), Prolific paid 30 by itself: what is missing is paid.
    assert "bonus: 1 people, $1.20" in run("bonus", study, "--production")


def test_money_needs_production_since_prolific_has_no_sandbox(market, tmp_path):
    study = make(tmp_path)
    assert "no sandbox" in run("launch", study, "--participants", 5, fails=True)
    shown = run("launch", study, "--participants", 5, "--dry-run")
    assert "POST http" in shown and "PUBLISH" in shown
    assert not market.studies


def test_a_rejection_tells_the_person_why_at_length(study, market):
    market.hand_in("study1", "session-x", "x")
    words = ("reject", study, "session-x", "--reason")
    assert "Prolific wants 100 or more" in samples.run(*words, "no", typed="y\n", fails=True)
    samples.run(*words, "Because you asked us to. " * 5, typed="y\n")
    assert market.submissions["session-x"]["status"] == "REJECTED"


def test_messages_and_balance(study, app, market):
    take_part(app, market, "one")
    for _ in range(2):
        run("notify", study, "--subject", "Thanks", "--text", "It is over.")
    assert market.messages == [
        {"recipient_id": "one", "body": "Thanks\n\nIt is over.", "study_id": "study1"}
    ]
    assert run("balance", study) == "$10,000.00\n"
    run("expire", study)
    assert market.studies["study1"]["status"] == "COMPLETED"

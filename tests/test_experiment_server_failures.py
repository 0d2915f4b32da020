"""Clips that are missing, clocks that jump, workers that are killed: what participants see, and keep."""

from datetime import timedelta

import pytest
from crowd import Page
from fault_samples import acknowledge, answered, kept_answers, site_of
from gunicorn_site import gunicorn
from server_samples import make_study
from sqlalchemy import select

from analysis.inputs.sources import from_study
from experiment_server.database import db, queries
from experiment_server.database.tables import Event, Participant
from experiment_server.exports import export
from experiment_server.folders import folder
from experiment_server.studies.sections import PRACTICE
from experiment_server.web import media, serving


@pytest.mark.parametrize("harm", ["missing", "truncated"])
def test_a_clip_that_is_missing_or_truncated_is_not_sent_and_the_trial_ends_unscored(tmp_path, harm):
    study = make_study(tmp_path)
    with site_of(study) as (_, page):
        trial = page.due()["trial"]
        whole = {path: path.read_bytes() for path in (tmp_path / "set" / "media").iterdir()}
        for path, content in whole.items():
            path.unlink() if harm == "missing" else path.write_bytes(content[:-1])
        for clip in trial["clips"]:
            assert page.ask("GET", clip) == (503, {"error": media.LATER})
        assert page.ask("GET", "health") == (503, {"status": "failing", "failing": ["media"]})
        status, reply = page.insist(
            "POST", "api/invalid", {"nonce": trial["nonce"], "reason": "failed", "detail": "503"}
        )
        assert (status, reply) == (200, {"kept": True, "page": "trial"})
        for path, content in whole.items():
            path.write_bytes(content)
        after = page.due()["trial"]
        assert after["nonce"] != trial["nonce"]
        assert [page.ask("GET", clip)[0] for clip in after["clips"]] == [200, 200]
        assert page.answer(trial, 1)[0] == 409
        assert page.answer(after, 1)[0] == 200
    assert kept_answers(study) == {after["nonce"]: 1}


def test_who_can_play_nothing_comes_to_a_paid_end(tmp_path):
    study = make_study(tmp_path, screening={"media_failures": 2})
    with site_of(study) as (_, page):
        for expected in ("trial", "thanks"):
            body = {"nonce": page.due()["trial"]["nonce"], "reason": "failed"}
            assert page.insist("POST", "api/invalid", body)[1]["page"] == expected
        end = page.due()
        assert (end["outcome"], len(end["code"])) == ("failed_media", 8)


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400)])
def test_a_clock_that_jumps_in_the_middle_of_a_trial_costs_nothing(
    tmp_path, monkeypatch, jump, database
):
    study = make_study(tmp_path)
    with site_of(study) as (_, page):
        trial = page.due()["trial"]
        before = serving.now
        monkeypatch.setattr(serving, "now", lambda: before() + jump)
        assert page.due()["trial"] == trial
        acknowledged = {trial["nonce"]: 1}
        assert page.answer(trial, 1)[0] == 200
        monkeypatch.setattr(serving, "now", before)
        while page.due()["page"] == "trial":
            acknowledged |= acknowledge(page)
        assert page.due()["outcome"] == "complete"
    assert kept_answers(study) == acknowledged
    records = export.read_study(study).records
    assert [record.response_interval for record in records] == [1] * 6
    assert {record.rt_ms for record in records} <= {640.5}, "response times are the browser's"
    assert from_study(study).responses.answered.all()


def test_a_lease_that_a_clock_jump_ended_comes_back_with_its_owner(tmp_path, monkeypatch):
    study = make_study(tmp_path, recruiting={"participants": 1})
    with site_of(study) as (app, page):
        trial = page.due()["trial"]
        before = serving.now
        with monkeypatch.context() as clock:
            clock.setattr(serving, "now", lambda: before() + timedelta(days=1))
            assert page.due()["trial"] == trial
        with db.reading(app.extensions[serving.EXTENSION].engine) as session:
            kinds = list(session.scalars(select(Event.kind)))
            lease = session.scalars(select(Participant.lease_utc)).one()
        assert kinds.count("lease_renewed_after_lapse") == 1
        assert lease > before() + timedelta(hours=20), "until the clock has caught up the place is held"


def test_a_worker_killed_between_commit_and_reply_has_kept_the_answer_once(tmp_path, database):
    study = make_study(tmp_path, trials={"main": 2, "practice": 1})
    flag = tmp_path / "kill"
    with (
        gunicorn(
            study,
            application="gunicorn_site:create_killable_app()",
            environment={"KILL_AFTER_COMMIT": str(flag)},
        ) as site,
        Page(site.url) as page,
    ):
        acknowledged = {}
        page.begin()
        while (due := page.due())["page"] == "trial":
            before = set(site.workers())
            flag.touch()
            with pytest.raises(OSError):
                page.ask("POST", "api/answer", answered(due["trial"]))
            assert due["trial"]["nonce"] in kept_answers(study), "committed before it was killed"
            assert page.due().get("trial") != due["trial"], "a page that is loaded anew goes on"
            status, reply = page.insist("POST", "api/answer", answered(due["trial"]))
            assert (status, reply["kept"]) == (200, True), "a page that sends it again is told so"
            assert (reply["correct_interval"] is not None) == (due["trial"]["phase"] == PRACTICE)
            acknowledged[due["trial"]["nonce"]] = 1
            assert set(site.workers()) != before
        assert due["outcome"] == "complete"
    assert kept_answers(study) == acknowledged
    assert len(acknowledged) == 3
    with db.opened(folder.read(study).database_url) as engine, db.reading(engine) as session:
        assert session.scalar(queries.count_participants()) == 1
        assert list(session.scalars(select(Event.kind))).count("answered") == 3

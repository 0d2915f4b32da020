"""Steering a study that runs, by the commands that an experimenter types."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from experiment_server.cli import main
from experiment_server.commands import control
from experiment_server.database import db
from experiment_server.database.tables import Event, Identity
from experiment_server.exports import export
from experiment_server.folders import folder
from experiment_server.simulation.listeners import simulate


@pytest.fixture
def site(tmp_path, database):
    return make_study(tmp_path, recruiting={"doors": ("link", "prolific")})


def run(*arguments):
    done = CliRunner().invoke(main, list(map(str, arguments)))
    return done.exit_code, done.output


def worker(number):
    return {
        "PROLIFIC_PID": f"{number:024x}",
        "STUDY_ID": "60aabbccddeeff0011223344",
        "SESSION_ID": f"{number + 999:024x}",
    }


def identities(site):
    opened = folder.read(site)
    with db.opened(opened.database_url) as engine, db.reading(engine) as session:
        return session.query(Identity).order_by(Identity.participant_id).all()


def names(site):
    return list(dict.fromkeys(record.participant for record in export.read_study(site).records))


@pytest.mark.parametrize(("command", "reason"), [("pause", "paused"), ("close", "closed")])
def test_a_study_that_is_paused_or_closed_lets_nobody_new_in_and_resumes(site, command, reason):
    with serving_site(site) as app:
        inside = Visitor(app).begin()
        assert run(command, site)[0] == 0
        refused = Visitor(app).ask_in()
        assert (refused.status_code, refused.get_json()["reason"]) == (403, reason)
        assert len(inside.take_all()) == 6
        assert run("resume", site)[0] == 0
        assert Visitor(app).ask_in().status_code == 201


def test_status_shows_participants_fool_rates_and_balance(site):
    simulate(site, participants=6, seed=1, with_media=False, fool_rates={"random": 1.0})
    code, output = run("status", site)
    assert code == 0, output
    assert "The study is open" in output
    assert re.search(r"complete +6\n", output)
    assert re.search(r"random +8 +100\.0% +67\.6% to 100\.0%", output)  # R: binom::binom.wilson(8, 8)
    assert "variants differ by 0 trials at most" in output


def test_a_study_without_answers_has_a_status_too(site):
    code, output = run("status", site)
    assert code == 0, output
    assert re.search(r"random +0\n", output)


def test_who_is_forgotten_is_gone_for_good_and_known_when_they_come_again(site, database):
    with serving_site(site) as app:
        Visitor(app).begin(arrival=worker(1)).take_all()
        Visitor(app).begin(arrival=worker(2)).take_all()
    first, second = names(site)
    code, output = run("forget", site, "--participant", first)
    assert (code, output) == (0, "1 forgotten; 0 were already; 1 are known still.\n")
    gone, still = identities(site)
    assert (gone.person, gone.study_ref, gone.session_ref, gone.submit_url) == (None,) * 4
    assert gone.forgotten_utc is not None
    assert still.person == worker(2)["PROLIFIC_PID"]
    if database == "sqlite":
        held = b"".join(path.read_bytes() for path in site.glob("study.sqlite*"))
        assert worker(1)["PROLIFIC_PID"].encode() not in held
        assert worker(2)["PROLIFIC_PID"].encode() in held
    with serving_site(site) as app:
        assert Visitor(app).enrol(arrival=worker(1)).next()["page"] == "thanks"
    assert names(site) == [first, second]
    assert len(export.read_study(site).records) == 12


def test_a_person_can_be_forgotten_by_their_id_at_the_panel(site):
    with serving_site(site) as app:
        Visitor(app).begin(arrival=worker(1))
    person = worker(1)["PROLIFIC_PID"]
    assert run("forget", site, "--participant", person)[0] == 0
    assert identities(site)[0].person is None
    code, output = run("forget", site, "--participant", person)
    assert code == 1
    assert f"no participant '{person}' with an identity" in output


def test_all_whose_session_is_over_are_forgotten_and_those_under_way_are_not(site):
    with serving_site(site) as app:
        Visitor(app).begin(arrival=worker(1)).take_all()
        Visitor(app).begin(arrival=worker(2))
    assert run("forget", site, "--all")[1] == "1 forgotten; 0 were already; 1 are known still.\n"
    assert run("forget", site, "--all")[1] == "0 forgotten; 1 were already; 1 are known still.\n"
    assert [one.person is None for one in identities(site)] == [True, False]


def test_a_session_that_lapsed_before_the_day_is_over_by_then(site):
    with serving_site(site) as app:
        Visitor(app).begin(arrival=worker(1)).take_all()
        Visitor(app).begin(arrival=worker(2))
    now = datetime.now(UTC)
    assert control.forget(site, now=now, ended_before=now - timedelta(hours=1)).emptied == 0
    assert control.forget(site, now=now, ended_before=now + timedelta(hours=1)).emptied == 2


def test_forgetting_must_be_told_whom(site):
    for choice in ([], ["--all", "--ended-before", "2026-01-01"]):
        code, output = run("forget", site, *choice)
        assert code == 2
        assert "--participant, --all or --ended-before" in output


def test_who_asks_for_it_is_erased_with_all_answers_and_the_log_stays_locked(site, database):
    with serving_site(site) as app:
        first, second = (Visitor(app).begin(arrival=worker(n)) for n in (1, 2))
        nonce = first.next()["trial"]["nonce"]
        first.take_all()
        code = first.next()["code"]
        second.answer(second.next()["trial"])
        assert run("erase", site, code) == (0, "Deleted, with 6 answers.\n")
        assert first.next()["outcome"] == "complete"
        gone, still = export.read_study(site).participants
        assert (gone.state, gone.trials, gone.answers, gone.browser) == ("complete", 0, 0, None)
        assert (still.state, still.trials, still.answers) == ("active", 6, 1)
        assert [one.person is None for one in identities(site)] == [True, False]
        assert run("erase", site, still.participant) == (0, "Deleted, with 1 answers.\n")
        assert second.next()["outcome"] == "withdrawn"
    assert export.read_study(site).records == []
    with db.opened(folder.read(site).database_url) as engine:
        with db.reading(engine) as session:
            assert {kind for (kind,) in session.query(Event.kind)} == {"erased"}
        with pytest.raises(DBAPIError, match="never"), db.writing(engine) as session:
            session.execute(delete(Event))
    if database == "sqlite":
        assert nonce.encode() not in b"".join(p.read_bytes() for p in site.glob("study.sqlite*"))


def test_it_is_said_when_a_copy_stays_in_the_log_of_sqlite(tmp_path, monkeypatch):
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 50)
    site = make_study(tmp_path, recruiting={"doors": ("prolific",)})
    with serving_site(site) as app:
        Visitor(app).begin(arrival=worker(1)).take_all()
        with db.reading(app.extensions["experiment_server"].engine) as session:
            session.scalars(select(Identity)).one()
            code, output = run("forget", site, "--all")
        assert (code, "study.sqlite-wal still holds a copy" in output) == (1, True)
        assert run("forget", site, "--all")[0] == 0


def test_nobody_is_erased_for_a_name_that_is_nobodys(site):
    with serving_site(site) as app:
        Visitor(app).begin()
    code, output = run("erase", site, "p000000000000")
    assert (code, "no participant 'p000000000000'" in output) == (1, True)
    assert len(export.read_study(site).records) == 6


def test_a_new_password_opens_the_dashboard_and_the_old_one_does_not(site):
    first, second = (re.search(r"dashboard: (\S+)", run("password", site)[1])[1] for _ in range(2))
    assert first != second
    with serving_site(site) as app:
        client = app.test_client()
        page = client.get("/dashboard/login").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        for password, code in ((first, 401), (second, 303)):
            form = {"password": password, "csrf_token": token}
            assert client.post("/dashboard/login", data=form).status_code == code


def test_upgrade_leaves_a_database_that_is_up_to_date(site):
    assert run("upgrade", site) == (0, "The database is up to date.\n")
    assert export.read_study(site).records == []


@pytest.mark.parametrize("command", ["pause", "resume", "close", "status", "upgrade", "password"])
def test_a_folder_that_is_no_study_is_a_sentence(tmp_path, command):
    code, output = run(command, tmp_path)
    assert code == 1
    assert "experiment-server init" in output


def test_a_state_that_there_is_not_is_refused(site):
    with pytest.raises(ValueError, match="open, paused, closed"):
        control.change_state(site, "asleep", now=datetime.now(UTC))

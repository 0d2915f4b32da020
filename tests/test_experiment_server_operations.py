"""Health, metrics and logs: what those see who keep a site running, and what they never see."""

import dataclasses
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from urllib.parse import urlencode

import pytest
from dashboard_samples import FOOL_RATES, STATES, fill
from prometheus_client.parser import text_string_to_metric_families
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import make_url

from experiment_server.dashboard import accounts
from experiment_server.database import db
from experiment_server.errors import StudyError
from experiment_server.folders import folder
from experiment_server.operations import logs, metrics
from experiment_server.web import server, serving
from stimuli import manifest

IDS = {"PROLIFIC_PID": "5f1e" * 6, "STUDY_ID": "6a2b" * 6, "SESSION_ID": "7c3d" * 6}


@pytest.fixture
def study(tmp_path):
    return make_study(tmp_path, recruiting={"doors": ("prolific",)})


def samples(app, **headers):
    reply = app.test_client().get("/metrics", headers=headers)
    assert reply.status_code == 200
    return {
        (sample.name.removeprefix("experiment_server_"), *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


# Health


def test_a_site_that_works_is_healthy(app):
    reply = app.test_client().get("/health")
    assert (reply.status_code, reply.get_json()) == (200, {"status": "ok"})


def test_health_names_the_database_when_its_file_is_gone(app, study):
    serving.close(app)
    (study / "study.sqlite").rename(study / "elsewhere")
    reply = app.test_client().get("/health")
    assert (reply.status_code, reply.get_json()) == (
        503,
        {"status": "failing", "failing": ["database"]},
    )


def test_health_names_the_database_when_postgresql_does_not_answer(app):
    here = app.extensions[serving.EXTENSION]
    nowhere = db.connect(make_url("postgresql+psycopg://nobody@127.0.0.1:9/none"))
    app.extensions[serving.EXTENSION] = dataclasses.replace(here, engine=nowhere)
    assert app.test_client().get("/health").get_json()["failing"] == ["database"]
    app.extensions[serving.EXTENSION] = here


def test_health_names_the_media_when_the_clips_are_gone(app, study):
    opened = folder.read(study)
    media = opened.stimuli / manifest.MEDIA_FOLDER
    media.rename(media.with_name("elsewhere"))
    reply = app.test_client().get("/health")
    assert (reply.status_code, reply.get_json()["failing"]) == (503, ["media"])


# Metrics


def test_metrics_count_what_is_in_the_database(app, study):
    engine = app.extensions[serving.EXTENSION].engine
    fill(engine, folder.read(study).stimulus_set, now=serving.now())
    found = samples(app)
    assert found["study_state", ("state", "open")] == 1
    assert found["study_state", ("state", "closed")] == 0
    complete = ("lapsed", "false"), ("simulated", "false"), ("state", "complete")
    assert found["participants", *complete] == STATES.count("complete")
    assert sum(n for key, n in found.items() if key[0] == "participants") == len(STATES)
    lapsed = [n for key, n in found.items() if key[0] == "participants" and key[1][1] == "true"]
    assert sum(lapsed) == 9
    assert found["events_total", ("kind", "enrolled")] == len(STATES)
    trials = {name: found[name, ("phase", "main")] for name in ("trials_total", "responses_total")}
    assert 0 < trials["responses_total"] < trials["trials_total"]


def test_metrics_follow_a_session(app):
    before = samples(app)
    Visitor(app).begin(arrival=IDS).take_all()
    after = samples(app)
    assert ("responses_total", ("phase", "main")) not in before
    assert after["responses_total", ("phase", "main")] == 4
    assert after["events_total", ("kind", "answered")] == 6


def test_metrics_tell_nothing_of_variants(app, study):
    engine = app.extensions[serving.EXTENSION].engine
    fill(engine, folder.read(study).stimulus_set, now=serving.now(), states=["complete"] * 3)
    text = app.test_client().get("/metrics").text
    assert not [variant for variant in FOOL_RATES if variant in text]
    assert "catch" not in text


def test_where_a_token_is_set_metrics_are_for_its_bearer_alone(app, monkeypatch):
    monkeypatch.setenv(metrics.TOKEN_VARIABLE, "a long secret")
    client = app.test_client()
    for headers in ({}, {"Authorization": "Bearer a long secre"}, {"Authorization": "Basic x"}):
        reply = client.get("/metrics", headers=headers)
        assert reply.status_code == 401
        assert "participants" not in reply.text
    assert samples(app, Authorization="Bearer a long secret")


# Logs


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_request_is_one_line_of_json_with_the_pseudonym(app, capsys):
    visitor = Visitor(app).enrol(arrival=IDS)
    capsys.readouterr()
    visitor.next()
    (line,) = lines_of(capsys.readouterr().err)
    assert {name: line[name] for name in ("level", "event", "endpoint", "method", "status")} == {
        "level": "info",
        "event": "request",
        "endpoint": "api.next_page",
        "method": "GET",
        "status": 200,
    }
    assert re.fullmatch(r"[0-9a-f]{32}", line["request"])
    assert line["participant"]
    assert 0 <= line["ms"] < 60_000
    assert line["time"].endswith("+00:00")


def test_the_log_of_whole_sessions_tells_no_id_address_query_name_or_token(app, study, capsys):
    password = accounts.write_password(study)
    visitor = Visitor(app)
    visitor.client.get(f"/?{urlencode(IDS)}")
    visitor.begin(arrival=IDS)
    secrets = {*IDS.values(), visitor.headers["Authorization"].split()[1], password, "127.0.0.1"}
    while (due := visitor.next())["page"] == "trial":
        trial = due["trial"]
        secrets |= {trial["nonce"], *(clip.split("/")[-1] for clip in trial["clips"])}
        for clip in trial["clips"]:
            visitor.client.get(f"/{clip}?{urlencode(IDS)}")
        visitor.answer(trial)
    Visitor(app).ask_in(arrival=IDS)  # the same person once more
    Visitor(app).ask_in(arrival={**IDS, "PROLIFIC_PID": "'; DROP TABLE participants; --"})
    visitor.client.get(f"/nowhere/{IDS['PROLIFIC_PID']}?{urlencode(IDS)}")
    visitor.client.post("/dashboard/login", data={"password": password})
    visitor.client.open("/", method=IDS["PROLIFIC_PID"].upper())
    log = capsys.readouterr().err
    assert len(lines_of(log)) > 20
    assert not [secret for secret in secrets if secret.lower() in log.lower()]
    assert not re.search(r"[?&]\w+=|DROP TABLE", log)


def test_of_an_exception_the_log_tells_type_and_place_but_not_what_it_says(study, capsys):
    with serving_site(study) as app:
        app.testing = False
        app.add_url_rule("/broken", "broken", broken)
        reply = app.test_client().get(f"/broken?{urlencode(IDS)}")
    assert reply.status_code == 500
    failed, request = lines_of(capsys.readouterr().err)
    assert (failed["event"], failed["error"], failed["endpoint"]) == (
        "exception",
        "ValueError",
        "broken",
    )
    assert failed["where"][-1].endswith("in broken")
    assert failed["request"] == request["request"] == reply.headers["X-Request-ID"]
    assert IDS["PROLIFIC_PID"] not in json.dumps([failed, request])


def broken():
    raise ValueError(f"{IDS} in a message")


def test_at_level_warning_requests_are_left_out(study, monkeypatch, capsys):
    monkeypatch.setenv(logs.LEVEL_VARIABLE, "warning")
    with serving_site(study) as app:
        app.test_client().get("/")
    assert capsys.readouterr().err == ""


def test_a_level_that_there_is_not_is_refused(study, monkeypatch):
    monkeypatch.setenv(logs.LEVEL_VARIABLE, "loud")
    with pytest.raises(StudyError, match=r"'loud'; set it to"), serving_site(study):
        pass


def test_over_http_the_log_is_the_same(app, capsys):
    with server.running(app) as url, urllib.request.urlopen(f"{url}/?{urlencode(IDS)}") as reply:
        assert reply.status == 200
    (line,) = lines_of(capsys.readouterr().err)
    assert (line["endpoint"], line["status"]) == ("pages.consent", 200)


def test_of_a_broken_request_nothing_is_told(app, capsys):
    with server.running(app) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"BROKEN {IDS['PROLIFIC_PID']} words and words\r\n\r\n".encode())
            assert b"400" in connection.recv(4096)
    assert capsys.readouterr().err == ""


def test_under_gunicorn_the_log_is_on_standard_error_and_tells_no_ids(study):
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "1"]
    environment = {**os.environ, "EXPERIMENT_SERVER_STUDY": str(study)}
    with subprocess.Popen(
        [*command, "experiment_server.app:create_app()"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as site:
        said = []
        try:
            url = next(found[0] for line in site.stderr if (found := re.search(r"http://\S+:\d+", line)))
            with urllib.request.urlopen(f"{url}/?{urlencode(IDS)}", timeout=60) as reply:
                assert reply.status == 200
        finally:
            site.send_signal(signal.SIGTERM)
            said = site.stderr.read()
    (line,) = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert line["endpoint"] == "pages.consent"
    assert not [value for value in IDS.values() if value in said]

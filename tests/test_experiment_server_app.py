"""The application: a database that goes away and comes back, and proxies in front."""

import pytest
from flask import request
from server_samples import Visitor, make_study, serving_site
from sqlalchemy import make_url

from experiment_server.app import create_app
from experiment_server.database import db
from experiment_server.errors import StudyError
from experiment_server.web import serving


def test_a_database_that_is_away_is_said_to_be_away_for_now(visitor, study):
    trial = visitor.begin().next()["trial"]
    with db.opened(db.url_of(study)) as engine, engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE responses RENAME TO elsewhere")
    reply = visitor.answer(trial)
    assert reply.status_code == 503
    assert "try again" in reply.get_json()["error"]
    assert int(reply.headers["Retry-After"]) >= 1
    with db.opened(db.url_of(study)) as engine, engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO responses")
    assert visitor.answer(trial).status_code == 200


def test_postgresql_that_goes_and_comes_back_loses_nothing(
    tmp_path, monkeypatch, postgresql_url, postgresql_server
):
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    name = make_url(postgresql_url).database
    with serving_site(make_study(tmp_path)) as app:
        visitor = Visitor(app).begin()
        trial = visitor.next()["trial"]
        postgresql_server.psql(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false; "
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        away = visitor.answer(trial)
        postgresql_server.psql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert (away.status_code, away.headers["Retry-After"]) == (503, "2")
        assert visitor.answer(trial).status_code == 200


def test_an_idle_number_of_proxies_is_refused(study):
    for wrong in ("one", -1, 1.5, True):
        with pytest.raises(StudyError, match="EXPERIMENT_SERVER_PROXIES"):
            create_app({"STUDY": study, "PROXIES": wrong})


def test_requests_by_the_site_s_proxies_are_taken_for_what_they_were(study):
    for n, secure in ((0, False), (1, True)):
        app = create_app({"STUDY": study, "PROXIES": n})
        with app.test_client() as client:
            client.get("/health", headers={"X-Forwarded-Proto": "https"})
            assert request.is_secure == secure
        serving.close(app)

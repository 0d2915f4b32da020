"""The headers: who may frame a page, where its forms may go, and what it tells others."""

import pytest
from door_samples import a_study
from flask import Flask, Response
from server_samples import make_study, serving_site

from experiment_server.web import headers

MTURK_HOSTS = {"https://www.mturk.com", "https://worker.mturk.com", "https://workersandbox.mturk.com"}
ELSEWHERE = ("/", "/trial", "/nowhere", "/api/nothing", "/media/nothing", "/static/trial.js")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with serving_site(make_study(tmp_path_factory.mktemp("headers"))) as app:
        yield app


def headers_of(path, **recruiting):
    """Say which headers a reply of a study gets."""
    response = Response()
    with Flask(__name__).test_request_context(path):
        headers.add(response, a_study(**recruiting))
    return response.headers


def policy_of(path, **recruiting):
    """Read the Content-Security-Policy of a reply: directive by directive."""
    policy = headers_of(path, **recruiting)["Content-Security-Policy"]
    return {name: set(values) for name, *values in (part.split() for part in policy.split(";"))}


@pytest.mark.parametrize("path", ELSEWHERE)
def test_every_reply_keeps_to_itself(app, path):
    with app.test_client().get(path) as reply:
        found = reply.headers
    assert "default-src 'none'" in found["Content-Security-Policy"]
    assert "'unsafe" not in found["Content-Security-Policy"]
    assert found["Referrer-Policy"] == "no-referrer"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert "microphone=()" in found["Permissions-Policy"]
    assert "Set-Cookie" not in found
    assert "X-Frame-Options" not in found
    assert path.startswith("/static/") or found["Cache-Control"] == "no-store"


def test_a_study_without_panels_is_framed_by_its_own_site_alone():
    policy = policy_of("/", doors=("link",))
    assert policy["frame-ancestors"] == {"'self'"}
    assert policy["form-action"] == {"'self'"}


def test_mturk_may_frame_a_study_that_it_recruits_for_and_take_its_form():
    policy = policy_of("/thanks", doors=("link", "mturk"))
    assert policy["frame-ancestors"] == {"'self'", *MTURK_HOSTS}
    assert policy["form-action"] == {"'self'", *MTURK_HOSTS}


def test_sites_of_the_study_file_may_frame_it_but_take_no_form():
    policy = policy_of("/", doors=("panel",), frame_ancestors=("https://panel.example",))
    assert policy["frame-ancestors"] == {"'self'", "https://panel.example"}
    assert policy["form-action"] == {"'self'"}


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/", "/dashboard/login"])
def test_nobody_frames_the_dashboard(path):
    recruiting = {"doors": ("mturk",), "frame_ancestors": ("https://panel.example",)}
    assert headers_of(path, **recruiting)["X-Frame-Options"] == "DENY"
    assert headers_of(path, **recruiting)["Referrer-Policy"] == "same-origin"
    policy = policy_of(path, **recruiting)
    assert policy["frame-ancestors"] == {"'none'"}
    assert policy["form-action"] == {"'self'"}
    assert policy["script-src"] == policy["style-src"] == {"'self'"}


def test_only_the_dashboard_is_the_dashboard():
    assert "X-Frame-Options" not in headers_of("/dashboards")


def test_a_frame_that_allows_sound_keeps_it():
    assert "autoplay=(self)" in headers_of("/")["Permissions-Policy"]


def test_a_reply_that_has_a_header_of_its_own_keeps_it():
    response = Response(headers={"Cache-Control": "public", "Referrer-Policy": "origin"})
    with Flask(__name__).test_request_context("/"):
        headers.add(response, a_study())
    assert response.headers["Cache-Control"] == "public"
    assert response.headers.getlist("Referrer-Policy") == ["origin"]

"""The description of the API: valid, complete, and true of what the site replies."""

import re

import pytest
from annotation_site_samples import Annotator, make_annotation_study
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from server_samples import make_study, serving_site

from experiment_server.database import db, queries
from experiment_server.participation import events
from experiment_server.web import openapi

DESCRIBED = ("/api/", "/media/", "/sounds/")


@pytest.fixture
def app(tmp_path):
    screening = {
        "sound_check": True,
        "headphones": "huggins",
        "headphone_trials": 1,
        "headphone_pass": 1,
        "headphone_attempts": 2,
    }
    with serving_site(make_study(tmp_path, screening=screening)) as app:
        yield app


def check(reply, path, method="post"):
    """Make sure that a reply is one that the description tells of; return its JSON."""
    described = openapi.document()["paths"][path][method]["responses"][str(reply.status_code)]
    while "$ref" in described:
        described = openapi.document()["components"]["responses"][described["$ref"].rpartition("/")[2]]
    whole = Resource.from_contents(openapi.document(), default_specification=DRAFT202012)
    registry = Registry().with_resource("urn:api", whole)
    name = described["content"]["application/json"]["schema"]["$ref"]
    OAS31Validator({"$ref": f"urn:api{name}"}, registry=registry).validate(reply.get_json())
    return reply.get_json()


def next_of(visitor):
    return check(visitor.client.get("/api/next", headers=visitor.headers), "/api/next", "get")


def answer_headphones(app, visitor, *, rightly):
    sound = next_of(visitor)["test"]["sound"].removeprefix("sounds/")
    engine = app.extensions["experiment_server"].engine
    with db.reading(engine) as session:
        target = session.scalars(queries.headphone_trial(sound)).one().target_interval
    interval = target if rightly else target % 3 + 1
    return check(visitor.post("headphones", sound=sound, interval=interval), "/api/headphones")


def test_the_description_is_valid(app):
    sent = app.test_client().get("/api/openapi.json")
    assert sent.get_json() == openapi.document()
    OpenAPIV31SpecValidator(sent.get_json()).validate()


def test_every_route_of_the_api_is_described(app):
    routes = {
        (re.sub("<(.*?)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(DESCRIBED)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    paths = openapi.document()["paths"]
    assert routes == {(path, method) for path, methods in paths.items() for method in methods}


def test_a_whole_session_is_as_described(app, visitor):
    enrolled = visitor.ask_in()
    assert check(enrolled, "/api/participants")["page"] == "sound"
    visitor.headers = {"Authorization": f"Bearer {enrolled.get_json()['token']}"}
    assert next_of(visitor) == {"page": "sound"}
    assert check(visitor.post("sound-checked"), "/api/sound-checked") == {"page": "headphones"}
    assert answer_headphones(app, visitor, rightly=False)["retry"] is True
    assert answer_headphones(app, visitor, rightly=True)["page"] == "instructions"
    assert check(visitor.post("begin"), "/api/begin") == {"page": "trial"}
    stalled = next_of(visitor)["trial"]["nonce"]
    check(visitor.post("invalid", nonce=stalled, reason="stalled"), "/api/invalid")
    while (due := next_of(visitor))["page"] == "trial":
        told = [{"kind": kind, "ms": 1.5, "nonce": due["trial"]["nonce"]} for kind in events.PAGE_KINDS]
        check(visitor.post("events", events=told), "/api/events")
        check(visitor.answer(due["trial"]), "/api/answer")
    assert due["outcome"] == "complete"
    assert check(visitor.post("withdraw"), "/api/withdraw") == {"page": "thanks"}


def test_an_annotation_session_is_as_described(tmp_path):
    with serving_site(make_annotation_study(tmp_path, impacts=2)) as app:
        annotator = Annotator(app).enrol()
        assert check(annotator.post("begin"), "/api/begin") == {"page": "annotate"}
        failed = next_of(annotator)["labelling"]
        check(annotator.post("label-failed", nonce=failed["nonce"]), "/api/label-failed")
        shown = next_of(annotator)["labelling"]
        for changes, code in (({"x": 3}, 400), ({}, 200), ({"x": 0.5}, 409)):
            reply = annotator.label(shown, **changes)
            assert reply.status_code == code
            check(reply, "/api/label")
        assert next_of(annotator)["outcome"] == "complete"


def test_replies_that_refuse_are_as_described(app, visitor):
    trial = {"nonce": "n" * 24}
    check(visitor.answer(trial), "/api/answer")
    assert visitor.answer(trial).status_code == 401
    visitor.enrol()
    for reply, code in ((visitor.answer(trial), 409), (visitor.answer(trial, 3), 400)):
        assert reply.status_code == code
        check(reply, "/api/answer")
    assert "reason" in check(visitor.ask_in(browser={"mobile": "true"}), "/api/participants")
    check(visitor.ask_in(request="short"), "/api/participants")
    plain = visitor.client.post("/api/events", data="x", headers=visitor.headers)
    assert plain.status_code == 415
    check(plain, "/api/events")


@pytest.mark.parametrize("path", ["/media/nothing", "/sounds/nothing"])
def test_files_that_are_not_there_are_as_described(app, path):
    reply = app.test_client().get(path)
    assert reply.status_code == 404
    check(reply, f"{path.rpartition('/')[0]}/{{name}}", "get")

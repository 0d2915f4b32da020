"""The API described as OpenAPI 3.1, at ``/api/openapi.json``: for programs, and to test the site by."""

from functools import cache

from flask import Blueprint, Response, jsonify

from experiment_server.database.tables import ENDS
from experiment_server.doors.door import REFUSALS
from experiment_server.studies.sections import HEADPHONES, MAIN, PRACTICE
from experiment_server.web import bodies, schema
from experiment_server.web.schema import Json

VERSION = "2"

bp = Blueprint("openapi", __name__)


@bp.get("/api/openapi.json")
def show() -> Response:
    """Send the description."""
    return jsonify(document())


@cache
def document() -> Json:
    """Describe every request that pages make of the server, and its replies."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "A real-or-fake listening study",
            "version": VERSION,
            "description": "What the study's pages ask of the server. Paths in replies start at the "
            "site's root. No reply tells which sound is real, save that to a practice trial's answer.",
        },
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
            "responses": _failures(),
        },
    }


def _paths() -> Json:
    posts = {
        "participants": _enrol("Agree to take part; the same request gives the same participant"),
        "sound-checked": _post("The volume is set", None, "Page"),
        "headphones": _post(
            "Answer a trial of the headphone test", "HeadphoneAnswer", "HeadphoneKept", "409"
        ),
        "begin": _post("The instructions are read; draws the plan", None, "Page", "409"),
        "answer": _post("Answer the trial that was handed out", "Answer", "Kept", "409"),
        "invalid": _post("The trial's presentation failed or stalled", "Invalid", "InvalidKept", "409"),
        "label": _post("Label the impact that was handed out", "Label", "LabelKept", "409"),
        "label-failed": _post("The impact's clip can't be played", "LabelFailed", "InvalidKept", "409"),
        "events": _post("What happened in the page", "Events", "EventsKept"),
        "withdraw": _post("The participant stops", None, "Page"),
    }
    description = schema.content("application/json", {"type": "object"}, "The description")
    gets = {
        "/api/next": _get("Which page is due, the same until it is done", "Due", "409"),
        "/api/openapi.json": {"summary": "This description", "responses": {"200": description}},
        "/media/{name}": _named("A clip that was handed out", "video/mp4", "404", "416", "503"),
        "/sounds/level.wav": _file("The noise by which people set their volume", "audio/wav", "416"),
        "/sounds/{name}": _named("The sound of a headphone trial", "audio/wav", "404", "416"),
    }
    return {
        **{f"/api/{name}": {"post": operation} for name, operation in posts.items()},
        **{path: {"get": operation} for path, operation in gets.items()},
    }


def _get(summary: str, reply: str, *failures: str) -> Json:
    return {
        "summary": summary,
        "security": [{"token": []}],
        "responses": {
            "200": schema.content("application/json", schema.ref(reply), "What is due, or was kept"),
            **{code: _failure(code) for code in ("401", *failures, "503")},
        },
    }


def _post(summary: str, body: str | None, reply: str, *failures: str) -> Json:
    if body is None:
        return _get(summary, reply, *failures)
    described = _get(summary, reply, "400", "413", "415", *failures)
    content = {"application/json": {"schema": schema.ref(body)}}
    return {**described, "requestBody": {"required": True, "content": content}}


def _enrol(summary: str) -> Json:
    described = _post(summary, "Wish", "Token", "403", "409")
    described["responses"]["201"] = described["responses"].pop("200")
    described["security"] = [{}, {"token": []}]  # people have none yet, robots one of their own
    return described


def _named(summary: str, kind: str, *failures: str) -> Json:
    name = {"name": "name", "in": "path", "required": True, "schema": schema.TEXT}
    return {**_file(summary, kind, *failures), "parameters": [name]}


def _file(summary: str, kind: str, *failures: str) -> Json:
    return {
        "summary": f"{summary}, whole or in ranges",
        "responses": {
            "200": schema.content(kind, {}, "The whole file"),
            "206": schema.content(kind, {}, "The range asked for"),
            **{code: _failure(code) for code in failures},
        },
    }


def _schemas() -> Json:
    kept = {"const": True}
    return {
        "Error": schema.record(
            {"error": schema.TEXT, "reason": schema.one_of(REFUSALS)}, optional=("reason",)
        ),
        "Page": schema.record({"page": _pages()}),
        "Wish": bodies.WISH,
        "Token": schema.record({"token": schema.TEXT, "page": _pages()}),
        "Due": _due(),
        "HeadphoneAnswer": bodies.HEADPHONE_ANSWER,
        "HeadphoneKept": schema.record({"kept": kept, "page": _pages(), "retry": {"type": "boolean"}}),
        "Answer": bodies.answer(),
        "Kept": schema.record({"kept": kept, "correct_interval": schema.or_null(bodies.INTERVAL)}),
        "Invalid": bodies.INVALID,
        "InvalidKept": schema.record({"kept": kept, "page": _pages()}),
        "Label": bodies.label(),
        "LabelKept": schema.record({"kept": kept}),
        "LabelFailed": bodies.LABEL_FAILED,
        "Events": bodies.EVENTS,
        "EventsKept": schema.record({"kept": schema.count(0)}),
    }


def _due() -> Json:
    path = {**schema.TEXT, "pattern": "^(media|sounds)/[A-Za-z0-9_-]+$"}
    trial = {
        "phase": schema.one_of((PRACTICE, MAIN)),
        "position": schema.count(1),
        "count": schema.count(1),
        "nonce": schema.TEXT,
        "clips": {"type": "array", "items": path, "minItems": 2, "maxItems": 2},
        "replays": schema.count(0),
    }
    labelling = {
        **{name: schema.count(1) for name in ("position", "count", "width", "height")},
        "nonce": schema.TEXT,
        "clip": path,
        "impact_s": {"type": "number", "description": "When the impact is in the clip"},
        "still_s": {
            "type": "number",
            "minimum": 0,
            "description": "A time at which its picture is shown",
        },
    }
    test = {
        "kind": schema.one_of(HEADPHONES["both"]),
        **{name: schema.count(1) for name in ("position", "count", "attempt", "attempts")},
        "sound": path,
    }
    departure = {
        "method": schema.one_of(("none", "get", "post")),
        "url": schema.TEXT,
        "fields": {"type": "object", "additionalProperties": schema.TEXT},
    }
    end = {"outcome": schema.one_of(ENDS), "code": schema.TEXT, "departure": schema.record(departure)}
    return {
        "oneOf": [
            schema.record({"page": {"const": "sound"}}),
            schema.record({"page": {"const": "headphones"}, "test": schema.record(test)}),
            schema.record({"page": {"const": "instructions"}}),
            schema.record({"page": {"const": "trial"}, "trial": schema.record(trial)}),
            schema.record({"page": {"const": "annotate"}, "labelling": schema.record(labelling)}),
            schema.record({"page": {"const": "thanks"}, **end}),
        ]
    }


def _failures() -> Json:
    meanings = {
        "400": "The request can't be",
        "401": "The token is missing, or not of this study",
        "403": "Nobody is let in so; the reason says why",
        "404": "There is no file of this name, or it has not been handed out",
        "409": "It contradicts what is kept, or is not due",
        "413": "The request is too large",
        "415": "The request is no JSON",
        "416": "There is no such range",
        "503": "It can't be done now; try again",
    }
    return {
        f"Failure{code}": schema.content("application/json", schema.ref("Error"), meaning)
        for code, meaning in meanings.items()
    }


def _failure(code: str) -> Json:
    return {"$ref": f"#/components/responses/Failure{code}"}


def _pages() -> Json:
    return schema.one_of(("sound", "headphones", "instructions", "trial", "annotate", "thanks"))

"""What nobody should send: never a failure of the server, never shown as it came, nothing changed."""

from collections import Counter
from contextlib import suppress
from urllib.parse import quote

import pytest
import schemathesis
from fuzz_samples import ODDITIES, PAYLOADS, Attack
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from server_samples import consent_of, make_study

from experiment_server.dashboard import accounts

ALL = list(HealthCheck)
ROUTING = {"404", "405", "308"}  # for paths and methods that lead elsewhere
GETS = (
    *("/", "/sound", "/headphones", "/instructions", "/trial", "/annotate", "/thanks"),
    *("/health", "/metrics"),
    *("/api/next", "/api/openapi.json", "/dashboard/", "/dashboard/login", "/dashboard/participants"),
    *("/dashboard/close", "/dashboard/responses.zip"),
)
FORM = "application/x-www-form-urlencoded"
QUERY = (
    *("PROLIFIC_PID", "STUDY_ID", "SESSION_ID", "participantId", "workerId", "assignmentId", "hitId"),
    *("turkSubmitTo", "next", "state", "variant", "x"),
)
ARRIVALS = {
    "prolific": {"PROLIFIC_PID": "p" * 24, "STUDY_ID": "s" * 24, "SESSION_ID": "e" * 24},
    "mturk": {
        **{"workerId": "W1", "assignmentId": "A1", "hitId": "H1"},
        "turkSubmitTo": "https://www.mturk.com",
    },
    "panel": {"participantId": "q1"},
}
HEADERS = {
    **{"Range": "bytes=", "Authorization": "Bearer ", "Cookie": "session="},
    **dict.fromkeys(("If-None-Match", "User-Agent", "Referer", "X-Forwarded-For"), ""),
}


@pytest.fixture
def study(tmp_path):
    made = make_study(
        tmp_path,
        recruiting={
            "doors": ("link", "panel", "prolific", "mturk"),
            "panel_id": "participantId",
            "panel_return": "https://panel.example/done?p={participantId}",
            "prolific_complete": "C1",
        },
    )
    accounts.write_password(made)
    return made


def test_paths_and_queries_take_no_injection(app, database):
    attack = Attack(app)
    for payload in PAYLOADS:
        encoded = quote(payload, safe="", errors="surrogatepass")
        for room in ("media", "sounds", "static", "api", "dashboard", "dashboard/participants"):
            for name in {encoded, quote(payload, safe="/%.:", errors="surrogatepass")}:
                attack.get(f"/{room}/{name}", payload)
        for path in GETS:
            query = "&".join(f"{name}={encoded}" for name in QUERY)
            attack.get(f"{path}?{query}&{encoded}=1", payload, headers=attack.visitor.headers)
        for door, arrival in ARRIVALS.items():
            for name in arrival:
                query = "&".join(
                    f"{key}={encoded if key == name else quote(value)}" for key, value in arrival.items()
                )
                assert attack.get(f"/?{query}", payload).status_code in (200, 403), door
    attack.end(least=1000)


def test_headers_take_no_injection(app):
    attack = Attack(app)
    paths = (
        "/",
        "/api/next",
        f"/{attack.trial['clips'][0]}",
        "/sounds/level.wav",
        "/dashboard/",
        "/metrics",
    )
    for payload in PAYLOADS:
        if not payload.isascii() or not payload.isprintable():
            continue  # no client can send it
        for header, scheme in HEADERS.items():
            sent = {**attack.visitor.headers, header: f"{scheme}{payload[:8000]}"}
            for path in paths:
                attack.get(path, payload, headers=sent)
    attack.end(least=1000)


def wish_of(app):
    return {"arrival": {}, "browser": {}, "consent_sha256": consent_of(app)}


def bodies(app, trial):
    """List every request with a body, with what it should hold."""
    event = {"kind": "replay", "ms": 1.0, "nonce": trial["nonce"], "interval": 1, "detail": "x"}
    event["utc"] = "2026-01-31T12:00:00Z"
    return (
        ("/api/participants", {**wish_of(app), "request": "r" * 16}),
        ("/api/sound-checked", {}),
        ("/api/headphones", {"sound": "s" * 24, "interval": 1}),
        ("/api/begin", {}),
        ("/api/answer", {"nonce": "n" * 24, "interval": 1, "rt_ms": 1.0, "replays": 0}),
        ("/api/invalid", {"nonce": "n" * 24, "reason": "failed", "detail": "x"}),
        ("/api/events", {"events": [event]}),
    )


def test_bodies_take_no_injection(app, database):
    attack = Attack(app)
    for payload in ODDITIES:
        for path, body in bodies(app, attack.trial):
            attack.post(path, payload, payload)
            attack.post(path, payload, {**body, str(payload): payload})
            for name in body:
                attack.post(path, payload, {**body, name: payload})
                attack.post(path, payload, {**body, name: {str(payload): payload}})
                attack.post(path, payload, {**body, name: [payload]})
        event = bodies(app, attack.trial)[-1][1]["events"][0]
        for name in event:
            attack.post("/api/events", payload, {"events": [{**event, name: payload}]})
    attack.end(least=2000)


def test_arrivals_and_browsers_take_no_injection(app, database):
    attack = Attack(app)
    for number, payload in enumerate(ODDITIES):
        wish = {"browser": {str(payload): payload, "name": payload, "mobile": payload, "width": payload}}
        anonymous = {**wish_of(app), **wish, "request": f"browser-{number:09}"}
        attack.post("/api/participants", payload, anonymous, Authorization="")
        for arrival in ARRIVALS.values():
            for index, name in enumerate(arrival):
                changed = {**arrival, name: payload}
                request = f"{name}-{number:09}-{index:09}"
                body = {**wish_of(app), "request": request, "arrival": changed}
                reply = attack.post("/api/participants", payload, body, Authorization="")
                assert reply.status_code in (201, 400, 403), (name, payload)
                if reply.status_code == 201:
                    token = reply.get_json()["token"]
                    went = {"Authorization": f"Bearer {token}"}
                    attack.visitor.client.post("/api/withdraw", json={}, headers=went)
                    end = attack.get("/api/next", payload, headers=went).get_json()
                    departs_safely(end["departure"])
    attack.end(least=400)


def departs_safely(departure):
    hosts = ("https://panel.example/done?p=", "https://app.prolific.com/", "https://www.mturk.com/")
    assert departure["method"] == "none" or departure["url"].startswith(hosts), departure
    assert not set(departure["url"]) & set("\r\n <>\"'"), departure


def test_the_dashboard_takes_no_injection(app):
    attack = Attack(app)
    for payload in PAYLOADS:
        for path in ("/dashboard/login", "/dashboard/state", "/dashboard/logout"):
            value = quote(payload, safe="", errors="surrogatepass")
            form = "&".join(f"{name}={value}" for name in ("password", "state", "csrf_token", "next"))
            reply = attack.visitor.client.post(path, data=form, content_type=FORM)
            attack.check(reply, payload)
    attack.end(least=90)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_what_the_description_allows_and_what_it_forbids_never_fails(app, mode):
    attack = Attack(app)
    description = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    tried = Counter()
    for operation in (result.ok() for result in description.get_all_operations()):
        with suppress(Unsatisfiable):  # what takes no parameter can't be sent a wrong one
            fuzz(operation, mode, attack.visitor.headers, tried)
    assert len(tried) > (10 if mode == GenerationMode.POSITIVE else 4), tried
    assert attack.rows()["study_states"] == attack.before["study_states"]


def fuzz(operation, mode, headers, tried):
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=ALL)
    def send(case):
        reply = case.call(headers=headers)
        assert reply.status_code < 500, case.as_curl_command()
        allowed = {*operation.definition.raw["responses"], *ROUTING}
        assert str(reply.status_code) in allowed, case.as_curl_command()
        tried[operation.label] += 1

    send()

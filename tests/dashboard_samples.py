"""The dashboard's forms, and a crowd in a study's database: rows as after some hours at a panel."""

import re
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import numpy as np
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from experiment_server.database import db
from experiment_server.database.tables import (
    UNDER_WAY,
    ConsentText,
    Event,
    HeadphoneTrial,
    Participant,
    Response,
    Trial,
)

FOOL_RATES = {
    "full": 0.41,
    "image-match": 0.32,
    "no-rnn": 0.3,
    "parametric": 0.22,
    "random": 0.2,
    "scratch": 0.37,
    "spacetime-match": 0.36,
}
STATES = ["complete"] * 139 + ["active"] * 17 + ["screening"] * 12 + ["screened_out"] * 19
STATES += ["failed_media"] * 5 + ["withdrawn"] * 8
N_LAPSED = {"active": 6, "screening": 3}
PLANNED = ("active", "complete", "withdrawn", "failed_media")
N_MAIN, N_CATCH, N_PRACTICE = 21, 2, 2
N_TRIALS = N_MAIN + N_CATCH + N_PRACTICE
TRIAL_S = 11.5  # all in all


def token_of(page: TestResponse) -> str:
    """Read the token by which a form of the dashboard is told from a forged one."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert found
    return found[1]


def log_in(client: FlaskClient, password: str, **how: Any) -> TestResponse:
    """Give the password."""
    token = token_of(client.get("/dashboard/login", **how))
    return client.post("/dashboard/login", data={"password": password, "csrf_token": token}, **how)


def press(client: FlaskClient, state: str) -> TestResponse:
    """Press the button that opens, pauses or closes the study."""
    token = token_of(client.get("/dashboard/"))
    return client.post("/dashboard/state", data={"state": state, "csrf_token": token})


def download(client: FlaskClient) -> ZipFile:
    """Download the data."""
    with client.get("/dashboard/responses.zip") as reply:
        assert "attachment" in reply.headers["Content-Disposition"]
        return ZipFile(BytesIO(reply.data))


def fill(
    engine: Engine,
    stimulus_set: str,
    *,
    now: datetime,
    simulated: bool = False,
    states: list[str] = STATES,
) -> None:
    """Put participants in these states into an empty database, who saw this stimulus set."""
    rng = np.random.default_rng(5)
    order = rng.permutation(len(states))
    lapsed = dict(N_LAPSED)
    with db.writing(engine) as session:
        session.add(ConsentText(sha256="0" * 64, language="en", text="Yes.", first_utc=now))
        session.flush()
        for index, state in enumerate(states[i] for i in order):
            is_lapsed = lapsed.get(state, 0) > 0
            lapsed[state] = lapsed.get(state, 0) - 1
            participant = _participant(rng, index, state, is_lapsed, now)
            participant.stimulus_set, participant.simulated = stimulus_set, simulated
            _add(session, rng, participant)


def _participant(
    rng: np.random.Generator, index: int, state: str, is_lapsed: bool, now: datetime
) -> Participant:
    # Two waves of invitations, three hours ago and one.
    ago_min = abs(rng.normal(180, 30)) if rng.random() < 0.6 else 20 + rng.gamma(2.0, 20.0)
    came = now - timedelta(minutes=ago_min)
    planned = state in PLANNED
    instructed = came + timedelta(seconds=95)
    length = timedelta(seconds=N_TRIALS * TRIAL_S * rng.lognormal(0, 0.2)) if planned else timedelta()
    return Participant(
        name=f"P{index + 1:04d}",
        request=rng.bytes(16).hex(),
        recruiter="prolific",
        state=state,
        seed=index,
        filled_before={} if planned else None,
        study_sha256="0" * 64,
        consent_sha256="0" * 64,
        browser={"name": "Firefox", "system": "Linux"},
        media_failures=3 if state == "failed_media" else int(rng.random() < 0.05),
        lease_utc=now + timedelta(minutes=-4 if is_lapsed else 22),
        consented_utc=came,
        sound_checked_utc=came + timedelta(seconds=30),
        instructed_utc=instructed if planned else None,
        ended_utc=None if state in UNDER_WAY else instructed + length,
    )


def _add(session: Session, rng: np.random.Generator, participant: Participant) -> None:
    session.add(participant)
    _add_headphones(participant, rng)
    if participant.state in PLANNED:
        share = 1.0 if participant.state == "complete" else rng.uniform(0.1, 0.8)
        _add_trials(participant, rng, share)
    session.flush()
    came, ended = participant.consented_utc, participant.ended_utc
    happened = [("enrolled", came), ("handed_out", came + timedelta(minutes=2))]
    for kind, time in [*happened, *([(participant.state, ended)] if ended else [])]:
        session.add(Event(participant_id=participant.id, kind=kind, server_utc=time))


def _add_headphones(participant: Participant, rng: np.random.Generator) -> None:
    state = participant.state
    if state == "screening" and rng.random() < 0.5:
        return
    fails = 2 if state == "screened_out" else int(rng.random() < 0.12)
    for attempt in range(1, fails + (state != "screened_out") + 1):
        n_right = 3 if attempt <= fails else 6
        for position in range(1, 7):
            target = int(rng.integers(1, 4))
            chosen = target if position <= n_right else target % 3 + 1
            participant.headphone_trials.append(
                HeadphoneTrial(
                    kind="huggins",
                    attempt=attempt,
                    position=position,
                    seed=1,
                    target_interval=target,
                    sound=rng.bytes(16).hex(),
                    response_interval=chosen,
                    answered_utc=participant.consented_utc,
                )
            )


def _add_trials(participant: Participant, rng: np.random.Generator, share: float) -> None:
    began = participant.instructed_utc or participant.consented_utc
    length = (participant.ended_utc - began) if participant.ended_utc else timedelta(minutes=5)
    variants = rng.permutation(list(FOOL_RATES) * 3)
    plan = [("practice", False, "full")] * N_PRACTICE
    plan += [("main", False, str(variant)) for variant in variants]
    plan += [("main", True, "catch-silence")] * N_CATCH
    sides = rng.permutation([1, 2] * (len(plan) // 2 + 1))
    for index, (phase, is_catch, variant) in enumerate(plan):
        position = index + 1 if phase == "practice" else index + 1 - N_PRACTICE
        presented = began + length * index / len(plan)
        trial = Trial(
            phase=phase,
            is_catch=is_catch,
            position=position,
            video=f"video-{index:03d}",
            clip=f"clip-{index:03d}",
            variant=variant,
            real_interval=int(sides[index]),
            nonce=rng.bytes(16).hex(),
            media_1=rng.bytes(16).hex(),
            media_2=rng.bytes(16).hex(),
            presented_utc=presented,
            presentations=1,
        )
        participant.trials.append(trial)
        if index / len(plan) >= share:
            trial.presented_utc, trial.presentations = None, 0
        elif rng.random() < 0.01:
            trial.invalid, trial.invalid_utc = "stalled", presented + timedelta(seconds=5)
        else:
            is_fooled = rng.random() < (0.04 if is_catch else FOOL_RATES[variant])
            trial.response = Response(
                response_interval=3 - trial.real_interval if is_fooled else trial.real_interval,
                rt_ms=float(rng.lognormal(6.6, 0.5)),
                replays=0,
                answered_utc=presented + timedelta(seconds=8),
            )

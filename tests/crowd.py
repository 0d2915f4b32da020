"""Participants' pages over real HTTP, and a crowd of them on a bad network."""

import http.client
import json
import re
import secrets
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

PATIENCE_S = 90.0  # what a page keeps trying for; the busiest machine has restarted a site by then
PAUSE_S = 0.2
BROKEN = (OSError, http.client.HTTPException)  # what a connection that fails raises


class Page:
    """A participant's page over real HTTP."""

    def __init__(self, url, *, token=""):
        self.connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE_S)
        self.token = token
        self.retries = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, method, path, body=None, headers=None):
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            sent["Content-Type"] = "application/json"
        try:
            self.connection.request(
                method, f"/{path}", body=content, headers={**sent, **(headers or {})}
            )
        except BROKEN:
            self.connection.close()
            raise

    def receive(self):
        try:
            reply = self.connection.getresponse()
            content = reply.read()
        except BROKEN:
            self.connection.close()
            raise
        self.headers = reply.headers
        is_json = reply.headers.get_content_type() == "application/json"
        return reply.status, json.loads(content) if is_json else content

    def ask(self, method, path, body=None, headers=None):
        """Ask once."""
        self.send(method, path, body, headers)
        return self.receive()

    def insist(self, method, path, body=None):
        """Ask until there is an answer, as the page does while the connection or the site is away."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                status, reply = self.ask(method, path, body)
                if status != 503:
                    return status, reply
            except BROKEN:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {path}")
            self.retries += 1
            time.sleep(PAUSE_S)

    def enrol(self, arrival=None, request=None):
        wish = {"request": request or secrets.token_hex(16), "arrival": arrival or {}, "browser": {}}
        wish["consent_sha256"] = self.consent(wish["arrival"])
        status, reply = self.insist("POST", "api/participants", wish)
        if status == 201:
            self.token = reply["token"]
        return status, reply

    def consent(self, arrival):
        """Read the consent text's version from the page that shows it."""
        _, shown = self.insist("GET", f"?{urlencode(arrival)}")
        return consent_on(shown.decode())

    def begin(self, **how):
        status, reply = self.enrol(**how)
        assert status == 201, reply
        status, reply = self.insist("POST", "api/begin", {})
        assert (status, reply) == (200, {"page": "trial"}), reply
        return self

    def due(self):
        status, reply = self.insist("GET", "api/next")
        assert status == 200, reply
        return reply

    def answer(self, trial, interval):
        return self.insist("POST", "api/answer", answer_of(trial, interval))


def consent_on(page: str) -> str | None:
    """Read from the consent page which text it shows; None of a page that lets nobody in."""
    found = re.search('data-consent="([0-9a-f]{64})"', page)
    return found[1] if found else None


def answer_of(trial, interval):
    return {"nonce": trial["nonce"], "interval": interval, "rt_ms": 640.5, "replays": 0}


@dataclass
class Ledger:
    """What a crowd was told by the site, and what it did."""

    acknowledged: dict = field(default_factory=dict)  # nonce -> interval
    sent: dict = field(default_factory=dict)  # nonce -> the intervals that were sent
    counts: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what, n=1):
        with self.lock:
            self.counts[what] += n

    def try_(self, body):
        with self.lock:
            self.sent.setdefault(body["nonce"], set()).add(body["interval"])

    def keep(self, body, status, reply):
        with self.lock:
            if status == 200:
                assert reply["kept"] is True
                known = self.acknowledged.setdefault(body["nonce"], body["interval"])
                assert known == body["interval"], "two answers to one trial were acknowledged"
                self.counts["acknowledgements"] += 1
            else:
                assert status == 409, (status, reply)
                self.counts["refused"] += 1


class Participant:
    """One of a crowd: answers, twice, late, again, or against its own answer."""

    def __init__(self, url, ledger, seed):
        self.url, self.ledger, self.chance = url, ledger, Random(seed)
        self.page = Page(url)
        self.late = []

    def take_part(self, *, leave_after=None, arrival=None):
        """Take part to the end, or go away without a word after some trials."""
        try:
            self.page.begin(arrival=arrival)
            n = 0
            while n != leave_after and (due := self.page.due())["page"] == "trial":
                self.take(due["trial"])
                n += 1
            self.send_late()
            return self.page.token
        finally:
            self.ledger.count("retries", self.page.retries)
            self.page.connection.close()

    def take(self, trial):
        body = answer_of(trial, self.chance.choice((1, 2)))
        self.ledger.try_(body)
        how = self.chance.choices((self.plainly, self.twice, self.lost), (5, 3, 2))[0]
        how(body)
        self.send_late()
        if self.chance.random() < 0.2:
            self.late.append(body)
        if self.chance.random() < 0.1:
            self.contradict(body)

    def plainly(self, body):
        self.ledger.keep(body, *self.page.insist("POST", "api/answer", body))

    def twice(self, body):
        """Send two copies at the same time."""
        self.ledger.count("duplicates")
        with Page(self.url, token=self.page.token) as other, suppress(*BROKEN):
            other.send("POST", "api/answer", body)
            self.plainly(body)
            status, reply = other.receive()
            if status != 503:
                self.ledger.keep(body, status, reply)
        self.plainly(body)

    def lost(self, body):
        """Hang up before the reply is read, and send it again."""
        self.ledger.count("lost replies")
        with suppress(*BROKEN):
            self.page.send("POST", "api/answer", body)
        self.page.connection.close()
        self.plainly(body)

    def contradict(self, body):
        other = {**body, "interval": 3 - body["interval"]}
        status, reply = self.page.insist("POST", "api/answer", other)
        assert status == 409, (status, reply)
        self.ledger.count("contradictions refused")

    def send_late(self):
        """Send copies that were held up until after the next trial."""
        for body in self.late:
            self.ledger.count("late copies")
            self.plainly(body)
        self.late.clear()

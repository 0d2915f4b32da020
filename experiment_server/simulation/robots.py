"""Robot participants: walk through the site over HTTP, as a browser would."""

import http.client
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

import numpy as np

from experiment_server.errors import StudyError

TIMEOUT_S = 60.0
RT_MEDIAN_MS = 900.0  # people take about a second for an easy forced choice
RT_LOG_SD = 0.4
CLIP_MS = 500.0  # the paper's clips; the robot's clock goes on by so much, it does not wait
CUE_MS = 800.0


@dataclass(kw_only=True)
class Robot(ABC):
    """One simulated participant; what it answers, and on which page, is its kind's matter.

    Attributes
    ----------
    url : str
        Address of the site.
    rng : Generator
        Where its answers come from.
    with_media : bool
        Whether it downloads the sounds and clips.
    token, page : str
        Its token, and the page that it is on, once it is enrolled.
    answered : int
        Trials, or impacts, that it has answered.
    """

    TASK_PAGE: ClassVar[str]  # where it answers

    url: str
    rng: np.random.Generator
    with_media: bool = True
    token: str = ""
    page: str = ""
    answered: int = 0
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._connection = kind(parts.netloc, timeout=TIMEOUT_S)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def enrol(self, robot_token: str) -> None:
        """Open the consent page and agree, as a robot that says so."""
        self._get("")
        self.token = robot_token
        wish = {"request": secrets.token_hex(16), "arrival": {}, "browser": {"name": "robot"}}
        reply = self._post("api/participants", wish)
        self.token, self.page = reply["token"], reply["page"]

    def begin(self, key: Any) -> None:
        """Do what comes before the first answer, up to reading the instructions.

        Raises
        ------
        StudyError
            If the site leads elsewhere, or does not answer as it should.
        """
        self._get(self.page)
        while self.page != self.TASK_PAGE:
            shown, self.page = self.page, self._go_on(self._due(), key)
            if shown != self.page != self.TASK_PAGE:
                self._get(self.page)

    def take_part(
        self, key: Any, *, most: int | None = None, on_answer: Callable[[], None] = lambda: None
    ) -> None:
        """Answer everything and see the last page; or leave after `most` answers, without a word.

        `key` is what the experimenter's side knows of this robot's session.
        """
        self._get(self.TASK_PAGE)
        while most is None or self.answered < most:
            due = self._due()
            if due["page"] != self.TASK_PAGE:
                self._get(due["page"])
                return
            self._answer(due, key)
            self.answered += 1
            on_answer()

    @abstractmethod
    def _answer(self, due: Mapping[str, Any], key: Any) -> None:
        """Answer what is due."""

    def _go_on(self, due: Mapping[str, Any], key: Any) -> str:
        """Do what the page that is due asks for; return the page that comes then."""
        if due["page"] != "instructions":
            raise StudyError(f"{self.url} shows a robot the page {due['page']!r} before its first trial")
        return str(self._post("api/begin", {})["page"])

    def _due(self) -> Any:
        return json.loads(self._get("api/next"))

    def _fetch(self, path: str) -> None:
        if self.with_media:
            self._get(path, {"Range": "bytes=0-"})

    def _get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        return self._ask("GET", path, None, headers or {})

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        content = json.dumps(body).encode()
        return json.loads(self._ask("POST", path, content, {"Content-Type": "application/json"}))

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        sent = {**headers, "Authorization": f"Bearer {self.token}"} if self.token else dict(headers)
        place = f"{urlsplit(self.url).path.rstrip('/')}/{path}"
        try:
            self._connection.request(method, place, body=body, headers=sent)
            reply = self._connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException) as error:
            raise StudyError(
                f"{method} {self.url}/{path} failed: {error!r}; is the server up?"
            ) from error
        if reply.status >= 400:
            raise StudyError(f"{method} {self.url}/{path}: status {reply.status}, {content[:300]!r}")
        return content


class AnswerKey(Protocol):
    """What the experimenter's side knows of one robot's session, and the robot does not."""

    def headphones(self, sound: str) -> int:
        """Name the odd interval of a headphone trial: 1, 2 or 3."""

    def pair(self, clip: str) -> tuple[str, bool]:
        """Tell of a trial's first clip the trial's variant, and whether the clip is the real one."""


@dataclass(kw_only=True)
class Listener(Robot):
    """A robot that tells real sounds from synthesized ones, and is fooled at known rates.

    Attributes
    ----------
    fool_rates : mapping of str to float
        Chance (0 to 1) that a variant, or a catch sound, fools it.
    clock_ms : float
        The time of its page's clock (ms), which the answers move on.
    """

    TASK_PAGE = "trial"

    fool_rates: Mapping[str, float]
    clock_ms: float = 0.0

    def _go_on(self, due: Mapping[str, Any], key: AnswerKey) -> str:
        if due["page"] == "sound":
            self._fetch("sounds/level.wav")
            reply = self._post("api/sound-checked", {})
        elif due["page"] == "headphones":
            self._fetch(due["test"]["sound"])
            name = due["test"]["sound"].rpartition("/")[2]
            reply = self._post("api/headphones", {"sound": name, "interval": key.headphones(name)})
        else:
            return super()._go_on(due, key)
        return str(reply["page"])

    def _answer(self, due: Mapping[str, Any], key: AnswerKey) -> None:
        trial = due["trial"]
        for path in trial["clips"]:
            self._fetch(path)
        variant, first_is_real = key.pair(trial["clips"][0])
        is_fooled = bool(self.rng.random() < self.fool_rates[variant])
        rt_ms = RT_MEDIAN_MS * float(np.exp(self.rng.normal(0.0, RT_LOG_SD)))
        self._post("api/events", {"events": self._play(trial["nonce"])})
        self.clock_ms += rt_ms
        answer = {
            "nonce": trial["nonce"],
            "interval": 1 if first_is_real != is_fooled else 2,
            "rt_ms": round(rt_ms, 1),
            "replays": 0,
        }
        self._post("api/answer", answer)

    def _play(self, nonce: str) -> list[dict[str, Any]]:
        """Play a pair; tell of it what a browser does."""
        told = []
        for interval in (1, 2):
            for kind, duration_ms in (("playing", CUE_MS), ("ended", CLIP_MS)):
                self.clock_ms += duration_ms
                told.append(
                    {
                        "kind": kind,
                        "nonce": nonce,
                        "interval": interval,
                        "ms": round(self.clock_ms, 1),
                        "utc": datetime.now(UTC).isoformat(),
                    }
                )
        return told

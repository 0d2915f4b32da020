"""Robot participants: walk through the site over HTTP, as a browser would."""

import http.client
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlsplit

import numpy as np

from experiment_server.errors import StudyError

TIMEOUT_S = 60.0


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
        self.token = robot_token
        self._get("")
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

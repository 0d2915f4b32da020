"""A robot participant: walks through the site over HTTP, as a browser would."""

import http.client
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from experiment_server.study import StudyError

TIMEOUT_S = 60.0
RT_MEDIAN_MS = 900.0  # people take about a second for an easy forced choice
RT_LOG_SD = 0.4

Key = Mapping[str, tuple[str, bool]]  # media path -> its trial's variant, and whether it is the real one


@dataclass(kw_only=True, slots=True)
class Robot:
    """One simulated participant.

    Attributes
    ----------
    url : str
        Address of the site.
    rng : Generator
        Where its answers come from.
    with_media : bool
        Whether it downloads the clips.
    token : str
        Its token, once it is enrolled.
    """

    url: str
    rng: np.random.Generator
    with_media: bool = True
    token: str = ""
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
        self.token = self._post("api/participants", {"request": secrets.token_hex(16)})["token"]

    def take_part(
        self, key: Key, fool_rates: Mapping[str, float], *, on_trial: Callable[[], None]
    ) -> None:
        """Read the instructions, take every trial, and see the last page."""
        self._get("instructions")
        self._post("api/begin", {})
        self._get("trial")
        while (due := json.loads(self._get("api/next")))["page"] == "trial":
            self._take_trial(due["trial"], key, fool_rates)
            on_trial()
        self._get("thanks")

    def _take_trial(self, trial: Mapping[str, Any], key: Key, fool_rates: Mapping[str, float]) -> None:
        if self.with_media:
            for path in trial["clips"]:
                self._get(path, {"Range": "bytes=0-"})
        variant, first_is_real = key[trial["clips"][0]]
        is_fooled = bool(self.rng.random() < fool_rates[variant])
        rt_ms = RT_MEDIAN_MS * float(np.exp(self.rng.normal(0.0, RT_LOG_SD)))
        answer = {
            "phase": trial["phase"],
            "position": trial["position"],
            "interval": 1 if first_is_real != is_fooled else 2,
            "rt_ms": round(rt_ms, 1),
            "replays": 0,
        }
        self._post("api/answer", answer)

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

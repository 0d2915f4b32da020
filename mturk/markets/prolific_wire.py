"""Speaking to Prolific's HTTP API: for real, or only showing what would be asked."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from urllib.parse import urlsplit

import urllib3

from mturk.markets.recruiter import RecruitingError, RefusedError, UnsureError

ADDRESS = "https://api.prolific.com/api/v1"
TIMEOUT_S = 30
PAGE = 100
ATTEMPTS = 5  # with growing pauses, where nothing can have been done
BUSY = 429  # HTTP: too many requests

Reply = dict[str, Any]


class Wire(Protocol):
    """Asks Prolific."""

    def ask(self, method: str, path: str, body: Reply | None = None) -> Reply:
        """Ask for a path under the API's address."""


class ProlificWire:
    """Prolific itself, or what speaks its protocol at another address.

    What may have been done is never asked again here: Prolific knows no tokens, so that only
    `money.Till` may decide that. Reading, and what Prolific was too busy for, is tried again.
    """

    def __init__(
        self, token: str, *, address: str = ADDRESS, timeout_s: float | None = None, pause_s: float = 1.0
    ) -> None:
        if not token:
            raise RecruitingError(
                "no API token of Prolific's; put one into the variable PROLIFIC_API_TOKEN"
            )
        self._address, self._pause_s = address, pause_s
        self._pool = urllib3.PoolManager(
            headers={"Authorization": f"Token {token}"}, timeout=timeout_s or TIMEOUT_S, retries=False
        )

    def ask(self, method: str, path: str, body: Reply | None = None) -> Reply:
        """Ask, and tell a no from not knowing.

        Raises
        ------
        RefusedError
            If Prolific said no, or was too busy each time.
        UnsureError
            If no answer came, or Prolific failed.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return self._ask_once(method, path, body)
            except (_BusyError, UnsureError) as error:
                if method != "GET" and not isinstance(error, _BusyError):
                    raise
            time.sleep(self._pause_s * 2**attempt)
        return self._ask_once(method, path, body)

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()

    def _ask_once(self, method: str, path: str, body: Reply | None) -> Reply:
        try:
            reply = self._pool.request(method, self._address + path, json=body)
            content: Reply = json.loads(reply.data) if reply.data else {}
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise UnsureError(f"Prolific did not answer {method} {path}: {error}") from error
        if reply.status == BUSY:
            raise _BusyError(f"Prolific is too busy for {method} {path}; try again in a minute")
        if reply.status >= 500:
            raise UnsureError(f"Prolific answered {method} {path} with {reply.status}; try again later")
        if reply.status >= 400:
            raise RefusedError(f"Prolific refused {method} {path}: {reply.status}: {_reason(content)}")
        return content


class _BusyError(RefusedError):
    """Prolific had no time for a request, and did nothing."""


class DryWire:
    """Shows each request that would change something."""

    def __init__(self, real: Wire, show: Callable[[str], None], *, address: str = ADDRESS) -> None:
        self._real, self._show, self._address = real, show, address

    def ask(self, method: str, path: str, body: Reply | None = None) -> Reply:
        """Show a request that would change something; ask for one that only reads."""
        if method == "GET":
            return self._real.ask(method, path)
        shown = "" if body is None else " " + json.dumps(body, indent=2, ensure_ascii=False)
        self._show(f"{method} {self._address}{path}{shown}")
        return {"id": "not-made"}


def pages(wire: Wire, path: str) -> Iterator[Reply]:
    """List everything under a path, page by page, as far as Prolific says that there is a next one."""
    separator = "&" if "?" in path else "?"
    number = 1
    while True:
        reply = wire.ask("GET", f"{path}{separator}page={number}&page_size={PAGE}")
        yield from reply.get("results", [])
        links = reply.get("_links") or {}
        following = (links.get("next") or {}).get("href") or reply.get("next")
        if not following:
            return
        if not urlsplit(following).query:
            raise RecruitingError(
                f"Prolific's list {path} names a next page that can't be read: {following!r}"
            )
        number += 1


def _reason(content: Reply) -> str:
    error = content.get("error", content)
    return (
        str(error.get("detail") or error.get("title") or error)
        if isinstance(error, dict)
        else str(error)
    )

"""Speaking to Prolific's HTTP API: for real, or only showing what would be asked."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import urllib3

from mturk.errors import RecruitingError, RefusedError, UnsureError

ADDRESS = "https://api.prolific.com/api/v1"
TIMEOUT_S = 30
PAGE = 100
BUSY = 429  # HTTP: too many requests, and nothing was done
# What may have been done is never asked again here: Prolific knows no tokens, so that only `Till.once`
# may decide that. What Prolific was too busy for is tried again, with growing pauses, and all reading.
_AGAIN = urllib3.Retry(
    status=4,
    connect=0,
    read=0,
    other=0,
    allowed_methods=None,
    status_forcelist=[BUSY],
    backoff_factor=2,  # s: pauses of 0, 4, 8 and 16
    raise_on_status=False,
    respect_retry_after_header=False,  # which would have it ask again after other answers too
)
_READ_AGAIN = _AGAIN.new(connect=4, read=4, other=4, status_forcelist=[BUSY, *range(500, 600)])

Reply = dict[str, Any]


class ProlificWire:
    """Prolific itself, or what speaks its protocol at another address.

    Parameters
    ----------
    token : str
        API token.
    address : str
        Where the API is.
    show : callable or None
        Is shown each request that would change something, in place of asking for it.
    """

    def __init__(
        self, token: str, *, address: str = ADDRESS, show: Callable[[str], None] | None = None
    ) -> None:
        if not token:
            raise RecruitingError(
                "no API token of Prolific's; put one into the variable PROLIFIC_API_TOKEN"
            )
        self._address, self._show = address, show
        self._pool = urllib3.PoolManager(headers={"Authorization": f"Token {token}"}, timeout=TIMEOUT_S)

    def ask(self, method: str, path: str, body: Reply | None = None) -> Reply:
        """Ask for a path under the API's address, and tell a no from not knowing.

        Raises
        ------
        RefusedError
            If Prolific said no, or was too busy each time.
        UnsureError
            If no answer came, or Prolific failed.
        """
        if self._show and method != "GET":
            shown = "" if body is None else " " + json.dumps(body, indent=2, ensure_ascii=False)
            self._show(f"{method} {self._address}{path}{shown}")
            return {"id": "not-made"}
        again = _READ_AGAIN if method == "GET" else _AGAIN
        try:
            reply = self._pool.request(
                method, self._address + path, json=body, retries=again, redirect=False
            )
            content: Reply = json.loads(reply.data) if reply.data else {}
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            why = getattr(error, "reason", error)
            raise UnsureError(f"Prolific did not answer {method} {path}: {why}") from error
        if reply.status == BUSY:
            raise RefusedError(f"Prolific is too busy for {method} {path}; try again in a minute")
        if 400 <= reply.status < 500:
            raise RefusedError(f"Prolific refused {method} {path}: {reply.status}: {_reason(content)}")
        if reply.status >= 300:  # a server that failed, or one that sends elsewhere
            raise UnsureError(f"Prolific answered {method} {path} with {reply.status}; try again later")
        return content

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()


def pages(wire: ProlificWire, path: str) -> Iterator[Reply]:
    """List everything under a path, page by page, as far as Prolific says that there is a next one."""
    separator = "&" if "?" in path else "?"
    for number in count(1):
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


def _reason(content: Reply) -> str:
    error = content.get("error", content)
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("detail") or error.get("title") or error)

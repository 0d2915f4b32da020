"""The local Mechanical Turk over HTTP, by its JSON 1.1 protocol, or asked directly."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from mturk_market import HALF, LATE, NoAnswerError, Turk, TurkError

from mturk.errors import RefusedError, UnsureError

PATIENCE_S = 0.4  # of who asks
LATE_S = 1.0


class DirectWire:
    """`turk_wire.TurkWire` without HTTP between, for many runs."""

    def __init__(self, turk: Turk) -> None:
        self.turk = turk

    def ask(self, operation: str, **params: Any) -> dict[str, Any]:
        try:
            return self.turk.act(operation, params)
        except NoAnswerError as error:
            raise UnsureError(operation) from error
        except TurkError as error:
            if error.kind == "RequestError":
                raise RefusedError(str(error), may_be_done=True) from error
            raise UnsureError(operation) from error


class Answering(BaseHTTPRequestHandler):
    """Answers in JSON."""

    protocol_version = "HTTP/1.1"
    content_type = "application/json"

    def answer(self, act: Callable[[], tuple[int, Any]], *, half: bool = False) -> None:
        """Send the status and reply that an act leads to, or half of it, or nothing where it is lost."""
        try:
            status, reply = act()
        except NoAnswerError as error:
            time.sleep(LATE_S if error.args == (LATE,) else 0)
            self.close_connection = True
            return
        content = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", self.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if half:
            content, self.close_connection = content[: len(content) // 2], True
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def serving(turk: Turk) -> Iterator[str]:
    """Serve the market over HTTP; yield its address."""

    class Handler(Answering):
        content_type = "application/x-amz-json-1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            target, operation = self.headers["X-Amz-Target"].split(".")
            assert target == "MTurkRequesterServiceV20170117"
            assert self.headers["Content-Type"] == self.content_type
            assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")
            half = bool(turk.faults) and turk.faults[0] == (operation, HALF)
            if half:
                turk.faults.pop(0)
            self.answer(lambda: self._act(operation, body), half=half)

        def _act(self, operation: str, body: bytes) -> tuple[int, Any]:
            try:
                return 200, turk.act(operation, json.loads(body))
            except TurkError as error:
                failed = {"__type": error.kind, "Message": str(error), "TurkErrorCode": error.code}
                return (500 if error.kind == "ServiceFault" else 400), failed

    with listening(Handler) as address:
        yield address


@contextmanager
def listening(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Listen on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""Serving over HTTP on this machine, for one lab and for simulations; a fleet takes gunicorn."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from experiment_server.errors import StudyError


class QuietHandler(WSGIRequestHandler):
    """Answers without delay, and logs no addresses: they hold what belongs to participants."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Write nothing, not even of broken requests: the application logs its requests itself."""


def make(app: Flask, *, host: str, port: int) -> BaseWSGIServer:
    """Make a threaded server; port 0 takes a free one.

    Raises
    ------
    StudyError
        If the port is taken or not allowed.
    """
    try:
        return make_server(host, port, app, threaded=True, request_handler=QuietHandler)
    except (OSError, SystemExit) as error:  # werkzeug exits where a port is taken
        raise StudyError(f"can't listen on {host} port {port}; choose another --port") from error


def address(server: BaseWSGIServer) -> str:
    """Tell the address under which a server is reached; for one on all addresses, by machine name."""
    host = socket.gethostname() if is_everywhere(server) else server.host
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"


def is_everywhere(server: BaseWSGIServer) -> bool:
    """Tell whether a server listens on all addresses of this machine, none of which is its name."""
    return server.host in ("0.0.0.0", "::")


@contextmanager
def running(app: Flask) -> Iterator[str]:
    """Serve on a free loopback port in the background; yield the address."""
    server = make(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address(server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""A real site under gunicorn, as it is deployed, whose workers can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from crowd import BROKEN, PATIENCE_S, Page

from experiment_server.app import create_app

ROOT = Path(__file__).parents[1]
APPLICATION = "experiment_server.app:create_app()"
PAUSE_S = 0.2


class Gunicorn:
    """The site as it is deployed: gunicorn with deploy/gunicorn.conf.py, on a free port."""

    def __init__(self, study, *, workers=2, application=APPLICATION, environment=None):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = Path(study).parent / "gunicorn.log"
        self.command = [
            *(sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn.conf.py")),
            *("--log-level", "warning", application),
        ]
        self.environment = {
            **os.environ,
            "EXPERIMENT_SERVER_STUDY": str(study),
            "EXPERIMENT_SERVER_LOG_LEVEL": "WARNING",
            "BIND": f"127.0.0.1:{self.port}",
            "WEB_CONCURRENCY": str(workers),
            "MALLOC_ARENA_MAX": "1",  # as deploy/ has it
            "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
            **(environment or {}),
        }
        self.start()

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd=ROOT, stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text())
            time.sleep(PAUSE_S)

    def answers(self):
        with Page(self.url) as page:
            try:
                return page.ask("GET", "health")[0] == 200
            except BROKEN:
                return False

    def workers(self):
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_worker(self):
        os.kill(self.workers()[0], signal.SIGKILL)

    def kill(self):
        """End everything at once, as a power cut does."""
        pids = [self.process.pid, *self.workers()]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()


@contextmanager
def gunicorn(study, **how):
    site = Gunicorn(study, **how)
    try:
        yield site
    finally:
        site.stop()


def create_killable_app():
    """Make the site, whose worker is killed between the commit and the reply while a file is there.

    The file is named by the variable KILL_AFTER_COMMIT, and removed in time for the next worker.
    """
    app = create_app()
    site = app.wsgi_app

    def killable(environ, start_response):
        reply = site(environ, start_response)
        flag = Path(os.environ["KILL_AFTER_COMMIT"])
        if environ["PATH_INFO"] == "/api/answer" and flag.exists():
            flag.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return reply

    app.wsgi_app = killable
    return app

"""psiTurk 3.3.1 beside our site: its own gunicorn, and pages that save after each trial.

psiTurk's page keeps all trials and sends all of them each time (`psiTurk.saveData()`, a Backbone model
that PUTs itself to /sync/<uid>); so does this.
"""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from server_load import Connection, together

WORKERS = 2
START_S = 30.0

MAKE_ROWS = """
import pathlib, shutil, sys
import psiturk
example = pathlib.Path(psiturk.__file__).parent / "example"
for name in ("templates", "static"):
    shutil.copytree(example / name, name)
from psiturk.db import db_session, init_db
from psiturk.models import Participant
Participant.__table__.c.datastring.type.length = None  # PostgreSQL refuses psiTurk's TEXT(4294967295)
init_db()
for n in range(int(sys.argv[1])):
    db_session.add(Participant(uniqueid=f"w{n}:a{n}", assignmentid=f"a{n}", workerid=f"w{n}", hitid="h",
                               cond=0, counterbalance=0, codeversion="1.0"))
db_session.commit()
"""
CONFIG = """
[Server Parameters]
host = 127.0.0.1
port = {port}
threads = {workers}
loglevel = 2
logfile = {place}/server.log
accesslog = /dev/null
do_scheduler = false
[Database Parameters]
database_url = {url}
"""


@contextmanager
def serving(python: str, url: str, participants: int) -> Iterator[tuple[int, int]]:
    """Start psiTurk's server with so many participants; yield its port and process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as place:
        address = url or f"sqlite:///{place}/participants.db"
        config = CONFIG.format(port=port, workers=WORKERS, place=place, url=address)
        (Path(place) / "config.txt").write_text(config)
        home = {**os.environ, "HOME": place, "PSITURK_GLOBAL_CONFIG_LOCATION": place}
        make = [python, "-c", MAKE_ROWS, str(participants)]
        subprocess.run(make, cwd=place, env=home, check=True, stdout=subprocess.DEVNULL)
        serve = [python, "-m", "psiturk.experiment_server"]
        with subprocess.Popen(serve, cwd=place, env=home, stdout=subprocess.DEVNULL) as process:
            try:
                wait_for(port)
                yield port, process.pid
            finally:
                process.terminate()


def wait_for(port: int) -> None:
    """Wait until something listens."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("psiTurk did not start")


async def load(port: int, participants: int, *, trials: int, at_a_time: int) -> int:
    """Let each page save after each trial; return how many saves there were."""
    times: dict[str, list[float]] = {}

    async def one(n: int) -> None:
        uid = f"w{n}:a{n}"
        page: dict[str, Any] = {"condition": 0, "counterbalance": 0, "assignmentId": f"a{n}"}
        page |= {"workerId": f"w{n}", "hitId": "h", "currenttrial": 0, "bonus": 0}
        page |= {"useragent": "Mozilla", "data": [], "questiondata": {}, "eventdata": [], "mode": "live"}
        async with Connection(port=port, times_s=times) as connection:
            for number in range(1, trials + 1):
                page["data"].append(trial(uid, number))
                page["currenttrial"] = number
                await connection.ask("PUT", f"/sync/{uid}", page, kind="sync")

    await together([lambda n=n: one(n) for n in range(participants)], at_a_time=at_a_time)
    return len(times["sync"])


def trial(uid: str, number: int) -> dict[str, Any]:
    """Make what `psiTurk.recordTrialData` keeps of one trial: what our server keeps of an answer."""
    return {
        "uniqueid": uid,
        "current_trial": number,
        "dateTime": 1763840000000 + number,
        "trialdata": {
            "phase": "main",
            "position": number,
            "clip": f"clip-{number:03d}",
            "variant": "full",
            "real_interval": 1,
            "response_interval": 2,
            "rt_ms": 912.3,
            "replays": 0,
        },
    }

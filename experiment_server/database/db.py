"""The database: connections, transactions, and bringing an old one up to date.

SQLite for a lab, PostgreSQL for a run with several workers or hosts.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, IntegrityError
from sqlalchemy.orm import Session

from experiment_server.errors import StudyError

DATABASE_NAME = "study.sqlite"
URL_VARIABLES = ("EXPERIMENT_SERVER_DATABASE_URL", "DATABASE_URL")  # the first that is set
POSTGRESQL = "postgresql"
DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
BUSY_TIMEOUT_MS = 15_000  # how long a writer waits for another writer
IDLE_TIMEOUT_MS = 60_000  # after which PostgreSQL takes the locks of a worker that hangs
CONNECT_TIMEOUT_S = 5  # for PostgreSQL to answer; the page tries again
POOL_SIZE = 10  # connections a process keeps: gunicorn's threads, with some to spare
POOL_TIMEOUT_S = 10  # how long a request waits for one of them
DESIGN_LOCK = 0x5649_5344  # "VISD": PostgreSQL's number of the lock on who sees what

T = TypeVar("T")

# SQLite has one writer at a time, and looks every now and then whether it is free: up to 100 ms
# too late. The threads of a process wait for each other here, where the next one is woken at once.
_TURN = threading.Lock()


def url_of(folder: Path) -> URL:
    """Address of a study's database: the environment's, or else the file in the study's folder.

    Raises
    ------
    StudyError
        If the environment's is no address of SQLite or PostgreSQL.
    """
    variable = next((name for name in URL_VARIABLES if os.environ.get(name)), None)
    if variable is None:  # not by text: a folder's name may hold any character
        return URL.create("sqlite", database=str(folder / DATABASE_NAME))
    try:
        url = make_url(os.environ[variable])
        backend = url.get_backend_name()
    except ArgumentError:
        backend = None
    if backend not in ("sqlite", *DRIVERS):
        raise StudyError(
            f"${variable} is no address of a database; write it as "
            "postgresql://user:password@host/name, or unset it for the file in the study's folder"
        )
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


@contextmanager
def opened(url: URL) -> Iterator[Engine]:
    """Connect to a database, and let go of it at the end."""
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


def connect(url: URL) -> Engine:
    """Make an engine on which a commit is on the disk when it returns.

    So an acknowledged answer outlives a power cut. SQLite checks foreign keys and lets readers never
    wait for a writer (WAL). Errors do not tell parameters: they may be personal.
    """
    if url.get_backend_name() == POSTGRESQL:
        engine = create_engine(
            url,
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "tcp_user_timeout": BUSY_TIMEOUT_MS},
            pool_pre_ping=True,
            pool_size=POOL_SIZE,
            pool_timeout=POOL_TIMEOUT_S,
        )
        event.listen(engine, "connect", _set_up_postgresql)
        return engine
    engine = create_engine(url, hide_parameters=True, pool_size=POOL_SIZE)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Open a session that reads one consistent state."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        if engine.dialect.name == POSTGRESQL:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Open a session that commits at the end.

    On SQLite it holds the write lock from its beginning: what it reads can't change before it
    writes. On PostgreSQL that takes a lock on the participant's row, or `lock_design`.
    """
    turn = nullcontext() if engine.dialect.name == POSTGRESQL else _TURN
    with turn, Session(engine, expire_on_commit=False) as session, session.begin():
        session.connection(execution_options={"write": True})
        yield session


def write(engine: Engine, work: Callable[[Session], T]) -> T:
    """Do work in a session that commits at the end; once more if a rival was there first.

    Two requests that insert the same thing at once pass each other's checks; the constraints stop
    the later one, which then finds what the earlier one has kept.
    """
    try:
        with writing(engine) as session:
            return work(session)
    except IntegrityError:
        with writing(engine) as session:
            return work(session)


def lock_design(session: Session) -> None:
    """Wait until nobody else draws from the design; lasts until the commit.

    To be taken before any row is locked. SQLite's writers are alone anyway.
    """
    if session.get_bind().dialect.name == POSTGRESQL:
        session.execute(select(func.pg_advisory_xact_lock(DESIGN_LOCK)))


@contextmanager
def migrating(engine: Engine) -> Iterator[Config]:
    """Yield Alembic's settings with a connection on which tables may be rebuilt; commit at the end.

    SQLite can change a table only by dropping it, so its foreign keys rest meanwhile and are checked
    at the end.

    Raises
    ------
    StudyError
        If rows would point to nothing.
    """
    config = alembic_config()
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.execution_options(write=True).connect() as connection:
        connection.detach()  # not to be used again without its foreign keys
        if is_sqlite:  # before the transaction, within which this would do nothing
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if not is_sqlite:
                connection.exec_driver_sql("SET LOCAL lock_timeout TO 0")  # another host may be at it
                connection.execute(select(func.pg_advisory_xact_lock(DESIGN_LOCK)))
            config.attributes["connection"] = connection
            yield config
            if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                raise StudyError(
                    f"the table {broken[0]} of {engine.url} points to rows that are not there"
                )


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest form, from nothing if need be."""
    with migrating(engine) as config:
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


def _set_up_postgresql(connection: Any, _record: object) -> None:
    for setting in (
        "synchronous_commit TO on",
        "timezone TO 'UTC'",
        f"lock_timeout TO {BUSY_TIMEOUT_MS}",
        f"idle_in_transaction_session_timeout TO {IDLE_TIMEOUT_MS}",
    ):
        connection.execute(f"SET {setting}")
    connection.commit()


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _begin_sqlite(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

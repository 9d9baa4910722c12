"""SQLite: one file and its locks beside it."""

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Index, Select, Table, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from tournee.core.errors import AlreadyRunning, StoreError, StoreOutdated, StoreUnavailable
from tournee.core.facts import Reason
from tournee.store.columns import FieldsJson
from tournee.store.dialects import Expression, Rows, engines

SQLITE_CODES = {
    sqlite3.SQLITE_BUSY: "database_locked",
    sqlite3.SQLITE_LOCKED: "database_locked",
    sqlite3.SQLITE_FULL: "database_full",
    sqlite3.SQLITE_READONLY: "database_unwritable",
    sqlite3.SQLITE_CANTOPEN: "database_unwritable",
    sqlite3.SQLITE_PERM: "database_unwritable",
    sqlite3.SQLITE_IOERR: "database_unwritable",
    sqlite3.SQLITE_CORRUPT: "database_broken",
    sqlite3.SQLITE_NOTADB: "database_broken",
}

#: WAL: readers never wait. FULL: what was committed outlives a power cut, also after the remote file was
#: deleted. Temporary tables go to files and caches are small, so that memory does not grow with a file.
PRAGMAS = """
    PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=FILE;
    PRAGMA cache_size=-2048; PRAGMA journal_size_limit=67108864;
"""

ROWS_A_STATEMENT = 80

#: An index is built anew for so many new rows, where they are a good part of all: a quarter of what is there.
REBUILT_FROM = 20_000
REBUILT_FOR = 4


class Sqlite:
    """One file and its locks beside it."""

    trouble: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error)
    migrates_itself = True
    writes_at_once = True

    def __init__(self, path: str) -> None:
        self.shown = path
        self._make_file()
        # The driver's own transactions begin too late (traps 51, 52): it opens none, `_begin` does.
        self.engine, self.unpooled = engines.engines(
            URL.create("sqlite", database=path),
            {"timeout": engines.PATIENCE, "isolation_level": None},
            connected=self._connected,
        )
        for engine in (self.engine, self.unpooled):
            event.listen(engine, "begin", self._begin)
        self.reading: Mapping[str, Any] = {"begin": "BEGIN"}
        self.writing: Mapping[str, Any] = {"begin": "BEGIN IMMEDIATE"}
        self.staging: Mapping[str, Any] = self.reading

    def _make_file(self) -> None:
        """Contacts are nobody else's business: a private directory, a private file."""
        try:
            os.makedirs(os.path.dirname(self.shown) or ".", mode=0o700, exist_ok=True)
            os.close(os.open(self.shown, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise StoreUnavailable(self._reason("database_unwritable", _words(error))) from error

    @staticmethod
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.executescript(PRAGMAS)

    @staticmethod
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options()["begin"])

    def dedicate(self, connection: Connection) -> None:
        """A merge touches much of two large indexes: room for them while it lasts."""
        _sqlite(connection).executescript("PRAGMA main.cache_size=-16384; PRAGMA temp.cache_size=-8192")

    def serialise(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE has done it."""

    def insert(self, table: Table) -> sqlite.Insert:
        """SQLite's own."""
        return sqlite.insert(table)

    def load(self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
        """Many rows a statement, in order."""
        driver = _sqlite(connection)
        one = f"({','.join('?' * len(columns))})"
        start = f"INSERT INTO {table.name} ({engines.quoted(columns)}) VALUES "  # noqa: S608 - our own names
        many = start + ",".join([one] * ROWS_A_STATEMENT)
        source = iter(rows)
        while len(batch := list(islice(source, ROWS_A_STATEMENT))) == ROWS_A_STATEMENT:
            driver.execute(many, [value for row in batch for value in row])
        driver.executemany(start + one, batch)

    def last_lines(self, staged: Table, *which: ColumnElement[bool]) -> Select[Any]:
        """In a group with one max(), SQLite takes the other columns from the row that has it."""
        line, *others = staged.c
        last = sa.select(sa.func.max(line).label("line"), *others).where(*which)
        return last.group_by(staged.c.identity)

    @contextmanager
    def loading(self, connection: Connection, index: Index, rows: int, of: int) -> Iterator[None]:
        """An index that is filled in no order costs more than all the rest; built anew it is sorted first."""
        anew = rows >= REBUILT_FROM and rows * REBUILT_FOR >= of
        if anew:
            index.drop(connection)
        yield
        if anew:
            index.create(connection)

    def by_index(self, connection: Connection) -> None:
        """It always does that."""

    def empty(self, connection: Connection, table: Table) -> None:
        """SQLite knows a shortcut for all rows."""
        connection.execute(sa.delete(table))

    def merged(self, stored: Expression, new: Expression) -> Expression:
        """json_patch() also takes out blanks, so that equal fields are equal texts."""
        return sa.func.json_patch(stored, sa.func.coalesce(new, sa.literal({}, FieldsJson())))

    def erased(self, merged: Expression) -> Expression:
        """json_patch() has taken them out."""
        return merged

    @contextmanager
    def held(self, name: str) -> Iterator[bool]:
        """A lock on a file beside the database; the file stays, for removing it would race."""
        readable = re.sub(r"[^a-z0-9]+", "-", name.lower())[:40]
        file = self._open_lock(f"{self.shown}.{readable}-{engines.digest(name).hex()[:8]}.lock")
        try:
            yield _try_lock(file)
        finally:
            os.close(file)

    def _open_lock(self, path: str) -> int:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(self._reason("database_unwritable", _words(error))) from error

    @contextmanager
    def only_daemon(self) -> Iterator[None]:
        """Raises AlreadyRunning."""
        with self.held("daemon") as mine:
            if not mine:
                raise AlreadyRunning(self._reason("already_running"))
            yield

    def explain(self, trouble: Exception) -> StoreError:
        """By SQLite's own result codes."""
        error = getattr(trouble, "orig", trouble)
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_ERROR and str(error).startswith(("no such table", "no such column")):
            return StoreOutdated(self._reason("database_outdated"))
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        return StoreUnavailable(self._reason(SQLITE_CODES.get(code, "database_failed"), name))

    def _reason(self, code: str, problem: str | None = None) -> Reason:
        return Reason(code, {"database": self.shown, "problem": problem})


def _sqlite(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _words(error: OSError) -> str:
    return os.strerror(error.errno or 0)

"""All that differs between SQLite and PostgreSQL: connections, locks, bulk load, expressions, errors."""

import fcntl
import hashlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from itertools import islice
from typing import Any, Protocol, cast

import psycopg
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Engine, Index, Select, SQLColumnExpression, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from tournee.core.errors import AlreadyRunning, StoreError, StoreOutdated, StoreUnavailable
from tournee.core.facts import Reason
from tournee.core.settings import Database
from tournee.store.columns import FieldsJson

#: How long anything waits for a lock of the database before it gives up, in seconds.
PATIENCE = 30.0

#: What the drivers and SQLAlchemy raise: the store's edge translates all of it.
TROUBLE = (SQLAlchemyError, sqlite3.Error, psycopg.Error)

Rows = Iterable[Sequence[object]]
Insert = sqlite.Insert | postgresql.Insert
Expression = SQLColumnExpression[Any]


class Dialect(Protocol):
    """What a database does in its own way."""

    engine: Engine
    unpooled: Engine  # its connections are opened for one use, and closed after it
    shown: str  # the database as a person may see it
    writes_at_once: bool  # new and known rows are faster written in one statement than in two
    rows_ahead: int | None  # so many rows of a file are merged while others are read; None: all at its end
    migrates_itself: bool  # whether the program may change the tables without being asked
    reading: Mapping[str, Any]  # execution options of a transaction that only reads
    writing: Mapping[str, Any]
    staging: Mapping[str, Any]

    def dedicate(self, connection: Connection) -> None:
        """Settings of a connection that stages and merges one import."""

    def serialise(self, connection: Connection) -> None:
        """From here to the end of the transaction no other creates contacts or spends an allowance."""

    def insert(self, table: Table) -> Insert:
        """An INSERT that knows ON CONFLICT."""

    def load(self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
        """Write many rows of plain values (times and JSON as text), in order."""

    def last_lines(self, staged: Table, *which: ColumnElement[bool]) -> Select[Any]:
        """Some of the staged rows, of each identity the last line, in the order of identities."""

    def loading(
        self, connection: Connection, index: Index, rows: int, of: int
    ) -> AbstractContextManager[None]:
        """The block writes so many rows into the table of an index, which has `of`, and does not read it."""

    def empty(self, connection: Connection, table: Table) -> None:
        """Take all rows out of a temporary table."""

    def try_serialise(self, connection: Connection) -> bool:
        """Like `serialise` where nobody else has it; else False, at once."""

    def merged(self, stored: Expression, new: Expression) -> Expression:
        """Declared fields with those of `new` (None: none) put over them, key by key."""

    def erased(self, merged: Expression) -> Expression:
        """Merged fields without those that are null."""

    def held(self, name: str) -> AbstractContextManager[bool]:
        """A lock that dies with the process; False when another thread or process has it."""

    def only_daemon(self) -> AbstractContextManager[None]:
        """Refuses a second daemon where only one may run."""

    def explain(self, trouble: Exception) -> StoreError:
        """What a person can be told about what the driver raised; never a value."""


def open_dialect(database: Database) -> Dialect:
    """The database that the URL names; raises StoreUnavailable when an SQLite file cannot be made."""
    path = database.url.removeprefix("sqlite:///")
    return Sqlite(path) if path != database.url else PostgreSQL(database)


def _engines(
    url: URL, connect: Mapping[str, Any], *, connected: Callable[..., None]
) -> tuple[Engine, Engine]:
    """One that keeps connections and one that does not; a server that was restarted costs a reconnect."""
    options: dict[str, Any] = {"connect_args": dict(connect), "hide_parameters": True}
    pooled = sa.create_engine(url, max_overflow=-1, pool_pre_ping=True, **options)
    unpooled = sa.create_engine(url, poolclass=NullPool, **options)
    for engine in (pooled, unpooled):
        event.listen(engine, "connect", connected)
    return pooled, unpooled


def _digest(name: str) -> bytes:
    return hashlib.sha256(f"tournee {name}".encode()).digest()


# ---------------------------------------------------------------- SQLite

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

    migrates_itself = True
    writes_at_once = True
    rows_ahead: int | None = None

    def __init__(self, path: str) -> None:
        self.shown = path
        self._make_file()
        # The driver's own transactions begin too late (traps 51, 52): it opens none, `_begin` does.
        self.engine, self.unpooled = _engines(
            URL.create("sqlite", database=path),
            {"timeout": PATIENCE, "isolation_level": None},
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

    def insert(self, table: Table) -> Insert:
        """SQLite's own."""
        return sqlite.insert(table)

    def load(self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
        """Many rows a statement, in order."""
        driver = _sqlite(connection)
        one = f"({','.join('?' * len(columns))})"
        start = f"INSERT INTO {table.name} ({_names(columns)}) VALUES "  # noqa: S608 - our own names
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

    def empty(self, connection: Connection, table: Table) -> None:
        """SQLite knows a shortcut for all rows."""
        connection.execute(sa.delete(table))

    def try_serialise(self, _connection: Connection) -> bool:
        """BEGIN IMMEDIATE has done it."""
        return True

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
        file = self._open_lock(f"{self.shown}.{readable}-{_digest(name).hex()[:8]}.lock")
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


def _names(columns: Sequence[str]) -> str:
    return ",".join(f'"{column}"' for column in columns)


# ---------------------------------------------------------------- PostgreSQL

CONNECT = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "tournee",
    "client_encoding": "utf8",
}

#: Waiting for a lock is bounded; a session that sleeps in a transaction keeps others waiting, so it is ended.
SESSION = """
    SELECT set_config('lock_timeout', %s, false), set_config('TimeZone', 'UTC', false),
           set_config('idle_in_transaction_session_timeout', '5min', false)
"""
#: The server notices in the middle of a long statement that its client died (PostgreSQL 14, not on Windows).
NOTICE_DEATH = "SET client_connection_check_interval = '5s'"

#: For the one connection that sorts and joins a whole file.
LARGE_WORK = "SET work_mem = '64MB'; SET jit = off"

SQLSTATES = {
    **dict.fromkeys(("08", "25P03", "57P"), "database_away"),  # 57P: shutting down, or starting
    **dict.fromkeys(("40P01", "55P03"), "database_locked"),
    "53100": "database_full",
    **dict.fromkeys(("28", "3D", "42501", "53"), "database_refused"),  # 53: too many connections, no memory
    **dict.fromkeys(("25006", "58"), "database_unwritable"),
    **dict.fromkeys(("XX001", "XX002"), "database_broken"),
}
UNKNOWN_TABLE, UNKNOWN_COLUMN = "42P01", "42703"


class PostgreSQL:
    """A server; any number of processes."""

    migrates_itself = False
    writes_at_once = False
    rows_ahead: int | None = 50_000

    def __init__(self, database: Database) -> None:
        url = make_url(database.url).set(drivername="postgresql+psycopg")
        self.shown = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        if database.password is not None:
            url = url.set(password=database.password.reveal())
        self.engine, self.unpooled = _engines(
            url,
            {name: value for name, value in CONNECT.items() if name not in url.query},
            connected=self._connected,
        )
        self.reading: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self.writing: Mapping[str, Any] = {}
        self.staging: Mapping[str, Any] = self.writing

    @staticmethod
    def _connected(connection: Any, _record: object) -> None:
        connection.autocommit = True
        connection.execute(SESSION, [f"{round(PATIENCE * 1000)}ms"])
        with suppress(psycopg.Error):
            connection.execute(NOTICE_DEATH)
        connection.autocommit = False

    def dedicate(self, connection: Connection) -> None:
        """Room for sorting; compiling statements to machine code costs more than it brings."""
        driver = _psycopg(connection)
        driver.autocommit = True
        driver.execute(LARGE_WORK)
        driver.autocommit = False

    def serialise(self, connection: Connection) -> None:
        """A lock that ends with the transaction."""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_lock_key("merge"))))

    def insert(self, table: Table) -> Insert:
        """PostgreSQL's own."""
        return postgresql.insert(table)

    def load(self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
        """COPY, six times as fast as INSERT."""
        statement = f"COPY {table.name} ({_names(columns)}) FROM STDIN"
        with _psycopg(connection).cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def last_lines(self, staged: Table, *which: ColumnElement[bool]) -> Select[Any]:
        """One sort."""
        last = sa.select(*staged.c).where(*which).order_by(staged.c.identity, staged.c.line.desc())
        return last.ext(postgresql.distinct_on(staged.c.identity))

    def loading(
        self, _connection: Connection, _index: Index, _rows: int, _of: int
    ) -> AbstractContextManager[None]:
        """Whoever drops an index keeps all others from reading the table."""
        return nullcontext()

    def empty(self, connection: Connection, table: Table) -> None:
        """What was deleted would stay in the way."""
        connection.exec_driver_sql(f"TRUNCATE {table.name}")

    def try_serialise(self, connection: Connection) -> bool:
        """A lock that ends with the transaction."""
        return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_lock_key("merge")))))

    def merged(self, stored: Expression, new: Expression) -> Expression:
        """`jsonb` knows how."""
        return stored.op("||", return_type=FieldsJson())(sa.func.coalesce(new, sa.literal({}, FieldsJson())))

    def erased(self, merged: Expression) -> Expression:
        """Fields are flat, so nothing else goes."""
        return sa.func.jsonb_strip_nulls(merged, type_=FieldsJson())

    @contextmanager
    def held(self, name: str) -> Iterator[bool]:
        """A lock of a session of its own, which ends with the process.

        Given back by word: the server notices a moment too late that a session was closed.
        """
        key = _lock_key(name)
        with self.unpooled.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key))):
                yield False
                return
            try:
                yield True
            finally:
                with suppress(SQLAlchemyError):  # where the session is gone, so is the lock
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))

    @contextmanager
    def only_daemon(self) -> Iterator[None]:
        """Any number of daemons share the work."""
        yield

    def explain(self, trouble: Exception) -> StoreError:
        """By SQLSTATE; without one, the connection itself broke or was refused."""
        error = getattr(trouble, "orig", None) or trouble
        state = getattr(error, "sqlstate", None)
        if state in (UNKNOWN_TABLE, UNKNOWN_COLUMN):
            return StoreOutdated(self._reason("database_outdated"))
        if state is None and isinstance(error, psycopg.OperationalError):
            return StoreUnavailable(self._connection_reason(str(error).partition("\n")[0]))
        codes = (SQLSTATES[state[:n]] for n in (5, 3, 2) if state and state[:n] in SQLSTATES)
        constraint = error.diag.constraint_name if isinstance(error, psycopg.Error) else None
        problem = " ".join(filter(None, (type(error).__name__, constraint)))
        return StoreUnavailable(self._reason(next(codes, "database_failed"), problem))

    def _connection_reason(self, problem: str) -> Reason:
        """A server that answers FATAL is there and refuses, unless it is starting or stopping."""
        refused = "FATAL" in problem and "the database system is" not in problem
        return self._reason("database_refused" if refused else "database_away", problem)

    def _reason(self, code: str, problem: str | None = None) -> Reason:
        return Reason(code, {"database": self.shown, "problem": problem})


def _psycopg(connection: Connection) -> "psycopg.Connection[Any]":
    return cast("psycopg.Connection[Any]", connection.connection.dbapi_connection)


def _lock_key(name: str) -> int:
    return int.from_bytes(_digest(name)[:8], signed=True)

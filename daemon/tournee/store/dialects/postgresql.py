"""PostgreSQL: a server, and any number of processes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Index, Select, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from tournee.core.errors import StoreError, StoreOutdated, StoreUnavailable
from tournee.core.facts import Reason
from tournee.core.settings import Database
from tournee.store.columns import FieldsJson
from tournee.store.dialects import Expression, Rows, engines

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

BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"

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

    trouble: tuple[type[Exception], ...] = (SQLAlchemyError, psycopg.Error)
    migrates_itself = False
    writes_at_once = False

    def __init__(self, database: Database) -> None:
        url = make_url(database.url).set(drivername="postgresql+psycopg")
        self.shown = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        if database.password is not None:
            url = url.set(password=database.password.reveal())
        self.engine, self.unpooled = engines.engines(
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
        connection.execute(SESSION, [f"{round(engines.PATIENCE * 1000)}ms"])
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

    def insert(self, table: Table) -> postgresql.Insert:
        """PostgreSQL's own."""
        return postgresql.insert(table)

    def load(self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
        """COPY, six times as fast as INSERT."""
        statement = f"COPY {table.name} ({engines.quoted(columns)}) FROM STDIN"
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

    def by_index(self, connection: Connection) -> None:
        """Where statistics are missing or old, it would rather read whole tables, again for every portion."""
        connection.exec_driver_sql(BY_INDEX)

    def empty(self, connection: Connection, table: Table) -> None:
        """What was deleted would stay in the way."""
        connection.exec_driver_sql(f"TRUNCATE {table.name}")

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
    return int.from_bytes(engines.digest(name)[:8], signed=True)

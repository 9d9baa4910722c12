"""The state, in SQLite or PostgreSQL.

Door: `Store`, `Transaction`, `open_store`. What can be asked of a transaction are the functions of `imports`,
`rounds`, `merge`; `contacts`, `consent`, `erasure`; `history`, `planning`, `outbox`, `decisions`, `bounces`;
`keys` and `alerts`. Of what the database does wrong, only `StoreError` leaves this package.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, column, inspect, select, table

from tournee.core.errors import StoreOutdated
from tournee.core.facts import Reason
from tournee.core.settings import Database
from tournee.store.dialects import Dialect, open_dialect
from tournee.store.tables import REVISIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """Everything done with it is committed together, or nothing is; only store modules look inside."""

    connection: Connection
    dialect: Dialect


class Store:
    """A database, opened. Threads may share it; a transaction belongs to the thread that began it."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.migrates_itself = dialect.migrates_itself

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One state of the database, whatever others write meanwhile; raises StoreError."""
        with (
            self.translated(),
            self._dialect.engine.connect() as connection,
            self._begun(connection, self._dialect.reading) as tx,
        ):
            yield tx

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Committed at the end of the block, rolled back by any exception; raises StoreError.

        On SQLite one writes at a time: nothing slow (a network, a person) belongs into the block.
        """
        with (
            self.translated(),
            self._dialect.engine.connect() as connection,
            self._begun(connection, self._dialect.writing) as tx,
        ):
            yield tx

    @contextmanager
    def merging(self, connection: Connection) -> Iterator[Transaction]:
        """A write transaction on a dedicated connection while no other import is merged."""
        with self.translated(), self._begun(connection, self._dialect.writing) as tx:
            self._dialect.serialise(connection)
            yield tx

    @contextmanager
    def staging(self, connection: Connection) -> Iterator[Transaction]:
        """A transaction on a dedicated connection that touches its temporary tables only: no lock is held."""
        with self.translated(), self._begun(connection, self._dialect.staging) as tx:
            yield tx

    @contextmanager
    def dedicated(self) -> Iterator[Connection]:
        """A connection that is closed at the end, and its temporary tables and its memory with it."""
        with self.translated(), self._dialect.unpooled.connect() as connection:
            self._dialect.dedicate(connection)
            yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """The edge: what a driver raises becomes StoreError, which never holds a value or a password."""
        try:
            yield
        except self._dialect.trouble as trouble:
            error, place = self._dialect.explain(trouble), trouble.__traceback__
        else:
            return
        raise error.with_traceback(place) from None

    @contextmanager
    def exclusive(self, name: str) -> Iterator[bool]:
        """A lock among all threads and processes, gone when its process dies; False when it is taken."""
        with self.translated(), self._dialect.held(name) as mine:
            yield mine

    def daemon_lock(self) -> AbstractContextManager[None]:
        """Raises AlreadyRunning where another daemon has the SQLite file; PostgreSQL takes any number."""
        return self._dialect.only_daemon()

    def upgrade(self) -> None:
        """Create or upgrade the tables; raises StoreOutdated when they are newer than the program."""
        if self._revision() == REVISIONS[-1]:
            return
        from tournee.store import migrations  # Alembic costs a quarter of a second, and is hardly ever needed

        with self.write() as tx:
            self._dialect.serialise(tx.connection)
            if self._known(_revision(tx.connection)) != REVISIONS[-1]:
                migrations.upgrade(tx.connection)

    def require_current(self) -> None:
        """Raises StoreOutdated when the tables are older, or newer, than the program."""
        if self._known(self._revision()) != REVISIONS[-1]:
            raise StoreOutdated(self._reason("database_outdated"))

    def close(self) -> None:
        """Give the connections back."""
        self._dialect.engine.dispose()

    @contextmanager
    def _begun(self, connection: Connection, options: Mapping[str, Any]) -> Iterator[Transaction]:
        with connection.execution_options(**options).begin():
            yield Transaction(connection=connection, dialect=self._dialect)

    def _revision(self) -> str | None:
        with self.read() as tx:
            return _revision(tx.connection)

    def _known(self, revision: str | None) -> str | None:
        """The revision, which this program knows; raises StoreOutdated for one of a later program."""
        if revision is not None and revision not in REVISIONS:
            raise StoreOutdated(self._reason("database_newer"))
        return revision

    def _reason(self, code: str) -> Reason:
        return Reason(code, {"database": self._dialect.shown})


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(select(column("version_num", Text)).select_from(table("alembic_version")))


def open_store(database: Database) -> Store:
    """The database as it is; an SQLite file is made where there is none. Raises StoreUnavailable."""
    return Store(open_dialect(database))

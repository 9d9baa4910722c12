"""All that differs between SQLite and PostgreSQL: connections, locks, bulk load, expressions, errors.

A driver is loaded only where its database is used.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ColumnElement, Connection, Engine, Index, Select, SQLColumnExpression, Table

from tournee.core.errors import StoreError
from tournee.core.settings import Database

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

    Insert = sqlite.Insert | postgresql.Insert

Rows = Iterable[Sequence[object]]
Expression = SQLColumnExpression[Any]


class Dialect(Protocol):
    """What a database does in its own way."""

    trouble: tuple[type[Exception], ...]  # what its driver and SQLAlchemy raise
    engine: Engine
    unpooled: Engine  # its connections are opened for one use, and closed after it
    shown: str  # the database as a person may see it
    writes_at_once: bool  # new and known rows are faster written in one statement than in two
    migrates_itself: bool  # whether the program may change the tables without being asked
    reading: Mapping[str, Any]  # execution options of a transaction that only reads
    writing: Mapping[str, Any]
    staging: Mapping[str, Any]

    def dedicate(self, connection: Connection) -> None:
        """Settings of a connection that stages and merges one import."""

    def serialise(self, connection: Connection) -> None:
        """From here to the end of the transaction no other creates contacts or spends an allowance."""

    def insert(self, table: Table) -> "Insert":
        """An INSERT that knows ON CONFLICT."""

    def load(self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
        """Write many rows of plain values (times and JSON as text), in order."""

    def last_lines(self, staged: Table, *which: ColumnElement[bool]) -> Select[Any]:
        """Some of the staged rows, of each identity the last line, in the order of identities."""

    def loading(
        self, connection: Connection, index: Index, rows: int, of: int
    ) -> AbstractContextManager[None]:
        """The block writes so many rows into the table of an index, which has `of`, and does not read it."""

    def by_index(self, connection: Connection) -> None:
        """To the end of the transaction, few rows are looked up in large tables: by their indexes."""

    def empty(self, connection: Connection, table: Table) -> None:
        """Take all rows out of a temporary table."""

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
    if path != database.url:
        from tournee.store.dialects.sqlite import Sqlite

        return Sqlite(path)
    from tournee.store.dialects.postgresql import PostgreSQL

    return PostgreSQL(database)

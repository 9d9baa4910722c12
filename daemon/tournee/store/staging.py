"""The rows of one file on their way in, on a connection of their own.

They are put down before any lock is held, and merged at the end in one transaction. Where the database works
beside us (PostgreSQL), the transaction of a large file begins earlier, and merges rows while others are read.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection

from tournee.core.facts import CONTACT_ROW, ContactRow
from tournee.store import Store, Transaction
from tournee.store.merging import Job, Merging
from tournee.store.temporary import EMAIL_KEY, of_imports, staged


class _Unfinished(Exception):
    """Leaves a transaction so that it is rolled back."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """The rows of one file on their way in; `count` tells how many."""

    store: Store
    connection: Connection
    job: Job
    ahead: int | None  # so many rows are merged before others are read; None: never
    count: int = 0
    merging: Merging | None = None
    _waiting: int = 0
    _open: ExitStack = field(default_factory=ExitStack)
    _tx: Transaction | None = None

    def add(self, rows: Sequence[ContactRow]) -> None:
        """Put more rows into the stage; raises StoreError."""
        with self._writing() as tx:
            if self.job.identify_by:
                keyed = ((*row, row[2] and row[2].casefold()) for row in rows)
                tx.dialect.load(tx.connection, staged, (*CONTACT_ROW, EMAIL_KEY), keyed)
            else:
                tx.dialect.load(tx.connection, staged, CONTACT_ROW, rows)
        self.count += len(rows)
        self._waiting += len(rows)
        if self.ahead and self._waiting >= self.ahead:
            self._merge_ahead()

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        if self._tx:
            with self.store.translated():
                yield self._tx
        else:
            with self.store.staging(self.connection) as tx:
                yield tx

    def _merge_ahead(self) -> None:
        """Merge what waits, unless another import is being merged: then more rows wait."""
        with self.store.translated():
            if self._tx is None:
                self._tx = self._open.enter_context(self.store.merging_ahead(self.connection))
            if self._tx is None:
                self._open.close()
                return
            self.merging = self.merging or Merging(self.store, self._tx, self.job)
            self.merging.some()
        self._waiting = 0

    @contextmanager
    def merge(self) -> Iterator[Transaction]:
        """The one transaction in which everything of the import is written; raises StoreError.

        An exception in the block, or the death of the process, leaves nothing.
        """
        with self._open:
            tx = self._tx or self._open.enter_context(self.store.merging(self.connection))
            self.merging = self.merging or Merging(self.store, tx, self.job)
            yield tx

    def give_up(self) -> None:
        """What was merged ahead is undone, if `merge` has not committed it."""
        with suppress(_Unfinished), self._open:
            raise _Unfinished


@contextmanager
def stage(store: Store, job: Job, *, ahead: int | None = None) -> Iterator[Stage]:
    """A stage for the rows of one file, gone at the end of the block; raises StoreError.

    `ahead` is how many rows are merged before others are read, by default what suits the database.
    """
    with store.dedicated() as connection:
        with store.staging(connection) as tx:
            of_imports.create_all(connection, checkfirst=False)
        rows = Stage(store=store, connection=connection, job=job, ahead=ahead or tx.dialect.rows_ahead)
        try:
            yield rows
        finally:
            rows.give_up()

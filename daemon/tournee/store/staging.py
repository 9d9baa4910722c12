"""The rows of one file on their way in: put down before any lock is held, on a connection of their own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter

from sqlalchemy import Connection

from tournee.core.facts import CONTACT_ROW, ContactRow
from tournee.store import Store, Transaction
from tournee.store.merging import Job, Merging
from tournee.store.temporary import EMAIL_KEY, of_imports, staged

_EMAIL: Callable[[ContactRow], str | None] = itemgetter(CONTACT_ROW.index("email"))


class Stage:
    """The rows of one file on their way in; `count` tells how many, `phones` how many have only a phone.

    `now` is what the contacts say that they were made or changed at.
    """

    def __init__(self, store: Store, connection: Connection, job: Job) -> None:
        self.count = self.phones = 0
        self.merging: Merging | None = None  # inside of `merge`
        self.now = job.now
        self._store = store
        self._connection = connection
        self._job = job

    def add(self, rows: Sequence[ContactRow]) -> None:
        """Put more rows into the stage; no lock is held. Raises StoreError."""
        emails = list(map(_EMAIL, rows))
        with self._store.staging(self._connection) as tx:
            if self._job.identify_by:
                keyed = ((*row, email and email.casefold()) for row, email in zip(rows, emails, strict=True))
                tx.dialect.load(tx.connection, staged, (*CONTACT_ROW, EMAIL_KEY), keyed)
            else:
                tx.dialect.load(tx.connection, staged, CONTACT_ROW, rows)
        self.count += len(rows)
        self.phones += emails.count(None)

    @contextmanager
    def merge(self) -> Iterator[Transaction]:
        """The one transaction in which everything of the import is written; raises StoreError.

        An exception in the block, or the death of the process, leaves nothing.
        """
        with self._store.merging(self._connection) as tx:
            self.merging = Merging(tx, self._job)
            yield tx


@contextmanager
def stage(store: Store, job: Job) -> Iterator[Stage]:
    """A stage for the rows of one file, gone at the end of the block; raises StoreError."""
    with store.dedicated() as connection:
        with store.staging(connection):
            of_imports.create_all(connection, checkfirst=False)
        yield Stage(store, connection, job)

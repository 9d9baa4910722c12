"""One file's rows into contacts and a list: staged before any lock, merged with set-based SQL.

The rows go into a temporary table of a connection of their own; sorted by identity, of each identity only the
last line, they are joined with the contacts. Rows with an email come first, then rows with only a phone,
which may mean a contact that an email row has just made. Everything runs in the order of identities, in one
transaction, while no other import is merged.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ColumnElement, Connection, FromClause, MetaData, Select, Table, Text
from sqlalchemy.types import TypeEngine

from tournee.core.facts import CONTACT_ROW, ContactRow
from tournee.store import Store, Transaction, imports
from tournee.store.columns import BigId, ByteText, FieldsJson, StampText, UtcTime
from tournee.store.tables import contacts, lists, memberships

PLAIN = ("phone", "first_name", "last_name", "gender", "title", "country", "language")

_temporary = MetaData()


def _rows(name: str) -> Table:
    """A temporary table of contact rows."""
    special: dict[str, TypeEngine[Any]] = {"line": BigId, "identity": ByteText, "fields": FieldsJson()}
    columns: list[Column[Any]] = [Column(column, special.get(column, Text())) for column in CONTACT_ROW]
    return Table(name, _temporary, *columns, prefixes=["TEMPORARY"])


def _pairs(name: str) -> Table:
    """A temporary table of lines and the contacts they mean."""
    line = Column("line", BigId, primary_key=True, autoincrement=False)
    return Table(name, _temporary, line, Column("contact_id", BigId), prefixes=["TEMPORARY"])


staged = _rows("staged")
rows = _rows("surviving")  # of each identity the last line, sorted
adopted = _pairs("adopted")  # rows whose new email goes to a contact that had only the phone
phoned = _pairs("phoned")  # rows with only a phone, and the known contacts they mean
hits = Table(  # every contact of the file
    "hits",
    _temporary,
    Column("contact_id", BigId, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)


class Stage:
    """The rows of one file on their way in."""

    def __init__(self, store: Store, connection: Connection) -> None:
        self._store = store
        self._connection = connection
        self.count = 0
        self.merging = False

    def add(self, rows: Sequence[ContactRow]) -> None:
        """Put more rows into the stage; no lock is held. Raises StoreError."""
        with self._store.staging(self._connection) as tx:
            tx.dialect.load(tx.connection, staged, CONTACT_ROW, rows)
        self.count += len(rows)

    @contextmanager
    def merge(self) -> Iterator[Transaction]:
        """The one transaction in which everything of the import is written; raises StoreError.

        An exception in the block, or the death of the process, leaves nothing.
        """
        with self._store.staging(self._connection) as tx:
            sorted_rows = tx.dialect.last_lines(staged)
            tx.connection.execute(sa.insert(rows).from_select(CONTACT_ROW, sorted_rows))
            staged.drop(tx.connection, checkfirst=False)
        with self._store.merging(self._connection) as tx:
            self.merging = True
            yield tx


@contextmanager
def stage(store: Store) -> Iterator[Stage]:
    """A stage for the rows of one file, gone at the end of the block; raises StoreError."""
    with store.dedicated() as connection:
        with store.staging(connection):
            _temporary.create_all(connection, checkfirst=False)
        yield Stage(store, connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of the staged rows; together they are all of them."""

    created: int
    updated: int
    unchanged: int
    duplicate: int


def upsert(
    tx: Transaction, stage: Stage, *, list: str, now: datetime, stamp: tuple[int, ...] | None
) -> Merged:
    """Make and change contacts from the staged rows, and put them on the list; belongs into `stage.merge()`.

    An empty cell leaves what is stored alone; declared fields are merged key by key. What a newer file of
    this list (by its `stamp`) has brought stays as it is. Opt-outs are not touched.
    """
    merge = _Merge(tx, list, now, stamp)
    surviving = merge.count(sa.select(sa.func.count()).select_from(rows))
    emails, phones = merge.emails(), merge.phones()
    merge.enlist()
    created, updated = emails.created + phones.created, emails.updated + phones.updated
    duplicate = stage.count - surviving + phones.duplicate
    unchanged = stage.count - created - updated - duplicate
    return Merged(created=created, updated=updated, unchanged=unchanged, duplicate=duplicate)


def list_id(tx: Transaction, key: str) -> int:
    """The number of a list, given when it is first filled."""
    tx.connection.execute(tx.dialect.insert(lists).values(key=key).on_conflict_do_nothing())
    number: int = tx.connection.execute(sa.select(lists.c.id).where(lists.c.key == key)).scalar_one()
    return number


class _Merge:
    """The statements of one merge."""

    def __init__(self, tx: Transaction, list: str, now: datetime, stamp: tuple[int, ...] | None) -> None:
        self._tx = tx
        self._now = now
        self._list_id = list_id(tx, list)
        self._stamp = sa.literal(stamp, StampText())
        self._stamped = stamp is not None
        newest = imports.newest_stamp(tx, list)
        self._late = stamp is not None and newest is not None and stamp < newest

    def count(self, statement: sa.Executable) -> int:
        """The number that a query answers, or of the rows that a statement wrote."""
        done = self._tx.connection.execute(statement, execution_options={"preserve_rowcount": True})
        return done.scalar_one() if done.returns_rows else done.rowcount

    def emails(self) -> Merged:
        """Rows with an email: theirs is the contact of that email, else one that had only the phone."""
        adoptions = self._find_adoptions()
        updated = (
            self._update(*_pair(adopted), identity=rows.c.identity, email=rows.c.email) if adoptions else 0
        )
        others = [_absent(adopted, rows.c.line)] if adoptions else []
        updated += self._update(_same_identity(contacts), rows.c.email.is_not(None), *others)
        created = self._create(rows.c.email.is_not(None), *others)
        self._note(
            sa.select(contacts.c.id).join(rows, _same_identity(contacts)).where(rows.c.email.is_not(None))
        )
        if adoptions and self._late:  # those that had to stay as they were
            without_email = sa.and_(contacts.c.id == adopted.c.contact_id, contacts.c.email.is_(None))
            self._note(sa.select(contacts.c.id).join(adopted, without_email))
        return Merged(created=created, updated=updated, unchanged=0, duplicate=0)

    def _find_adoptions(self) -> int:
        """Of the rows that bring a new email with the phone of a contact without one, the first."""
        has_phone = sa.and_(contacts.c.identity == rows.c.phone, contacts.c.email.is_(None))
        query = (
            sa.select(sa.func.min(rows.c.line), contacts.c.id)
            .join(rows, has_phone)
            .where(rows.c.email.is_not(None), _unknown_identity())
            .group_by(contacts.c.id)
        )
        return self.count(sa.insert(adopted).from_select(("line", "contact_id"), query))

    def phones(self) -> Merged:
        """Rows with only a phone: theirs is the contact of that phone, if there is one and no other."""
        if not self.count(sa.select(sa.func.count()).select_from(rows).where(rows.c.email.is_(None))):
            return Merged(created=0, updated=0, unchanged=0, duplicate=0)
        self._find_phones()
        new = (rows.c.email.is_(None), _absent(phoned, rows.c.line))
        created = self._create(*new)
        self._note(sa.select(contacts.c.id).join(rows, _same_identity(contacts)).where(*new))
        taken = sa.delete(phoned).where(phoned.c.contact_id.in_(sa.select(hits.c.contact_id)))
        duplicate = self.count(taken)  # an email row of this file means the same contact
        updated = self._update(*_pair(phoned))
        self._note(sa.select(phoned.c.contact_id))
        return Merged(created=created, updated=updated, unchanged=0, duplicate=duplicate)

    def _find_phones(self) -> None:
        """The contact without an email that has the phone; else the one contact that has it at all."""
        alone = rows.c.email.is_(None)
        exact = sa.select(rows.c.line, contacts.c.id).join(rows, _same_identity(contacts)).where(alone)
        only = (
            sa.select(rows.c.line, sa.func.min(contacts.c.id))
            .join(rows, contacts.c.phone == rows.c.identity)
            .where(alone, _unknown_identity())
            .group_by(rows.c.line)
            .having(sa.func.count() == 1)
        )
        for query in (exact, only):
            self.count(sa.insert(phoned).from_select(("line", "contact_id"), query))

    def _update(self, *which: ColumnElement[bool], **also: ColumnElement[Any]) -> int:
        """Put the filled cells of rows over the contacts that they mean, where that changes anything."""
        plain = {name: sa.func.coalesce(rows.c[name], contacts.c[name]) for name in PLAIN}
        fields = self._tx.dialect.merged(contacts.c.fields, rows.c.fields)
        changes = [value.is_distinct_from(contacts.c[name]) for name, value in {**plain, **also}.items()]
        changes.append(
            sa.and_(
                rows.c.fields.is_not(None),
                rows.c.fields.is_distinct_from(contacts.c.fields),  # hardly ever true, and cheaper to tell
                fields.is_distinct_from(contacts.c.fields),
            )
        )
        values = {**plain, **also, "fields": fields, "updated_at": self._now}
        statement = sa.update(contacts).values(values).where(*which, sa.or_(*changes))
        return self.count(statement.where(~self._held()) if self._late else statement)

    def _held(self) -> ColumnElement[bool]:
        """A newer file of the list has brought the contact."""
        newer = sa.and_(memberships.c.list_id == self._list_id, memberships.c.stamp > self._stamp)
        return sa.exists().where(memberships.c.contact_id == contacts.c.id, newer)

    def _create(self, *which: ColumnElement[bool]) -> int:
        """Contacts for rows whose identity nobody has."""
        fields = self._tx.dialect.merged(sa.literal({}, FieldsJson()), rows.c.fields)
        now = sa.literal(self._now, UtcTime())
        columns = ("identity", "email", *PLAIN)
        query = sa.select(*(rows.c[name] for name in columns), fields, now, now.label("updated"))
        query = query.where(*which, _unknown_identity())
        names = (*columns, "fields", "created_at", "updated_at")
        return self.count(sa.insert(contacts).from_select(names, query))

    def _note(self, contact_ids: Select[Any]) -> None:
        self.count(sa.insert(hits).from_select(("contact_id",), contact_ids))

    def enlist(self) -> None:
        """Put the contacts of the file on the list, and note how new the file is that brought them."""
        mine = sa.and_(memberships.c.list_id == self._list_id, memberships.c.contact_id == hits.c.contact_id)
        if self._stamped:
            older = sa.or_(memberships.c.stamp.is_(None), memberships.c.stamp < self._stamp)
            self.count(sa.update(memberships).values(stamp=self._stamp).where(mine, older))
        columns = (
            sa.literal(self._list_id),
            hits.c.contact_id,
            sa.literal(self._now, UtcTime()),
            self._stamp,
        )
        absent = ~sa.exists().where(mine)
        query = sa.select(*columns).select_from(hits).where(absent)
        self.count(sa.insert(memberships).from_select(("list_id", "contact_id", "added_at", "stamp"), query))


def _same_identity(known: FromClause) -> ColumnElement[bool]:
    return known.c.identity == rows.c.identity


def _unknown_identity() -> ColumnElement[bool]:
    """Nobody has the identity of the row."""
    anybody = contacts.alias("anybody")
    return ~sa.exists().where(_same_identity(anybody))


def _pair(pairs: Table) -> tuple[ColumnElement[bool], ...]:
    """A row, and the contact with which it was paired."""
    return pairs.c.line == rows.c.line, pairs.c.contact_id == contacts.c.id


def _absent(pairs: Table, line: ColumnElement[int]) -> ColumnElement[bool]:
    """The row was not paired."""
    return ~sa.exists().where(pairs.c.line == line)

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

PLAIN = ("first_name", "last_name", "gender", "title", "country", "language")

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
        self.surviving: int | None = None  # known once they were merged

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
            distinct = sa.insert(rows).from_select(CONTACT_ROW, tx.dialect.last_lines(staged))
            self.surviving = _number(tx, distinct)
        with self._store.merging(self._connection) as tx:
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
    assert stage.surviving is not None, "merge() has sorted the rows"
    merge = _Merge(tx, list, now, stamp)
    emails, phones = merge.emails(), merge.phones()
    merge.enlist()
    created, updated = emails.created + phones.created, emails.updated + phones.updated
    duplicate = stage.count - stage.surviving + phones.duplicate
    unchanged = stage.count - created - updated - duplicate
    return Merged(created=created, updated=updated, unchanged=unchanged, duplicate=duplicate)


def list_id(tx: Transaction, key: str) -> int:
    """The number of a list, given when it is first filled."""
    tx.connection.execute(tx.dialect.insert(lists).values(key=key).on_conflict_do_nothing())
    number: int = tx.connection.execute(sa.select(lists.c.id).where(lists.c.key == key)).scalar_one()
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What became of the rows of one kind; the others are unchanged."""

    created: int = 0
    updated: int = 0
    duplicate: int = 0


class _Merge:
    """The statements of one merge."""

    def __init__(self, tx: Transaction, list: str, now: datetime, stamp: tuple[int, ...] | None) -> None:
        self._tx = tx
        self._now = sa.literal(now, UtcTime())
        self._list_id = list_id(tx, list)
        self._stamp = sa.literal(stamp, StampText())
        self._stamped = stamp is not None
        newest = imports.newest_stamp(tx, list)
        self._late = stamp is not None and newest is not None and stamp < newest

    # ------------------------------------------------------------ which rows mean which contacts

    def emails(self) -> _Part:
        """Rows with an email: theirs is the contact of that email, else one that had only the phone."""
        which: list[ColumnElement[bool]] = [rows.c.email.is_not(None)]
        updated = 0
        if self._adopt():
            updated = self._update(*_pair(adopted), identity=rows.c.identity, email=rows.c.email)
            which.append(_unpaired(adopted))
        updated += self._update(_same_identity(contacts), *which)
        created = self._create(*which)
        self._note(sa.select(contacts.c.id).join(rows, _same_identity(contacts)).where(which[0]))
        if len(which) > 1 and self._late:  # who was not to be changed has no email yet
            without_email = sa.and_(contacts.c.id == adopted.c.contact_id, contacts.c.email.is_(None))
            self._note(sa.select(contacts.c.id).join(adopted, without_email))
        return _Part(created=created, updated=updated)

    def _adopt(self) -> int:
        """Of the rows that bring a new email with the phone of a contact without one, the first."""
        has_phone = sa.and_(contacts.c.identity == rows.c.phone, contacts.c.email.is_(None))
        query = (
            sa.select(sa.func.min(rows.c.line), contacts.c.id)
            .join(rows, has_phone)
            .where(rows.c.email.is_not(None), _nobody_has_identity())
            .group_by(contacts.c.id)
        )
        return _number(self._tx, sa.insert(adopted).from_select(("line", "contact_id"), query))

    def phones(self) -> _Part:
        """Rows with only a phone: theirs is the contact of that phone, if there is one and no other."""
        alone = rows.c.email.is_(None)
        if not self._tx.connection.scalar(sa.select(sa.exists().where(alone))):
            return _Part()
        self._find_phones(alone)
        new = (alone, _unpaired(phoned))
        created = self._create(*new)
        self._note(sa.select(contacts.c.id).join(rows, _same_identity(contacts)).where(*new))
        twice = phoned.c.contact_id.in_(sa.select(hits.c.contact_id))
        duplicate = _number(self._tx, sa.delete(phoned).where(twice))  # an email row means the same contact
        updated = self._update(*_pair(phoned))
        self._note(sa.select(phoned.c.contact_id))
        return _Part(created=created, updated=updated, duplicate=duplicate)

    def _find_phones(self, alone: ColumnElement[bool]) -> None:
        """The contact without an email that has the phone; else the one contact that has it at all."""
        exact = sa.select(rows.c.line, contacts.c.id).join(rows, _same_identity(contacts)).where(alone)
        only = (
            sa.select(rows.c.line, sa.func.min(contacts.c.id))
            .join(rows, contacts.c.phone == rows.c.identity)
            .where(alone, _nobody_has_identity())
            .group_by(rows.c.line)
            .having(sa.func.count() == 1)
        )
        for query in (exact, only):
            _number(self._tx, sa.insert(phoned).from_select(("line", "contact_id"), query))

    def _note(self, contact_ids: Select[Any]) -> None:
        _number(self._tx, sa.insert(hits).from_select(("contact_id",), contact_ids))

    # ------------------------------------------------------------ what is written

    def _update(self, *which: ColumnElement[bool], **also: ColumnElement[Any]) -> int:
        """Put the filled cells of rows over the contacts that they mean, where that changes anything.

        Phones apart: whoever sets an indexed column makes SQLite write the index, changed or not.
        """
        phone = sa.func.coalesce(rows.c.phone, contacts.c.phone)
        new_phone = phone.is_distinct_from(contacts.c.phone)
        plain = {name: sa.func.coalesce(rows.c[name], contacts.c[name]) for name in PLAIN} | also
        fields = self._tx.dialect.merged(contacts.c.fields, rows.c.fields)
        new_fields = sa.and_(
            rows.c.fields.is_not(None),
            rows.c.fields.is_distinct_from(contacts.c.fields),  # the same fields again are told cheaply
            fields.is_distinct_from(contacts.c.fields),
        )
        changes = [value.is_distinct_from(contacts.c[name]) for name, value in plain.items()]
        values = {**plain, "fields": fields, "updated_at": self._now}
        allowed = [*which, ~self._brought_by_newer()] if self._late else which
        changed = sa.update(contacts).values(values).where(*allowed, sa.or_(*changes, new_fields, new_phone))
        number = _number(self._tx, changed)
        if number:
            _number(self._tx, sa.update(contacts).values(phone=phone).where(*allowed, new_phone))
        return number

    def _brought_by_newer(self) -> ColumnElement[bool]:
        """A newer file of the list has brought the contact."""
        newer = sa.and_(memberships.c.list_id == self._list_id, memberships.c.stamp > self._stamp)
        return sa.exists().where(memberships.c.contact_id == contacts.c.id, newer)

    def _create(self, *which: ColumnElement[bool]) -> int:
        """Contacts for rows whose identity nobody has."""
        fields = self._tx.dialect.merged(sa.literal({}, FieldsJson()), rows.c.fields)
        names = ("identity", "email", "phone", *PLAIN)
        query = sa.select(*(rows.c[name] for name in names), fields, self._now, self._now.label("updated_at"))
        query = query.where(*which, _nobody_has_identity())
        columns = (*names, "fields", "created_at", "updated_at")
        return _number(self._tx, sa.insert(contacts).from_select(columns, query))

    def enlist(self) -> None:
        """Put the contacts of the file on the list, and note how new the file is that brought them."""
        on_list = memberships.c.list_id == self._list_id
        if self._stamped:
            brought = memberships.c.contact_id.in_(sa.select(hits.c.contact_id))
            older = sa.or_(memberships.c.stamp.is_(None), memberships.c.stamp < self._stamp)
            _number(self._tx, sa.update(memberships).values(stamp=self._stamp).where(on_list, brought, older))
        query = sa.select(sa.literal(self._list_id), hits.c.contact_id, self._now, self._stamp)
        query = query.where(~sa.exists().where(on_list, memberships.c.contact_id == hits.c.contact_id))
        names = ("list_id", "contact_id", "added_at", "stamp")
        _number(self._tx, sa.insert(memberships).from_select(names, query))


def _number(tx: Transaction, statement: sa.Executable) -> int:
    """Run a statement that writes; how many rows it wrote."""
    return tx.connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def _same_identity(known: FromClause) -> ColumnElement[bool]:
    return known.c.identity == rows.c.identity


def _nobody_has_identity() -> ColumnElement[bool]:
    anybody = contacts.alias("anybody")
    return ~sa.exists().where(_same_identity(anybody))


def _pair(pairs: Table) -> tuple[ColumnElement[bool], ...]:
    """A row, and the contact with which it was paired."""
    return pairs.c.line == rows.c.line, pairs.c.contact_id == contacts.c.id


def _unpaired(pairs: Table) -> ColumnElement[bool]:
    """A row that was not paired."""
    return ~sa.exists().where(pairs.c.line == rows.c.line)

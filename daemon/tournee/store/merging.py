"""Rows into contacts, with set-based SQL in the order of identities.

A row means the contact of its identity; of an identity the last row counts, and nothing is left of earlier
ones. Rows with an email come first, then rows with only a phone, which may mean a contact of an email row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause, Select, Subquery, Table
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from tournee.store import Transaction, consent, imports
from tournee.store.columns import FieldsJson, StampText, UtcTime
from tournee.store.dialects import Expression
from tournee.store.tables import contacts, contacts_phone, lists, memberships
from tournee.store.temporary import EMAIL_KEY, hits, known, paired, staged

IDENTIFYING = ("identity", "email", "phone", EMAIL_KEY)
PLAIN = ("first_name", "last_name", "gender", "title", "country", "language")
NEW = (*IDENTIFYING, *PLAIN, "fields", "created_at", "updated_at")

Where = Sequence[ColumnElement[bool]]
Cells = ReadOnlyColumnCollection[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Which list the rows of a file are for, and what its feed says of them.

    `identify_by` is the field that identifies contacts (None: the email, else the phone). Empty cells of the
    columns in `clear` erase; where it has any, nulls of declared fields do too.
    """

    list: str
    now: datetime
    stamp: tuple[int, ...] | None
    identify_by: str | None = None
    clear: frozenset[str] = frozenset()


class Merging:
    """The merge of one file into a list, in one transaction; the rows are those that are staged.

    `created`, `updated` and `joined` tell how many contacts were made, changed and put on the list so far.
    """

    def __init__(self, tx: Transaction, job: Job) -> None:
        self.created = self.updated = self.joined = 0
        self._tx = tx
        self._job = job
        self._now = sa.literal(job.now, UtcTime())
        self._stamp = sa.literal(job.stamp, StampText())
        self._list_id = list_id(tx, job.list)
        self.on_list = memberships.c.list_id == self._list_id
        self.late = imports.newer_stamp(tx, job.list, job.stamp) is not None
        self._adopted = False

    def run(self, *, rows: int, phones: int) -> None:
        """Merge what is staged, so many rows, and of them so many with only a phone."""
        if self._job.identify_by:
            self._merge(rows=rows)
            return
        self._adopt()
        self._merge(staged.c.email.is_not(None), rows=rows - phones)
        if phones:
            self._merge_phones(rows=phones)

    def _merge(self, *which: ColumnElement[bool], rows: int) -> None:
        """Make and change the contacts that rows mean by their identity, and put them on the list."""
        new_rows = rows - self._know(*which)
        if self._job.identify_by:
            self._keep_refusing()
        self._keep_phones_refusing()
        before = self._last_id()
        with self._tx.dialect.loading(self._tx.connection, contacts_phone, new_rows, before):
            written = self._write(which)
        new = sa.select(contacts.c.id).where(contacts.c.id > before)
        created = self._hit(new)
        self.created += created
        self.updated += written - created
        self._enlist(new)
        self._settle_known()

    def _settle_known(self) -> None:
        """The known contacts are contacts of the file, on the list."""
        self._hit(sa.select(known.c.contact_id))
        self._note_stamp()
        member = sa.exists().where(self.on_list, memberships.c.contact_id == known.c.contact_id)
        self._enlist(sa.select(known.c.contact_id).where(~member).order_by(known.c.contact_id))
        self._empty(known)

    # ------------------------------------------------------------ which rows mean which contacts

    def _know(self, *which: ColumnElement[bool]) -> int:
        """Find the contacts that there are already, and of the rows that mean one the last; how many."""
        pairs = sa.select(contacts.c.id, sa.func.max(staged.c.line)).group_by(contacts.c.id)
        pairs = pairs.join(staged, staged.c.identity == contacts.c.identity).where(*which)
        return self._run(sa.insert(known).from_select(("contact_id", "line"), pairs))

    def _adopt(self) -> None:
        """Give a contact who has only a phone the email of the first row that brings a new one with it."""
        if self._tx.connection.execute(phone_only().limit(1)).first() is None:
            return
        alone = phone_only().cte("alone").prefix_with("MATERIALIZED")
        pairs = sa.select(alone.c.id, staged.c.line, staged.c.identity)
        pairs = pairs.join(staged, staged.c.phone == alone.c.identity)
        pairs = pairs.where(staged.c.email.is_not(None), _nobody_is(staged))
        if not self._run(sa.insert(paired).from_select(("contact_id", "line", "identity"), pairs)):
            return
        last = _last_lines(staged.c.identity.in_(sa.select(paired.c.identity)))
        self._run(sa.delete(paired).where(paired.c.line.not_in(sa.select(last.c.line))))
        first = sa.select(sa.func.min(paired.c.line)).group_by(paired.c.contact_id)
        self._run(sa.delete(paired).where(paired.c.line.not_in(first)))
        if self.late:
            self._leave_to_newer()
        named = sa.update(contacts).values(identity=staged.c.identity, email=staged.c.email)
        self._run(named.where(*_pair(paired)))
        self._adopted = True

    def _leave_to_newer(self) -> None:
        """Whom a newer file has brought is not adopted, and nobody else is made of the row."""
        barred = sa.exists().where(contacts.c.id == paired.c.contact_id, self._brought_by_newer())
        self._hit(sa.select(paired.c.contact_id).where(barred))
        by_phone = sa.select(contacts.c.identity).join(paired, paired.c.contact_id == contacts.c.id)
        for rows in (sa.select(paired.c.identity).where(barred), by_phone.where(self._brought_by_newer())):
            self._run(sa.delete(staged).where(staged.c.identity.in_(rows)))
        self._run(sa.delete(paired).where(barred))

    def _merge_phones(self, *, rows: int) -> None:
        """Rows with only a phone: its contact is who has no email, else the one contact who has it at all."""
        alone = staged.c.email.is_(None)
        self._empty(paired)
        self._adopted = False
        last = _last_lines(alone)
        has_phone = sa.and_(contacts.c.phone == last.c.identity, _is_of_email())
        pairs = (
            sa.select(sa.func.min(contacts.c.id), last.c.line, last.c.identity)
            .join(last, has_phone)
            .where(_nobody_is(last))
            .group_by(last.c.line, last.c.identity)
            .having(sa.func.count() == 1)
        )
        found = self._run(sa.insert(paired).from_select(("contact_id", "line", "identity"), pairs))
        others = [~sa.exists().where(paired.c.identity == staged.c.identity)] if found else []
        self._merge(alone, *others, rows=rows - found)
        if found:
            twice = hits.c.contact_id == paired.c.contact_id  # an email row means the same contact
            rest = sa.select(paired.c.contact_id, paired.c.line).where(~sa.exists().where(twice))
            self._run(sa.insert(known).from_select(("contact_id", "line"), rest))
            self.updated += self._update()
            self._settle_known()

    def _keep_refusing(self) -> None:
        """The emails that rows are about to take from contacts who opted out."""
        key = contacts.c.email_key
        loses = sa.and_(key.is_not(None), self._after(staged.c, EMAIL_KEY).is_distinct_from(key))
        one = contacts.c
        leaving = sa.select(one.id.label("contact_id"), one.email_key.label("identity"), one.email)
        theirs = leaving.join(known, known.c.contact_id == one.id).join(staged, staged.c.line == known.c.line)
        theirs = theirs.where(loses, *self._allowed())
        consent.keep_refusing(self._tx, theirs.add_columns(sa.null().label("phone")), self._job.now)

    def _keep_phones_refusing(self) -> None:
        """The phones that rows are about to take from contacts who opted out of SMS, or of everything."""
        one = contacts.c
        loses = sa.and_(one.phone.is_not(None), self._after(staged.c, "phone").is_distinct_from(one.phone))
        losing = sa.select(one.id).where(loses, one.phone != one.identity, *self._allowed())
        theirs = losing.join(known, known.c.contact_id == one.id).join(staged, staged.c.line == known.c.line)
        consent.keep_phones_refusing(self._tx, theirs, self._job.now)

    # ------------------------------------------------------------ what is written

    def _write(self, which: Where) -> int:
        """Change the known contacts, and make the others; how many both are."""
        if self._tx.dialect.writes_at_once and not self._job.clear:
            return self._upsert(which)
        return self._update() + self._create(which)

    def _upsert(self, which: Where) -> int:
        """Both in one statement, in which empty cells never erase."""
        new = self._tx.dialect.insert(contacts).from_select(NEW, self._rows(which))
        changed = new.on_conflict_do_update(
            index_elements=[contacts.c.identity],
            set_=self._values(new.excluded),
            where=sa.and_(self._is_news(new.excluded), *self._allowed()),
        )
        return self._run(changed)

    def _update(self) -> int:
        """Put the cells of rows over the known contacts that they mean, where that changes anything."""
        changed = sa.update(contacts).values(self._values(staged.c))
        return self._run(changed.where(*_pair(known), self._is_news(staged.c), *self._allowed()))

    def _create(self, which: Where) -> int:
        """Contacts for rows that mean nobody who is known."""
        return self._run(sa.insert(contacts).from_select(NEW, self._rows([*which, _nobody_is(staged)])))

    def _rows(self, which: Where) -> Select[Any]:
        """Rows as new contacts, of each identity the last."""
        last = self._tx.dialect.last_lines(staged, *which).subquery("last")
        fields: Expression = sa.func.coalesce(last.c.fields, sa.literal({}, FieldsJson()))
        if self._job.clear:
            fields = self._merged(sa.literal({}, FieldsJson()), last.c.fields)
        columns = (last.c[name] for name in (*IDENTIFYING, *PLAIN))
        rows = sa.select(*columns, fields, self._now, self._now.label("updated_at"))
        return rows.where(last.c.line.is_not(None))

    def _values(self, cells: Cells) -> dict[str, Any]:
        """What is in a contact once a row was put over it."""
        values: dict[str, Any] = {name: self._after(cells, name) for name in (*PLAIN, *self._addresses)}
        if EMAIL_KEY in values:  # only another address is written, not another spelling
            moved = values[EMAIL_KEY].is_distinct_from(contacts.c.email_key)
            values["email"] = sa.case((moved, self._after(cells, "email")), else_=contacts.c.email)
        fields = self._merged(contacts.c.fields, cells["fields"])
        return values | {"fields": fields, "updated_at": self._now}

    def _is_news(self, cells: Cells) -> ColumnElement[bool]:
        """Whether a row changes anything about its contact."""
        fields = sa.and_(
            cells["fields"].is_not(None),
            cells["fields"].is_distinct_from(contacts.c.fields),  # the same fields again are told cheaply
            self._merged(contacts.c.fields, cells["fields"]).is_distinct_from(contacts.c.fields),
        )
        names = (*PLAIN, *self._addresses)
        changes = [self._after(cells, name).is_distinct_from(contacts.c[name]) for name in names]
        adopted = [contacts.c.id.in_(sa.select(paired.c.contact_id))] if self._adopted else []
        return sa.or_(*changes, fields, *adopted)

    @property
    def _addresses(self) -> tuple[str, ...]:
        """The addresses that rows may change: an email not where it is who the contact is."""
        return ("phone", EMAIL_KEY) if self._job.identify_by else ("phone",)

    def _after(self, cells: Cells, name: str) -> ColumnElement[Any]:
        erases = ("email" if name == EMAIL_KEY else name) in self._job.clear
        return cells[name] if erases else sa.func.coalesce(cells[name], contacts.c[name])

    def _merged(self, stored: Expression, new: Expression) -> Expression:
        """Declared fields once those of a row were put over them."""
        merged = self._tx.dialect.merged(stored, new)
        return self._tx.dialect.erased(merged) if self._job.clear else merged

    def _allowed(self) -> Where:
        """Of the contacts that rows mean, those that they may change."""
        return [~self._brought_by_newer()] if self.late else []

    def _brought_by_newer(self) -> ColumnElement[bool]:
        """A newer file of the list has brought the contact."""
        newer = sa.and_(self.on_list, memberships.c.stamp > self._stamp)
        # no FROM names the table where ON CONFLICT looks
        contact: ColumnElement[int] = sa.literal_column("contacts.id")
        return sa.exists().where(memberships.c.contact_id == contact, newer)

    # ------------------------------------------------------------ who is on the list

    def _hit(self, ids: Select[Any]) -> int:
        """Note contacts of the file; how many these are."""
        return self._run(sa.insert(hits).from_select(("contact_id",), ids))

    def _enlist(self, ids: Select[Any]) -> None:
        """Put contacts on the list who are not on it."""
        who = ids.add_columns(sa.literal(self._list_id), self._now, self._stamp)
        columns = ("contact_id", "list_id", "added_at", "stamp")
        self.joined += self._run(sa.insert(memberships).from_select(columns, who))

    def _note_stamp(self) -> None:
        """How new the file is that brought the known contacts."""
        if self._job.stamp is None:
            return
        brought = memberships.c.contact_id.in_(sa.select(known.c.contact_id))
        older = sa.or_(memberships.c.stamp.is_(None), memberships.c.stamp < self._stamp)
        self._run(sa.update(memberships).values(stamp=self._stamp).where(self.on_list, brought, older))

    # ------------------------------------------------------------ how statements are run

    def _last_id(self) -> int:
        return self._tx.connection.scalar(sa.select(sa.func.max(contacts.c.id))) or 0

    def _empty(self, table: Table) -> None:
        self._tx.dialect.empty(self._tx.connection, table)

    def _run(self, statement: sa.Executable) -> int:
        return wrote(self._tx, statement)


def list_id(tx: Transaction, key: str) -> int:
    """The number of a list, given when it is first filled."""
    tx.connection.execute(tx.dialect.insert(lists).values(key=key).on_conflict_do_nothing())
    number: int = tx.connection.execute(sa.select(lists.c.id).where(lists.c.key == key)).scalar_one()
    return number


def wrote(tx: Transaction, statement: sa.Executable) -> int:
    """Run a statement that writes; how many rows it wrote."""
    return tx.connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def phone_only() -> Select[Any]:
    """The contacts who have only a phone: their identities begin with its `+`."""
    phones = sa.and_(contacts.c.identity >= "+", contacts.c.identity < ",")
    return sa.select(contacts.c.id, contacts.c.identity).where(phones, contacts.c.email.is_(None))


def _last_lines(*which: ColumnElement[bool]) -> Subquery:
    """The last lines of the identities in some of the rows."""
    last = sa.func.max(staged.c.line).label("line")
    return sa.select(staged.c.identity, last).where(*which).group_by(staged.c.identity).subquery("last")


def _nobody_is(rows: FromClause) -> ColumnElement[bool]:
    """The identity of a row is nobody's yet."""
    anybody = contacts.alias("anybody")
    return ~sa.exists().where(anybody.c.identity == rows.c.identity)


def _is_of_email() -> ColumnElement[bool]:
    """A contact that is identified by its email."""
    return sa.and_(contacts.c.email.is_not(None), contacts.c.email_key.is_(None))


def _pair(pairs: Table) -> Where:
    """A row, and the contact that it means."""
    return [pairs.c.line == staged.c.line, pairs.c.contact_id == contacts.c.id]

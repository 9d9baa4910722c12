"""A person's record: found, added, changed, opted out and in. The rows of files come in through `merge`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BindParameter, Row

from tournee.core.errors import AmbiguousContact, InvalidValue, UnknownName
from tournee.core.facts import Contact, JsonValue, OptOut, Reason
from tournee.store import Transaction, consent, erasure
from tournee.store.consent import opt_in, opt_out
from tournee.store.merge import Job, Merged, Stage, list_id, stage, upsert
from tournee.store.tables import contacts, lists, memberships

__all__ = [
    "Job",
    "Merged",
    "Stage",
    "add",
    "change",
    "find",
    "get",
    "load",
    "member_counts",
    "opt_in",
    "opt_out",
    "since",
    "stage",
    "the_one",
    "upsert",
]

STANDARD = ("email", "phone", "first_name", "last_name", "gender", "title", "country", "language")

# ---------------------------------------------------------------- reading


def find(tx: Transaction, text: str) -> tuple[Contact, ...]:
    """The contacts that an email, an international phone, an id or `field=value` means: none, one, or all."""
    word = text.strip()
    if "@" in word or "=" in word:
        key = word.casefold()
        means = sa.or_(contacts.c.identity.in_((key, word)), contacts.c.email_key == key)
    elif word.startswith("+"):
        means = contacts.c.phone == re.sub(r"[\s().-]", "", word)
    elif word.isascii() and word.isdigit() and len(word) <= 18:
        means = contacts.c.id == int(word)
    else:
        return ()
    ids = tx.connection.scalars(sa.select(contacts.c.id).where(means)).all()
    return tuple(load(tx, ids).values())


def the_one(tx: Transaction, *texts: str) -> Contact:
    """The one contact that emails, phones or ids mean; raises UnknownName, AmbiguousContact."""
    found = list({contact.id: contact for text in texts for contact in find(tx, text)}.values())
    if not found:
        raise UnknownName(Reason("unknown_contact"))
    if len(found) > 1:
        raise AmbiguousContact(Reason("ambiguous_contact", {"ids": [contact.id for contact in found]}))
    return found[0]


def get(tx: Transaction, contact_id: int) -> Contact | None:
    """One contact."""
    return load(tx, [contact_id]).get(contact_id)


def load(tx: Transaction, ids: Iterable[int]) -> dict[int, Contact]:
    """Contacts whole, by id, with their lists and what they refused."""
    wanted = sorted(set(ids))
    on_lists, refused = _lists_of(tx, wanted), consent.refusals(tx, wanted)
    return {
        row.id: _contact(row, on_lists.get(row.id, ()), refused.get(row.id, ()))
        for row in tx.connection.execute(_CONTACTS, {"ids": wanted})
    }


# Built once: they run for every twenty messages that are sent.
_ids: BindParameter[Any] = sa.bindparam("ids", expanding=True)
_CONTACTS = (
    sa.select(*(column for column in contacts.c if column.name not in ("identity", "email_key")))
    .where(contacts.c.id.in_(_ids))
    .order_by(contacts.c.id)
)
_LISTS = (
    sa.select(memberships.c.contact_id, lists.c.key)
    .join(lists, sa.and_(memberships.c.list_id == lists.c.id, memberships.c.contact_id.in_(_ids)))
    .order_by(lists.c.key)
)


def _contact(row: Row[Any], on_lists: Sequence[str], refused: Sequence[OptOut]) -> Contact:
    return Contact(**row._mapping, lists=tuple(on_lists), opt_outs=tuple(refused))


def _lists_of(tx: Transaction, ids: Sequence[int]) -> dict[int, list[str]]:
    """Through the lists, of which there are few: memberships have no index by contact."""
    found: dict[int, list[str]] = {}
    for contact_id, key in tx.connection.execute(_LISTS, {"ids": ids}):
        found.setdefault(contact_id, []).append(key)
    return found


def since(tx: Transaction, contact_id: int) -> dict[str, datetime]:
    """The lists of a contact, and when it joined each."""
    mine = sa.and_(memberships.c.list_id == lists.c.id, memberships.c.contact_id == contact_id)
    query = sa.select(lists.c.key, memberships.c.added_at).join(lists, mine).order_by(lists.c.key)
    return {row.key: row.added_at for row in tx.connection.execute(query)}


def member_counts(tx: Transaction) -> dict[str, int]:
    """How many contacts are on each list that has any."""
    counted = sa.select(memberships.c.list_id, sa.func.count().label("number"))
    on_list = counted.group_by(memberships.c.list_id).subquery()
    query = sa.select(lists.c.key, on_list.c.number).join(on_list, on_list.c.list_id == lists.c.id)
    return {row.key: row.number for row in tx.connection.execute(query)}


# ---------------------------------------------------------------- writing


def add(tx: Transaction, values: Mapping[str, JsonValue], lists: Sequence[str], now: datetime) -> int:
    """The id of a new contact, put on the lists; `values` are normalised, by standard and declared names.

    Raises InvalidValue when it has neither email nor phone (`identity_missing`), or somebody is it already
    (`contact_exists`). Who was erased before comes back refusing everything.
    """
    tx.dialect.serialise(tx.connection)
    plain, fields = _split(values)
    identity = _identity(plain)
    _require_nobody(tx, identity)
    if plain.get("email") and plain.get("phone"):  # whoever had only that phone
        _require_nobody(tx, str(plain["phone"]))
    filled = {name: value for name, value in fields.items() if value is not None}
    new = sa.insert(contacts).values(
        **plain, identity=identity, fields=filled, created_at=now, updated_at=now
    )
    contact_id: int = tx.connection.execute(new.returning(contacts.c.id)).scalar_one()
    for key in sorted(set(lists)):
        member = {"list_id": list_id(tx, key), "contact_id": contact_id, "added_at": now}
        tx.connection.execute(sa.insert(memberships).values(**member))
    erasure.refuse_one(tx, contact_id, now)
    return contact_id


def change(tx: Transaction, contact_id: int, values: Mapping[str, JsonValue], now: datetime) -> bool:
    """Put new values (None clears) over a contact's; whether that changed anything. Raises as `add` does.

    An address that somebody who opted out no longer has goes on refusing: the next file may bring it again.
    """
    tx.dialect.serialise(tx.connection)
    row = tx.connection.execute(sa.select(contacts).where(contacts.c.id == contact_id)).one()
    plain, fields = _split(values)
    wanted = {name: getattr(row, name) for name in STANDARD} | plain
    merged = {name: value for name, value in {**row.fields, **fields}.items() if value is not None}
    field = _identifying_field(row)
    identity = _identity(wanted) if field is None else _identity_of(field, merged)
    if identity != row.identity:
        _require_nobody(tx, identity)
    after = {**wanted, "fields": merged}
    if all(row._mapping[name] == value for name, value in after.items()):
        return False
    if row.phone not in (None, row.identity, wanted["phone"]):
        consent.keep_phones_refusing(tx, sa.select(contacts.c.id).where(contacts.c.id == contact_id), now)
    email_key = _address(wanted) if field and wanted["email"] else None
    changed = sa.update(contacts).where(contacts.c.id == contact_id)
    tx.connection.execute(changed.values(**after, identity=identity, email_key=email_key, updated_at=now))
    lost = row.email_key if field else row.identity
    if lost not in (None, _address(wanted), wanted["phone"]):
        _keep_refusing(tx, row, lost, now)
    if (identity, wanted["email"], wanted["phone"]) != (row.identity, row.email, row.phone):
        erasure.refuse_one(tx, contact_id, now)
    return True


def _keep_refusing(tx: Transaction, before: Row[Any], identity: str, now: datetime) -> None:
    """For the address that a contact had until now."""
    address = {"identity": identity, "email": before.email, "phone": None if before.email else before.phone}
    columns = (sa.literal(value, sa.Text()).label(name) for name, value in address.items())
    consent.keep_refusing(tx, sa.select(sa.literal(before.id).label("contact_id"), *columns), now)


def _split(values: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Standard fields and declared ones."""
    plain = {name: value for name, value in values.items() if name in STANDARD}
    return plain, {name: value for name, value in values.items() if name not in STANDARD}


def _identifying_field(row: Row[Any]) -> str | None:
    """The field that identifies a contact; None where its email or phone does."""
    return None if row.identity == _address(row._asdict()) else row.identity.partition("=")[0]


def _identity_of(field: str, fields: Mapping[str, JsonValue]) -> str:
    if field not in fields:
        raise InvalidValue(Reason("identity_missing", {"field": field}))
    return f"{field}={fields[field]}"


def _identity(plain: Mapping[str, JsonValue]) -> str:
    if address := _address(plain):
        return address
    raise InvalidValue(Reason("identity_missing"))


def _address(plain: Mapping[str, Any]) -> str | None:
    """The email, case-folded, else the phone."""
    email, phone = plain.get("email"), plain.get("phone")
    return str(email).casefold() if email else phone


def _require_nobody(tx: Transaction, identity: str) -> None:
    if tx.connection.scalar(sa.select(sa.exists().where(contacts.c.identity == identity))):
        raise InvalidValue(Reason("contact_exists"))

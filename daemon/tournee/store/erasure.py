"""Persons who were erased: what is left are keyed hashes, so that no file brings them back opted in."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Row, Select

from tournee.core.facts import SendStatus
from tournee.core.settings import Channel
from tournee.store import Transaction, bounces, keys
from tournee.store.brakes import in_order
from tournee.store.tables import contacts, erasures, memberships, opt_outs, solicitations, unsent
from tournee.store.temporary import hits

if TYPE_CHECKING:
    from tournee.store.staging import Stage

SOURCE = "erased"  # of the refusals that are made here
CONTACTS_A_QUERY = 2_000

_PERSON: Select[Any] = sa.select(
    *(contacts.c[name] for name in ("id", "identity", "email", "phone", "created_at", "updated_at"))
)

# ---------------------------------------------------------------- erasing


def erase(tx: Transaction, contact_id: int, now: datetime) -> None:
    """Take a person out: the contact, where it stands, what it refused; what was not begun is cancelled.

    Its solicitations stay, without anything of the person. Whoever else has its email refuses everything from
    now on, whoever has its phone SMS, as the opt-out of a contact holds for its addresses.
    """
    tx.dialect.serialise(tx.connection)
    one = tx.connection.execute(_PERSON.where(contacts.c.id == contact_id).with_for_update()).first()
    if one is None:
        return
    hashes = _hashes(tx, [one], _known_by)
    new = tx.dialect.insert(erasures).values([{"hash": hash_, "at": now} for hash_ in hashes])
    tx.connection.execute(new.on_conflict_do_nothing())
    if one.email:  # without one, `= NULL` would be everybody who has none
        _refuse(tx, _others(tx, one, _has_email(one)), "all", now)
        bounces.forget_address(tx, one.email)
    if one.phone:
        _refuse(tx, _others(tx, one, contacts.c.phone == one.phone), Channel.SMS, now)
    _forget_messages(tx, contact_id)
    for table in (opt_outs, memberships):
        tx.connection.execute(sa.delete(table).where(table.c.contact_id == contact_id))
    tx.connection.execute(sa.delete(contacts).where(contacts.c.id == contact_id))


def _has_email(one: Row[Any]) -> ColumnElement[bool]:
    key = one.email.casefold()
    return sa.or_(contacts.c.email_key == key, contacts.c.identity == key)


def _others(tx: Transaction, one: Row[Any], same: ColumnElement[bool]) -> list[int]:
    return list(tx.connection.scalars(sa.select(contacts.c.id).where(same, contacts.c.id != one.id)))


def _forget_messages(tx: Transaction, contact_id: int) -> None:
    """What a server answered, which the reason repeats, may quote an address.

    What is being sent at this moment cannot be stopped.
    """
    one = solicitations.c
    tx.connection.execute(sa.select(one.id).where(in_order(one.contact_id == contact_id)))
    mine = sa.update(solicitations).where(one.contact_id == contact_id)
    stoppable = sa.or_(one.status != SendStatus.SENDING, one.begun_at.is_(None))
    gone = dict.fromkeys(("next_attempt_at", "counts_at", "rule", "reason"))
    cancelled = mine.where(unsent(solicitations), stoppable)
    tx.connection.execute(cancelled.values(status=SendStatus.CANCELLED, **gone))
    tx.connection.execute(mine.where(one.answer.is_not(None)).values(answer=None, reason=None))


# ---------------------------------------------------------------- not coming back


def refuse_erased(tx: Transaction, stage: "Stage", now: datetime) -> int:
    """Of the contacts that the merged file made or changed, those who were erased refuse; how many.

    They refuse everything, but for who was there already and only has the phone: that one refuses SMS.
    Belongs into `stage.merge()`, after the merge. Where nobody was ever erased it is one short query.
    """
    if not _anybody(tx):
        return 0
    return sum(_refuse_erased(tx, some, now) for some in _changed(tx, stage))


def refuse_one(tx: Transaction, contact_id: int, now: datetime) -> bool:
    """The same for a contact that a person made or changed; whether it was erased before."""
    if not _anybody(tx):
        return False
    person = tx.connection.execute(_PERSON.where(contacts.c.id == contact_id)).all()
    return _refuse_erased(tx, person, now) > 0


def welcome(tx: Transaction, contact_id: int) -> None:
    """A contact agreed to come back: its addresses are no longer those of somebody erased."""
    if _anybody(tx):
        person = tx.connection.execute(_PERSON.where(contacts.c.id == contact_id)).all()
        tx.connection.execute(sa.delete(erasures).where(erasures.c.hash.in_(_hashes(tx, person, _known_by))))


def _anybody(tx: Transaction) -> bool:
    return tx.connection.scalar(sa.select(erasures.c.hash).limit(1)) is not None


def _changed(tx: Transaction, stage: "Stage") -> Iterator[Sequence[Row[Any]]]:
    """The contacts that the file made or changed, in portions."""
    changed = _PERSON.join(hits, hits.c.contact_id == contacts.c.id)
    changed = changed.where(contacts.c.updated_at == stage.now).order_by(contacts.c.id)
    last = 0
    while rows := tx.connection.execute(_portion(changed, last)).all():
        yield rows
        last = rows[-1].id


def _portion(changed: Select[Any], last: int) -> Select[Any]:
    return changed.where(contacts.c.id > last).limit(CONTACTS_A_QUERY)


def _refuse_erased(tx: Transaction, persons: Sequence[Row[Any]], now: datetime) -> int:
    """Those of them who have what somebody erased was known by; how many."""
    erased = _erased(tx, persons, _known_by)
    known = [one for one in persons if one.created_at != one.updated_at]
    sms = erased & ({one.id for one in known} - _erased(tx, known, _but_phone))
    return _refuse(tx, sorted(sms), Channel.SMS, now) + _refuse(tx, sorted(erased - sms), "all", now)


def _erased(
    tx: Transaction, persons: Sequence[Row[Any]], known_by: Callable[[Row[Any]], set[str]]
) -> set[int]:
    by_hash = _hashes(tx, persons, known_by)
    found = tx.connection.scalars(sa.select(erasures.c.hash).where(erasures.c.hash.in_(by_hash)))
    return {contact_id for hash_ in found for contact_id in by_hash[hash_]}


def _refuse(tx: Transaction, ids: Iterable[int], channel: str, now: datetime) -> int:
    """Refusals, but of who refuses that already; how many contacts were meant."""
    rows = [{"contact_id": one, "channel": channel, "at": now, "source": SOURCE} for one in ids]
    if rows:
        tx.connection.execute(tx.dialect.insert(opt_outs).on_conflict_do_nothing(), rows)
    return len(rows)


# ---------------------------------------------------------------- hashes


def _hashes(
    tx: Transaction, persons: Iterable[Row[Any]], known_by: Callable[[Row[Any]], set[str]]
) -> dict[str, set[int]]:
    """By the keyed hash of what persons are known by, those who are."""
    key = keys.key(tx)
    by_hash: dict[str, set[int]] = {}
    for person in persons:
        for text in known_by(person):
            by_hash.setdefault(keys.hashed(key, text), set()).add(person.id)
    return by_hash


def _known_by(person: Row[Any]) -> set[str]:
    """Its identity, which may be that of a field, its email and its phone."""
    texts = (person.identity, person.email and person.email.casefold(), person.phone)
    return {text for text in texts if text}


def _but_phone(person: Row[Any]) -> set[str]:
    """What it is known by besides its phone, which others may have as well."""
    return _known_by(person) - {person.phone}

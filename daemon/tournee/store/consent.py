"""Who refuses what. A refusal is a contact's, and holds for the email address wherever that stands.

Where a field identifies contacts, several may have one address: `email_key` is theirs, case-folded; a contact
that is identified by its email has it as `identity`. A phone may stand at any number of contacts: what one of
them refuses of SMS, or of everything, holds for the phone, and so for SMS to the others.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BindParameter, ColumnElement, CompoundSelect, FromClause, Select

from tournee.core.facts import OptOut, OptOutRecord
from tournee.core.settings import Channel
from tournee.store import Transaction, erasure
from tournee.store.columns import ByteText, FieldsJson, UtcTime, columns_of
from tournee.store.tables import contacts, opt_outs

ALL = "all"  # every channel

#: By what `refused` is given whom it is about.
REFUSED_BY = (("the_contact", contacts.c.id.type), ("email", ByteText), ("phone", ByteText))

# ---------------------------------------------------------------- one address, several contacts


_FIRST_KEY = sa.select(sa.func.min(contacts.c.email_key)).where(contacts.c.email_key.is_not(None))


def addresses_are_shared(tx: Transaction) -> bool:
    """Whether there may be contacts with one address: only where a field identifies some."""
    return tx.connection.scalar(_FIRST_KEY) is not None


def address(one: FromClause) -> ColumnElement[str]:
    """The address of contacts, by which those that share one are told; who has no email shares none."""
    return sa.func.coalesce(one.c.email_key, one.c.identity)


def others_of_address(asked: FromClause) -> CompoundSelect[Any]:
    """For each contact asked about, the other contacts with its address: `asked`, with their `contact_id`."""
    mine, other = contacts.alias("mine"), contacts.alias("other")
    named = sa.select(other.c.id.label("contact_id"), *(one for one in asked.c if one.name != "contact_id"))
    asking = asked.join(mine, mine.c.id == asked.c.contact_id)
    of_field = other.c.email_key == address(mine)
    of_email = other.c.identity == mine.c.email_key
    return sa.union_all(
        named.select_from(asking.join(other, of_field)).where(other.c.id != mine.c.id),
        named.select_from(asking.join(other, of_email)),
    )


def others_of_phone(asked: FromClause) -> Select[Any]:
    """For each contact asked about, the other contacts with its phone: `asked`, with their `contact_id`."""
    mine, other = contacts.alias("mine"), contacts.alias("other")
    named = sa.select(other.c.id.label("contact_id"), *(one for one in asked.c if one.name != "contact_id"))
    same = sa.and_(other.c.phone == mine.c.phone, other.c.id != mine.c.id)
    asking = asked.join(mine, mine.c.id == asked.c.contact_id)
    return named.select_from(asking.join(other, same))


def _pairs(tx: Transaction, ids: Collection[int]) -> list[tuple[int, int]]:
    """Each contact with itself, and with the others of its email: what those refuse holds for it too."""
    itself = [(one, one) for one in ids]
    if not addresses_are_shared(tx):
        return itself
    found = tx.connection.execute(_OTHERS_OF_ADDRESS, {"ids": ids})
    return itself + [(row.about, row.contact_id) for row in found]


# Built once: what follows is asked about the contacts of every twenty messages.
_ids: BindParameter[Any] = sa.bindparam("ids", expanding=True)
_asked = (
    sa.select(contacts.c.id.label("contact_id"), contacts.c.id.label("about"))
    .where(contacts.c.id.in_(_ids))
    .subquery("asked")
)
_OTHERS_OF_ADDRESS = others_of_address(_asked)


# ---------------------------------------------------------------- refusals


def refused(channel: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a message must not go: given by `the_contact` (its id), `email` (case-folded) and
    `phone`.

    For a statement that runs for every message, so the values are bound by these names when it is run.
    """
    who, email, phone = (sa.bindparam(name, type_=kind) for name, kind in REFUSED_BY)
    by_email = sa.or_(contacts.c.email_key == email, contacts.c.identity == email)
    by_phone = sa.and_(contacts.c.phone == phone, channel == Channel.SMS)
    refuses = sa.and_(_active(), opt_outs.c.channel.in_((ALL, channel)))
    own = sa.exists().where(opt_outs.c.contact_id == who, refuses)
    of_others = [
        sa.exists().where(opt_outs.c.contact_id == contacts.c.id, same, refuses)
        for same in (by_email, by_phone)
    ]
    return sa.or_(own, *of_others)


def refusals(tx: Transaction, ids: Collection[int]) -> dict[int, list[OptOut]]:
    """What holds now for contacts, oldest first, of each channel the first."""
    pairs, of_phones = _pairs(tx, ids), _pairs_of_phone(tx, ids)
    refused = _held_by(tx, {holder for _about, holder in (*pairs, *of_phones)})
    found: dict[int, list[OptOut]] = {}
    for about, holder in pairs:
        found.setdefault(about, []).extend(refused.get(holder, ()))
    for about, holder in of_phones:
        of_phone = (one for one in refused.get(holder, ()) if one.channel in (ALL, Channel.SMS))
        found.setdefault(about, []).extend(replace(one, channel=Channel.SMS.value) for one in of_phone)
    return {about: _first_of_channels(several) for about, several in found.items()}


def _pairs_of_phone(tx: Transaction, ids: Collection[int]) -> list[tuple[int, int]]:
    """Each contact with the others of its phone who refuse anything."""
    return [(row.about, row.contact_id) for row in tx.connection.execute(_REFUSING_PHONES, {"ids": ids})]


def _held_by(tx: Transaction, holders: Collection[int]) -> dict[int, list[OptOut]]:
    refused: dict[int, list[OptOut]] = {}
    for holder, channel, at, source, reason in tx.connection.execute(_HELD_BY, {"ids": list(holders)}):
        refused.setdefault(holder, []).append(OptOut(channel=channel, at=at, source=source, reason=reason))
    return refused


def _refusing_phones() -> Select[Any]:
    others = others_of_phone(_asked).subquery("others")
    refusing = sa.and_(opt_outs.c.contact_id == others.c.contact_id, _active())
    return sa.select(others.c.about, others.c.contact_id).join(opt_outs, refusing).distinct()


def _active() -> ColumnElement[bool]:
    return opt_outs.c.ended_at.is_(None)


_REFUSING_PHONES = _refusing_phones()
_HELD_BY = (
    sa.select(opt_outs.c.contact_id, *columns_of(OptOut, opt_outs))
    .where(opt_outs.c.contact_id.in_(_ids), _active())
    .order_by(opt_outs.c.at, opt_outs.c.id)
)


def _first_of_channels(several: Sequence[OptOut]) -> list[OptOut]:
    first: dict[str, OptOut] = {}
    for refusal in sorted(several, key=attrgetter("at")):
        first.setdefault(refusal.channel, refusal)
    return list(first.values())


def history(tx: Transaction, contact_id: int) -> list[OptOutRecord]:
    """Everything that the contact itself ever refused, oldest first, and how that ended."""
    query = sa.select(*columns_of(OptOutRecord, opt_outs)).where(opt_outs.c.contact_id == contact_id)
    rows = tx.connection.execute(query.order_by(opt_outs.c.at, opt_outs.c.id))
    return [OptOutRecord(**row._mapping) for row in rows]


def opt_out(
    tx: Transaction, contact_id: int, channel: str, source: str, reason: str | None, now: datetime
) -> None:
    """The contact refuses a channel (`all`: every one); who refused it already keeps the first refusal.

    Of one that is being erased at this moment nothing is kept.
    """
    refusal = {"channel": channel, "at": now, "source": source, "reason": reason}
    columns = (sa.literal(value, opt_outs.c[name].type) for name, value in refusal.items())
    person = sa.select(contacts.c.id, *columns).where(contacts.c.id == contact_id)
    person = person.with_for_update(read=True, key_share=True)
    new = tx.dialect.insert(opt_outs).from_select(("contact_id", *refusal), person)
    tx.connection.execute(new.on_conflict_do_nothing())


def opt_in(tx: Transaction, contact_id: int, channel: str, reason: str, now: datetime) -> None:
    """The contact agrees again: to everything, or to one channel (a refusal of `all` then still holds).

    What others refused with the same email address held for the contact; it ends too, and so do their
    refusals of SMS at the same phone, where the contact agrees to these. One that was erased is no longer
    kept from coming back once it agreed to everything.
    """
    own = [holder for _about, holder in _pairs(tx, [contact_id])]
    _end(tx, own, channel, reason, now)
    if channel in (ALL, Channel.SMS):
        of_phone = [holder for _about, holder in _pairs_of_phone(tx, [contact_id])]
        _end(tx, of_phone, Channel.SMS, reason, now)
    if channel == ALL:
        erasure.welcome(tx, contact_id)


def _end(tx: Transaction, holders: Collection[int], channel: str, reason: str, now: datetime) -> None:
    holds = sa.and_(opt_outs.c.contact_id.in_(holders), _active())
    if channel != ALL:
        holds = sa.and_(holds, opt_outs.c.channel == channel)
    tx.connection.execute(sa.update(opt_outs).where(holds).values(ended_at=now, end_reason=reason))


def keep_refusing(tx: Transaction, leaving: Select[Any], now: datetime) -> None:
    """Addresses that contacts lose go on refusing what these refused: the next file may bring them again.

    Each row of `leaving` is a contact (`contact_id`) and what somebody with that address would be:
    `identity`, `email`, `phone`. Where there is nobody, a contact is made, on no list.
    """
    lost = leaving.subquery("lost")
    refused = sa.and_(opt_outs.c.contact_id == lost.c.contact_id, _active())
    known_by = [sa.func.min(lost.c[name]) for name in ("email", "phone")]
    made = [sa.literal({}, FieldsJson()), *[sa.literal(now, UtcTime())] * 2]
    somebody = sa.select(lost.c.identity, *known_by, *made).where(sa.exists().where(refused))
    names = ("identity", "email", "phone", "fields", "created_at", "updated_at")
    new = tx.dialect.insert(contacts).from_select(names, somebody.group_by(lost.c.identity))
    tx.connection.execute(new.on_conflict_do_nothing())
    kept = [opt_outs.c[name] for name in ("channel", "at", "source", "reason")]
    theirs = sa.select(contacts.c.id, *kept).join(lost, lost.c.identity == contacts.c.identity)
    same = tx.dialect.insert(opt_outs).from_select(
        ("contact_id", "channel", "at", "source", "reason"), theirs.join(opt_outs, refused)
    )
    tx.connection.execute(same.on_conflict_do_nothing())


def keep_phones_refusing(tx: Transaction, losing: Select[Any], now: datetime) -> None:
    """The same for the phones of contacts that are about to lose them: no SMS goes there.

    `losing` selects ids of contacts. Whoever else has the phone refuses SMS from now on; where nobody has it,
    a contact is made, on no list.
    """
    if not tx.connection.scalar(_ANYBODY_REFUSES_SMS):
        return
    refuses = sa.and_(opt_outs.c.contact_id == contacts.c.id, _active(), _of_sms())
    ids = tx.connection.scalars(losing.join(opt_outs, refuses).distinct()).all()
    for start in range(0, len(ids), erasure.CONTACTS_A_QUERY):
        _keep_phones_refusing(tx, ids[start : start + erasure.CONTACTS_A_QUERY], losing, now)


def _keep_phones_refusing(tx: Transaction, ids: Sequence[int], losing: Select[Any], now: datetime) -> None:
    refusal = sa.and_(opt_outs.c.contact_id == contacts.c.id, _active(), _of_sms())
    first = sa.select(contacts.c.phone, sa.func.min(opt_outs.c.id).label("refusal")).join(opt_outs, refusal)
    lost = first.where(contacts.c.id.in_(ids)).group_by(contacts.c.phone).cte("lost")
    other = contacts.alias("other")
    lose_it_too = losing.where(contacts.c.phone.in_(sa.select(lost.c.phone)))
    has_it = sa.and_(other.c.phone == lost.c.phone, other.c.id.not_in(lose_it_too))
    made = [sa.literal({}, FieldsJson()), *[sa.literal(now, UtcTime())] * 2]
    nobody_else = sa.select(lost.c.phone, lost.c.phone.label("same"), *made).where(~sa.exists().where(has_it))
    names = ("identity", "phone", "fields", "created_at", "updated_at")
    new = tx.dialect.insert(contacts).from_select(names, nobody_else)
    tx.connection.execute(new.on_conflict_do_nothing())
    kept = [opt_outs.c[name] for name in ("at", "source", "reason")]
    theirs = sa.select(other.c.id, sa.literal(Channel.SMS.value, sa.Text()), *kept).select_from(lost)
    theirs = theirs.join(opt_outs, opt_outs.c.id == lost.c.refusal).join(other, has_it)
    same = tx.dialect.insert(opt_outs).from_select(
        ("contact_id", "channel", "at", "source", "reason"), theirs
    )
    tx.connection.execute(same.on_conflict_do_nothing())


def _of_sms() -> ColumnElement[bool]:
    return opt_outs.c.channel.in_((ALL, Channel.SMS))


_ANYBODY_REFUSES_SMS = sa.select(sa.exists().where(_active(), _of_sms()))

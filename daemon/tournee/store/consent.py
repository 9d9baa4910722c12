"""Who refuses what. A refusal is a contact's, and holds for the email address wherever that stands.

Where a field identifies contacts, several may have one address: `email_key` is theirs, case-folded; a contact
that is identified by its email has it as `identity`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, CompoundSelect, FromClause, Select

from tournee.core.facts import OptOut
from tournee.store import Transaction
from tournee.store.columns import FieldsJson, UtcTime, columns_of
from tournee.store.tables import contacts, opt_outs

# ---------------------------------------------------------------- one address, several contacts


def addresses_are_shared(tx: Transaction) -> bool:
    """Whether there may be contacts with one address: only where a field identifies some."""
    first = sa.select(sa.func.min(contacts.c.email_key)).where(contacts.c.email_key.is_not(None))
    return tx.connection.scalar(first) is not None


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


def _pairs(tx: Transaction, ids: Collection[int]) -> list[tuple[int, int]]:
    """Each contact with itself, and with the others of its address: what those refuse holds for it too."""
    itself = [(one, one) for one in ids]
    if not addresses_are_shared(tx):
        return itself
    one = contacts.c.id
    asked = sa.select(one.label("contact_id"), one.label("about")).where(one.in_(ids)).subquery("asked")
    others = others_of_address(asked).subquery("others")
    found = tx.connection.execute(sa.select(others.c.about, others.c.contact_id))
    return itself + [(about, other) for about, other in found]


# ---------------------------------------------------------------- refusals


def refusals(tx: Transaction, ids: Collection[int]) -> dict[int, list[OptOut]]:
    """What holds now for contacts, oldest first, of each channel the first."""
    pairs = _pairs(tx, ids)
    one = opt_outs.c
    query = sa.select(one.contact_id, *columns_of(OptOut, opt_outs)).order_by(one.at, one.id)
    held = query.where(one.contact_id.in_({contact_id for _about, contact_id in pairs}), _active())
    refused: dict[int, list[OptOut]] = {}
    for contact_id, channel, at, source, reason in tx.connection.execute(held):
        refusal = OptOut(channel=channel, at=at, source=source, reason=reason)
        refused.setdefault(contact_id, []).append(refusal)
    found: dict[int, list[OptOut]] = {}
    for about, contact_id in pairs:
        found.setdefault(about, []).extend(refused.get(contact_id, ()))
    return {about: _first_of_channels(several) for about, several in found.items()}


def _first_of_channels(several: Sequence[OptOut]) -> list[OptOut]:
    first: dict[str, OptOut] = {}
    for refusal in sorted(several, key=attrgetter("at")):
        first.setdefault(refusal.channel, refusal)
    return list(first.values())


def opt_out(
    tx: Transaction, contact_id: int, channel: str, source: str, reason: str | None, now: datetime
) -> None:
    """The contact refuses a channel (`all`: every one); who refused it already keeps the first refusal."""
    new = tx.dialect.insert(opt_outs).values(
        contact_id=contact_id, channel=channel, at=now, source=source, reason=reason
    )
    tx.connection.execute(new.on_conflict_do_nothing())


def opt_in(tx: Transaction, contact_id: int, channel: str, reason: str, now: datetime) -> None:
    """The contact agrees again: to everything, or to one channel (a refusal of `all` then still holds).

    What others refused with the same address held for the contact; it ends too.
    """
    holders = [holder for _about, holder in _pairs(tx, [contact_id])]
    holds = sa.and_(opt_outs.c.contact_id.in_(holders), _active())
    if channel != "all":
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


def _active() -> ColumnElement[bool]:
    return opt_outs.c.ended_at.is_(None)

"""Addresses that do not exist, as their server said: nothing goes there until the contact agrees again."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from tournee.core.facts import Contact
from tournee.store import Transaction
from tournee.store.tables import bounces


def add(tx: Transaction, address: str, answer: str | None, now: datetime) -> None:
    """An email or a phone bounced for good; `answer` is what the server said, without the address."""
    new = tx.dialect.insert(bounces).values(address=address.casefold(), at=now, answer=answer)
    tx.connection.execute(
        new.on_conflict_do_update(index_elements=[bounces.c.address], set_={"at": now, "answer": answer})
    )


def forget(tx: Transaction, contact: Contact) -> bool:
    """Let the contact's addresses be tried again; whether any had bounced."""
    addresses = [address.casefold() for address in (contact.email, contact.phone) if address]
    return forget_addresses(tx, addresses) > 0


def forget_addresses(tx: Transaction, addresses: Collection[str]) -> int:
    """The same of addresses as they are kept; how many of them had bounced."""
    gone = sa.delete(bounces).where(bounces.c.address.in_(addresses))
    return tx.connection.execute(gone).rowcount

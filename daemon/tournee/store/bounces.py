"""Email addresses that do not exist, as their server said: no mail until the contact agrees again."""

from datetime import datetime

import sqlalchemy as sa

from tournee.core.facts import Bounce, Contact
from tournee.store import Transaction
from tournee.store.tables import bounces


def add(tx: Transaction, address: str, answer: str | None, now: datetime) -> None:
    """An email address bounced for good; `answer` is what the server said, without the address."""
    new = tx.dialect.insert(bounces).values(address=address.casefold(), at=now, answer=answer)
    tx.connection.execute(
        new.on_conflict_do_update(index_elements=[bounces.c.address], set_={"at": now, "answer": answer})
    )


def of(tx: Transaction, contact: Contact) -> Bounce | None:
    """How the contact's email address bounced; None where it did not."""
    query = sa.select(bounces.c.at, bounces.c.answer)
    row = tx.connection.execute(query.where(bounces.c.address == (contact.email or "").casefold())).first()
    return Bounce(at=row.at, answer=row.answer) if row else None


def forget(tx: Transaction, contact: Contact) -> bool:
    """Let the contact's email address be tried again; whether it had bounced."""
    return contact.email is not None and forget_address(tx, contact.email)


def forget_address(tx: Transaction, address: str) -> bool:
    """The same of an address."""
    gone = sa.delete(bounces).where(bounces.c.address == address.casefold())
    return tx.connection.execute(gone).rowcount > 0

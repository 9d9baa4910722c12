"""What tests of the outbox do in transactions of their own: claim, begin, settle, and look at the rows."""

from datetime import datetime

import sqlalchemy as sa

from support.contact_rows import NOW
from tournee.core.facts import Claim, SendStatus
from tournee.store import Store, contacts, outbox
from tournee.store.tables import solicitations


def claim(store: Store, now: datetime = NOW, limit: int = 100, of: str = "satisfaction") -> list[Claim]:
    with store.write() as tx:
        return outbox.claim(tx, now, deployments=of.split(), limit=limit)


def begin(store: Store, claim: Claim, now: datetime = NOW) -> outbox.Halt | None:
    with store.write() as tx:
        return outbox.begin(tx, claim, now)


def settle(store: Store, claim: Claim, status: SendStatus, now: datetime = NOW, **values: object) -> None:
    with store.write() as tx:
        outbox.settle(tx, claim.id, status=status, now=now, answer="answer", **values)  # type: ignore[arg-type]


def attempt(store: Store, claim: Claim, status: SendStatus, now: datetime = NOW, **values: object) -> None:
    """The whole of it: begun, and ended so."""
    assert begin(store, claim, now) is None
    settle(store, claim, status, now, **values)


def opt_out(store: Store, who: str, channel: str = "all") -> None:
    with store.write() as tx:
        contacts.opt_out(tx, contacts.the_one(tx, who).id, channel, "command", None, NOW)


def row_of(store: Store, solicitation_id: int) -> sa.Row[tuple[object, ...]]:
    with store.read() as tx:
        return tx.connection.execute(
            sa.select(solicitations).where(solicitations.c.id == solicitation_id)
        ).one()


def rows(store: Store, *names: str) -> list[tuple[object, ...]]:
    """These columns of every solicitation, oldest first."""
    query = sa.select(*(solicitations.c[name] for name in names)).order_by(solicitations.c.id)
    with store.read() as tx:
        return [tuple(row) for row in tx.connection.execute(query)]


def statuses(store: Store) -> list[object]:
    return [status for (status,) in rows(store, "status")]

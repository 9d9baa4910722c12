"""Addresses that do not exist, as their server said."""

import sqlalchemy as sa

from support.contact_rows import LATER, NOW, bring, row
from tournee.store import Store, bounces, contacts, tables


def kept(store: Store) -> list[tuple[object, ...]]:
    with store.read() as tx:
        return [tuple(one) for one in tx.connection.execute(sa.select(tables.bounces))]


def test_an_address_is_kept_as_it_is_compared_with_the_last_answer(store: Store) -> None:
    with store.write() as tx:
        bounces.add(tx, "Léa@Example.com", "550 no such user", NOW)
        bounces.add(tx, "léa@example.com", "550 really not", LATER)
    assert kept(store) == [("léa@example.com", LATER, "550 really not")]


def test_the_address_of_who_agrees_again_is_forgotten(store: Store) -> None:
    bring(store, [row(2, "Lea@example.com"), row(3, phone="+33612345678")])
    with store.write() as tx:
        lea = contacts.the_one(tx, "lea@example.com")
        for address in ("LEA@example.com", "zoe@example.com"):
            bounces.add(tx, address, None, NOW)
        assert [bounces.forget(tx, lea), bounces.forget(tx, lea)] == [True, False]
        assert not bounces.forget(tx, contacts.the_one(tx, "+33612345678"))
    assert [address for address, *_ in kept(store)] == ["zoe@example.com"]

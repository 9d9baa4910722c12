"""A person who was erased: what goes, what stays, and who does not come back opted in."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from support.contact_rows import LATER, NOW, bring, client, many, row
from support.outgoing import attempt, begin, claim, rows, settle, statuses
from support.solicited import contact_id, decided, importing, past, rules_of
from tournee.core.facts import Contact, ContactRow, OptOut, Reason, SendStatus
from tournee.store import Store, bounces, contacts, decisions, erasure, keys, merge, outbox, tables

LEA = [row(2, "Lea@example.com", "+33612345678", first_name="Léa")]
ERASED, OF_PHONE = (OptOut(channel=channel, at=LATER, source="erased") for channel in ("all", "sms"))
BY_EXT = merge.Job(list="avis", now=LATER, stamp=None, identify_by="ext")
BY_EMAIL = merge.Job(list="avis", now=LATER, stamp=None)
LATER_STILL = merge.Job(list="avis", now=LATER + timedelta(days=1), stamp=None)


def erase(store: Store, who: str) -> None:
    with store.write() as tx:
        erasure.erase(tx, contacts.the_one(tx, who).id, NOW)


def brought(store: Store, rows: list[ContactRow], job: merge.Job = BY_EMAIL) -> int:
    """A file as an import brings it; how many of its contacts were erased before."""
    with importing(store, rows, job) as (tx, stage, _import_id):
        return erasure.refuse_erased(tx, stage, LATER)


def known(store: Store, who: str) -> Contact:
    with store.read() as tx:
        return contacts.the_one(tx, who)


def everything(store: Store) -> str:
    """All that is in the database, as text."""
    with store.read() as tx:
        found = [tx.connection.execute(sa.select(table)).all() for table in tables.metadata.sorted_tables]
    return repr(found)


# ---------------------------------------------------------------- what goes, what stays


def test_nothing_of_the_person_is_left(store: Store) -> None:
    decided(store, LEA)
    attempt(store, claim(store)[0], SendStatus.FAILED)
    with store.write() as tx:
        lea = contacts.the_one(tx, "lea@example.com").id
        contacts.opt_out(tx, lea, "sms", "command", "lea@example.com asked", NOW)
        bounces.add(tx, "lea@example.com", "550 lea@example.com", NOW)
        said = {"answer": (quote := "550 <lea@example.com>"), "reason": Reason("refused", {"answer": quote})}
        tx.connection.execute(sa.update(tables.solicitations).values(**said))
    assert "lea@" in everything(store).casefold()
    erase(store, "lea@example.com")
    left = everything(store).casefold()
    assert [word for word in ("lea@", "33612345678", "léa", "asked") if word in left] == []


def test_its_solicitations_stay_and_what_is_unsent_is_cancelled(store: Store) -> None:
    decided(store, many([1, 2, 3]))
    sent, claimed, begun = claim(store)
    attempt(store, sent, SendStatus.SENT, remind_at=[LATER])
    begin(store, begun)
    for one in (sent, claimed, begun):
        erase(store, str(one.contact.id))
    assert statuses(store) == ["sent", "cancelled", "sending", "cancelled"]
    assert begin(store, claimed) == "gone"
    with store.read() as tx:
        assert len(decisions.decisions_of(tx, sent.contact.id)) == 2
    assert [counts for (counts,) in rows(store, "counts_at")] == [NOW, None, tables.FOREVER, None]


def test_what_was_being_sent_to_the_person_is_given_up_when_it_comes_back(store: Store) -> None:
    decided(store, many([1, 2]))
    first, second = claim(store)
    begin(store, first)
    begin(store, second)
    erase(store, str(first.contact.id))
    with store.write() as tx:
        for one in (first, second):
            outbox.settle(tx, one.id, status=SendStatus.WAITING, now=NOW, answer=None, next_attempt_at=LATER)
    assert [one.id for one in claim(store, LATER)] == [second.id]
    assert statuses(store) == ["cancelled", "sending"]


@pytest.mark.parametrize("status", [SendStatus.SENT, SendStatus.FAILED, SendStatus.UNCERTAIN])
def test_how_a_message_ended_that_was_under_way_brings_nothing_of_the_person_back(
    store: Store, status: SendStatus
) -> None:
    decided(store, LEA)
    (one,) = claim(store)
    begin(store, one)
    erase(store, "lea@example.com")
    settle(store, one, status, reason=Reason("refused", {"answer": "answer"}), remind_at=[LATER])
    assert rows(store, "status", "answer", "reason") == [(status, None, None)]


def test_others_and_who_is_nobody_are_left_alone(store: Store) -> None:
    bring(store, [*LEA, row(3, "zoe@example.com", "+33600000000")])
    past(store, "zoe@example.com", SendStatus.WAITING, answer="later", next_attempt_at=LATER)
    erase(store, "lea@example.com")
    with store.write() as tx:
        erasure.erase(tx, 999, NOW)
    assert known(store, "zoe@example.com").opt_outs == ()
    assert rows(store, "status", "answer") == [("waiting", "later")]


@pytest.mark.parametrize(("email", "phone"), [("lea@example.com", None), (None, "+33612345678")])
def test_who_lacks_an_address_too_shares_none(store: Store, email: str | None, phone: str | None) -> None:
    bring(store, [row(2, email, phone), row(3, "zoe@example.com"), row(4, phone="+33600000000")])
    bring(store, [client(2, "7", phone="+33611111111"), client(3, "8", "jo@example.com")], identify_by="ext")
    erase(store, email or phone or "")
    with store.read() as tx:
        assert tx.connection.execute(sa.select(tables.opt_outs)).all() == []
        assert len(contacts.load(tx, range(10))) == 4


def test_who_has_the_same_email_refuses_all_and_who_has_the_same_phone_text_messages(store: Store) -> None:
    bring(store, [row(2, "lea@example.com", "+33612345678"), row(3, "zoe@example.com", "+33612345678")])
    bring(store, [client(2, "7", "LEA@example.com")], identify_by="ext")
    erase(store, str(contact_id(store, "zoe@example.com") - 1))
    assert [one.channel for one in known(store, "ext=7").opt_outs] == ["all"]
    assert [(one.channel, one.source) for one in known(store, "zoe@example.com").opt_outs] == [
        ("sms", "erased")
    ]


# ---------------------------------------------------------------- not coming back


@pytest.mark.parametrize(
    "cells",
    [("LEA@example.com",), ("lea@example.com", "+33600000000"), ("new@example.com", "+33612345678")],
)
def test_who_was_erased_comes_back_refusing_all(store: Store, cells: tuple[str, ...]) -> None:
    bring(store, LEA)
    erase(store, "lea@example.com")
    assert brought(store, [row(2, *cells), row(3, "zoe@example.com")]) == 1
    assert known(store, cells[0]).opt_outs == (ERASED,)
    assert known(store, "zoe@example.com").opt_outs == ()


def test_a_phone_alone_is_known_again(store: Store) -> None:
    bring(store, [row(2, phone="+33612345678")])
    erase(store, "+33612345678")
    assert brought(store, [row(2, phone="+33612345678")]) == 1


def test_the_field_that_identified_the_person_is_known_again(store: Store) -> None:
    bring(store, [client(2, "7", "lea@example.com")], identify_by="ext")
    erase(store, "ext=7")
    assert brought(store, [client(2, "7", "new@example.com"), client(3, "8", "zoe@example.com")], BY_EXT) == 1
    assert known(store, "ext=7").opt_outs == (ERASED,)


def test_who_was_there_and_is_given_the_phone_of_the_person_refuses_text_messages(store: Store) -> None:
    bring(store, [*LEA, row(3, "zoe@example.com"), row(4, phone="+33611111111")])
    erase(store, "lea@example.com")
    assert brought(store, [row(2, "zoe@example.com", "+33612345678")]) == 1
    assert known(store, "zoe@example.com").opt_outs == (OF_PHONE,)


def test_who_was_there_and_is_given_the_email_of_the_person_refuses_all(store: Store) -> None:
    bring(store, LEA)
    bring(store, [client(2, "7", "zoe@example.com")], identify_by="ext")
    erase(store, "lea@example.com")
    assert brought(store, [client(2, "7", "LEA@example.com")], BY_EXT) == 1
    assert known(store, "ext=7").opt_outs == (ERASED,)


@pytest.mark.parametrize("email", ["zoe@example.com", None])
def test_who_shared_the_phone_of_the_person_refuses_no_more_because_a_file_changes_her(
    store: Store, email: str | None
) -> None:
    bring(store, [row(2, "lea@example.com", "+33600000000"), row(3, email, "+33612345678")])
    bring(store, LEA)
    erase(store, "lea@example.com")
    refused = [(one.channel, one.source) for one in known(store, email or "+33612345678").opt_outs]
    assert refused == [("sms", "erased")]
    assert brought(store, [row(3, email, "+33612345678", first_name="Zoé")]) == 1
    (one,) = known(store, email or "+33612345678").opt_outs
    assert [(one.channel, one.source)] == refused


def test_who_comes_back_with_a_file_is_still_known_when_the_next_changes_it(store: Store) -> None:
    bring(store, LEA)
    erase(store, "lea@example.com")
    brought(store, LEA)
    assert brought(store, [row(2, "lea@example.com", first_name="Lea")], LATER_STILL) == 1
    assert known(store, "lea@example.com").opt_outs == (ERASED,)


def test_in_a_large_file_everybody_is_known_again(store: Store) -> None:
    bring(store, many(range(5_000)))
    for number in (1, 2_500, 5_000):
        erase(store, str(number))
    assert brought(store, many(range(5_000))) == 3


def test_who_is_not_changed_by_a_file_is_not_looked_at(store: Store) -> None:
    bring(store, [*LEA, row(3, "zoe@example.com", "+33612345678")])
    erase(store, "lea@example.com")
    assert brought(store, [row(3, "zoe@example.com", "+33612345678")]) == 0


def test_where_nobody_was_ever_erased_no_contact_is_looked_at(store: Store) -> None:
    with importing(store, many(range(10))) as (tx, stage, _import_id):
        seen: list[str] = []
        sa.event.listen(tx.connection, "before_cursor_execute", lambda *call: seen.append(call[2]))
        assert erasure.refuse_erased(tx, stage, LATER) == 0
        assert len(seen) == 1
        assert "contacts" not in seen[0]


def test_who_is_added_or_changed_by_a_person_is_known_again(store: Store) -> None:
    bring(store, LEA)
    erase(store, "lea@example.com")
    with store.write() as tx:
        contacts.add(tx, {"email": "lea@example.com"}, (), LATER)
        zoe = contacts.add(tx, {"email": "zoe@example.com"}, (), NOW)
        assert contacts.get(tx, zoe).opt_outs == ()  # type: ignore[union-attr]
        contacts.change(tx, zoe, {"phone": "+33612345678"}, LATER)
    assert known(store, "lea@example.com").opt_outs == (ERASED,)
    assert known(store, "zoe@example.com").opt_outs == (OF_PHONE,)


def test_only_who_agrees_again_is_welcome(store: Store) -> None:
    bring(store, LEA)
    erase(store, "lea@example.com")
    brought(store, LEA)
    with store.write() as tx:
        lea = contacts.the_one(tx, "lea@example.com").id
        before = tx.connection.execute(sa.select(tables.erasures)).all()
        contacts.opt_in(tx, lea, "email", "asked", LATER)
        assert [one.channel for one in contacts.the_one(tx, str(lea)).opt_outs] == ["all"]
        assert tx.connection.execute(sa.select(tables.erasures)).all() == before
        contacts.opt_in(tx, lea, "all", "asked", LATER)
    assert known(store, "lea@example.com").opt_outs == ()
    assert brought(store, [row(2, "lea@example.com", "+33612345678", first_name="Lea")]) == 0


def test_what_is_kept_of_the_person_cannot_be_told_without_the_key(store: Store) -> None:
    bring(store, LEA)
    erase(store, "lea@example.com")
    with store.read() as tx:
        kept = set(tx.connection.scalars(sa.select(tables.erasures.c.hash)))
        key = keys.key(tx)
    assert kept == {keys.hashed(key, word) for word in ("lea@example.com", "+33612345678")}


def test_erasing_twice_or_a_person_who_came_back_is_no_mistake(store: Store) -> None:
    for _ in range(2):
        decided(store, LEA, rules_of(deployment="other"))
        erase(store, "lea@example.com")
    assert brought(store, LEA) == 1

"""One email address under several ids: who refuses, what was sent to it, whom it means."""

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from support import solicited
from support.contact_rows import LATER, NOW, bring, client, row
from tournee.core.errors import AmbiguousContact, InvalidValue
from tournee.core.facts import Candidate, Contact, ContactRow, DecisionCounts, OptOut, SendStatus
from tournee.core.settings import AtMost
from tournee.store import (
    Store,
    Transaction,
    consent,
    contacts,
    decisions,
    history,
    merge,
    outbox,
    tables,
)

DUO = [client(2, "1", "duo@example.com"), client(3, "2", "Duo@example.com")]
CAP = solicited.at_most()


def known(store: Store, text: str) -> Contact:
    with store.read() as tx:
        (found,) = contacts.find(tx, text)
        return found


def refuse(store: Store, text: str, channel: str = "all") -> None:
    with store.write() as tx:
        (found,) = contacts.find(tx, text)
        contacts.opt_out(tx, found.id, channel, "command", None, NOW)


def decided(
    store: Store, rows: Sequence[ContactRow], *caps: AtMost, by: str | None = "ext"
) -> tuple[DecisionCounts, list[Candidate]]:
    """A file whose contacts are decided: the decisions, and the candidates as they were seen."""
    job = merge.Job(list="avis", now=NOW, stamp=None, identify_by=by)
    import_id, seen = solicited.decided(store, rows, solicited.rules_of(*caps), job)
    with store.read() as tx:
        return decisions.decision_counts(tx, import_id), seen


def sent(store: Store) -> int:
    """How many of the messages that are due leave."""
    with store.write() as tx:
        claims = outbox.claim(tx, NOW, deployments=["satisfaction"])
        for claim in claims:
            assert outbox.begin(tx, claim, NOW) is None
            outbox.settle(tx, claim.id, status=SendStatus.SENT, now=NOW, answer=None)
        return len(claims)


# ---------------------------------------------------------------- what holds for the address


@pytest.mark.parametrize(("channel", "out"), [("all", True), ("email", True), ("sms", False)])
def test_a_refusal_holds_for_every_id_with_the_address(store: Store, channel: str, out: bool) -> None:
    bring(store, DUO, identify_by="ext")
    refuse(store, "ext=1", channel)
    _, seen = decided(store, DUO)
    assert [candidate.opted_out for candidate in seen] == [out, out]


def test_a_refusal_holds_between_an_id_and_an_email(store: Store) -> None:
    bring(store, [row(2, "duo@example.com"), row(3, "solo@example.com")])
    bring(store, [DUO[0], client(3, "3", "Solo@example.com")], identify_by="ext")
    refuse(store, "ext=1")
    with store.write() as tx:
        solo = contacts.find(tx, "solo@example.com")[0]
        contacts.opt_out(tx, solo.id, "all", "command", None, NOW)
    _, by_email = decided(store, [row(2, "duo@example.com")], by=None)
    _, by_id = decided(store, [client(2, "3", "solo@example.com")])
    assert [candidate.opted_out for candidate in (*by_email, *by_id)] == [True, True]


def test_who_has_another_address_or_none_is_not_concerned(store: Store) -> None:
    rows = [
        client(2, "1", "duo@example.com"),
        client(3, "2", phone="+33612345678"),
        client(4, "3", "zoe@example.com"),
    ]
    bring(store, rows, identify_by="ext")
    refuse(store, "ext=1")
    _, seen = decided(store, rows)
    assert [candidate.opted_out for candidate in seen] == [True, False, False]


def test_of_one_file_an_address_is_planned_once(store: Store) -> None:
    rows = [*DUO, client(4, "3", "DUO@example.com"), client(5, "4", "zoe@example.com")]
    counts, _ = decided(store, rows)
    assert counts == DecisionCounts(planned=2, waiting=2, blocked={"duplicate": 2})
    with store.read() as tx:
        (why,) = decisions.decisions_of(tx, known(store, "ext=3").id)
    assert (why.rule, why.status, sent(store)) == ("duplicate", None, 2)


def test_what_waits_for_the_address_is_a_duplicate_for_another_id(store: Store) -> None:
    decided(store, DUO[:1])
    counts, _ = decided(store, DUO[1:], CAP)
    assert counts == DecisionCounts(blocked={"duplicate": 1})


def test_a_cap_counts_what_went_to_the_address(store: Store) -> None:
    bring(store, [row(2, "duo@example.com")])
    decided(store, [row(2, "duo@example.com")], by=None)
    decided(store, [client(9, "9", "other@example.com")])
    assert sent(store) == 2
    counts, (seen,) = decided(store, DUO[1:], CAP)
    assert (seen.cap_counts, seen.cap_latest) == ((1,), (NOW,))
    assert counts == DecisionCounts(blocked={CAP.text: 1})


def test_an_id_without_history_counts_nothing_twice(store: Store) -> None:
    bring(store, DUO, identify_by="ext")
    decided(store, DUO[:1])
    sent(store)
    _, seen = decided(store, DUO, CAP)
    assert [candidate.cap_counts for candidate in seen] == [(1,), (1,)]


def looked_at_again(store: Store) -> list[Candidate]:
    with store.write() as tx:
        claims = outbox.claim(tx, NOW, deployments=["satisfaction"])
        looked = history.recheck(tx, claims, solicited.rules_of(CAP))
    return [looked[claim.id] for claim in claims]


def test_at_the_second_look_the_older_of_two_messages_to_one_address_goes(store: Store) -> None:
    decided(store, [DUO[0], client(3, "2", "leo@example.com")])
    bring(store, DUO, identify_by="ext")
    older, newer = looked_at_again(store)
    assert [(one.pending, one.cap_counts) for one in (older, newer)] == [(False, (0,)), (True, (1,))]


def test_at_the_second_look_the_refusal_of_another_id_is_seen(store: Store) -> None:
    decided(store, DUO[:1])
    bring(store, DUO, identify_by="ext")
    refuse(store, "ext=2")
    assert [one.opted_out for one in looked_at_again(store)] == [True]


# ---------------------------------------------------------------- refusals of an address


def test_a_contact_shows_what_its_address_refuses_of_each_channel_once(store: Store) -> None:
    bring(store, DUO, identify_by="ext")
    with store.write() as tx:
        contacts.opt_out(tx, known(store, "ext=1").id, "all", "link", None, NOW)
        contacts.opt_out(tx, known(store, "ext=2").id, "all", "command", None, LATER)
    assert known(store, "ext=1").opt_outs == known(store, "ext=2").opt_outs
    assert known(store, "ext=2").opt_outs == (OptOut(channel="all", at=NOW, source="link"),)


def test_who_agrees_again_agrees_for_the_address(store: Store) -> None:
    bring(store, DUO, identify_by="ext")
    refuse(store, "ext=1")
    with store.write() as tx:
        contacts.opt_in(tx, known(store, "ext=2").id, "all", "asked", LATER)
    assert known(store, "ext=1").opt_outs == known(store, "ext=2").opt_outs == ()


def test_an_address_that_a_file_takes_from_who_refused_goes_on_refusing(store: Store) -> None:
    bring(store, [DUO[0], client(3, "2", "leo@example.com")], identify_by="ext")
    refuse(store, "ext=1")
    moved = [client(2, "1", "new@example.com"), client(3, "2", "duo@example.com")]
    _, seen = decided(store, moved)
    assert [candidate.opted_out for candidate in seen] == [True, True]
    _, by_email = decided(store, [row(2, "duo@example.com")], by=None)
    assert [candidate.opted_out for candidate in by_email] == [True]


def test_an_address_that_a_file_erases_goes_on_refusing(store: Store) -> None:
    bring(store, [client(2, "1", "duo@example.com", "+33612345678")], identify_by="ext")
    refuse(store, "ext=1")
    bring(store, [client(2, "1", phone="+33612345678")], identify_by="ext", clear=["email", "phone"])
    _, seen = decided(store, [client(2, "2", "duo@example.com")])
    assert [candidate.opted_out for candidate in seen] == [True]


def test_an_address_in_other_letters_is_not_lost(store: Store) -> None:
    bring(store, DUO[:1], identify_by="ext")
    refuse(store, "ext=1")
    bring(store, [client(2, "1", "DUO@example.com")], identify_by="ext")
    with store.read() as tx:
        assert len(contacts.find(tx, "duo@example.com")) == 1


# ---------------------------------------------------------------- whom a person means


def test_an_email_means_everyone_who_has_it(store: Store) -> None:
    bring(store, DUO, identify_by="ext")
    bring(store, [row(2, "duo@example.com")])
    with store.read() as tx:
        found = contacts.find(tx, " DUO@example.com")
        with pytest.raises(AmbiguousContact) as several:
            contacts.the_one(tx, "duo@example.com")
    assert len(found) == 3
    assert several.value.reason.details == {"ids": [one.id for one in found]}


def test_a_contact_is_found_by_the_field_that_identifies_it(store: Store) -> None:
    bring(store, [client(2, "É@1", "lea@example.com")], identify_by="ext")
    assert known(store, "ext=É@1").email == "lea@example.com"


def change(store: Store, who: str, **values: str | None) -> None:
    with store.write() as tx:
        (found,) = contacts.find(tx, who)
        contacts.change(tx, found.id, values, LATER)


def test_who_is_identified_by_a_field_stays_so_when_a_person_changes_the_email(store: Store) -> None:
    bring(store, DUO, identify_by="ext")
    change(store, "ext=1", email="Lea@example.com")
    assert known(store, "lea@example.com").fields == {"ext": "1"}
    assert bring(store, [client(2, "1", "lea@example.com")], identify_by="ext").unchanged == 1


def test_a_person_may_change_the_field_that_identifies(store: Store) -> None:
    bring(store, DUO, identify_by="ext")
    change(store, "ext=1", ext="7")
    assert known(store, "ext=7").email == "duo@example.com"
    for taken, why in (("2", "contact_exists"), (None, "identity_missing")):
        with pytest.raises(InvalidValue, match=why):
            change(store, "ext=7", ext=taken)


def test_a_person_may_take_the_last_address_of_who_is_identified_by_a_field(store: Store) -> None:
    bring(store, DUO, identify_by="ext")
    change(store, "ext=1", email=None)
    assert known(store, "ext=1").email is None
    assert known(store, "duo@example.com").fields == {"ext": "2"}


def test_an_address_that_a_person_takes_from_who_refused_goes_on_refusing(store: Store) -> None:
    bring(store, DUO[:1], identify_by="ext")
    refuse(store, "ext=1")
    change(store, "ext=1", email="new@example.com")
    _, seen = decided(store, DUO[1:])
    assert [candidate.opted_out for candidate in seen] == [True]


def test_an_id_that_a_person_changes_is_no_address_and_refuses_nothing(store: Store) -> None:
    bring(store, [client(2, "1", phone="+33612345678")], identify_by="ext")
    refuse(store, "ext=1")
    change(store, "ext=1", ext="7")
    with store.read() as tx:
        assert contacts.find(tx, "ext=1") == ()


def test_who_agreed_again_leaves_no_refusal_behind(store: Store) -> None:
    bring(store, DUO[:1], identify_by="ext")
    refuse(store, "ext=1")
    with store.write() as tx:
        contacts.opt_in(tx, contacts.find(tx, "ext=1")[0].id, "all", "asked", LATER)
    bring(store, [client(2, "1", "new@example.com")], identify_by="ext")
    with store.read() as tx:
        assert contacts.find(tx, "duo@example.com") == ()


# ---------------------------------------------------------------- by indexes


def plan(tx: Transaction, query: sa.Select[tuple[object, ...]]) -> str:
    """How the database would run a query over many contacts."""
    way = "EXPLAIN QUERY PLAN" if tx.dialect.migrates_itself else "EXPLAIN"
    text = query.compile(tx.connection, compile_kwargs={"literal_binds": True})
    return "\n".join(str(row[-1]) for row in tx.connection.exec_driver_sql(f"{way} {text}"))


def test_the_others_of_an_address_are_found_by_indexes(store: Store) -> None:
    clients = [client(n, str(n), f"person{n}@example.com") for n in range(2000)]
    bring(store, clients, identify_by="ext")
    bring(store, [row(n, f"person{n}@example.com") for n in range(2000)])
    one = tables.contacts.c.id
    with store.write() as tx:
        if not tx.dialect.migrates_itself:
            tx.connection.exec_driver_sql("ANALYZE")
        asked = sa.select(one.label("contact_id"), one.label("about")).where(one < 3).subquery("asked")
        ways = plan(tx, sa.select(consent.others_of_address(asked).subquery("others")))
        pairs = tx.connection.execute(consent.others_of_address(asked)).all()
    assert len(pairs) == 2
    assert "contacts_email_key" in ways
    assert not [line for line in ways.splitlines() if "SCAN contacts" in line or "Seq Scan" in line]


def test_whether_addresses_are_shared_is_told_by_an_index(store: Store) -> None:
    bring(store, [row(n, f"person{n}@example.com") for n in range(2000)])
    key = tables.contacts.c.email_key
    with store.write() as tx:
        assert not consent.addresses_are_shared(tx)
        assert "contacts_email_key" in plan(tx, sa.select(sa.func.min(key)).where(key.is_not(None)))

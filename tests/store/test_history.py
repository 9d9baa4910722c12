"""What is gathered of the past, before it is decided and again before it is sent."""

from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest
import sqlalchemy as sa

from support.contact_rows import LATER, NOW, bring, client, many, row
from support.solicited import at_most, contact_id, decided, past, rules_of, seen
from tournee.core.decide import Rules
from tournee.core.facts import Candidate, Claim, ContactRow, SendStatus
from tournee.core.settings import Channel, Counting, FieldTest, OncePer, OnlyIf
from tournee.core.settings import Test as Question
from tournee.store import Store, contacts, history, keys, merge
from tournee.store.tables import bounces, opt_outs, solicitations

LEA = [row(2, "lea@example.com", "+33612345678")]
BY_CLIENT = merge.Job(list="avis", now=NOW, stamp=None, identify_by="ext")
SMS = rules_of(at_most(), channel=Channel.SMS)
ONCE = OncePer(text="once_per order", field="order")
LONG_AGO = timedelta(days=400)


@pytest.fixture
def lea(store: Store) -> int:
    bring(store, LEA)
    return contact_id(store, "lea@example.com")


def of_lea(store: Store, rules: Rules | None = None) -> Candidate:
    (candidate,) = seen(store, LEA, rules)
    return candidate


# ---------------------------------------------------------------- who they are


def test_each_contact_of_the_file_is_a_candidate_once_in_the_order_of_ids(store: Store) -> None:
    bring(store, many(range(50)))
    rows = [*many(range(40, 5000)), row(9000, phone="+33699999999"), row(9001, phone="+33600000041")]
    found = seen(store, rows)
    ids = [candidate.contact_id for candidate in found]
    assert ids == sorted(set(ids))
    assert len(ids) == 4961
    assert [candidate.address for candidate in found].count(None) == 1


def test_a_new_contact_has_no_history(store: Store) -> None:
    candidate = of_lea(store, rules_of(at_most(), at_most(2)))
    assert candidate == Candidate(
        contact_id=candidate.contact_id, address="lea@example.com", opted_out=False, pending=False,
        cap_counts=(0, 0), cap_latest=(None, None),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "address"),
    [("email", "Lea@example.com"), ("sms", "+33612345678"), ("webhook", "lea@example.com")],
)
def test_an_address_is_that_of_the_channel(store: Store, channel: Channel, address: str) -> None:
    rows = [row(2, "Lea@example.com", "+33612345678")]
    assert [one.address for one in seen(store, rows, rules_of(channel=Channel(channel)))] == [address]


def test_the_fields_that_rules_look_at_are_given_where_they_are_filled(store: Store) -> None:
    names = ("language", "country", "store", "amount")
    tests = tuple(FieldTest(field=name, test=Question.IS_SET, value=True) for name in names)
    fields = {"store": "Lille", "unasked": "x"}
    rows = [row(2, "lea@example.com", language="fr", first_name="Léa", fields=fields)]
    (candidate,) = seen(store, rows, rules_of(OnlyIf(text="", tests=tests)))
    assert candidate.values == {"language": "fr", "store": "Lille"}


# ---------------------------------------------------------------- what they refuse, what bounced


@pytest.mark.parametrize(("channel", "out"), [("all", True), ("email", True), ("sms", False)])
def test_an_opt_out_of_the_channel_or_of_all_is_seen(store: Store, lea: int, channel: str, out: bool) -> None:
    with store.write() as tx:
        contacts.opt_out(tx, lea, channel, "command", None, NOW)
    assert of_lea(store).opted_out is out
    with store.write() as tx:
        contacts.opt_in(tx, lea, channel, "asked", NOW)
    assert of_lea(store).opted_out is False


@pytest.mark.parametrize(("channel", "out"), [("all", True), ("sms", True), ("email", False)])
def test_who_shares_a_phone_refuses_text_messages_for_all(store: Store, channel: str, out: bool) -> None:
    bring(store, [row(2, "paul@example.com", "+33612345678")])
    with store.write() as tx:
        contacts.opt_out(tx, contacts.the_one(tx, "paul@example.com").id, channel, "command", None, NOW)
    assert of_lea(store, SMS).opted_out is out
    assert of_lea(store).opted_out is False


def test_an_address_that_bounced_is_known_in_any_case(store: Store) -> None:
    with store.write() as tx:
        tx.connection.execute(sa.insert(bounces).values(address="lea@example.com", at=NOW))
    rows = [row(2, "LEA@example.com", "+33612345678"), row(3, "paul@example.com")]
    assert [one.bounced for one in seen(store, rows)] == [True, False]
    assert [one.bounced for one in seen(store, rows, SMS)] == [False, False]
    with_id = [client(2, "1", "lea@EXAMPLE.com"), client(3, "2", "paul@example.com")]
    assert [one.bounced for one in seen(store, with_id, job=BY_CLIENT)] == [True, False]


# ---------------------------------------------------------------- what they were sent


@pytest.mark.parametrize("status", [SendStatus.WAITING, SendStatus.HELD, SendStatus.SENDING])
def test_what_is_unsent_is_pending_for_its_deployment_and_counts_however_old(
    store: Store, lea: int, status: SendStatus
) -> None:
    past(store, "lea@example.com", status, ago=LONG_AGO)
    same = of_lea(store, rules_of(at_most()))
    assert (same.pending, same.cap_counts, same.cap_latest) == (True, (1,), (NOW,))
    other = of_lea(store, rules_of(at_most(), deployment="other"))
    assert (other.pending, other.cap_counts) == (False, (1,))


@pytest.mark.parametrize("status", [SendStatus.SENT, SendStatus.UNCERTAIN])
def test_what_left_or_may_have_counts_within_the_window(store: Store, lea: int, status: SendStatus) -> None:
    past(store, "lea@example.com", status, ago=timedelta(days=10))
    candidate = of_lea(store, rules_of(at_most(days=30), at_most(days=10), at_most(days=11)))
    assert (candidate.pending, candidate.cap_counts) == (False, (1, 0, 1))


@pytest.mark.parametrize("status", [SendStatus.FAILED, SendStatus.CANCELLED, SendStatus.BLOCKED])
def test_what_never_left_does_not_count(store: Store, lea: int, status: SendStatus) -> None:
    past(store, "lea@example.com", status)
    candidate = of_lea(store, rules_of(at_most()))
    assert (candidate.pending, candidate.cap_counts, candidate.cap_latest) == (False, (0,), (None,))


def test_what_waits_counts_once_as_if_it_left_now(store: Store, lea: int) -> None:
    past(store, "lea@example.com", SendStatus.WAITING)
    past(store, "lea@example.com", ago=timedelta(days=20))
    candidate = of_lea(store, rules_of(at_most(days=15), at_most(days=30), at_most(days=5)))
    assert candidate.cap_counts == (1, 2, 1)
    assert candidate.cap_latest == (NOW, NOW, NOW)


def test_caps_count_everything_or_the_channel_or_the_deployment(store: Store, lea: int) -> None:
    past(store, "lea@example.com")
    past(store, "lea@example.com", deployment="other")
    past(store, "lea@example.com", deployment="texts", channel="sms")
    caps = [at_most(counting=counting) for counting in Counting]
    assert of_lea(store, rules_of(*caps)).cap_counts == (3, 2, 1)
    assert of_lea(store, rules_of(*caps, deployment="texts", channel=Channel.SMS)).cap_counts == (3, 1, 1)


def test_a_reminder_neither_counts_nor_is_pending(store: Store, lea: int) -> None:
    invitation = past(store, "lea@example.com", ago=LONG_AGO)
    past(store, "lea@example.com", SendStatus.WAITING, reminds=invitation, reminder=1, counts_at=None)
    candidate = of_lea(store, rules_of(at_most()))
    assert (candidate.pending, candidate.cap_counts) == (False, (0,))


def test_a_decision_to_block_does_not_count(store: Store) -> None:
    decided(store, LEA)
    decided(store, LEA)
    assert of_lea(store, rules_of(at_most())).cap_counts == (1,)


def test_what_went_to_the_same_address_under_another_name_counts(store: Store) -> None:
    bring(store, [client(2, "1", "lea@example.com")], identify_by="ext")
    past(store, "ext=1", SendStatus.WAITING)
    past(store, "ext=1", deployment="texts", channel="sms")
    (candidate,) = seen(store, [client(2, "2", "Lea@example.com")], rules_of(at_most()), BY_CLIENT)
    assert (candidate.pending, candidate.cap_counts) == (True, (1,))


def test_what_went_to_the_same_phone_counts_for_text_messages(store: Store) -> None:
    bring(store, [row(2, "paul@example.com", "+33612345678")])
    past(store, "paul@example.com", SendStatus.WAITING, channel="sms")
    past(store, "paul@example.com")
    assert (of_lea(store, SMS).pending, of_lea(store, SMS).cap_counts) == (True, (1,))
    assert of_lea(store, rules_of(at_most())).cap_counts == (0,)


def test_for_a_text_message_all_channels_of_a_contact_count_and_those_of_its_phone(store: Store) -> None:
    bring(store, [*LEA, row(3, "paul@example.com", "+33612345678"), row(4, "zoe@example.com")])
    for name, channel, days in (
        ("lea", "sms", 3),
        ("lea", "email", 4),
        ("paul", "sms", 2),
        ("zoe", "sms", 1),
    ):
        past(store, f"{name}@example.com", channel=channel, ago=timedelta(days=days))
    past(store, "paul@example.com", ago=timedelta(days=1))
    rules = rules_of(at_most(), at_most(counting=Counting.CHANNEL), channel=Channel.SMS)
    own = past(store, "lea@example.com", SendStatus.WAITING, deployment="other", channel="sms")
    late = again(store, own, rules=replace(rules, deployment="other"))[own]
    assert (late.cap_counts, late.cap_latest) == ((3, 2), (NOW - timedelta(days=2),) * 2)
    early = of_lea(store, rules)  # the one that is being sent counts as well
    assert (early.cap_counts, early.cap_latest) == ((4, 3), (NOW,) * 2)


def test_a_phone_at_thousands_of_contacts_is_looked_at_once_for_all(store: Store) -> None:
    bring(store, rows := [row(n, f"p{n}@example.com", "+33600000000") for n in range(4_000)])
    with store.write() as tx:
        refusals = [
            {"contact_id": n, "channel": "sms", "at": NOW, "source": "link"} for n in range(1, 4_000, 2)
        ]
        tx.connection.execute(sa.insert(opt_outs), refusals)
    begun = monotonic()
    assert all(one.opted_out for one in seen(store, rows, SMS))
    assert monotonic() - begun < 10  # pair by pair, it is a minute and more


# ---------------------------------------------------------------- what they may be asked only once


def orders(*numbers: object) -> list[ContactRow]:
    return [row(n + 2, f"person{n}@example.com", fields={"order": one}) for n, one in enumerate(numbers)]


def test_a_value_that_was_asked_about_is_taken_for_its_deployment(store: Store) -> None:
    decided(store, orders("A-1"), rules_of(ONCE))
    found = seen(store, orders("A-2", "A-1", "A-3"), rules_of(ONCE))
    assert [one.once_taken for one in found] == [False, True, False]
    others = seen(store, orders("A-2", "A-1", "A-3"), rules_of(ONCE, deployment="other"))
    assert not any(one.once_taken for one in others)


def test_a_value_is_kept_as_a_hash_with_the_key_of_the_database(store: Store) -> None:
    decided(store, orders("A-1"), rules_of(ONCE))
    (candidate,) = seen(store, orders("A-1"), rules_of(ONCE))
    with store.read() as tx:
        assert candidate.once == keys.hashed(keys.key(tx), 'order="A-1"')
        assert tx.connection.scalars(sa.select(solicitations.c.once)).all() == [candidate.once]


def test_who_has_no_value_takes_none(store: Store) -> None:
    (candidate,) = seen(store, [row(2, "lea@example.com")], rules_of(ONCE))
    assert (candidate.once, candidate.once_taken) == (None, False)


@pytest.mark.parametrize("status", [SendStatus.FAILED, SendStatus.CANCELLED, SendStatus.BLOCKED])
def test_what_never_left_gives_its_value_back(store: Store, status: SendStatus) -> None:
    decided(store, orders("A-1"), rules_of(ONCE))
    change(store, "person0@example.com", status=status)
    assert not seen(store, orders("A-1"), rules_of(ONCE))[0].once_taken


# ---------------------------------------------------------------- the second look


def change(store: Store, who: str, **values: object) -> None:
    """Something became of what somebody is sent."""
    theirs = sa.update(solicitations).where(solicitations.c.contact_id == contact_id(store, who))
    with store.write() as tx:
        tx.connection.execute(theirs.values(**values))


def again(store: Store, *ids: int, rules: Rules | None = None, **values: object) -> dict[int, Candidate]:
    """The second look at messages, which were claimed."""
    rules = rules or rules_of(at_most())
    claimed = sa.update(solicitations).where(solicitations.c.id.in_(ids)).returning(solicitations)
    with store.write() as tx:
        rows = tx.connection.execute(claimed.values(status=SendStatus.SENDING, **values)).all()
        claims = [
            Claim(
                id=one.id, deployment=one.deployment, list="avis", message_id=one.message_id, attempts=0,
                contact=contacts.load(tx, [one.contact_id])[one.contact_id], decided_at=one.decided_at,
            )
            for one in rows
        ]  # fmt: skip
        return history.recheck(tx, claims, rules)


def test_a_message_does_not_count_itself(store: Store, lea: int) -> None:
    own = past(store, "lea@example.com", SendStatus.WAITING)
    looked = again(store, own)[own]
    assert (looked.contact_id, looked.address) == (lea, "lea@example.com")
    assert (looked.pending, looked.cap_counts, looked.opted_out) == (False, (0,), False)


def test_only_messages_of_the_deployment_are_looked_at(store: Store, lea: int) -> None:
    own, other = (past(store, "lea@example.com", SendStatus.WAITING, deployment=name) for name in ("a", "b"))
    assert list(again(store, own, other, rules=rules_of(deployment="b"))) == [other]


def test_an_opt_out_after_the_decision_is_seen(store: Store, lea: int) -> None:
    own = past(store, "lea@example.com", SendStatus.WAITING)
    with store.write() as tx:
        contacts.opt_out(tx, lea, "all", "link", None, LATER)
    assert again(store, own)[own].opted_out


def test_of_two_messages_that_exclude_each_other_the_older_goes(store: Store, lea: int) -> None:
    older = past(store, "lea@example.com", SendStatus.WAITING)
    newer = past(store, "lea@example.com", SendStatus.WAITING)
    looked = again(store, older, newer)
    assert [looked[own].cap_counts for own in (older, newer)] == [(0,), (1,)]
    assert [looked[own].pending for own in (older, newer)] == [False, True]


def test_what_is_older_and_unsent_counts_however_old(store: Store, lea: int) -> None:
    past(store, "lea@example.com", SendStatus.HELD, ago=LONG_AGO, deployment="other")
    own = past(store, "lea@example.com", SendStatus.WAITING, ago=LONG_AGO)
    assert again(store, own)[own].cap_counts == (1,)


@pytest.mark.parametrize("status", [SendStatus.SENT, SendStatus.UNCERTAIN])
def test_what_was_planned_later_but_may_have_left_counts(store: Store, lea: int, status: SendStatus) -> None:
    own = past(store, "lea@example.com", SendStatus.WAITING)
    past(store, "lea@example.com", status, deployment="other")
    past(store, "lea@example.com", status, deployment="other", ago=LONG_AGO)
    assert again(store, own)[own].cap_counts == (1,)


@pytest.mark.parametrize(
    ("values", "counted"),
    [({}, 0), ({"begun_at": NOW}, 1), ({"channel": "sms"}, 1)],
    ids=["claimed beside it", "begun", "claimed by another outlet"],
)
def test_what_was_planned_later_and_is_leaving_counts(
    store: Store, lea: int, values: dict[str, object], counted: int
) -> None:
    own = past(store, "lea@example.com", SendStatus.WAITING)
    past(store, "lea@example.com", SendStatus.SENDING, deployment="other", **values)
    assert again(store, own)[own].cap_counts == (counted,)


def test_of_its_own_deployment_what_is_older_or_leaving_is_pending(store: Store, lea: int) -> None:
    own = past(store, "lea@example.com", SendStatus.WAITING)
    younger = past(store, "lea@example.com", SendStatus.WAITING)
    assert not again(store, own)[own].pending
    again(store, younger, begun_at=NOW)
    assert again(store, own)[own].pending


def test_a_reminder_does_not_count_what_it_reminds_of(store: Store, lea: int) -> None:
    invitation = past(store, "lea@example.com")
    own, _sibling = (
        past(store, "lea@example.com", SendStatus.WAITING, reminds=invitation, counts_at=None)
        for _ in range(2)
    )
    assert again(store, own)[own].cap_counts == (0,)
    past(store, "lea@example.com", deployment="other")
    looked = again(store, own)[own]
    assert (looked.cap_counts, looked.answered, looked.pending) == ((1,), False, False)


def test_a_reminder_knows_that_its_invitation_was_answered(store: Store, lea: int) -> None:
    invitation = past(store, "lea@example.com", answered_at=NOW)
    own = past(store, "lea@example.com", SendStatus.WAITING, reminds=invitation, counts_at=None)
    assert again(store, own)[own].answered


def test_a_message_keeps_the_value_that_it_was_planned_with(store: Store) -> None:
    decided(store, orders("A-1"), rules_of(ONCE))
    bring(store, orders("A-2"))
    with store.read() as tx:
        own, kept = tx.connection.execute(sa.select(solicitations.c.id, solicitations.c.once)).one()
    looked = again(store, own, rules=rules_of(ONCE))[own]
    assert (looked.once, looked.once_taken) == (kept, False)
    past(store, "person0@example.com", once=kept)
    assert again(store, own, rules=rules_of(ONCE))[own].once_taken

"""What is sent: claimed with others, begun alone, settled."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from support.contact_rows import JOB, LATER, NOW, bring, client, many, row
from support.outgoing import attempt, begin, claim, opt_out, row_of, rows, settle, statuses
from support.solicited import decided, past, rules_of
from tournee.core.facts import Claim, Reason, SendStatus
from tournee.core.settings import Channel
from tournee.store import Store, contacts, outbox
from tournee.store.tables import FOREVER, solicitations

LEA = [row(2, "lea@example.com", "+33612345678")]
SENT, WAITING, UNCERTAIN = SendStatus.SENT, SendStatus.WAITING, SendStatus.UNCERTAIN
OF_CHANNEL = {channel: rules_of(channel=channel) for channel in Channel}


@pytest.fixture
def claimed(store: Store) -> Claim:
    """The message to Léa."""
    decided(store, LEA)
    (one,) = claim(store)
    return one


# ---------------------------------------------------------------- claimed


def test_a_message_is_claimed_once_with_all_it_needs(store: Store, claimed: Claim) -> None:
    assert claim(store) == []
    assert (claimed.deployment, claimed.list, claimed.attempts) == ("satisfaction", "avis", 0)
    assert (claimed.contact.email, claimed.contact.lists) == ("lea@example.com", ("avis",))
    assert (claimed.decided_at, claimed.tried_at, claimed.reminder) == (NOW, None, 0)
    assert claimed.message_id.startswith("<")
    assert claimed.message_id.endswith("@example.com>")


def test_what_is_due_the_longest_is_claimed_whatever_its_deployment_in_the_order_of_planning(
    store: Store,
) -> None:
    for minutes, name in ((3, "one"), (1, "two"), (4, "three"), (0, "four")):
        decided(store, LEA, rules_of(deployment=name, now=NOW - timedelta(minutes=minutes)))
    first, second = (claim(store, limit=2, of="one two three four") for _ in range(2))
    assert [one.deployment for one in first] == ["one", "three"]
    assert [one.deployment for one in second] == ["two", "four"]


def test_only_what_is_due_of_the_deployments_asked_for_is_claimed(store: Store) -> None:
    for name in ("one", "two"):
        decided(store, LEA, rules_of(deployment=name))
    assert claim(store, NOW - timedelta(seconds=1), of="one two") == []
    assert [one.deployment for one in claim(store, of="two")] == ["two"]
    assert claim(store, of="") == []


def test_of_very_many_deployments_the_longest_due_are_claimed(store: Store) -> None:
    names = [f"survey-{number:03}" for number in range(250)]
    for place, name in ((7, names[240]), (5, names[3])):
        decided(store, LEA, rules_of(deployment=name, now=NOW - timedelta(minutes=place)))
    assert [one.deployment for one in claim(store, limit=1, of=" ".join(names))] == [names[240]]


def test_message_ids_differ_and_ascend(store: Store) -> None:
    decided(store, many(range(300)))
    ids = [one.message_id for one in claim(store, limit=300)]
    assert ids == sorted(set(ids))


def test_many_senders_never_claim_the_same_message(store: Store) -> None:
    decided(store, many(range(60)))

    def drain(_number: int) -> list[int]:
        mine: list[int] = []
        while some := claim(store, limit=7):
            mine += [one.id for one in some]
        return mine

    with ThreadPoolExecutor(4) as pool:
        taken = [number for mine in pool.map(drain, range(4)) for number in mine]
    assert len(taken) == len(set(taken)) == 60


def test_what_was_claimed_and_not_begun_is_put_back_and_due_again(store: Store) -> None:
    decided(store, many(range(3)))
    first, *others = claim(store)
    begin(store, first)
    with store.write() as tx:
        outbox.put_back(tx, [first, *others])
    assert statuses(store) == ["sending", "waiting", "waiting"]
    assert claim(store) == others


def test_a_message_whose_contact_is_no_more_is_given_up(store: Store) -> None:
    decided(store, LEA)
    with store.write() as tx:
        tx.connection.execute(sa.update(solicitations).values(contact_id=999))
    assert claim(store) == []
    assert statuses(store) == ["cancelled"]


def test_messages_of_who_is_no_more_are_in_nobodys_way(store: Store) -> None:
    decided(store, many(range(5)))
    with store.write() as tx:
        tx.connection.execute(sa.update(solicitations).where(solicitations.c.id < 5).values(contact_id=999))
    assert [one.id for one in claim(store, limit=2)] == [5]
    assert statuses(store) == ["cancelled"] * 4 + ["sending"]


# ---------------------------------------------------------------- put off


def test_a_message_that_must_wait_is_claimed_again_then(store: Store, claimed: Claim) -> None:
    reason = Reason("window_closed", {"until": "later"})
    with store.write() as tx:
        outbox.postpone(tx, claimed.id, until=LATER, rule="between 09:00-20:00", reason=reason)
    one = row_of(store, claimed.id)
    assert (one.status, one.rule, one.reason) == ("waiting", "between 09:00-20:00", reason)
    assert (one.next_attempt_at, one.counts_at, one.attempts) == (LATER, FOREVER, 0)
    assert claim(store) == []
    assert claim(store, LATER) == [claimed]


def test_until_when_it_waits_for_a_cap_is_told_once(store: Store, claimed: Claim) -> None:
    for expires_at, kept in ((None, None), (LATER, LATER), (None, LATER), (NOW, LATER)):
        with store.write() as tx:
            outbox.postpone(tx, claimed.id, until=NOW, expires_at=expires_at)
        assert [one.expires_at for one in claim(store)] == [kept]


def test_what_was_begun_is_not_put_off(store: Store, claimed: Claim) -> None:
    begin(store, claimed)
    with store.write() as tx:
        outbox.postpone(tx, claimed.id, until=LATER)
    assert statuses(store) == ["sending"]


# ---------------------------------------------------------------- begun


def test_the_attempt_is_counted_when_it_begins(store: Store, claimed: Claim) -> None:
    assert begin(store, claimed) is None
    one = row_of(store, claimed.id)
    assert (one.status, one.attempts, one.tried_at, one.begun_at) == ("sending", 1, NOW, NOW)


def test_a_message_is_begun_once(store: Store, claimed: Claim) -> None:
    assert [begin(store, claimed), begin(store, claimed)] == [None, "gone"]


def test_what_was_taken_back_or_cancelled_meanwhile_is_gone(store: Store) -> None:
    decided(store, many(range(2)))
    first, second = claim(store)
    with store.write() as tx:
        outbox.put_back(tx, [first])
    with store.write() as tx:
        assert outbox.cancel(tx, "satisfaction", None, uncertain=False) == 2
    assert [begin(store, first), begin(store, second)] == ["gone", "gone"]


@pytest.mark.parametrize("name", ["satisfaction", None])
def test_what_is_paused_is_neither_claimed_nor_begun_until_it_is_resumed(
    store: Store, claimed: Claim, name: str | None
) -> None:
    decided(store, many(range(1)))
    with store.write() as tx:
        outbox.pause(tx, name, NOW)
    assert (begin(store, claimed), claim(store)) == ("paused", [])
    with store.write() as tx:
        outbox.resume(tx, name)
    assert (begin(store, claimed), len(claim(store))) == (None, 1)


def test_the_pause_of_one_deployment_stops_no_other(store: Store, claimed: Claim) -> None:
    with store.write() as tx:
        outbox.pause(tx, "other", NOW)
    assert begin(store, claimed) is None


# ---------------------------------------------------------------- the last look at refusals


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("refused", ["all", *Channel])
def test_a_refusal_after_the_second_look_is_seen(store: Store, channel: Channel, refused: str) -> None:
    decided(store, LEA, OF_CHANNEL[channel])
    (one,) = claim(store)
    opt_out(store, "lea@example.com", refused)
    assert begin(store, one) == ("opted_out" if refused in ("all", channel) else None)


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WEBHOOK])
@pytest.mark.parametrize("other", ["+33600000000", None])
def test_a_refusal_of_who_has_no_email_is_seen_whatever_its_phone_becomes(
    store: Store, channel: Channel, other: str | None
) -> None:
    decided(
        store, [client(2, "7", phone="+33612345678")], OF_CHANNEL[channel], replace(JOB, identify_by="ext")
    )
    (one,) = claim(store)
    opt_out(store, "ext=7")
    with store.write() as tx:
        contacts.change(tx, one.contact.id, {"phone": other}, LATER)
    assert begin(store, one) == "opted_out"


def test_a_refusal_that_ended_is_none(store: Store, claimed: Claim) -> None:
    opt_out(store, "lea@example.com")
    with store.write() as tx:
        contacts.opt_in(tx, claimed.contact.id, "all", "asked", LATER)
    assert begin(store, claimed) is None


@pytest.mark.parametrize("refusing", ["ext=2", "ext=3"])
def test_a_refusal_holds_for_the_address_wherever_it_stands(store: Store, refusing: str) -> None:
    bring(store, [row(2, "Duo@example.com"), client(3, "9", "other@example.com")])
    others = [client(2, "2", "duo@example.com"), client(3, "3", "DUO@example.com")]
    bring(store, others, identify_by="ext")
    decided(store, [row(2, "Duo@example.com")])
    (one,) = claim(store)
    opt_out(store, refusing, "email")
    assert begin(store, one) == "opted_out"


def test_the_refusal_of_who_is_known_by_the_email_holds_for_others_with_it(store: Store) -> None:
    bring(store, [row(2, "duo@example.com")])
    with store.read() as tx:
        (by_email,) = contacts.find(tx, "duo@example.com")
    decided(store, [client(2, "1", "Duo@example.com")], job=replace(JOB, identify_by="ext"))
    (one,) = claim(store)
    with store.write() as tx:
        contacts.opt_out(tx, by_email.id, "all", "link", None, NOW)
    assert begin(store, one) == "opted_out"


@pytest.mark.parametrize(("channel", "halt"), [(Channel.SMS, "opted_out"), (Channel.EMAIL, None)])
@pytest.mark.parametrize("refused", ["sms", "all"])
def test_a_refusal_holds_for_the_phone_where_the_message_goes_there(
    store: Store, channel: Channel, halt: str | None, refused: str
) -> None:
    bring(store, [row(2, "zoe@example.com", "+33612345678")])
    decided(store, LEA, OF_CHANNEL[channel])
    (one,) = claim(store)
    opt_out(store, "zoe@example.com", "email")
    opt_out(store, "zoe@example.com", refused)
    assert begin(store, one) == halt


# ---------------------------------------------------------------- settled


@pytest.mark.parametrize("status", [SENT, UNCERTAIN])
def test_what_left_or_may_have_counts_from_then_on(store: Store, claimed: Claim, status: SendStatus) -> None:
    attempt(store, claimed, status, LATER)
    one = row_of(store, claimed.id)
    assert (one.status, one.counts_at, one.answer) == (status, LATER, "answer")
    assert one.sent_at == (LATER if status is SENT else None)


@pytest.mark.parametrize("status", [SendStatus.FAILED, SendStatus.BLOCKED])
def test_what_never_left_does_not_count(store: Store, claimed: Claim, status: SendStatus) -> None:
    attempt(store, claimed, status, rule="opt_out", reason=Reason("opt_out"))
    one = row_of(store, claimed.id)
    assert (one.status, one.counts_at, one.rule) == (status, None, "opt_out")


def test_a_message_keeps_its_message_id_and_its_first_attempt(store: Store, claimed: Claim) -> None:
    attempt(store, claimed, WAITING, next_attempt_at=LATER, reason=Reason("mail_away"))
    assert claim(store) == []
    assert claim(store, LATER) == [replace(claimed, attempts=1, tried_at=NOW)]
    attempt(store, claimed, WAITING, LATER, next_attempt_at=LATER)
    assert claim(store, LATER) == [replace(claimed, attempts=2, tried_at=NOW)]


def test_what_could_not_be_put_together_spent_no_attempt(store: Store, claimed: Claim) -> None:
    settle(store, claimed, WAITING, next_attempt_at=NOW, attempted=False)
    assert claim(store) == [claimed]
    attempt(store, claimed, WAITING, next_attempt_at=NOW, attempted=False)
    assert claim(store) == [claimed]


def test_a_sender_that_was_thought_dead_may_tell_that_it_was_sent(store: Store, claimed: Claim) -> None:
    begin(store, claimed)
    with store.write() as tx:
        outbox.orphans(tx, ["satisfaction"], NOW)
    settle(store, claimed, SENT)
    settle(store, claimed, SendStatus.FAILED)
    assert statuses(store) == ["sent"]


def test_what_was_uncertain_and_is_tried_again_counts_as_unsent(store: Store, claimed: Claim) -> None:
    attempt(store, claimed, UNCERTAIN)
    settle(store, claimed, WAITING, next_attempt_at=LATER)
    one = row_of(store, claimed.id)
    assert (one.status, one.counts_at, one.begun_at) == ("waiting", FOREVER, None)


# ---------------------------------------------------------------- what the dead left


def test_of_what_a_dead_sender_left_only_what_it_had_begun_is_uncertain(store: Store) -> None:
    decided(store, many(range(3)))
    first, second, third = claim(store)
    attempt(store, first, SENT)
    with store.write() as tx:
        outbox.postpone(tx, second.id, until=NOW, rule="at_most 1 per month", reason=Reason("at_most_waits"))
    claim(store)
    begin(store, second)
    with store.write() as tx:
        assert outbox.under_way(tx) == {"satisfaction"}
        assert outbox.orphans(tx, ["other"], LATER) == 0
        assert outbox.orphans(tx, ["satisfaction"], LATER) == 1
        assert (outbox.orphans(tx, ["satisfaction"], LATER), outbox.under_way(tx)) == (0, set())
    assert statuses(store) == ["sent", "uncertain", "waiting"]
    assert claim(store, LATER + timedelta(days=9)) == [third]
    lost = row_of(store, second.id)
    assert (lost.counts_at, lost.rule, lost.reason) == (LATER, None, Reason("attempt_interrupted"))


# ---------------------------------------------------------------- reminders


def test_reminders_are_planned_when_the_invitation_was_sent(store: Store, claimed: Claim) -> None:
    attempt(store, claimed, SENT, remind_at=[LATER, LATER + timedelta(days=7)])
    assert rows(store, "status", "reminds", "reminder", "next_attempt_at", "counts_at", "decision")[1:] == [
        ("waiting", claimed.id, 1, LATER, None, "planned"),
        ("waiting", claimed.id, 2, LATER + timedelta(days=7), None, "planned"),
    ]
    (reminder,) = claim(store, LATER)
    assert (reminder.reminder, reminder.contact, reminder.list) == (1, claimed.contact, "avis")
    assert reminder.message_id not in ("", claimed.message_id)
    assert reminder.message_id.endswith("@example.com>")


@pytest.mark.parametrize("status", [WAITING, UNCERTAIN, SendStatus.FAILED])
def test_what_was_not_sent_is_not_reminded_of(store: Store, claimed: Claim, status: SendStatus) -> None:
    attempt(store, claimed, status, next_attempt_at=LATER if status is WAITING else None, remind_at=[LATER])
    assert len(statuses(store)) == 1


def test_reminders_are_planned_once_however_often_the_sender_tells(store: Store, claimed: Claim) -> None:
    attempt(store, claimed, SENT, remind_at=[LATER])
    settle(store, claimed, SENT, remind_at=[LATER])
    assert statuses(store) == ["sent", "waiting"]


def test_a_reminder_never_counts(store: Store, claimed: Claim) -> None:
    attempt(store, claimed, SENT, remind_at=[LATER, LATER])
    first, second = claim(store, LATER)
    with store.write() as tx:
        outbox.postpone(tx, first.id, until=LATER)
    attempt(store, second, UNCERTAIN, LATER)
    assert rows(store, "status", "counts_at")[1:] == [("waiting", None), ("uncertain", None)]
    with store.write() as tx:
        outbox.release(tx, "satisfaction", None, uncertain=True, now=LATER)
    for one in claim(store, LATER):
        attempt(store, one, SENT, LATER)
    assert rows(store, "status", "counts_at")[1:] == [("sent", None), ("sent", None)]


def test_an_answer_is_noted_with_what_was_sent(store: Store, claimed: Claim) -> None:
    attempt(store, claimed, SENT, remind_at=[LATER])
    past(store, "lea@example.com", deployment="other")
    past(store, "lea@example.com", SendStatus.FAILED)
    past(store, "lea@example.com", reminds=claimed.id, reminder=2)
    with store.write() as tx:
        assert outbox.answered(tx, claimed.contact.id, "satisfaction", LATER) == 1
        assert outbox.answered(tx, claimed.contact.id, None, LATER) == 1
        assert outbox.answered(tx, claimed.contact.id, None, LATER) == 0
    assert rows(store, "answered_at") == [(LATER,), (None,), (LATER,), (None,), (None,)]


# ---------------------------------------------------------------- what there is to do


def test_the_deployments_of_what_becomes_due_are_told(store: Store) -> None:
    with store.read() as tx:
        assert outbox.stirred(tx, NOW, LATER) == set()
    decided(store, many(range(3)), rules_of(deployment="one"))
    decided(store, LEA, rules_of(deployment="two", now=LATER))
    second = timedelta(seconds=1)
    with store.read() as tx:
        assert outbox.stirred(tx, NOW - second, NOW) == {"one"}
        assert outbox.stirred(tx, NOW, LATER - second) == set()
        assert outbox.stirred(tx, NOW, LATER) == {"two"}
        assert outbox.stirred(tx, NOW - second, LATER) == {"one", "two"}
        assert outbox.stirred(tx, LATER, LATER + second) == set()

from dataclasses import replace
from datetime import timedelta
from typing import Any

from support.contact_rows import LATER, NOW, draft
from tournee.core.facts import Alert, AlertEvent, AlertKind, Condition, Reason
from tournee.store import Store, Transaction, alerts, imports

AWAY = Reason("remote_unreachable", {"host": "sftp.example"})


def opened(tx: Transaction, subject: str = "boutique", **values: Any) -> Condition:
    about = {"kind": AlertKind.UNREACHABLE, "reason": AWAY, "now": NOW, "repository": "boutique", **values}
    return alerts.open_condition(tx, subject=subject, **about)


def test_a_condition_opens_once_while_it_lasts(store: Store) -> None:
    with store.write() as tx:
        first = opened(tx)
        assert opened(tx, now=LATER, reason=Reason("remote_timeout")) == first
        assert alerts.find_open(tx, AlertKind.UNREACHABLE, "boutique") == first
        assert alerts.find_open(tx, AlertKind.UNTRUSTED, "boutique") is None
    assert (first.opened_at, first.told_at, first.reason, first.closed_at) == (NOW, NOW, AWAY, None)


def test_a_condition_that_was_closed_opens_anew(store: Store) -> None:
    with store.write() as tx:
        first = opened(tx)
        alerts.close(tx, first.id, LATER)
        assert alerts.open_conditions(tx) == []
        assert opened(tx, now=LATER).id != first.id


def test_a_reminder_is_noted(store: Store) -> None:
    with store.write() as tx:
        alerts.told(tx, opened(tx).id, LATER)
        (condition,) = alerts.open_conditions(tx)
    assert (condition.opened_at, condition.told_at) == (NOW, LATER)


def test_everything_that_is_wrong_is_listed_oldest_first(store: Store) -> None:
    with store.write() as tx:
        import_id = imports.begin(tx, draft(), None)
        both = [
            opened(tx, "magasins", file="caf\udce9.csv", list="magasins", import_id=import_id),
            opened(tx, "boutique"),
        ]
        assert alerts.open_conditions(tx) == both


# ---------------------------------------------------------------- messages


def message(tx: Transaction, number: int = 1, **values: Any) -> alerts.NewAlert:
    condition = opened(tx, "avis", kind=AlertKind.IMPORT_ERRORS)
    new = alerts.NewAlert(
        user="claire",
        address="claire@example.com",
        language="fr",
        kind=AlertKind.IMPORT_ERRORS,
        event=AlertEvent.OPENED,
        subject="avis",
        message_id=f"<{number}@example.com>",
        reason=Reason("rows_rejected", {"rejected": number}),
        repository="boutique",
        list="avis",
        condition_id=condition.id,
        import_ids=(number,),
        opened_at=NOW,
        batch=None,
        not_before=NOW,
    )
    return replace(new, **values)


def claimed(store: Store, now: Any = NOW) -> list[Alert]:
    with store.write() as tx:
        return alerts.claim(tx, now, 10)


def test_a_message_leaves_when_it_is_due_and_is_then_done(store: Store) -> None:
    with store.write() as tx:
        alerts.queue(tx, [message(tx, not_before=LATER)], NOW)
    assert claimed(store) == []
    (alert,) = claimed(store, LATER)
    assert (alert.message_id, alert.import_ids, alert.attempts) == ("<1@example.com>", (1,), 0)
    with store.write() as tx:
        alerts.settle(tx, alert.id, sent=True, now=LATER, answer="250 ok")
    assert claimed(store, LATER + timedelta(days=9)) == []


def test_a_message_that_was_cut_goes_again_with_its_message_id(store: Store) -> None:
    with store.write() as tx:
        alerts.queue(tx, [message(tx)], NOW)
    (first,), (again,) = claimed(store), claimed(store)
    assert again == replace(first, attempts=1)


def test_a_message_that_could_not_leave_waits(store: Store) -> None:
    with store.write() as tx:
        alerts.queue(tx, [message(tx)], NOW)
        (alert,) = alerts.claim(tx, NOW, 10)
        alerts.settle(tx, alert.id, sent=False, now=NOW, answer="451 later", next_attempt_at=LATER)
    assert claimed(store) == []
    assert [alert.attempts for alert in claimed(store, LATER)] == [1]


def test_a_message_that_was_given_up_is_not_tried_again(store: Store) -> None:
    with store.write() as tx:
        alerts.queue(tx, [message(tx)], NOW)
        (alert,) = alerts.claim(tx, NOW, 10)
        alerts.settle(tx, alert.id, sent=False, now=NOW, answer="550 no", given_up=True)
    assert claimed(store, LATER) == []


def test_the_files_of_one_poll_share_a_message_to_each_user(store: Store) -> None:
    with store.write() as tx:
        poll = {"batch": "poll 1", "not_before": LATER}
        alerts.queue(tx, [message(tx, 1, **poll), message(tx, 2, user="paul", **poll)], NOW)
        alerts.queue(tx, [message(tx, 3, **poll), message(tx, 4, user="paul", **poll)], NOW)
        alerts.queue(tx, [message(tx, 5, **{**poll, "batch": "poll 2"})], NOW)
        alerts.release_batch(tx, "poll 1", NOW)
    assert [(alert.user, alert.import_ids) for alert in claimed(store)] == [
        ("claire", (1, 3)),
        ("paul", (2, 4)),
    ]


def test_a_rejected_file_gives_the_message_its_kind_and_reason(store: Store) -> None:
    empty = Reason("empty", {})
    with store.write() as tx:
        rejected = {"kind": AlertKind.IMPORT_REJECTED, "reason": empty}
        for number, worse in ((1, {}), (2, rejected), (3, {})):
            alerts.queue(tx, [message(tx, number, batch="poll", **worse)], NOW)
        alerts.release_batch(tx, "poll", NOW)
        (alert,) = alerts.claim(tx, NOW, 10)
    assert (alert.kind, alert.reason, alert.import_ids) == (AlertKind.IMPORT_REJECTED, empty, (1, 2, 3))


def test_the_message_of_a_poll_that_died_leaves_all_the_same(store: Store) -> None:
    with store.write() as tx:
        alerts.queue(tx, [message(tx, 1, batch="poll", not_before=LATER)], NOW)
        assert [alert.import_ids for alert in alerts.claim(tx, LATER, 10)] == [(1,)]
        alerts.queue(tx, [message(tx, 2, batch="poll", not_before=LATER)], LATER)
        assert len(alerts.claim(tx, LATER, 10)) == 2

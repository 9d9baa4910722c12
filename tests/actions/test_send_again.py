"""What the second look, reminders and bounces make of messages that are due."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from support.installation import NOON
from support.outlets import Outlets
from tournee.actions import contacts
from tournee.actions.send import send_due
from tournee.core.facts import SendReport, SendStatus
from tournee.store import contacts as people
from tournee.store import outbox


def never() -> float:
    return 0.0


def drain(outlets: Outlets) -> SendReport:
    return send_due(outlets.app, chance=never)


def waits_until(outlets: Outlets) -> list[datetime]:
    return [row.next_attempt_at for row in outlets.rows() if row.status == SendStatus.WAITING]


# ---------------------------------------------------------------- reminders


def test_who_has_not_answered_is_reminded_after_so_many_days(outlets: Outlets) -> None:
    outlets.use(satisfaction="remind: [after 7 days, after 14 days]")
    outlets.people(1)
    assert drain(outlets) == SendReport(sent=1)
    for _ in range(2):
        outlets.later(days=7, seconds=-1)
        assert drain(outlets) == SendReport()
        outlets.later(seconds=1)
        assert drain(outlets) == SendReport(sent=1)
    outlets.later(days=365)
    assert drain(outlets) == SendReport()


def test_who_has_answered_is_not_reminded(outlets: Outlets) -> None:
    outlets.use(satisfaction="remind: after 7 days")
    outlets.people(2)
    drain(outlets)
    with outlets.store.write() as tx:
        outbox.answered(tx, people.the_one(tx, "c0@example.com").id, None, outlets.now)
    outlets.later(days=7)
    assert drain(outlets) == SendReport(sent=1, blocked=1)
    assert [message.to for message in outlets.sink.received][2:] == ["c1@example.com"]


def test_who_has_opted_out_is_not_reminded(small_outlets: Outlets) -> None:
    small_outlets.use(satisfaction="remind: after 7 days")
    small_outlets.people(1)
    drain(small_outlets)
    contacts.opt_out(small_outlets.app, "c0@example.com")
    small_outlets.later(days=7)
    assert drain(small_outlets) == SendReport(blocked=1)


def test_a_reminder_spends_no_allowance(outlets: Outlets) -> None:
    outlets.use(satisfaction="remind: after 7 days\n    rules: [{at_most: 1 per 30 days}]")
    outlets.people(1)
    drain(outlets)
    outlets.later(days=7)
    assert drain(outlets) == SendReport(sent=1)
    outlets.later(days=24)
    outlets.people(1)
    assert drain(outlets) == SendReport(sent=1)


# ---------------------------------------------------------------- windows, caps


def test_a_window_that_closed_meanwhile_makes_a_message_wait_until_it_opens(outlets: Outlets) -> None:
    outlets.people(1)
    outlets.use(satisfaction="rules: [{between: 14:00-20:00}]")
    assert drain(outlets) == SendReport(later=1)
    assert waits_until(outlets) == [datetime(2026, 11, 23, 13, tzinfo=UTC)]
    outlets.later(hours=2)
    assert drain(outlets) == SendReport(sent=1)


def test_a_window_that_never_opens_for_a_claimed_message_costs_no_attempt(small_outlets: Outlets) -> None:
    small_outlets.people(1)
    small_outlets.use(satisfaction="rules: [{between: sun}]")
    drain(small_outlets)
    assert [row.attempts for row in small_outlets.rows()] == [0]


def test_a_cap_that_waits_lets_go_when_it_is_free(outlets: Outlets) -> None:
    waiting = "rules: [{at_most: 1 per 10 days, otherwise: wait up to 14 days}]"
    outlets.use(satisfaction=waiting)
    outlets.people(1)
    assert drain(outlets) == SendReport(sent=1)
    outlets.later(days=5)
    outlets.people(1)
    for _ in range(6):
        report = drain(outlets)
        outlets.later(days=1)
    assert Counter(row.status for row in outlets.rows()) == {"sent": 2}
    assert report.sent == 1


def test_a_cap_that_is_never_free_blocks_in_the_end(outlets: Outlets) -> None:
    waiting = "rules: [{at_most: 1 per 90 days, otherwise: wait up to 3 days}]"
    outlets.use(satisfaction=waiting)
    for _ in range(2):
        outlets.people(1)
        drain(outlets)
    for _ in range(4):
        drain(outlets)
        outlets.later(days=1)
    assert [(row.status, row.rule) for row in outlets.rows()] == [
        ("sent", None), ("blocked", "at_most 1 per 90 days"),
    ]  # fmt: skip


def test_two_of_one_batch_that_exclude_each_other_the_older_goes(outlets: Outlets) -> None:
    outlets.use(deploy="[satisfaction, bienvenue]")
    outlets.people(1)
    outlets.more = "solicitation_rules: [{at_most: 1 per month}]"
    outlets.configure()
    assert drain(outlets) == SendReport(sent=1, blocked=1)
    assert [(row.deployment, row.status) for row in outlets.rows()] == [
        ("satisfaction", "sent"), ("bienvenue", "blocked"),
    ]  # fmt: skip


# ---------------------------------------------------------------- bounces, attempts


def test_an_address_that_does_not_exist_is_not_written_to_again(outlets: Outlets) -> None:
    outlets.people(1)
    outlets.sink.refuse["c0@example.com"] = "550 5.1.1 no such user"
    assert drain(outlets) == SendReport(failed=1)
    outlets.people(1)
    assert drain(outlets) == SendReport()
    assert [(row.status, row.rule) for row in outlets.rows()] == [("failed", None), (None, "bounced")]


@pytest.mark.parametrize("answer", ["550 5.7.1 not from you", "552 5.2.2 mailbox full"])
def test_an_address_that_only_refused_this_mail_is_written_to_again(
    small_outlets: Outlets, answer: str
) -> None:
    small_outlets.people(1)
    small_outlets.sink.refuse["c0@example.com"] = answer
    drain(small_outlets)
    small_outlets.sink.refuse.clear()
    small_outlets.people(1)
    assert drain(small_outlets) == SendReport(sent=1)


def test_three_days_to_arrive_begin_with_the_first_attempt(small_outlets: Outlets) -> None:
    small_outlets.people(1)
    small_outlets.later(days=30)
    small_outlets.sink.refuse["c0@example.com"] = "450 4.2.1 busy"
    while drain(small_outlets).later:
        small_outlets.later(hours=1)
    assert timedelta(days=33) <= small_outlets.now - NOON < timedelta(days=33, hours=2)

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.facts import AlertEvent, AlertKind, Condition, Reason, RemoteErrorKind
from tournee.core.settings import User
from tournee.core.watch import REMIND_AFTER, Turn, condition_of, observe, subscribers

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
AWAY = Reason("remote_unreachable", {"host": "ftp.example"})
SILENT = Reason("remote_timeout", {"host": "ftp.example"})
UNREACHABLE = AlertKind.UNREACHABLE


def opened(told_at: datetime = NOON) -> Condition:
    return Condition(
        id=1,
        kind=UNREACHABLE,
        subject="boutique",
        opened_at=NOON - 3 * DAY,
        told_at=told_at,
        closed_at=None,
        reason=AWAY,
    )


def a_user(key: str, alerts: Collection[str], lists: tuple[str, ...] | None = None) -> User:
    return User(key=key, email=f"{key}@example.com", alerts=frozenset(alerts), lists=lists)


def test_a_trouble_opens_a_condition() -> None:
    assert observe(None, AWAY, NOON) == Turn(event=AlertEvent.OPENED, reason=AWAY)


def test_a_trouble_that_lasts_is_told_once() -> None:
    assert observe(opened(), AWAY, NOON + DAY - SECOND) is None


def test_a_trouble_that_lasts_a_day_is_told_again_as_it_is_now() -> None:
    assert observe(opened(), SILENT, NOON + DAY) == Turn(event=AlertEvent.REMINDER, reason=SILENT)


def test_a_trouble_that_is_over_closes_the_condition_whenever_that_is() -> None:
    for now in (NOON, NOON + SECOND, NOON + 2 * DAY):
        assert observe(opened(), None, now) == Turn(event=AlertEvent.CLOSED, reason=AWAY)


def test_where_nothing_is_wrong_nothing_is_told() -> None:
    assert observe(None, None, NOON) is None


def test_a_clock_that_was_put_back_makes_neither_a_storm_nor_a_silence() -> None:
    assert observe(opened(), AWAY, NOON - SECOND) is None
    assert observe(opened(), AWAY, NOON - 400 * DAY) == Turn(event=AlertEvent.REMINDER, reason=AWAY)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 30)), max_size=30))
def test_a_person_hears_of_a_trouble_once_a_day_at_most_and_of_every_end(
    polls: list[tuple[bool, int]],
) -> None:
    now, condition, told = NOON, None, []
    for wrong, hours in polls:
        now += timedelta(hours=hours)
        turn = observe(condition, AWAY if wrong else None, now)
        told += [(turn.event, now)] if turn else []
        if turn:
            condition = None if turn.event is AlertEvent.CLOSED else opened(told_at=now)
        assert (condition is not None) == wrong
    for (before, then), (event, now) in pairwise(told):
        assert event is not AlertEvent.REMINDER or now - then >= REMIND_AFTER
        assert (event is AlertEvent.OPENED) == (before is AlertEvent.CLOSED)


@pytest.mark.parametrize("error", list(RemoteErrorKind))
def test_only_a_server_that_is_not_trusted_is_a_condition_of_its_own(error: RemoteErrorKind) -> None:
    expected = AlertKind.UNTRUSTED if error == "untrusted" else AlertKind.UNREACHABLE
    assert condition_of(error) is expected


def test_a_repositorys_alert_reaches_whoever_subscribes_to_one_of_its_lists() -> None:
    users = [
        a_user("paul", ["unreachable"], ("magasins",)),
        a_user("luc", ["unreachable"], ("avis", "autre")),
        a_user("claire", ["unreachable", "import_errors"]),
        a_user("anne", ["import_errors"], ("avis",)),
        a_user("zoe", []),
        a_user("nobody", ["unreachable"], ()),
    ]
    assert [user.key for user in subscribers(users, UNREACHABLE, ["avis", "tous"])] == ["claire", "luc"]


def test_a_repository_without_lists_reaches_who_wants_to_know_of_all() -> None:
    users = [a_user("luc", ["unreachable"], ("avis",)), a_user("claire", ["unreachable"])]
    assert [user.key for user in subscribers(users, UNREACHABLE, [])] == ["claire"]

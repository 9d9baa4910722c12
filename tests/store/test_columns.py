from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from support.contact_rows import NOW
from tournee.core.errors import StoreError
from tournee.core.facts import Reason
from tournee.store import Store, columns

DIALECT = sqlite.dialect()  # type: ignore[no-untyped-call]


def written(kind: Any, value: Any) -> Any:
    return kind.process_bind_param(value, DIALECT)


def given_back(kind: Any, value: Any) -> Any:
    return kind.process_result_value(written(kind, value), DIALECT)


any_text = st.text(st.characters())
instants = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))


@given(any_text)
def test_any_text_of_a_server_is_given_back(text: str) -> None:
    assert given_back(columns.RemoteText(), text) == text


@given(any_text)
def test_any_text_of_a_server_can_be_kept(text: str) -> None:
    kept = written(columns.RemoteText(), text)
    assert "\0" not in kept
    kept.encode("utf-8")


@given(any_text, any_text)
def test_texts_that_differ_are_kept_apart(one: str, other: str) -> None:
    kind = columns.RemoteText()
    assert (written(kind, one) == written(kind, other)) == (one == other)


@given(instants)
def test_an_instant_is_given_back_in_utc(at: datetime) -> None:
    found = given_back(columns.UtcTime(), at)
    assert (found, found.utcoffset()) == (at, timedelta(0))


@given(instants, instants)
def test_instants_sort_as_their_texts(one: datetime, other: datetime) -> None:
    assert (columns.utc_text(one) < columns.utc_text(other)) == (one < other)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="zone"):
        columns.utc_text(naive)
    with pytest.raises(StoreError), store.read() as tx:
        tx.connection.execute(sa.select(sa.literal(naive, columns.UtcTime())))


stamps = st.lists(st.integers(0, 10**120), min_size=1, max_size=6).map(tuple)


@given(stamps, stamps)
def test_stamps_sort_as_their_texts(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    kind = columns.StampText()
    assert (written(kind, one) < written(kind, other)) == (one < other)
    assert given_back(kind, one) == one


def test_a_reason_is_given_back_with_its_details() -> None:
    reason = Reason("case", {"names": ["caf\udce9", "é"], "count": 2, "none": None})
    assert given_back(columns.ReasonText(), reason) == reason


@pytest.mark.parametrize("value", [NOW, datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-8)))])
def test_the_database_gives_instants_back(store: Store, value: datetime) -> None:
    with store.read() as tx:
        found = tx.connection.scalar(
            sa.select(sa.cast(sa.literal(value, columns.UtcTime()), columns.UtcTime()))
        )
    assert found == value

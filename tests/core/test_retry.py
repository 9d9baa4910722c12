"""Back-off: 1, 5, 15, 60 minutes, then hourly, up to three days, with jitter."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tournee.core.retry import next_attempt

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def never() -> float:
    return 0.0


def test_the_delays_are_those_promised() -> None:
    waits = [next_attempt(attempts, NOON, NOON, never) for attempts in range(1, 8)]
    minutes = [(at - NOON).total_seconds() / 60 for at in waits if at]
    assert minutes == [1, 5, 15, 60, 60, 60, 60]


def test_after_three_days_it_is_given_up() -> None:
    now, tries = NOON, 0
    while (again := next_attempt(tries + 1, NOON, now, never)) is not None:
        now, tries = again, tries + 1
    assert timedelta(days=3) <= now - NOON < timedelta(days=3, hours=1)


def test_an_old_message_still_gets_its_first_tries() -> None:
    late = NOON + timedelta(days=10)
    given_up = [next_attempt(attempts, NOON, late, never) is None for attempts in range(1, 7)]
    assert given_up == [False, False, False, False, False, True]


@given(st.integers(1, 200), st.floats(0, 1, exclude_max=True))
def test_chance_only_ever_adds_a_little(attempts: int, chance: float) -> None:
    sure = next_attempt(attempts, NOON, NOON, never)
    some = next_attempt(attempts, NOON, NOON, lambda: chance)
    assert sure is not None
    assert some is not None
    assert sure <= some <= sure + (sure - NOON) * 0.11

"""Send windows, by the clocks of a time zone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.windows import Window, opening

PARIS = ZoneInfo("Europe/Paris")
EVERY_DAY = frozenset(range(7))
ZONES = ["Europe/Paris", "Australia/Lord_Howe", "America/Havana", "Africa/Casablanca", "Asia/Beirut"]
#: Days on which the clocks of those zones change, and quiet ones.
DAYS = [
    datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 4, 5, tzinfo=UTC),
    datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 10, 4, tzinfo=UTC),
    datetime(2026, 2, 15, tzinfo=UTC), datetime(2026, 3, 22, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC),
]  # fmt: skip


def opens(window: str | Sequence[str], now: str, zone: ZoneInfo = PARIS) -> str:
    """When a window, or all of several, opens for someone who comes at `now`: both by the clock."""
    texts = [window] if isinstance(window, str) else window
    at = opening([[Window.parse(text)] for text in texts], datetime.fromisoformat(now), zone)
    assert at is not None
    return at.astimezone(zone).isoformat(timespec="minutes")


# ---------------------------------------------------------------- as written


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("09:00-20:00 mon-sat", Window(540, 1200, frozenset(range(6)))),
        ("9:00 - 20:00  Mon-Sat", Window(540, 1200, frozenset(range(6)))),
        ("09:00-20:00", Window(540, 1200, EVERY_DAY)),
        ("mon", Window(0, 1440, frozenset([0]))),
        ("mon-wed, fri", Window(0, 1440, frozenset([0, 1, 2, 4]))),
        ("08:00-12:00 sat-mon", Window(480, 720, frozenset([5, 6, 0]))),
        ("22:00-06:00 fri", Window(1320, 1800, frozenset([4]))),
        ("18:00-24:00 sun", Window(1080, 1440, frozenset([6]))),
        ("00:00-24:00 sun", Window(0, 1440, frozenset([6]))),
    ],
)
def test_a_window_is_read_as_people_write_it(text: str, window: Window) -> None:
    assert Window.parse(text) == window


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is not a window"),
        ("9-20", "is not a window"),
        ("09:00-20:00 1-6", "is not a day of the week"),
        ("09:00-20:00 weekdays", "is not a day of the week"),
        ("09:00-25:00", "`25:00` is not a time"),
        ("09:60-10:00", "`09:60` is not a time"),
        ("24:01-10:00", "`24:01` is not a time"),
        ("24:00-06:00 mon", "does not begin at 24:00, but at 00:00"),
        ("24:00-24:00", "does not begin at 24:00"),
        ("09:00-09:00 mon", "is never open"),
        ("mon 09:00-20:00", "is not a window"),
    ],
)
def test_what_is_no_window_is_told_with_how_to_write_one(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Window.parse(text)


# ---------------------------------------------------------------- when it opens


@pytest.mark.parametrize(
    ("now", "at"),
    [
        ("2026-11-23T09:00+01:00", "2026-11-23T09:00+01:00"),
        ("2026-11-23T08:59+01:00", "2026-11-23T09:00+01:00"),
        ("2026-11-23T19:59+01:00", "2026-11-23T19:59+01:00"),
        ("2026-11-23T20:00+01:00", "2026-11-24T09:00+01:00"),
        ("2026-11-28T20:00+01:00", "2026-11-30T09:00+01:00"),
    ],
)
def test_it_is_open_from_its_first_minute_to_before_its_last(now: str, at: str) -> None:
    assert opens("09:00-20:00 mon-sat", now) == at


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    assert opens("22:00-06:00 fri", "2026-11-28T05:59+01:00") == "2026-11-28T05:59+01:00"
    assert opens("22:00-06:00 fri", "2026-11-28T22:00+01:00") == "2026-12-04T22:00+01:00"


def test_nine_is_nine_on_both_days_when_the_clocks_change() -> None:
    assert opens("09:00-10:00", "2026-03-28T20:00+01:00") == "2026-03-29T09:00+02:00"
    assert opens("09:00-10:00", "2026-10-24T20:00+02:00") == "2026-10-25T09:00+01:00"


def test_where_the_clock_jumps_over_its_beginning_it_opens_after_the_gap() -> None:
    assert opens("02:30-04:00", "2026-03-29T00:00+01:00") == "2026-03-29T03:00+02:00"


def test_a_window_that_the_clock_jumps_over_opens_the_next_time() -> None:
    assert opens("02:00-03:00 sun", "2026-03-28T12:00+01:00") == "2026-04-05T02:00+02:00"


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    assert opens("02:15-02:45 sun", "2026-10-25T02:30+02:00") == "2026-10-25T02:30+02:00"
    assert opens("02:15-02:45 sun", "2026-10-25T02:45+02:00") == "2026-10-25T02:15+01:00"
    assert opens("01:30-02:30 sun", "2026-10-25T02:30+02:00") == "2026-10-25T02:00+01:00"


def test_every_group_must_be_open() -> None:
    both = ["09:00-20:00 mon-sat", "18:00-23:00 sat-sun"]
    assert opens(both, "2026-11-23T12:00+01:00") == "2026-11-28T18:00+01:00"


def test_groups_that_never_meet_never_open() -> None:
    groups = [[Window.parse("mon-fri")], [Window.parse("sat"), Window.parse("sun")]]
    assert opening(groups, DAYS[0], PARIS) is None


def test_no_window_at_all_is_always_open() -> None:
    assert opening([], DAYS[0], PARIS) == DAYS[0]


# ---------------------------------------------------------------- against looking at every minute

quarters = st.integers(0, 95).map(lambda quarter: quarter * 15)
some_days = st.frozensets(st.integers(0, 6), min_size=1)
windows = st.builds(
    lambda start, length, days: Window(start, start + length, days),
    quarters,
    st.integers(1, 96).map(lambda quarter: quarter * 15),
    some_days,
)
groups = st.lists(st.lists(windows, min_size=1, max_size=2), min_size=1, max_size=2)


def shows(window: Window, wall: datetime) -> bool:
    """Whether clocks that show `wall` show a time in `window`, counted from the day on which it began."""
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    for began in (midnight, midnight - timedelta(days=1)):
        minutes = (wall.replace(tzinfo=None) - began) / timedelta(minutes=1)
        if began.weekday() in window.days and window.start <= minutes < window.end:
            return True
    return False


def is_open(groups: list[list[Window]], at: datetime, zone: ZoneInfo) -> bool:
    wall = at.astimezone(zone)
    return all(any(shows(window, wall) for window in group) for group in groups)


@given(groups, st.sampled_from(DAYS), st.integers(-1440, 1440), st.sampled_from(ZONES))
def test_it_opens_in_every_window_and_nothing_earlier_does(
    groups: list[list[Window]], day: datetime, minutes: int, name: str
) -> None:
    zone, now = ZoneInfo(name), day + timedelta(minutes=minutes)
    at = opening(groups, now, zone)
    end = now + timedelta(days=3) if at is None else at
    assert at is None or (at >= now and is_open(groups, at, zone))
    step = timedelta(minutes=15)  # windows and changes of the clock are whole quarters
    first = now + (-now.astimezone(UTC).minute % 15) * timedelta(minutes=1)
    tried = [now, *(first + n * step for n in range(3 * 96))]
    assert [early for early in tried if early < end and is_open(groups, early, zone)] == []

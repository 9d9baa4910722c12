"""Send windows: the hours of the days in which a message may leave, by the clock of a time zone.

`09:00-20:00 mon-sat`: a window belongs to the day on which it begins, and may end on the next
(`22:00-06:00 fri`). It is open whenever the clocks show a time from its first minute to before its last
(`20:00` is outside). So where they jump over its beginning, it opens at the first instant after the gap; an
hour that comes twice is open twice.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tournee.core.times import days_named

_DAY = timedelta(days=1)
_MINUTES = 24 * 60
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_HOURS = re.compile(r"([0-9]{1,2}:[0-9]{2}) ?[-–] ?([0-9]{1,2}:[0-9]{2})(?: (.+))?")
#: A window that is jumped over by a change of the clocks opens a week later, and once more to be sure.
_LOOK_AHEAD = 22  # days


@dataclass(frozen=True, slots=True)
class Window:
    """`start` and `end` are minutes from midnight, `end` later than `start` (above 1440: the next day)."""

    start: int
    end: int
    days: frozenset[int]  # Monday is 0

    @classmethod
    def parse(cls, text: str) -> "Window":
        """Read `09:00-20:00 mon-sat`, `09:00-20:00` (every day), `mon` or `mon-wed, fri` (all day).

        Raises ValueError, for a person, for anything else, and for a window that is never open.
        """
        written = " ".join(text.split())
        found = _HOURS.fullmatch(written.lower())
        if not found:
            return cls(0, _MINUTES, _days(written, written.lower()))
        start, end = _minutes(written, found[1]), _minutes(written, found[2])
        days = _days(written, found[3]) if found[3] else frozenset(range(7))
        if start == _MINUTES:
            raise ValueError(f"`{written}`: a window does not begin at 24:00, but at 00:00 of a day")
        if start == end:
            raise ValueError(
                f"`{written}` is never open: for a whole day, write the day alone, such as `mon`"
            )
        return cls(start, end if end > start else end + _MINUTES, days)

    def includes(self, wall: datetime) -> bool:
        """Whether clocks that show `wall` show a time within the window."""
        minute, day = wall.hour * 60 + wall.minute, wall.weekday()
        today = self.start <= minute < self.end and day in self.days
        return today or (minute + _MINUTES < self.end and (day - 1) % 7 in self.days)


def _minutes(written: str, clock: str) -> int:
    found = _CLOCK.fullmatch(clock)
    minutes = int(found[1]) * 60 + int(found[2]) if found else _MINUTES + 1
    if minutes > _MINUTES:
        raise ValueError(f"`{written}`: `{clock}` is not a time of the day from 00:00 to 24:00")
    return minutes


def _days(written: str, text: str) -> frozenset[int]:
    items = re.split(r" ?, ?| ", re.sub(" ?- ?", "-", text))
    try:
        return frozenset(day for item in items for day in days_named(item))
    except ValueError as wrong:
        raise ValueError(
            f"`{written}` is not a window: write hours and days, such as `09:00-20:00 mon-sat` ({wrong})"
        ) from None


def opening(windows: Sequence[Sequence[Window]], now: datetime, timezone: ZoneInfo) -> datetime | None:
    """The first instant, from `now` on, that lies in a window of every group; None if there is none.

    In UTC; `now` itself when they are all open.
    """
    now = now.astimezone(UTC)
    if _open(windows, now, timezone):
        return now
    starts = sorted({window.start for group in windows for window in group})
    return next(
        (at for at in _changes(starts, now, timezone) if at > now and _open(windows, at, timezone)), None
    )


def _open(windows: Sequence[Sequence[Window]], now: datetime, timezone: ZoneInfo) -> bool:
    wall = now.astimezone(timezone)
    return all(any(window.includes(wall) for window in group) for group in windows)


def _changes(starts: Sequence[int], now: datetime, timezone: ZoneInfo) -> Iterator[datetime]:
    """Every instant at which a window may open, in order: at its first minute, and when the clocks change."""
    first = now.astimezone(timezone).date()
    for day in (first + number * _DAY for number in range(_LOOK_AHEAD)):
        yield from sorted({*_instants(day, starts, timezone), *_jumps(day, timezone)})


def _instants(day: date, minutes: Sequence[int], timezone: ZoneInfo) -> Iterator[datetime]:
    """When the clocks show these minutes of that day: once, twice, or never."""
    for minute in minutes:
        wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60)
        for fold in (0, 1):
            instant = wall.replace(tzinfo=timezone, fold=fold).astimezone(UTC)
            if instant.astimezone(timezone).replace(tzinfo=None, fold=0) == wall:
                yield instant


def _jumps(day: date, timezone: ZoneInfo) -> Iterator[datetime]:
    """The instant of that day, if any, at which the clocks are changed."""
    earlier, later = (datetime(at.year, at.month, at.day, tzinfo=timezone) for at in (day, day + _DAY))
    before, after = int(earlier.timestamp()), int(later.timestamp())
    changed = _at(after, timezone).utcoffset()
    if _at(before, timezone).utcoffset() == changed:
        return
    while after - before > 1:
        middle = (before + after) // 2
        if _at(middle, timezone).utcoffset() == changed:
            after = middle
        else:
            before = middle
    yield _at(after, timezone).astimezone(UTC)


def _at(timestamp: int, timezone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(timestamp, timezone)

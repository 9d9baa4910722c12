"""Durations, schedules and windows: when something is due, as pure functions of a given now.

Every instant is an aware datetime; what comes out is in UTC. Days, hours and less are measured by the
instant; months and years by the calendar of a time zone. A time of the clock that does not exist (the clock
went forward over it) means the first instant after the gap; one that exists twice means its first occurrence.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

_SECONDS = {
    "second": 1, "sec": 1, "s": 1,
    "minute": 60, "min": 60,
    "hour": 3600, "h": 3600,
    "day": 86_400, "d": 86_400,
    "week": 604_800,
}  # fmt: skip
_MONTHS = {"month": 1, "year": 12}
_DURATION = re.compile(r"(?:([0-9]{1,9}) ?)?([a-z]+)")
_RATE = re.compile(r"([0-9]{1,9}) per (.+)")
_CENTURY = 100 * 366 * 86_400
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


# ---------------------------------------------------------------- durations


@dataclass(frozen=True, slots=True)
class Duration:
    """`seconds` of the clock or `months` of the calendar; `text` is what the operator wrote."""

    text: str
    seconds: int
    months: int = 0

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Read `15 minutes`, `1 month`, `90 min`, `month` (one) or `0`.

        One whole number and one unit; case and doubled spaces do not matter. Raises ValueError, for a person,
        for anything else: a number without a unit, `m` (minutes or months?), fractions, more than a century.
        """
        written = " ".join(text.split())
        if written == "0":
            return cls(written, 0)
        found = _DURATION.fullmatch(written.lower())
        if not found:
            raise ValueError(_not_a_duration(written))
        number, unit = int(found[1] or "1"), _singular(found[2])
        months, seconds = number * _MONTHS.get(unit, 0), number * _SECONDS.get(unit, 0)
        if unit not in _MONTHS and unit not in _SECONDS:
            raise ValueError(_not_a_duration(written))
        if seconds > _CENTURY or months > 1200:
            raise ValueError(f"`{written}` is longer than a century")
        return cls(written, seconds, months)

    @property
    def longest(self) -> timedelta:
        """The most that this can last: for waits, where a month has no date to count from."""
        return timedelta(days=31 * self.months, seconds=self.seconds)

    def before(self, now: datetime, timezone: ZoneInfo) -> datetime:
        """When this duration began if it ends now: `1 month` is the same day and time of the month before.

        A day that the month does not have becomes its last day.
        """
        return _months_later(now, -self.months, timezone) - timedelta(seconds=self.seconds)

    def after(self, now: datetime, timezone: ZoneInfo) -> datetime:
        """When this duration ends if it begins now; the mirror of `before`."""
        return _months_later(now, self.months, timezone) + timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        return self.text


def _singular(unit: str) -> str:
    return unit[:-1] if len(unit) > 2 and unit.endswith("s") else unit


def _not_a_duration(written: str) -> str:
    hint = f", such as `{written} minutes`" if written.isascii() and written.isdigit() else ""
    return (
        f"`{written}` is not a duration: write a whole number and "
        f"seconds, minutes, hours, days, weeks, months or years{hint}"
    )


def _months_later(now: datetime, months: int, timezone: ZoneInfo) -> datetime:
    if not months:
        return now.astimezone(UTC)
    wall = now.astimezone(timezone).replace(tzinfo=None, fold=0)
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    day = min(wall.day, monthrange(year, month + 1)[1])
    return instant_of(wall.replace(year=year, month=month + 1, day=day), timezone)


@dataclass(frozen=True, slots=True)
class Rate:
    """`20 per second`: so many, evenly spread over that time."""

    text: str
    number: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read `20 per second`, `1000 per hour`, `10 per 2 minutes`; raises ValueError, for a person."""
        written = " ".join(text.split())
        found = _RATE.fullmatch(written.lower())
        if not found:
            raise ValueError(f"`{written}` is not a rate: write such as `20 per second` or `1000 per hour`")
        time = Duration.parse(found[2])
        if time.months:
            raise ValueError(f"`{written}`: a rate is per second, minute, hour, day or week")
        if not int(found[1]) or not time.seconds:
            raise ValueError(f"`{written}` would never send anything: write at least `1 per day`")
        return cls(written, int(found[1]), time.seconds)

    @property
    def pause(self) -> float:
        """Seconds from one to the next."""
        return self.seconds / self.number

    def __str__(self) -> str:
        return self.text


# ---------------------------------------------------------------- the clock on the wall


def iso(instant: datetime) -> str:
    """An instant as programs write it: `2026-11-23T09:30:00Z`, to the second."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def instant_of(wall: datetime, timezone: ZoneInfo) -> datetime:
    """The first instant at which clocks in `timezone` show `wall` (naive) or, jumping over it, more."""
    instant = wall.replace(tzinfo=timezone).astimezone(UTC)
    if instant.astimezone(timezone).replace(tzinfo=None) == wall:
        return instant
    return _end_of_gap(wall, instant, timezone)


def _end_of_gap(wall: datetime, later: datetime, timezone: ZoneInfo) -> datetime:
    """The change of the clock that jumped over `wall`; `later` is `wall` by the offset before the change."""
    earlier = wall.replace(tzinfo=timezone, fold=1).astimezone(UTC)
    offset = later.astimezone(timezone).utcoffset()
    while later - earlier > timedelta(seconds=1):
        middle = earlier + timedelta(seconds=(later - earlier) // timedelta(seconds=2))
        if middle.astimezone(timezone).utcoffset() == offset:
            later = middle
        else:
            earlier = middle
    return later.replace(microsecond=0)


# ---------------------------------------------------------------- schedules


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a list is polled: every so often, or at the times of a cron line; `text` is what was written."""

    text: str
    every: Duration | None = None
    cron: "Cron | None" = None

    @classmethod
    def parse_every(cls, text: str) -> "Schedule":
        """Read what `every:` takes; raises ValueError, for a person."""
        every = Duration.parse(text)
        if not every.seconds and not every.months:
            raise ValueError(f"`every: {every}` would never rest: write at least `1 second`")
        return cls(every.text, every=every)

    @classmethod
    def parse_cron(cls, text: str) -> "Schedule":
        """Read what `cron:` takes; raises ValueError, for a person."""
        cron = Cron.parse(text)
        return cls(cron.text, cron=cron)

    def next_after(self, last: datetime, timezone: ZoneInfo) -> datetime:
        """The first due time strictly after `last`, in UTC."""
        if self.cron is not None:
            return self.cron.next_after(last, timezone)
        assert self.every is not None
        return self.every.after(last, timezone)


_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CRON_DAYS = ("sun", *_DAY_NAMES)  # as cron numbers them: 0 and 7 are Sunday
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WORDS = {
    "@yearly": "0 0 1 jan *",
    "@annually": "0 0 1 jan *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * sun",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron line: minute, hour, day of the month, month, day of the week.

    Where both kinds of days are restricted, either is enough (cron's classic rule). A line that names hours
    runs each of its times once a day, whatever the clock does; a line for every hour follows the instant, so
    that `*/15 * * * *` neither pauses when an hour is repeated nor runs for an hour that was jumped over.
    """

    text: str
    minutes: tuple[int, ...] = field(repr=False)  # each field ascending
    hours: tuple[int, ...] = field(repr=False)
    days: frozenset[int] = field(repr=False)
    months: frozenset[int] = field(repr=False)
    weekdays: frozenset[int] = field(repr=False)  # Monday is 0
    either_day: bool = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Cron":
        """Read five fields, or a word such as `@daily`.

        A field is `*`, numbers, ranges, steps and lists of them; months and days of the week also by name.
        Raises ValueError, for a person, also for a line that never comes (`0 0 31 feb *`).
        """
        written = " ".join(text.split())
        fields = _WORDS.get(written.lower(), written).lower().split(" ")
        if len(fields) != 5:
            raise ValueError(
                f"`{written}` is not a cron line: write five fields (minute, hour, day of the month, month, "
                "day of the week), such as `0 6 * * mon-sat`"
            )
        minutes, hours, days, months = (_numbers(*pair) for pair in zip(_FIELDS, fields[:4], strict=True))
        weekdays = _weekdays(written, fields[4])
        either_day = "*" not in fields[2] and "*" not in fields[4]
        if not either_day and all(min(days) > _LONGEST_MONTHS[month - 1] for month in months):
            raise ValueError(f"`{written}` never comes: no such day in that month")
        return cls(written, minutes, hours, frozenset(days), frozenset(months), weekdays, either_day)

    def next_after(self, last: datetime, timezone: ZoneInfo) -> datetime:
        """The first due time strictly after `last`, in UTC."""
        if len(self.hours) == 24:
            return self._next_by_the_instant(last.astimezone(UTC), timezone)
        walls = self._walls_from(last.astimezone(timezone).date())
        instants = (instant_of(wall, timezone) for wall in walls)
        return next(instant for instant in instants if instant > last)

    def _next_by_the_instant(self, last: datetime, timezone: ZoneInfo) -> datetime:
        moment = last.replace(second=0, microsecond=0) + _MINUTE
        while True:
            local = moment.astimezone(timezone)
            if not self._includes(local.date()):
                tomorrow = datetime.combine(local.date() + _DAY, datetime.min.time())
                moment = max(instant_of(tomorrow, timezone), moment + _MINUTE)
            elif local.minute in self.minutes:
                return moment
            else:
                moment += _MINUTE

    def _walls_from(self, day: date) -> Iterator[datetime]:
        """Every time that the line names from the beginning of `day`, in order."""
        while True:
            if self._includes(day):
                for hour, minute in product(self.hours, self.minutes):
                    yield datetime(day.year, day.month, day.day, hour, minute)
            day += _DAY

    def _includes(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_date, by_name = day.day in self.days, day.weekday() in self.weekdays
        return (by_date or by_name) if self.either_day else (by_date and by_name)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a cron line written in numbers, or by the `names` that stand for them from `first` on."""

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTH_NAMES),
)
_ITEM = re.compile(r"(?:\*|([a-z]+|[0-9]{1,4})(?:-([a-z]+|[0-9]{1,4}))?)(?:/([0-9]{1,4}))?")


def _numbers(kind: _Field, text: str) -> tuple[int, ...]:
    """What a field means, ascending."""
    return tuple(sorted({number for item in text.split(",") for number in _item(kind, item)}))


def _item(kind: _Field, text: str) -> range:
    found = _ITEM.fullmatch(text)
    if not found:
        raise ValueError(_misfit(kind, text))
    low, high, step = found.groups()
    first = _number(kind, low) if low else kind.first
    last = _number(kind, high) if high else kind.last if step or not low else first
    if first > last:
        raise ValueError(f"`{text}` runs backwards: write the {kind.name} as two ranges with a comma")
    if step and not 1 <= int(step) <= kind.last:
        raise ValueError(f"`{text}`: a step of {step} makes no sense for the {kind.name}")
    return range(first, last + 1, int(step or 1))


def _number(kind: _Field, text: str) -> int:
    if text in kind.names:
        return kind.names.index(text) + kind.first
    if not text.isdigit() or not kind.first <= int(text) <= kind.last:
        raise ValueError(_misfit(kind, text))
    return int(text)


def _misfit(kind: _Field, text: str) -> str:
    names = f" or {kind.names[0]} to {kind.names[-1]}" if kind.names else ""
    forms = f"{kind.first} to {kind.last}{names}, `*`, ranges `a-b`, steps `*/n`, lists `a,b`"
    return f"`{text}` does not fit the {kind.name}: {forms}"


def _weekdays(line: str, text: str) -> frozenset[int]:
    """The days of the last field; names only, because a number means different days to different programs."""
    if re.search("[0-9]", text):
        named = re.sub(r"\b[0-7]\b", lambda digit: _CRON_DAYS[int(digit[0])], text)
        better = " ".join([*line.split(" ")[:-1], named])
        write = f"`{better}`" if re.fullmatch("[a-z,-]+", named) else " ".join(_DAY_NAMES)
        raise ValueError(f"days of the week are written by name, not by number: write {write}")
    if text == "*":
        return frozenset(range(7))
    return frozenset(day for item in text.split(",") for day in days_named(item))


def days_named(text: str) -> Iterator[int]:
    """The days of the week that `mon` or `fri-mon` names, Monday being 0; raises ValueError, for a person."""
    first, dash, last = text.partition("-")
    if first not in _DAY_NAMES or (dash and last not in _DAY_NAMES):
        raise ValueError(
            f"`{text}` is not a day of the week: write {' '.join(_DAY_NAMES)}, such as `mon-fri`"
        )
    start = _DAY_NAMES.index(first)
    length = (_DAY_NAMES.index(last or first) - start) % 7  # a week has no first day: `sat-mon` is three days
    return ((start + offset) % 7 for offset in range(length + 1))

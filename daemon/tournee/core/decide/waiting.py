"""`wait` (not before a date of the contact) and `between` (the hours of the clock)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tournee.core.decide.answers import Answer, Check, Later, No
from tournee.core.decide.moments import Moment, moment
from tournee.core.facts import Candidate, JsonValue, Reason
from tournee.core.languages import cldr
from tournee.core.settings import Between, WaitAfter
from tournee.core.times import Duration, instant_of
from tournee.core.windows import opening

_DAY = 86_400
_REMEMBERED = 4096  # answers, which thousands of contacts share
#: Systems write 9999-12-31 for "never", and nothing is planned for a day that nobody will see.
_TOO_FAR = timedelta(days=100 * 366)


def check(rule: WaitAfter, now: datetime, timezone: ZoneInfo) -> Check:
    """The check of a rule; a date begins at midnight in `timezone`."""
    details = {"field": rule.field, "duration": rule.duration.text}
    empty = No(rule.text, Reason("wait_empty", {"field": rule.field}))
    far = No(rule.text, Reason("wait_far", {"field": rule.field, "duration": rule.duration.text}))
    latest = now + _TOO_FAR

    @lru_cache(maxsize=_REMEMBERED)
    def asked(value: JsonValue) -> Answer:
        since = moment(value)
        if since is None:
            return empty
        try:
            until = _end(since, rule.duration, timezone)
        except (OverflowError, ValueError):
            return far
        if until > latest:
            return far
        return Later(rule.text, "wait_after", details, until) if until > now else None

    def waited(candidate: Candidate) -> Answer:
        value = candidate.values.get(rule.field)
        return asked(value) if isinstance(value, str) else empty

    return waited


def _end(since: Moment, duration: Duration, timezone: ZoneInfo) -> datetime:
    """When the duration after `since` is over: days after a date are days of the calendar."""
    if isinstance(since, datetime):
        return duration.after(since, timezone)
    days, seconds = divmod(duration.seconds, _DAY)
    day = _midnight(since, timezone)
    if duration.months:
        day = Duration(duration.text, 0, duration.months).after(day, timezone)
    elif days:
        day = _midnight(since + timedelta(days=days), timezone)
    return day + timedelta(seconds=seconds)


def _midnight(day: date, timezone: ZoneInfo) -> datetime:
    return instant_of(datetime(day.year, day.month, day.day), timezone)


@dataclass(frozen=True, slots=True)
class Hours:
    """The `between` rules of a deployment, all of which must be open; none means always.

    The zone is that of the contact's country where it has one, else `timezone`.
    """

    rules: Sequence[Between]
    timezone: ZoneInfo
    year: int
    _found: dict[tuple[ZoneInfo, datetime], Answer] = field(default_factory=dict, repr=False, compare=False)

    def closed(self, candidate: Candidate, start: datetime) -> Answer:
        """What keeps a message that is due at `start` from leaving then."""
        if not self.rules:
            return None
        zone = self._zone(candidate.values.get("country"))
        known = (zone, start)
        if known not in self._found:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[known] = _closed(self.rules, start, zone)
        return self._found[known]

    def _zone(self, country: JsonValue) -> ZoneInfo:
        found = cldr.timezone(country, self.year) if isinstance(country, str) and country else None
        return found or self.timezone


def _closed(rules: Sequence[Between], start: datetime, zone: ZoneInfo) -> Answer:
    until = opening([rule.windows for rule in rules], start, zone)
    if until == start:
        return None
    rule = next(rule for rule in rules if opening([rule.windows], start, zone) != start)
    if until is None:
        return No(rule.text, Reason("between_never"))
    return Later(rule.text, "between", {"timezone": zone.key}, until.astimezone(UTC))

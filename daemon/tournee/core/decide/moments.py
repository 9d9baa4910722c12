"""Dates and datetimes as contacts have them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tournee.core.facts import JsonValue

Moment = date | datetime


def moment(value: JsonValue) -> Moment | None:
    """A stored date (`2026-11-23`) or datetime (`2026-11-23T09:30:00Z`); None if it is neither."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == len("2026-11-23"):
            return date.fromisoformat(value)
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day_of(at: Moment, timezone: ZoneInfo) -> date:
    """The calendar day, of an instant as the clocks of `timezone` show it."""
    if not isinstance(at, datetime):
        return at
    try:
        return at.astimezone(timezone).date()
    except OverflowError:  # 9999-12-31T23:59:59Z, which systems write for "never"
        return at.date()

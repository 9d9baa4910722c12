"""Dates with a time, as a language writes them."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from tournee.core.facts import Reason, RowErrorCode
from tournee.core.languages import Language, cldr
from tournee.core.normalise.cells import Word, refusal
from tournee.core.normalise.dates import TIME, Dates, spaced

#: The groups of `TIME` for hours, minutes and seconds, with colons between them and without.
_NAMES = (("h", "hh"), ("min", "mm"), ("s", "ss"))


class Moments:
    """How the datetimes of one column are read, to ISO 8601 in UTC, to the second.

    A time without a zone is local to `zone`. One that the clocks skip there does not exist; of two that they
    repeat, the first is meant. A date alone is the beginning of its day, and so is midnight, even where the
    clocks skip it.
    """

    def __init__(self, language: Language, zone: str) -> None:
        self.dates = Dates(language)
        self._zone = ZoneInfo(zone)
        details = {"order": cldr.date_order(language.tag), "timezone": zone}
        self._skipped = refusal(RowErrorCode.DATE_INVALID, problem="skipped", **details)

    def read(self, text: str) -> Word:
        """A moment; None for an empty cell."""
        cell = spaced(text)
        if not cell:
            return None
        written = TIME.search(cell)
        day = self.dates.day(cell[: written.start()] if written else cell)
        if isinstance(day, Reason):
            return day
        try:
            moment = self._at(day, written)
        except (ValueError, OverflowError):
            return self.dates.impossible
        return f"{moment.replace(tzinfo=None).isoformat()}Z" if moment else self._skipped

    def _at(self, day: date, written: re.Match[str] | None) -> datetime | None:
        """The moment of a time of day; None where the clocks skip it. Raises ValueError, OverflowError."""
        local = _local(day, written) if written else datetime.combine(day, time())
        if written and written["zone"]:
            return local.replace(tzinfo=_offset(written["zone"])).astimezone(UTC)
        moment = local.replace(tzinfo=self._zone).astimezone(UTC)
        exists = moment.astimezone(self._zone).replace(tzinfo=None) == local
        # of a midnight that is skipped, `moment` is when the clocks skip it
        return moment if exists or local.time() == time() else None


def _local(day: date, written: re.Match[str]) -> datetime:
    """A day with a time of day, which is 24:00 at the end of a day. Raises ValueError, OverflowError."""
    hour, minute, second = (int(written[one] or written[other] or 0) for one, other in _NAMES)
    if written["half"]:
        hour = _of_24(hour, written["half"])
    if (hour, minute, second) == (24, 0, 0):
        return datetime.combine(day, time()) + timedelta(days=1)
    return datetime.combine(day, time(hour, minute, second))


def _of_24(hour: int, half: str) -> int:
    """The hour of 24 for one of 12; raises ValueError for others."""
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half in "pP" else 0)


def _offset(zone: str) -> timezone:
    """A written offset from UTC; raises ValueError for one of a day or more."""
    if zone[0] not in "+-":
        return UTC
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if minutes > 59:
        raise ValueError(zone)
    return timezone((1 if zone[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))

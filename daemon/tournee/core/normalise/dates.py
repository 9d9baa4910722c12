"""Dates as a language writes them."""

import re
from datetime import date

from tournee.core.facts import RowErrorCode
from tournee.core.languages import cldr
from tournee.core.languages.words import folded, trimmed
from tournee.core.normalise.cells import Word, refusal

_ISO = re.compile(r"(?P<y>\d{4})(?P<between>[-/. ])(?P<m>\d{1,2})(?P=between)(?P<d>\d{1,2})", re.ASCII)
_ISO_BASIC = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", re.ASCII)
_PARTS = {"d": r"(?P<d>\d{1,2})", "m": r"(?P<m>\d{1,2})", "y": r"(?P<y>\d{4}|\d{2})"}
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?", re.ASCII)
_DAY = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th|o|a)?", re.ASCII)
_YEAR = re.compile(r"\d{4}|\d{2}", re.ASCII)
_BETWEEN = re.compile(r"[-/., ]+")
_TIME = re.compile(
    r"""(?:(?:T|[ ,]+)(?:[01]?\d|2[0-4])[:h][0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?
          |T(?:[01]\d|2[0-4])[0-5]\d(?:[0-5]\d)?)
        (?:[ ]?[ap]\.?m\.?)?
        (?:[ ]?(?:Z|UTC|GMT|[-+]\d{2}(?::?\d{2})?))?\Z""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


class Dates:
    """How the dates of one column are read, to ISO 8601.

    The order of day and month is the language's, whatever the cells suggest; but whether every date so far
    would fit the other order too is remembered, for a warning.
    """

    def __init__(self, tag: str) -> None:
        order = cldr.date_order(tag)
        first, second, third = (_PARTS[part] for part in order)
        between = "(?P<between>[-/.] ?| )"
        self._numeric = re.compile(f"{first}{between}{second}(?P=between){third}", re.ASCII)
        self._months = cldr.months(tag)
        self._fillers = cldr.date_fillers(tag)
        self._impossible = refusal(RowErrorCode.DATE_INVALID, problem="impossible", order=order)
        self._serial = refusal(RowErrorCode.DATE_INVALID, problem="serial", order=order)
        self._form = refusal(RowErrorCode.DATE_INVALID, problem="form", order=order)
        self._swappable = self._certain = False

    @property
    def ambiguous(self) -> bool:
        """Whether there were dates, each of which would be one too with day and month exchanged."""
        return self._swappable and not self._certain

    def read(self, text: str) -> Word:
        """A date; a time after it is dropped. None for an empty cell."""
        cell = " ".join(trimmed(text).split())
        if not cell:
            return None
        try:
            found = self._date(_TIME.sub("", cell))
        except ValueError:
            return self._impossible
        if found is None:
            return self._serial if _SERIAL.fullmatch(cell) else self._form
        return found.isoformat()

    def _date(self, day: str) -> date | None:
        if match := self._numeric.fullmatch(day):
            found = _date_of(match["y"], match["m"], match["d"])
            self._swappable = True
            self._certain = self._certain or found.day > 12
            return found
        if match := _ISO.fullmatch(day) or _ISO_BASIC.fullmatch(day):
            return self._clear(match["y"], match["m"], match["d"])
        parts = self._written_out(day)
        return self._clear(*parts) if parts else None

    def _clear(self, year: str, month: str, day: str) -> date:
        found = _date_of(year, month, day)
        self._certain = True
        return found

    def _written_out(self, day: str) -> tuple[str, str, str] | None:
        """Year, month and day of a date with the name of its month, in whatever order."""
        words = [word for word in map(folded, _BETWEEN.split(day)) if word and word not in self._fillers]
        names = [word for word in words if word in self._months]
        if len(words) != 3 or len(names) != 1:
            return None
        words.remove(names[0])
        number, year = words if len(words[0]) < 4 or not words[0].isdecimal() else reversed(words)
        in_month = _DAY.fullmatch(number)
        if in_month is None or not _YEAR.fullmatch(year):
            return None
        return year, str(self._months[names[0]]), in_month[1]


def _date_of(year: str, month: str, day: str) -> date:
    """A date; two digits of a year are of 1969 to 2068, as POSIX has it. Raises ValueError."""
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= 69 else 2000
    return date(number, int(month), int(day))

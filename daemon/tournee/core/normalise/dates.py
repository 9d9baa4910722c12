"""Dates as a language writes them."""

import re
from datetime import date

from tournee.core.facts import Reason, RowErrorCode
from tournee.core.languages import Language, cldr
from tournee.core.languages.words import folded, visible
from tournee.core.normalise.cells import Word, refusal

_ISO = re.compile(r"(?P<y>\d{4})(?P<between>[-/. ])(?P<m>\d{1,2})(?P=between)(?P<d>\d{1,2})", re.ASCII)
# eight digits are only a date where they can be a year, a month and a day, not a day, a month and a year
_ISO_BASIC = re.compile(r"(?P<y>[1-9]\d{3})(?P<m>0[1-9]|1[0-2])(?P<d>\d{2})", re.ASCII)
_PARTS = {"d": r"(?P<d>\d{1,2})", "m": r"(?P<m>\d{1,2})", "y": r"(?P<y>\d{4}|\d{2})"}
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?", re.ASCII)
_WORD = re.compile(r"\d+|[^-/.,\s\d]+", re.ASCII)
_DAY = re.compile(r"\d{1,2}", re.ASCII)
_YEAR = re.compile(r"\d{4}|\d{2}", re.ASCII)
#: What follows the number of a day: 1er, 1st, 2nd, 3rd, 4th, 1o, 1a.
_ORDINALS = frozenset(["er", "st", "nd", "rd", "th", "o", "a"])
#: A time at the end of a cell, alone or behind a date.
TIME = re.compile(
    r"""(?:(?:T|[ ,]+)(?P<h>[01]?\d|2[0-4])[:h](?P<min>[0-5]\d)(?::(?P<s>[0-5]\d)(?:[.,]\d+)?)?
          |T(?P<hh>[01]\d|2[0-4])(?P<mm>[0-5]\d)(?:(?P<ss>[0-5]\d)(?:[.,]\d+)?)?)
        (?:[ ]?(?P<half>[ap])\.?[ ]?m\.?)?
        (?:[ ]?(?P<zone>Z|UTC|GMT|[-+]\d{2}(?::?\d{2})?))?\Z""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


class Dates:
    """How the dates of one column are read, to ISO 8601.

    The order of day and month is the language's, whatever the cells suggest; but whether every date so far
    would fit the other order too is remembered, for a warning: whether there was one that means another date
    with day and month exchanged (`swappable`), and one that cannot be exchanged (`certain`).
    """

    def __init__(self, language: Language) -> None:
        tag = language.tag
        order = cldr.date_order(tag)
        first, second, third = (_PARTS[part] for part in order)
        between = "(?P<between> ?[-/.] ?| )"
        self._numeric = re.compile(f"{first}{between}{second}(?P=between){third}", re.ASCII)
        more = {folded(name): number for number, names in language.months.items() for name in names}
        self._months = {**cldr.months(tag), **more}
        self._weekdays = cldr.weekdays(tag)
        self._fillers = cldr.date_fillers(tag) | _ORDINALS
        self.impossible = refusal(RowErrorCode.DATE_INVALID, problem="impossible", order=order)
        self._serial = refusal(RowErrorCode.DATE_INVALID, problem="serial", order=order)
        self._form = refusal(RowErrorCode.DATE_INVALID, problem="form", order=order)
        self.swappable = self.certain = False

    def read(self, text: str) -> Word:
        """A date; a time after it is dropped. None for an empty cell."""
        cell = spaced(text)
        if not cell:
            return None
        found = self.day(TIME.sub("", cell))
        return found if isinstance(found, Reason) else found.isoformat()

    def day(self, text: str) -> date | Reason:
        """The date that a text without a time is, or why it is none."""
        try:
            found = self._date(text)
        except ValueError:
            return self.impossible
        if found is None:
            return self._serial if _SERIAL.fullmatch(text) else self._form
        return found

    def _date(self, day: str) -> date | None:
        if match := _ISO.fullmatch(day) or _ISO_BASIC.fullmatch(day):
            return self._clear(match["y"], match["m"], match["d"])
        if match := self._numeric.fullmatch(day):
            found = _date_of(match["y"], match["m"], match["d"])
            self.swappable = self.swappable or found.day != found.month
            self.certain = self.certain or found.day > 12
            return found
        parts = self._written_out(day)
        return self._clear(*parts) if parts else None

    def _clear(self, year: str, month: str, day: str) -> date:
        found = _date_of(year, month, day)
        self.certain = True
        return found

    def _written_out(self, day: str) -> tuple[str, str, str] | None:
        """Year, month and day of a date with the name of its month, in whatever order."""
        words = [word for word in map(folded, _WORD.findall(day)) if word not in self._fillers]
        while len(words) > 3 and words[0] in self._weekdays:
            del words[0]
        names = [word for word in words if word in self._months]
        if len(words) != 3 or len(names) != 1:
            return None
        words.remove(names[0])
        number, year = words if len(words[0]) < 4 or not words[0].isdecimal() else reversed(words)
        if not (_DAY.fullmatch(number) and _YEAR.fullmatch(year)):
            return None
        return year, str(self._months[names[0]]), number


def spaced(text: str) -> str:
    """A cell without unseen characters, with single spaces inside."""
    return " ".join(visible(text).split())


def _date_of(year: str, month: str, day: str) -> date:
    """A date; two digits of a year are of 1969 to 2068, as POSIX has it. Raises ValueError."""
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= 69 else 2000
    return date(number, int(month), int(day))
